#include "passes/raise/RerollBody.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace heddle {

Value tokenOf(OpBuilder &builder, Location loc, Value tensor, RankedTensorType token, OpFoldResult position) {
  SmallVector<OpFoldResult> offsets{position}, sizes{builder.getIndexAttr(1)};
  offsets.append(token.getRank(), builder.getIndexAttr(0));
  llvm::append_range(sizes, getAsIndexOpFoldResult(builder.getContext(), token.getShape()));
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  return tensor::ExtractSliceOp::create(builder, loc, token, tensor, offsets, sizes, strides);
}

void RerollBody::build(OpBuilder &builder, Location loc, Value at, ValueRange arguments, ArrayRef<CarriedValue> carried,
                       ArrayRef<CollectedValue> collected) {
  position = at;
  for (auto [value, argument] : llvm::zip(carried, arguments))
    before[{value.row, value.result}].push_back(argument);
  for (unsigned row : schedule.rows)
    buildRow(builder, row);
  SmallVector<Value> yields;
  for (const CarriedValue &value : carried)
    yields.push_back(rowValue({UnrolledRead::Row, value.row, value.result}, value.back - 1));
  for (const RowStack &stack : schedule.stacks) {
    Value piece = rowValue(stack.read, schedule.carriedOver(stack));
    int64_t sign = schedule.reversed ? -1 : 1;
    OpFoldResult start =
        affine(builder, loc, sign * stack.stack.step, stack.stack.first + stack.stack.step * schedule.column(begin));
    yields.push_back(stack.stack.insert(builder, loc, piece, arguments[yields.size()], start));
  }
  for (const CollectedValue &value : collected) {
    Value token = made.lookup({value.row, value.result});
    auto type = cast<RankedTensorType>(token.getType());
    SmallVector<OpFoldResult> offsets{position}, sizes{builder.getIndexAttr(1)};
    offsets.append(type.getRank(), builder.getIndexAttr(0));
    llvm::append_range(sizes, getAsIndexOpFoldResult(builder.getContext(), type.getShape()));
    SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
    yields.push_back(
        tensor::InsertSliceOp::create(builder, loc, token, arguments[yields.size()], offsets, sizes, strides));
  }
  scf::YieldOp::create(builder, loc, yields);
}

void RerollBody::buildRow(OpBuilder &builder, unsigned row) {
  const UnrolledRow &made = table.rows[row];
  Operation *sample = table.sampleOf(made);
  IRMapping mapping;
  SmallVector<Value> reads;
  // The reads of the row are read anew: replacing other loops may have changed what the sample reads.
  for (auto [value, source] : llvm::zip_equal(made.values, made.reads)) {
    reads.push_back(read(builder, sample->getLoc(), row, source));
    mapping.map(value, reads.back());
  }
  Operation *clone = builder.clone(*sample, mapping);
  for (auto [index, operand] : llvm::enumerate(clone->getOpOperands()))
    operand.set(reads[index]);
  for (auto [index, result] : llvm::enumerate(clone->getResults()))
    this->made[{row, unsigned(index)}] = result;
}

Value RerollBody::read(OpBuilder &builder, Location loc, unsigned user, const UnrolledRead &read) {
  int64_t shift = schedule.shifts.lookup(user);
  switch (read.kind) {
  case UnrolledRead::Invariant:
    return table.invariants[read.index];
  case UnrolledRead::Slice:
    return slice(builder, table.slices[read.index], shift);
  case UnrolledRead::Constant:
    return constant(builder, loc, table.constants[read.index], shift);
  case UnrolledRead::Row:
    return rowValue(read, schedule.carriedOver(user, read));
  }
  llvm_unreachable("every kind is read above");
}

Value RerollBody::rowValue(const UnrolledRead &read, int64_t back) const {
  Result key{read.index, read.result};
  return back == 0 ? made.lookup(key) : before.lookup(key)[back - 1];
}

Value RerollBody::slice(OpBuilder &builder, const MovingSlice &slice, int64_t shift) {
  tensor::ExtractSliceOp sample = slice.sample;
  auto [stride, offset] = schedule.position(slice);
  SmallVector<OpFoldResult> offsets = sample.getMixedOffsets();
  offsets[slice.dim] = affine(builder, sample.getLoc(), stride, offset + stride * (begin + shift));
  return tensor::ExtractSliceOp::create(builder, sample.getLoc(), sample.getType(), sample.getSource(), offsets,
                                        sample.getMixedSizes(), sample.getMixedStrides());
}

Value RerollBody::constant(OpBuilder &builder, Location loc, const UnrolledConstant &constant, int64_t shift) {
  SmallVector<Attribute> values;
  int64_t last = constant.values.size() - 1;
  for (int64_t iteration = begin; iteration < end; ++iteration)
    values.push_back(constant.values[std::clamp<int64_t>(schedule.column(iteration + shift) - constant.low, 0, last)]);
  DenseElementsAttr joined = joinConstants(values, constant.type);
  Value all = arith::ConstantOp::create(outside, loc, joined);
  if (auto token = dyn_cast<RankedTensorType>(constant.type))
    return tokenOf(builder, loc, all, token, position);
  return tensor::ExtractOp::create(builder, loc, all, position);
}

OpFoldResult RerollBody::affine(OpBuilder &builder, Location loc, int64_t scale, int64_t offset) const {
  AffineExpr expression = builder.getAffineDimExpr(0) * scale + offset;
  return affine::makeComposedFoldedAffineApply(builder, loc, expression, {OpFoldResult(position)});
}

/// The bytes of a constant of whole-byte elements, as often as its type has elements.
static bool appendBytes(Attribute value, size_t bytes, std::vector<char> &to) {
  ArrayRef<char> data;
  if (auto dense = dyn_cast<DenseElementsAttr>(value))
    data = dense.getRawData();
  else if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    data = resource.getRawHandle().getBlob() ? resource.getRawHandle().getBlob()->getData() : ArrayRef<char>();
  if (data.empty() || bytes % data.size() != 0)
    return false;
  for (size_t filled = 0; filled < bytes; filled += data.size())
    to.insert(to.end(), data.begin(), data.end());
  return true;
}

DenseElementsAttr joinConstants(ArrayRef<Attribute> values, Type type) {
  auto token = dyn_cast<RankedTensorType>(type);
  SmallVector<int64_t> shape{int64_t(values.size())};
  Type element = getElementTypeOrSelf(type);
  if (!token)
    return DenseElementsAttr::get(RankedTensorType::get(shape, element), values);
  llvm::append_range(shape, token.getShape());
  auto joined = RankedTensorType::get(shape, element);
  if (element.isInteger(1)) {
    SmallVector<Attribute> elements;
    for (Attribute value : values) {
      auto dense = dyn_cast<DenseElementsAttr>(value);
      if (!dense)
        return nullptr;
      llvm::append_range(elements, dense.getValues<Attribute>());
    }
    return DenseElementsAttr::get(joined, elements);
  }
  std::vector<char> bytes;
  size_t tokenBytes =
      token.getNumElements() * llvm::divideCeil(element.isIndex() ? 64 : element.getIntOrFloatBitWidth(), 8);
  for (Attribute value : values)
    if (!appendBytes(value, tokenBytes, bytes))
      return nullptr;
  return DenseElementsAttr::getFromRawBuffer(joined, bytes);
}

} // namespace heddle
