#include "frontends/onnx/operators/BlockWeights.h"
#include "frontends/onnx/NodeReader.h"
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

//===--- GatherBlockQuantized -------------------------------------------------------------===//

// data ui8 [rows, .., bytes], scales [rows, .., blocks], zero points ui8 [rows, .., bytes of blocks].
static std::optional<BlockWeights> readTable(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor data = node.tensor(0), scales = node.tensor(2), zeros = node.optionalTensor(3);
  int64_t bits = node.integer("bits", 4), block = node.integer("block_size", 128);
  if (!data || !scales || (node.has(3) && !zeros))
    return std::nullopt;
  if (!isPackedWidth(bits) || block < 16 || !llvm::isPowerOf2_64(block))
    return node.fail("attributes 'bits' " + Twine(bits) + " and 'block_size' " + Twine(block) +
                     ", expected 2, 4 or 8 bits and a power of two of at least 16"),
           std::nullopt;
  Type byte = g.builder().getIntegerType(8, false);
  auto bytes = data.rank() >= 2 ? dyn_cast<AffineConstantExpr>(data.shape.back()) : AffineConstantExpr();
  if (!bytes || data.elementType != byte || (zeros && zeros.elementType != byte))
    return node.fail("data and zero points, expected elements of type uint8 and a rank of at least 2"), std::nullopt;
  int64_t length = bytes.getValue() * 8 / bits, blocks = llvm::divideCeil(length, block);
  Shape expected = data.shape;
  expected.back() = g.dim(blocks);
  if (scales.shape != expected)
    return node.fail("scales of shape " + g.describe(scales.shape) + ", expected " + g.describe(expected)),
           std::nullopt;
  expected.back() = g.dim(llvm::divideCeil(blocks * bits, 8));
  if (zeros && zeros.shape != expected)
    return node.fail("zero points of shape " + g.describe(zeros.shape) + ", expected " + g.describe(expected)),
           std::nullopt;
  return BlockWeights{bits, block, length, data, scales, zeros};
}

// Rows of a quantised table; only those that are asked for are dequantised.
static Results convertGatherBlockQuantized(NodeReader &node) {
  GraphBuilder &g = node.g;
  std::optional<BlockWeights> table = readTable(node);
  Tensor indices = node.tensor(1);
  if (!table || !indices)
    return {};
  int64_t rank = table->packed.rank();
  std::optional<int64_t> axis = node.axis(node.integer("gather_axis", 0), rank),
                         quantized = node.axis(node.integer("quantize_axis", 1), rank);
  if (!axis || !quantized)
    return {};
  if (*axis != 0 || *quantized != rank - 1)
    return node.fail("attributes 'gather_axis' " + Twine(*axis) + " and 'quantize_axis' " + Twine(*quantized) +
                     ", expected the first and the last axis");
  BlockWeights rows = *table;
  for (Tensor *part : {&rows.packed, &rows.scales, &rows.zeros})
    *part = g.gather(*part, indices, 0);
  Type wide = rows.scales && rows.scales.elementType.isF64() ? rows.scales.elementType : Type(g.builder().getF32Type());
  return {g.cast(dequantize(g, rows, wide), table->scales.elementType)};
}

void registerBlockWeights(OpTable &table) {
  table.add({{"com.microsoft.GatherBlockQuantized", 1, convertGatherBlockQuantized}});
}

} // namespace heddle::onnx
