// MoE and QMoE of com.microsoft.
#include "frontends/onnx/operators/BlockWeights.h"
#include "frontends/onnx/operators/ExpertMixture.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Inputs of one product of QMoE.
struct QuantizedInputs {
  int64_t weight, scales, bias, zeros;
};

} // namespace

static Results convertMoe(NodeReader &node) {
  ExpertMixture mixture(node);
  if (!mixture.readTokens())
    return {};
  auto read = [&](int64_t index) {
    return Projection{node.g.cast(node.tensor(index), mixture.wide()),
                      node.g.cast(node.optionalTensor(index + 1), mixture.wide())};
  };
  Projection up = read(2), down = read(4), gate = node.has(6) ? read(6) : Projection();
  if (!up || !down)
    return {};
  return mixture.mix(up, down, gate);
}

// Weights ui8 [experts, out, bytes] with scales [experts, out], or [experts, out, blocks] where 'block_size' is given.
static Projection readQuantized(NodeReader &node, QuantizedInputs inputs, Type type) {
  GraphBuilder &g = node.g;
  BlockWeights weights;
  weights.bits = node.integer("expert_weight_bits", 4);
  weights.packed = node.tensor(inputs.weight), weights.scales = node.tensor(inputs.scales);
  weights.zeros = node.optionalTensor(inputs.zeros);
  if (!weights.packed || !weights.scales)
    return {};
  Type byte = g.builder().getIntegerType(8, false);
  auto bytes =
      weights.packed.rank() == 3 ? dyn_cast<AffineConstantExpr>(weights.packed.shape[2]) : AffineConstantExpr();
  auto out = bytes ? dyn_cast<AffineConstantExpr>(weights.packed.shape[1]) : AffineConstantExpr();
  if (!out || weights.packed.elementType != byte || !isPackedWidth(weights.bits) ||
      (weights.zeros && weights.zeros.elementType != byte))
    return node.fail("weights and zero points, expected uint8 [experts, out, bytes] of numbers of 2, 4 or 8 bits"),
           Projection();
  weights.length = bytes.getValue() * 8 / weights.bits, weights.block = node.integer("block_size", weights.length);
  if (weights.block < 1)
    return node.fail("attribute 'block_size' " + Twine(weights.block) + ", expected a positive number"), Projection();
  int64_t blocks = llvm::divideCeil(weights.length, weights.block);
  auto packedSize = [&](int64_t count) { return g.dim(llvm::divideCeil(count * weights.bits, 8)); };
  bool isBlocked = node.hasAttribute("block_size");
  Shape scales = {weights.packed.shape[0], out}, zeros = {scales[0], isBlocked ? out : packedSize(out.getValue())};
  if (isBlocked)
    scales.push_back(g.dim(blocks)), zeros.push_back(packedSize(blocks));
  if (weights.scales.shape != scales || (weights.zeros && weights.zeros.shape != zeros))
    return node.fail("scales or zero points, expected shapes " + g.describe(scales) + " and " + g.describe(zeros)),
           Projection();
  if (!isBlocked) {
    weights.scales = g.unsqueeze(weights.scales, 2);
    if (weights.zeros)
      weights.zeros = g.unsqueeze(unpackNumbers(g, weights.zeros, weights.bits, out.getValue(), type), 2);
  }
  return {dequantize(g, weights, type), g.cast(node.optionalTensor(inputs.bias), type)};
}

// Whether weights are integers in the order of their shape.
static bool isPlainlyStored(NodeReader &node) {
  node.ignore({"accuracy_level"}); // a hint
  if (node.string("quant_type", "int") != "int")
    return node.fail("attribute 'quant_type', expected int but got '" + node.string("quant_type", "int") + "'"), false;
  int64_t isPrepacked = node.integer("weights_prepacked", -1);
  if (isPrepacked > 0)
    return node.fail("attribute 'weights_prepacked' " + Twine(isPrepacked) +
                     ", expected 0: the order of packed weights "
                     "is that of one device"),
           false;
  if (isPrepacked < 0 && node.hasAttribute("weights_prepacked"))
    emitWarning(node.g.location()) << "attribute 'weights_prepacked' leaves the order of weights to the runtime; they "
                                      "are taken as they stand";
  for (int64_t index = 15; index < 21; ++index)
    if (node.has(index))
      return node.fail("input " + Twine(index) + ", expected none: weights are integers"), false;
  return true;
}

static Results convertQmoe(NodeReader &node) {
  ExpertMixture mixture(node);
  if (!isPlainlyStored(node) || !mixture.readTokens(/*share=*/14))
    return {};
  Projection up = readQuantized(node, {2, 3, 4, 11}, mixture.wide());
  Projection down = readQuantized(node, {5, 6, 7, 12}, mixture.wide());
  Projection gate = node.has(8) ? readQuantized(node, {8, 9, 10, 13}, mixture.wide()) : Projection();
  if (!up || !down || (node.has(8) && !gate))
    return {};
  return mixture.mix(up, down, gate);
}

void registerExperts(OpTable &table) {
  table.add({{"com.microsoft.MoE", 1, convertMoe}, {"com.microsoft.QMoE", 1, convertQmoe}});
}

} // namespace heddle::onnx
