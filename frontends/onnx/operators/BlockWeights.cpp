#include "frontends/onnx/operators/BlockWeights.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

bool isPackedWidth(int64_t bits) { return bits == 2 || bits == 4 || bits == 8; }

// The number at `index`, whose last part counts numbers; i8.
static Value numberAt(OpBuilder &b, Location at, const Tensor &packed, ValueRange index, int64_t bits) {
  Type i8 = b.getI8Type();
  SmallVector<Value> where(index);
  Value perByte = arith::ConstantIndexOp::create(b, at, 8 / bits);
  where.back() = arith::DivUIOp::create(b, at, index.back(), perByte);
  Value byte = tensor::ExtractOp::create(b, at, packed.value, where);
  if (bits == 8)
    return byte;
  Value first = arith::RemUIOp::create(b, at, index.back(), perByte);
  Value shift = arith::MulIOp::create(b, at, first, arith::ConstantIndexOp::create(b, at, bits));
  Value moved = arith::ShRUIOp::create(b, at, byte, arith::IndexCastOp::create(b, at, i8, shift));
  Value mask = arith::ConstantIntOp::create(b, at, i8, (1 << bits) - 1);
  return arith::AndIOp::create(b, at, moved, mask);
}

Tensor unpackNumbers(GraphBuilder &g, Tensor packed, int64_t bits, int64_t length, Type type) {
  if (!packed)
    return {};
  Shape shape = packed.shape;
  shape.back() = g.dim(length);
  return g.generate(shape, type, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    return arith::UIToFPOp::create(b, at, type, numberAt(b, at, packed, index, bits));
  });
}

// The zero point of a block; `index` ends with the block.
static Value zeroAt(OpBuilder &b, Location at, const BlockWeights &weights, ValueRange index, Type type) {
  const Tensor &zeros = weights.zeros;
  if (!zeros)
    return arith::ConstantOp::create(b, at, b.getFloatAttr(type, 1 << (weights.bits - 1)));
  if (!isa<FloatType>(zeros.elementType))
    return arith::UIToFPOp::create(b, at, type, numberAt(b, at, zeros, index, weights.bits));
  Value zero = tensor::ExtractOp::create(b, at, zeros.value, index);
  return zeros.elementType == type ? zero : arith::ExtFOp::create(b, at, type, zero).getResult();
}

Tensor dequantize(GraphBuilder &g, const BlockWeights &weights, Type type) {
  Tensor scales = g.cast(weights.scales, type);
  if (!scales || !weights.packed)
    return {};
  Shape shape = weights.packed.shape;
  shape.back() = g.dim(weights.length);
  return g.generate(shape, type, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    SmallVector<Value> block(index);
    block.back() = arith::DivUIOp::create(b, at, index.back(), arith::ConstantIndexOp::create(b, at, weights.block));
    Value number = arith::UIToFPOp::create(b, at, type, numberAt(b, at, weights.packed, index, weights.bits));
    Value scale = tensor::ExtractOp::create(b, at, scales.value, block);
    return arith::MulFOp::create(b, at, arith::SubFOp::create(b, at, number, zeroAt(b, at, weights, block, type)),
                                 scale);
  });
}

} // namespace heddle::onnx
