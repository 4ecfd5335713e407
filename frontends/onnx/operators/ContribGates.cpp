// Gates and complex products of com.microsoft, and products with weights of a few bits.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Tokens.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

//===--- gates ----------------------------------------------------------------------------===//

// rms norm over groups as long as the scale, times silu(gate)
static Results convertGatedRmsNorm(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), scale = node.tensor(1), gate = node.tensor(2);
  double epsilon = node.real("epsilon", 1e-5);
  if (!x || !scale || !gate || !sameElementTypes(node, {x, scale, gate}))
    return {};
  auto width = dyn_cast<AffineConstantExpr>(x.shape.back()), group = dyn_cast<AffineConstantExpr>(scale.shape.back());
  if (scale.rank() != 1 || !width || !group || group.getValue() < 1 || width.getValue() % group.getValue())
    return node.fail("last dimension " + g.describe(x.shape.back()) + ", expected a multiple of the scale's length");
  if (gate.rank() != x.rank() || !node.unifyBroadcast({x.shape, gate.shape}))
    return {};
  Type wide = x.elementType.isF64() ? x.elementType : Type(g.builder().getF32Type());
  Tensor heads = splitHeads(g, g.cast(x, wide), width.getValue() / group.getValue());
  Tensor normal = mergeHeads(g, rmsNorm(g, heads, g.cast(scale, wide), epsilon));
  return {g.cast(g.mul(normal, g.unary(Unary::Silu, g.cast(gate, wide))), x.elementType)};
}

// decay = scale * softplus(a + bias), beta = sigmoid(b)
static Results convertLinearAttentionGate(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor a = node.tensor(0), bias = node.tensor(1), scale = node.tensor(2), b = node.optionalTensor(3);
  if (!a || !bias || !scale || !node.unifyBroadcast({a.shape, bias.shape}) ||
      !node.unifyBroadcast({a.shape, scale.shape}))
    return {};
  Tensor decay = g.mul(g.unary(Unary::Softplus, g.add(g.cast(a, bias.elementType), bias)), scale);
  Results results = {g.cast(decay, a.elementType)};
  if (b)
    results.push_back(g.unary(Unary::Sigmoid, b));
  return results;
}

static Results convertGelu(NodeReader &node) { return {node.g.unary(Unary::Gelu, node.tensor(0))}; }

//===--- complex numbers ------------------------------------------------------------------===//

// Pairs in the last dimension: a b, or a times the conjugate of b.
template <bool conjugates> static Results convertComplexMul(NodeReader &node) {
  GraphBuilder &g = node.g;
  std::optional<SmallVector<Tensor>> inputs = hasInputs(node, 2) ? broadcastInputs(node) : std::nullopt;
  if (!inputs)
    return {};
  for (const Tensor &x : *inputs)
    if (x.rank() < 1 || x.shape.back() != g.dim(2))
      return node.fail("input of shape " + g.describe(x.shape) + ", expected pairs in the last dimension");
  auto half = [&](size_t input, int64_t number) {
    Tensor x = (*inputs)[input];
    return g.slice(x, x.rank() - 1, g.dim(number), g.dim(number + 1));
  };
  Tensor aRe = half(0, 0), aIm = half(0, 1), bRe = half(1, 0), bIm = half(1, 1);
  if (conjugates)
    bIm = g.unary(Unary::Neg, bIm);
  Tensor real = g.sub(g.mul(aRe, bRe), g.mul(aIm, bIm)), imaginary = g.add(g.mul(aRe, bIm), g.mul(aIm, bRe));
  return {real ? g.concat({real, imaginary}, real.rank() - 1) : Tensor()};
}

//===--- MatMulNBits ----------------------------------------------------------------------===//

namespace {

// A row of weights is cut into blocks with a scale each; numbers are packed from the low bits of a byte on.
class PackedWeights {
public:
  explicit PackedWeights(NodeReader &node) : node(node), g(node.g) {}

  bool read() {
    inner = node.integer("K", 0), columns = node.integer("N", 0);
    bits = node.integer("bits", 4), block = node.integer("block_size", 0);
    node.ignore({"accuracy_level", "weight_prepacked"}); // hints
    if (inner < 1 || columns < 1 || block < 16 || (bits != 2 && bits != 4 && bits != 8))
      return node.fail("attributes 'K', 'N', 'block_size' and 'bits', expected positive sizes, blocks of at least 16 "
                       "and 2, 4 or 8 bits"),
             false;
    if (node.has(4))
      return node.fail("input 'g_idx', expected none"), false;
    blocks = llvm::divideCeil(inner, block);
    packed = node.tensor(1), scales = node.tensor(2), zeros = node.optionalTensor(3);
    Type byte = g.builder().getIntegerType(8, false);
    int64_t rowBytes = blocks * block * bits / 8, zeroBytes = llvm::divideCeil(blocks * bits, 8);
    if (!packed || !scales || packed.elementType != byte)
      return packed && scales && (node.fail("weights, expected elements of type uint8"), false);
    packed = g.reshape(packed, {g.dim(columns), g.dim(rowBytes)});
    scales = g.reshape(scales, {g.dim(columns), g.dim(blocks)});
    if (zeros)
      zeros = g.reshape(zeros, {g.dim(columns), g.dim(zeros.elementType == byte ? zeroBytes : blocks)});
    return packed && scales && (!node.has(3) || zeros);
  }

  // [N, K] of the type.
  Tensor unpack(Type type) {
    Tensor wide = g.cast(scales, type);
    if (!wide)
      return {};
    return g.generate({g.dim(columns), g.dim(inner)}, type, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
      Value size = arith::ConstantIndexOp::create(b, at, block);
      Value blockIndex = arith::DivUIOp::create(b, at, index[1], size);
      Value number = arith::UIToFPOp::create(b, at, type, bitsAt(b, at, packed, index[0], index[1]));
      Value zero = zeroAt(b, at, type, index[0], blockIndex);
      Value scale = tensor::ExtractOp::create(b, at, wide.value, ValueRange{index[0], blockIndex});
      return arith::MulFOp::create(b, at, arith::SubFOp::create(b, at, number, zero), scale);
    });
  }

  int64_t inner = 0, columns = 0;

private:
  // Number `place` of a row, i8.
  Value bitsAt(OpBuilder &b, Location at, const Tensor &bytes, Value row, Value place) {
    Type i8 = b.getI8Type();
    Value perByte = arith::ConstantIndexOp::create(b, at, 8 / bits);
    Value where = arith::DivUIOp::create(b, at, place, perByte);
    Value byte = tensor::ExtractOp::create(b, at, bytes.value, ValueRange{row, where});
    if (bits == 8)
      return byte;
    Value first = arith::RemUIOp::create(b, at, place, perByte);
    Value shift = arith::MulIOp::create(b, at, first, arith::ConstantIndexOp::create(b, at, bits));
    Value moved = arith::ShRUIOp::create(b, at, byte, arith::IndexCastOp::create(b, at, i8, shift));
    Value mask = arith::ConstantIntOp::create(b, at, i8, (1 << bits) - 1);
    return arith::AndIOp::create(b, at, moved, mask);
  }

  Value zeroAt(OpBuilder &b, Location at, Type type, Value row, Value blockIndex) {
    if (!zeros)
      return arith::ConstantOp::create(b, at, b.getFloatAttr(type, 1 << (bits - 1)));
    if (!isa<FloatType>(zeros.elementType))
      return arith::UIToFPOp::create(b, at, type, bitsAt(b, at, zeros, row, blockIndex));
    Value zero = tensor::ExtractOp::create(b, at, zeros.value, ValueRange{row, blockIndex});
    return zeros.elementType == type ? zero : arith::ExtFOp::create(b, at, type, zero).getResult();
  }

  NodeReader &node;
  GraphBuilder &g;
  int64_t bits = 4, block = 0, blocks = 0;
  Tensor packed, scales, zeros;
};

} // namespace

// x [.., K] times the transposed weights [N, K], plus a bias [N].
static Results convertMatMulNBits(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), bias = node.optionalTensor(5);
  PackedWeights weights(node);
  if (!x || !weights.read() || !node.unify(x.shape.back(), g.dim(weights.inner)))
    return {};
  Type wide = x.elementType.isF64() ? x.elementType : Type(g.builder().getF32Type());
  Tensor matrix = weights.unpack(wide);
  Tensor y = g.matmul(g.cast(x, wide), matrix, false, true);
  if (bias && y && !node.unify(bias.shape.back(), y.shape.back()))
    return {};
  return {g.cast(bias ? g.add(y, g.cast(bias, wide)) : y, x.elementType)};
}

void registerContribGates(OpTable &table) {
  table.add({{"com.microsoft.ComplexMul", 1, convertComplexMul<false>},
             {"com.microsoft.ComplexMulConj", 1, convertComplexMul<true>},
             {"com.microsoft.GatedDeltaNet", 1, convertGatedDeltaNet},
             {"com.microsoft.GatedRMSNorm", 1, convertGatedRmsNorm},
             {"com.microsoft.Gelu", 1, convertGelu},
             {"com.microsoft.LinearAttentionGate", 1, convertLinearAttentionGate},
             {"com.microsoft.MatMulNBits", 1, convertMatMulNBits}});
}

} // namespace heddle::onnx
