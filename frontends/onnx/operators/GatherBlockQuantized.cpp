// GatherBlockQuantized of com.microsoft: slices of a quantised table. Only those that are asked for are dequantised.
#include "frontends/onnx/Literal.h"
#include "frontends/onnx/NodeReader.h"
#include "frontends/onnx/operators/BlockWeights.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Data of uint8 holds numbers of 2, 4 or 8 bits, packed along the last axis; int4, uint4 and small floats have an
// element for each number. Scales and zero points have one for each block along the quantised axis.
class BlockGather {
public:
  explicit BlockGather(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    data = node.tensor(0), indices = node.tensor(1), scales = node.tensor(2), zeros = node.optionalTensor(3);
    if (!data || !indices || !scales || (node.has(3) && !zeros) || !readAttributes() || !checkShapes())
      return {};
    Type wide = scales.elementType.isF64() ? scales.elementType : Type(g.builder().getF32Type());
    Tensor size = emitLiteral(g, Literal{indices.elementType, {}, {{data.shape[axis]}}});
    Tensor zero = g.scalar(0, indices.elementType), isNegative = g.compare(Compare::Less, indices, zero);
    Tensor place = g.select(isNegative, g.add(indices, size), indices);
    Tensor numbers = numbersOf(g.gather(data, place, axis), shape.back(), wide);
    Tensor y = dequantized(numbers, perBlock(scales, place, wide), zerosAt(place, wide));
    // What is outside is zero.
    Tensor isInside = g.compare(Compare::GreaterEqual, place, zero);
    isInside = g.binary(Binary::And, isInside, g.compare(Compare::Less, place, size));
    Shape spread(axis, g.dim(1));
    llvm::append_range(spread, indices.shape);
    spread.append(data.rank() - axis - 1, g.dim(1));
    return {g.cast(g.select(g.reshape(isInside, spread), y, g.scalar(0, wide)), scales.elementType)};
  }

private:
  bool readAttributes() {
    std::optional<int64_t> gathered = node.axis(node.integer("gather_axis", 0), data.rank()),
                           quantized = node.axis(node.integer("quantize_axis", 1), data.rank());
    bits = node.integer("bits", 4), block = node.integer("block_size", 128);
    if (!gathered || !quantized)
      return false;
    axis = *gathered, blockAxis = *quantized;
    isPacked = data.elementType.isUnsignedInteger(8);
    bool isFloat = isa<FloatType>(data.elementType),
         isNarrow = isFloat || data.elementType.getIntOrFloatBitWidth() == 4;
    if (!isPacked && !isNarrow)
      return node.fail("data, expected elements of type uint8, int4, uint4, float8 or float4"), false;
    if (isPacked && (!isPackedWidth(bits) || axis != 0 || (bits < 8 && data.rank() < 2)))
      return node.fail("attributes 'bits' " + Twine(bits) + " and 'gather_axis' " + Twine(axis) +
                       ", expected 2, 4 or 8 bits and axis 0, before the one that uint8 is packed along"),
             false;
    if ((block < 16 || !llvm::isPowerOf2_64(block)) && !(isFloat && block == 0))
      return node.fail("attribute 'block_size' " + Twine(block) + ", expected a power of two of at least 16" +
                       (isFloat ? ", or 0" : "")),
             false;
    if (isFloat && zeros)
      return node.fail("input 'zero_points', expected none for data of floats"), false;
    return true;
  }

  // Sets the shape of the table in numbers.
  bool checkShapes() {
    shape = data.shape;
    auto last = dyn_cast<AffineConstantExpr>(shape.back());
    if (isPacked && last)
      shape.back() = g.dim(last.getValue() * 8 / bits);
    auto length = dyn_cast<AffineConstantExpr>(shape[blockAxis]);
    if (!length || (isPacked && !last))
      return node.fail("data of shape " + g.describe(data.shape) +
                       ", expected known sizes of the quantised axis and of "
                       "the one that is packed along"),
             false;
    Shape blocks = shape;
    blocks[blockAxis] = g.dim(block ? llvm::divideCeil(length.getValue(), block) : 1);
    if (!fitsScales(blocks))
      return node.fail("scales of shape " + g.describe(scales.shape) + ", expected " + g.describe(blocks)), false;
    zeroLength = blocks.back();
    if (isPacked)
      blocks.back() = g.dim(llvm::divideCeil(cast<AffineConstantExpr>(zeroLength).getValue() * bits, 8));
    if (zeros && (zeros.shape != blocks || zeros.elementType != data.elementType))
      return node.fail("zero points of shape " + g.describe(zeros.shape) + ", expected " + g.describe(blocks) +
                       " of the type of the data"),
             false;
    return true;
  }

  // For floats, a scale may be spread along other axes than that of the blocks.
  bool fitsScales(const Shape &blocks) {
    if (scales.rank() != data.rank())
      return false;
    bool maySpread = isa<FloatType>(data.elementType);
    for (auto [at, size] : llvm::enumerate(scales.shape))
      if (size != blocks[at] && !(maySpread && static_cast<int64_t>(at) != blockAxis && size == g.dim(1)))
        return false;
    return true;
  }

  // Elements of the table as numbers, of which a row has `length`.
  Tensor numbersOf(Tensor stored, Dim length, Type wide) {
    if (!isPacked)
      return g.cast(stored, wide);
    return unpackNumbers(g, stored, bits, cast<AffineConstantExpr>(length).getValue(), wide);
  }

  // What is said of blocks, at the slices that are gathered.
  Tensor gatherBlocks(Tensor blocks, Tensor place) {
    if (axis == blockAxis)
      place = block ? g.div(place, g.scalar(static_cast<double>(block), place.elementType))
                    : g.mul(place, g.scalar(0, place.elementType));
    return g.gather(blocks, place, axis);
  }

  Tensor perBlock(Tensor blocks, Tensor place, Type wide) { return g.cast(gatherBlocks(blocks, place), wide); }

  Tensor zerosAt(Tensor place, Type wide) {
    return zeros ? numbersOf(gatherBlocks(zeros, place), zeroLength, wide) : Tensor();
  }

  // (number - zero) * scale
  Tensor dequantized(Tensor numbers, Tensor scale, Tensor zero) {
    if (!numbers || !scale || (zeros && !zero))
      return {};
    std::optional<int64_t> divided; // the axis of the result with a block for several elements
    if (axis != blockAxis)
      divided = blockAxis < axis ? blockAxis : blockAxis + indices.rank() - 1;
    Type type = numbers.elementType;
    double middle = isPacked ? 1 << (bits - 1) : 0;
    AffineMap identity = AffineMap::getMultiDimIdentityMap(numbers.rank(), g.context());
    auto body = [&](OpBuilder &b, Location at, ValueRange v) -> Value {
      SmallVector<Value> place;
      for (auto [dim, size] : llvm::enumerate(scale.shape)) {
        Value index = linalg::IndexOp::create(b, at, dim);
        if (size == g.dim(1))
          index = arith::ConstantIndexOp::create(b, at, 0);
        else if (divided && static_cast<int64_t>(dim) == *divided)
          index = arith::DivUIOp::create(b, at, index, arith::ConstantIndexOp::create(b, at, block));
        place.push_back(index);
      }
      Value from = zero ? tensor::ExtractOp::create(b, at, zero.value, place).getResult()
                        : arith::ConstantOp::create(b, at, b.getFloatAttr(type, middle)).getResult();
      return arith::MulFOp::create(b, at, arith::SubFOp::create(b, at, v[0], from),
                                   tensor::ExtractOp::create(b, at, scale.value, place));
    };
    return g.generic(numbers.shape, numbers, {identity, identity}, type, std::nullopt, body);
  }

  NodeReader &node;
  GraphBuilder &g;
  Tensor data, indices, scales, zeros;
  int64_t bits = 4, block = 0, axis = 0, blockAxis = 0;
  bool isPacked = false; // data of uint8
  Shape shape;           // of the table, in numbers
  Dim zeroLength;        // zero points of a row
};

} // namespace

static Results convertGatherBlockQuantized(NodeReader &node) { return BlockGather(node).convert(); }

void registerGatherBlockQuantized(OpTable &table) {
  table.add({{"com.microsoft.GatherBlockQuantized", 1, convertGatherBlockQuantized}});
}

} // namespace heddle::onnx
