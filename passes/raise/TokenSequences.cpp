#include "passes/raise/TokenSequences.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {
namespace {

template <typename T> SmallVector<T> inserted(ArrayRef<T> list, int64_t position, T item) {
  SmallVector<T> result(list);
  result.insert(result.begin() + position, item);
  return result;
}

/// The type with tokens along `axis`.
RankedTensorType withTokens(RankedTensorType type, int64_t axis, OpFoldResult length) {
  int64_t count = getConstantIntValue(length).value_or(ShapedType::kDynamic);
  return type.clone(inserted<int64_t>(type.getShape(), axis, count));
}

SmallVector<Value> readsOf(Operation *op) {
  llvm::SetVector<Value> reads(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  return reads.takeVector();
}

RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

} // namespace

//===--- sizes ----------------------------------------------------------------------------===//

std::optional<OpFoldResult> TokenSequences::indexOf(OpFoldResult bodyIndex) {
  auto value = dyn_cast<Value>(bodyIndex);
  if (!value || loop.isOutside(value))
    return bodyIndex;
  if (std::optional<int64_t> constant = getConstantIntValue(value))
    return builder.getIndexAttr(*constant);
  Operation *op = value.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<SmallVector<OpFoldResult>> sizes = sizesOf(dim.getSource());
    std::optional<int64_t> index = dim.getConstantIndex();
    return sizes && index ? std::optional((*sizes)[*index]) : std::nullopt;
  }
  if (!isa<arith::ArithDialect, affine::AffineDialect>(op->getDialect()) || op->getNumRegions())
    return std::nullopt;
  IRMapping mapping;
  for (Value operand : op->getOperands()) {
    std::optional<OpFoldResult> outside = indexOf(OpFoldResult(operand));
    if (!outside)
      return std::nullopt;
    mapping.map(operand, getValueOrCreateConstantIndexOp(builder, loc, *outside));
  }
  return builder.clone(*op, mapping)->getResult(0);
}

std::optional<SmallVector<OpFoldResult>> TokenSequences::indicesOf(ArrayRef<OpFoldResult> bodyIndices) {
  SmallVector<OpFoldResult> results;
  for (OpFoldResult index : bodyIndices) {
    std::optional<OpFoldResult> outside = indexOf(index);
    if (!outside)
      return std::nullopt;
    results.push_back(*outside);
  }
  return results;
}

std::optional<SmallVector<OpFoldResult>> TokenSequences::sizesOf(Value bodyValue) {
  if (typeOf(bodyValue).hasStaticShape())
    return getAsIndexOpFoldResult(builder.getContext(), typeOf(bodyValue).getShape());
  if (loop.isOutside(bodyValue))
    return tensor::getMixedSizes(builder, loc, bodyValue);
  if (auto argument = dyn_cast<BlockArgument>(bodyValue))
    return sizesOf(loop.loop.getTiedLoopInit(argument)->get());
  Operation *op = bodyValue.getDefiningOp();
  if (auto empty = dyn_cast<tensor::EmptyOp>(op))
    return indicesOf(empty.getMixedSizes());
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return sizesOf(style.getTiedOpOperand(cast<OpResult>(bodyValue))->get());
  if (std::optional<Sequence> sequence = of(bodyValue)) {
    SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, sequence->value);
    if (sequence->varies())
      sizes.erase(sizes.begin() + sequence->axis);
    return sizes;
  }
  return std::nullopt;
}

//===--- rules ----------------------------------------------------------------------------===//

std::optional<Sequence> TokenSequences::of(Value bodyValue) {
  if (loop.isOutside(bodyValue))
    return Sequence{bodyValue};
  auto found = known.find(bodyValue);
  if (found != known.end())
    return found->second;
  std::optional<Sequence> sequence = compute(bodyValue);
  known[bodyValue] = sequence;
  return sequence;
}

void TokenSequences::define(Value bodyValue, Sequence sequence) {
  SmallVector<Value> unknown;
  for (auto &[value, found] : known)
    if (!found)
      unknown.push_back(value);
  for (Value value : unknown)
    known.erase(value);
  known[bodyValue] = sequence;
}

std::optional<Sequence> TokenSequences::compute(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op || !isa<RankedTensorType>(value.getType()))
    return std::nullopt;
  unsigned result = cast<OpResult>(value).getResultNumber();
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    if (std::optional<TokenAccess> access = loop.accessOf(slice))
      return readToken(slice, *access);
  if (std::optional<Sequence> uniform = computeUniform(op, result))
    return uniform;
  return TypeSwitch<Operation *, std::optional<Sequence>>(op)
      .Case([&](linalg::GenericOp generic) { return computeGeneric(generic, result); })
      .Case([&](tensor::ExpandShapeOp expand) { return computeExpand(expand); })
      .Case([&](tensor::CollapseShapeOp collapse) { return computeCollapse(collapse); })
      .Case([&](tensor::ExtractSliceOp slice) { return computeSlice(slice); })
      .Case([&](tensor::InsertSliceOp insert) { return computeInsert(insert); })
      .Case([&](tensor::CastOp cast) { return computeCast(cast); })
      .Default([](Operation *) { return std::nullopt; });
}

/// An op whose operands are the same for all tokens is computed once.
std::optional<Sequence> TokenSequences::computeUniform(Operation *op, unsigned result) {
  IRMapping mapping;
  for (Value read : readsOf(op)) {
    if (read == loop.loop.getInductionVar())
      return std::nullopt;
    if (!isa<RankedTensorType>(read.getType())) {
      if (loop.isOutside(read))
        continue;
      std::optional<OpFoldResult> outside = read.getType().isIndex() ? indexOf(OpFoldResult(read)) : std::nullopt;
      if (!outside)
        return std::nullopt;
      mapping.map(read, getValueOrCreateConstantIndexOp(builder, loc, *outside));
      continue;
    }
    std::optional<Sequence> sequence = of(read);
    if (!sequence || sequence->varies())
      return std::nullopt;
    mapping.map(read, sequence->value);
  }
  return Sequence{builder.clone(*op, mapping)->getResult(result)};
}

std::optional<Sequence> TokenSequences::readToken(tensor::ExtractSliceOp slice, const TokenAccess &access) {
  std::optional<Sequence> source = of(slice.getSource());
  std::optional<SmallVector<OpFoldResult>> sizes = indicesOf(slice.getMixedSizes());
  if (!source || source->varies() || !sizes)
    return std::nullopt;
  SmallVector<OpFoldResult> offsets = slice.getMixedOffsets();
  offsets[access.axis] = access.shift;
  (*sizes)[access.axis] = loop.length;
  for (OpFoldResult &offset : offsets) {
    std::optional<OpFoldResult> outside = indexOf(offset);
    if (!outside)
      return std::nullopt;
    offset = *outside;
  }
  llvm::SmallBitVector dropped = slice.getDroppedDims();
  bool keepsToken = !dropped.test(access.axis);
  int64_t axis = 0;
  for (int64_t dim = 0; dim < access.axis; ++dim)
    axis += !dropped.test(dim);
  SmallVector<int64_t> shape(slice.getType().getShape());
  int64_t count = getConstantIntValue(loop.length).value_or(ShapedType::kDynamic);
  if (keepsToken)
    shape[axis] = count;
  else
    shape = inserted<int64_t>(shape, axis, count);
  auto type = slice.getType().clone(shape);
  Value tokens;
  auto whole = tensor::getMixedSizes(builder, loc, source->value);
  bool isWhole = llvm::all_of(offsets, [](OpFoldResult offset) { return isConstantIntValue(offset, 0); }) &&
                 isEqualConstantIntOrValueArray(whole, *sizes);
  if (isWhole && typeOf(source->value) == type)
    tokens = source->value;
  else
    tokens =
        tensor::ExtractSliceOp::create(builder, loc, type, source->value, offsets, *sizes, slice.getMixedStrides());
  if (!keepsToken)
    return Sequence{tokens, axis};
  // The token keeps its dimension, of size 1, behind the token axis.
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0, position = 0; dim < type.getRank(); ++dim, ++position) {
    groups.push_back({position});
    if (dim == axis)
      groups.back().push_back(++position);
  }
  auto expanded = type.clone(inserted<int64_t>(shape, axis + 1, 1));
  SmallVector<OpFoldResult> expandedSizes =
      inserted<OpFoldResult>(tensor::getMixedSizes(builder, loc, tokens), axis + 1, builder.getIndexAttr(1));
  return Sequence{tensor::ExpandShapeOp::create(builder, loc, expanded, tokens, groups, expandedSizes), axis};
}

/// A value of every token: itself `length` times.
Value TokenSequences::repeat(Value value, int64_t axis) {
  RankedTensorType type = typeOf(value);
  SmallVector<OpFoldResult> sizes =
      inserted<OpFoldResult>(tensor::getMixedSizes(builder, loc, value), axis, loop.length);
  Value empty = tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
  SmallVector<AffineMap> maps(2, builder.getMultiDimIdentityMap(type.getRank() + 1));
  maps[0] = maps[0].dropResult(axis);
  SmallVector<utils::IteratorType> kinds(type.getRank() + 1, utils::IteratorType::parallel);
  auto body = [](OpBuilder &nested, Location at, ValueRange elements) {
    linalg::YieldOp::create(nested, at, elements[0]);
  };
  return linalg::GenericOp::create(builder, loc, empty.getType(), value, empty, maps, kinds, body).getResult(0);
}

Sequence TokenSequences::moveAxis(Sequence sequence, int64_t axis) {
  if (!sequence.varies())
    return {repeat(sequence.value, axis), axis};
  if (sequence.axis == axis)
    return sequence;
  SmallVector<int64_t> order = llvm::to_vector(llvm::seq<int64_t>(0, typeOf(sequence.value).getRank()));
  order.erase(order.begin() + sequence.axis);
  order.insert(order.begin() + axis, sequence.axis);
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, sequence.value), permuted;
  for (int64_t dim : order)
    permuted.push_back(sizes[dim]);
  Value empty = tensor::EmptyOp::create(builder, loc, permuted, typeOf(sequence.value).getElementType());
  return {linalg::TransposeOp::create(builder, loc, sequence.value, empty, order)->getResult(0), axis};
}

//===--- linalg ---------------------------------------------------------------------------===//

Value TokenSequences::initFor(linalg::GenericOp generic, unsigned result, int64_t axis) {
  OpOperand *init = generic.getDpsInitOperand(result);
  std::optional<SmallVector<OpFoldResult>> sizes = sizesOf(init->get());
  if (!sizes)
    return {};
  SmallVector<OpFoldResult> all = inserted<OpFoldResult>(*sizes, axis, loop.length);
  Type element = getElementTypeOrSelf(init->get());
  if (!generic.payloadUsesValueFromOperand(init))
    return tensor::EmptyOp::create(builder, loc, all, element);
  if (auto fill = init->get().getDefiningOp<linalg::FillOp>(); fill && loop.isOutside(fill.getInputs()[0])) {
    Value empty = tensor::EmptyOp::create(builder, loc, all, element);
    return linalg::FillOp::create(builder, loc, fill.getInputs()[0], empty).getResult(0);
  }
  std::optional<Sequence> sequence = of(init->get());
  return sequence ? moveAxis(*sequence, axis).value : Value();
}

std::optional<Sequence> TokenSequences::computeGeneric(linalg::GenericOp generic, unsigned result) {
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  std::optional<int64_t> axis;
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    std::optional<Sequence> sequence =
        isa<RankedTensorType>(operand->get().getType()) ? of(operand->get()) : Sequence{operand->get()};
    if (!sequence)
      return std::nullopt;
    if (sequence->varies() && !axis)
      axis = sequence->axis;
    inputs.push_back(sequence->value);
  }
  SmallVector<Value> inits;
  int64_t rank = typeOf(generic.getResult(0)).getRank();
  int64_t tokens = std::min<int64_t>({axis.value_or(1), rank, int64_t(generic.getNumLoops())});
  for (unsigned number = 0; number < generic->getNumResults(); ++number) {
    if (typeOf(generic.getResult(number)).getRank() != rank)
      return std::nullopt;
    inits.push_back(initFor(generic, number, tokens));
    if (!inits.back())
      return std::nullopt;
  }
  // One more parallel loop, at the place where the results have their tokens.
  unsigned loops = generic.getNumLoops();
  AffineExpr token = builder.getAffineDimExpr(tokens);
  SmallVector<AffineExpr> shifted;
  for (unsigned dim = 0; dim < loops; ++dim)
    shifted.push_back(builder.getAffineDimExpr(dim + (dim >= tokens)));
  auto mapOf = [&](OpOperand &operand, int64_t at) {
    AffineMap map = generic.getMatchingIndexingMap(&operand).replaceDimsAndSymbols(shifted, {}, loops + 1, 0);
    return at < 0 ? map : map.insertResult(token, at);
  };
  for (OpOperand *operand : generic.getDpsInputOperands()) {
    bool isTensor = isa<RankedTensorType>(operand->get().getType());
    maps.push_back(mapOf(*operand, isTensor ? of(operand->get())->axis : -1));
  }
  for (OpOperand &operand : generic.getDpsInitsMutable())
    maps.push_back(mapOf(operand, tokens));
  SmallVector<utils::IteratorType> kinds =
      inserted<utils::IteratorType>(generic.getIteratorTypesArray(), tokens, utils::IteratorType::parallel);
  auto made = linalg::GenericOp::create(builder, loc, ValueRange(inits).getTypes(), inputs, inits, maps, kinds);
  if (!cloneBody(generic, made.getRegion(), tokens)) {
    made.erase();
    return std::nullopt;
  }
  return Sequence{made.getResult(result), tokens};
}

/// Position of the loop at a token.
Value TokenSequences::positionOf(OpBuilder &nested, Value token) {
  if (!loop.reversed)
    return arith::AddIOp::create(nested, loc, token, loop.loop.getLowerBound());
  Value one = arith::ConstantIndexOp::create(nested, loc, 1);
  Value last = arith::SubIOp::create(nested, loc, loop.loop.getUpperBound(), one);
  return arith::SubIOp::create(nested, loc, last, token);
}

/// Copies a body into a generic with a token loop at `axis`. What it reads from body tensors it reads at the token.
bool TokenSequences::cloneBody(linalg::GenericOp generic, Region &target, unsigned axis) {
  IRMapping mapping;
  generic.getRegion().cloneInto(&target, mapping);
  OpBuilder nested(&target.front(), target.front().begin());
  Value token = linalg::IndexOp::create(nested, loc, axis);
  for (linalg::IndexOp index : llvm::make_early_inc_range(target.getOps<linalg::IndexOp>()))
    if (index != token.getDefiningOp() && index.getDim() >= axis)
      index.setDim(index.getDim() + 1);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(target, captured);
  for (Value value : captured) {
    if (loop.isOutside(value))
      continue;
    if (value == loop.loop.getInductionVar()) {
      replaceAllUsesInRegionWith(value, positionOf(nested, token), target);
      continue;
    }
    std::optional<Sequence> sequence = isa<RankedTensorType>(value.getType()) ? of(value) : std::nullopt;
    if (!sequence)
      return false;
    for (auto extract : llvm::make_early_inc_range(target.getOps<tensor::ExtractOp>())) {
      if (extract.getTensor() != value)
        continue;
      SmallVector<Value> indices(extract.getIndices());
      if (sequence->varies())
        indices.insert(indices.begin() + sequence->axis, token);
      OpBuilder here(extract);
      Value element = tensor::ExtractOp::create(here, loc, sequence->value, indices);
      extract.replaceAllUsesWith(element);
      extract.erase();
    }
  }
  if (token.use_empty())
    token.getDefiningOp()->erase();
  return true;
}

//===--- movement -------------------------------------------------------------------------===//

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

std::optional<Sequence> TokenSequences::computeCast(tensor::CastOp cast) {
  std::optional<Sequence> source = of(cast.getSource());
  if (!source || !source->varies())
    return std::nullopt;
  RankedTensorType type = withTokens(typeOf(cast), source->axis, loop.length);
  return Sequence{tensor::CastOp::create(builder, loc, type, source->value), source->axis};
}

} // namespace heddle
