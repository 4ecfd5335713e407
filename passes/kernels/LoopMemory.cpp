// Loads, stores and buffers of the kernel language.
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/kernels/LoopBuilder.h"

using namespace mlir;

namespace heddle::kernels {

static SmallVector<Value> values(ArrayRef<Expr> exprs) {
  return llvm::map_to_vector(exprs, [](Expr expr) { return expr.value; });
}

/// Extends a loaded float (or vector of floats) to the compute type.
static Value extend(LoopBuilder &loops, Value value) {
  auto element = dyn_cast<FloatType>(getElementTypeOrSelf(value.getType()));
  if (!element || element == loops.realType)
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  Type target = vector ? Type(vector.clone(loops.realType)) : Type(loops.realType);
  if (element.getWidth() > loops.realType.getWidth())
    return arith::TruncFOp::create(loops.builder, loops.loc, target, value);
  return arith::ExtFOp::create(loops.builder, loops.loc, target, value);
}

Expr LoopBuilder::load(Value memref, ArrayRef<Expr> indices, int64_t width) {
  auto type = cast<MemRefType>(memref.getType());
  if (width == 0)
    return wrap(extend(*this, memref::LoadOp::create(builder, loc, memref, values(indices))));
  auto vector = VectorType::get({width}, type.getElementType());
  if (type.isLastDimUnitStride())
    return wrap(extend(*this, vector::LoadOp::create(builder, loc, vector, memref, values(indices))));
  // Lanes that do not lie side by side are gathered one by one.
  SmallVector<Value> elements;
  Exprs position(indices);
  for (int64_t lane = 0; lane < width; ++lane) {
    position.back() = indices.back() + index(lane);
    elements.push_back(memref::LoadOp::create(builder, loc, memref, values(position)));
  }
  return wrap(extend(*this, vector::FromElementsOp::create(builder, loc, vector, elements)));
}

void LoopBuilder::store(Expr expr, Value memref, ArrayRef<Expr> indices) {
  auto type = cast<MemRefType>(memref.getType());
  Value value = expr.value;
  auto vector = dyn_cast<VectorType>(value.getType());
  auto element = dyn_cast<FloatType>(type.getElementType());
  if (element && element != realType) {
    Type target = vector ? Type(vector.clone(element)) : Type(element);
    value = element.getWidth() < realType.getWidth() ? Value(arith::TruncFOp::create(builder, loc, target, value))
                                                     : Value(arith::ExtFOp::create(builder, loc, target, value));
  }
  if (!vector)
    memref::StoreOp::create(builder, loc, value, memref, values(indices));
  else if (type.isLastDimUnitStride())
    vector::StoreOp::create(builder, loc, value, memref, values(indices));
  else
    for (int64_t lane = 0; lane < vector.getDimSize(0); ++lane) {
      Exprs position(indices);
      position.back() = indices.back() + index(lane);
      Value scalar = vector::ExtractOp::create(builder, loc, value, lane);
      memref::StoreOp::create(builder, loc, scalar, memref, values(position));
    }
}

Value LoopBuilder::scratch(ArrayRef<int64_t> shape) {
  // At the top of the kernel's body: a stack buffer inside of a loop would be a new one in each iteration.
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(kernelBody);
  return memref::AllocaOp::create(builder, loc, MemRefType::get(shape, realType), ValueRange(),
                                  builder.getI64IntegerAttr(64));
}

Value LoopBuilder::buffer(ArrayRef<Expr> shape) {
  SmallVector<int64_t> sizes;
  SmallVector<Value> dynamic;
  for (Expr size : shape) {
    std::optional<int64_t> constant = getConstantIntValue(size.value);
    sizes.push_back(constant.value_or(ShapedType::kDynamic));
    if (!constant)
      dynamic.push_back(size.value);
  }
  return memref::AllocOp::create(builder, loc, MemRefType::get(sizes, realType), dynamic,
                                 builder.getI64IntegerAttr(64));
}

} // namespace heddle::kernels