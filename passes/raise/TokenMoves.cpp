// Ops that move elements of one token, for all tokens.
#include "passes/raise/TokenSequences.h"
#include "passes/raise/TokenTypes.h"

using namespace mlir;

namespace heddle {

std::optional<Sequence> TokenSequences::computeExpand(tensor::ExpandShapeOp expand) {
  std::optional<Sequence> source = of(expand.getSrc());
  std::optional<SmallVector<OpFoldResult>> sizes = indicesOf(expand.getMixedOutputShape());
  if (!source || !sizes)
    return std::nullopt;
  // Tokens keep their place between the groups.
  SmallVector<ReassociationIndices> groups;
  int64_t dim = 0, axis = -1;
  auto tokenGroup = [&] {
    axis = dim;
    groups.push_back({dim++});
  };
  for (auto [number, group] : llvm::enumerate(expand.getReassociationIndices())) {
    if (int64_t(number) == source->axis)
      tokenGroup();
    groups.emplace_back();
    for (unsigned i = 0; i < group.size(); ++i)
      groups.back().push_back(dim++);
  }
  if (source->axis == int64_t(expand.getReassociationIndices().size()))
    tokenGroup();
  RankedTensorType type = withTokens(typeOf(expand), axis, loop.length);
  SmallVector<OpFoldResult> all = inserted<OpFoldResult>(*sizes, axis, loop.length);
  // A tensor of one element has no dimension from which unit dimensions could be split.
  if (expand.getReassociationIndices().empty()) {
    groups.front() = llvm::to_vector<2>(llvm::seq<int64_t>(0, type.getRank()));
    type = withTokens(typeOf(expand), 0, loop.length);
    all = inserted<OpFoldResult>(*sizes, 0, loop.length);
  }
  return Sequence{tensor::ExpandShapeOp::create(builder, loc, type, source->value, groups, all), axis};
}

std::optional<Sequence> TokenSequences::computeCollapse(tensor::CollapseShapeOp collapse) {
  std::optional<Sequence> source = of(collapse.getSrc());
  if (!source)
    return std::nullopt;
  SmallVector<ReassociationIndices> old = collapse.getReassociationIndices();
  // Inside of a group tokens would be merged with other dimensions, so they go in front.
  bool isBetween = source->axis == 0 || old.empty() || source->axis == typeOf(collapse.getSrc()).getRank() ||
                   llvm::any_of(old, [&](const auto &group) { return group.front() == source->axis; });
  Sequence tokens = isBetween ? *source : moveAxis(*source, 0);
  SmallVector<ReassociationIndices> groups;
  int64_t dim = 0, axis = -1;
  auto tokenGroup = [&] {
    axis = groups.size();
    groups.push_back({dim++});
  };
  for (const ReassociationIndices &group : old) {
    if (dim == tokens.axis)
      tokenGroup();
    groups.emplace_back();
    for (unsigned i = 0; i < group.size(); ++i)
      groups.back().push_back(dim++);
  }
  if (axis < 0)
    tokenGroup();
  if (old.empty()) {
    groups = {llvm::to_vector<2>(llvm::seq<int64_t>(0, typeOf(tokens.value).getRank()))};
    axis = 0;
  }
  RankedTensorType type = withTokens(typeOf(collapse), axis, loop.length);
  return Sequence{tensor::CollapseShapeOp::create(builder, loc, type, tokens.value, groups), axis};
}

std::optional<Sequence> TokenSequences::computeSlice(tensor::ExtractSliceOp slice) {
  std::optional<Sequence> source = of(slice.getSource());
  auto offsets = indicesOf(slice.getMixedOffsets()), sizes = indicesOf(slice.getMixedSizes());
  if (!source || !source->varies() || !offsets || !sizes)
    return std::nullopt;
  int64_t axis = source->axis;
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  int64_t resultAxis = 0;
  for (int64_t dim = 0; dim < axis; ++dim)
    resultAxis += !dropped.test(dim);
  RankedTensorType type = withTokens(slice.getType(), resultAxis, loop.length);
  return Sequence{
      tensor::ExtractSliceOp::create(builder, loc, type, source->value,
                                     inserted<OpFoldResult>(*offsets, axis, builder.getIndexAttr(0)),
                                     inserted<OpFoldResult>(*sizes, axis, loop.length),
                                     inserted<OpFoldResult>(slice.getMixedStrides(), axis, builder.getIndexAttr(1))),
      resultAxis};
}

std::optional<Sequence> TokenSequences::computeInsert(tensor::InsertSliceOp insert) {
  std::optional<Sequence> source = of(insert.getSource()), dest = of(insert.getDest());
  auto offsets = indicesOf(insert.getMixedOffsets()), sizes = indicesOf(insert.getMixedSizes());
  if (!source || !dest || !offsets || !sizes)
    return std::nullopt;
  llvm::SmallBitVector dropped = insert.getDroppedDims();
  int64_t axis = dest->varies() ? dest->axis : std::min<int64_t>(1, typeOf(insert.getDest()).getRank());
  int64_t sourceAxis = 0;
  for (int64_t dim = 0; dim < axis; ++dim)
    sourceAxis += !dropped.test(dim);
  Value from = moveAxis(*source, sourceAxis).value, into = moveAxis(*dest, axis).value;
  return Sequence{tensor::InsertSliceOp::create(
                      builder, loc, from, into, inserted<OpFoldResult>(*offsets, axis, builder.getIndexAttr(0)),
                      inserted<OpFoldResult>(*sizes, axis, loop.length),
                      inserted<OpFoldResult>(insert.getMixedStrides(), axis, builder.getIndexAttr(1))),
                  axis};
}

std::optional<Sequence> TokenSequences::computePad(tensor::PadOp pad) {
  std::optional<Sequence> source = of(pad.getSource());
  std::optional<SmallVector<OpFoldResult>> low = indicesOf(pad.getMixedLowPad()),
                                           high = indicesOf(pad.getMixedHighPad());
  Value padding = pad.getConstantPaddingValue();
  if (!source || !source->varies() || !low || !high || !padding || !loop.isOutside(padding))
    return std::nullopt;
  low->insert(low->begin() + source->axis, builder.getIndexAttr(0));
  high->insert(high->begin() + source->axis, builder.getIndexAttr(0));
  RankedTensorType type = withTokens(pad.getResultType(), source->axis, loop.length);
  return Sequence{tensor::PadOp::create(builder, loc, type, source->value, *low, *high, padding), source->axis};
}

std::optional<Sequence> TokenSequences::computeConcat(tensor::ConcatOp concat) {
  SmallVector<Value> parts;
  std::optional<int64_t> axis;
  for (Value input : concat.getInputs()) {
    std::optional<Sequence> sequence = of(input);
    if (!sequence)
      return std::nullopt;
    if (sequence->varies() && !axis)
      axis = sequence->axis;
  }
  for (Value input : concat.getInputs())
    parts.push_back(moveAxis(*of(input), *axis).value);
  int64_t dim = concat.getDim() + (int64_t(concat.getDim()) >= *axis);
  return Sequence{tensor::ConcatOp::create(builder, loc, dim, parts), *axis};
}

std::optional<Sequence> TokenSequences::computeCast(tensor::CastOp cast) {
  std::optional<Sequence> source = of(cast.getSource());
  if (!source || !source->varies())
    return std::nullopt;
  RankedTensorType type = withTokens(typeOf(cast), source->axis, loop.length);
  return Sequence{tensor::CastOp::create(builder, loc, type, source->value), source->axis};
}

} // namespace heddle
