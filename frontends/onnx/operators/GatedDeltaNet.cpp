// GatedDeltaNet of com.microsoft.
#include "frontends/Layers.h"
#include "frontends/onnx/operators/LinearMixer.h"
#include "frontends/onnx/operators/PackedTokens.h"
#include "frontends/onnx/operators/Tokens.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Inputs: query, key, value [B, T, H, d] or packed [tokens, H, d], then where packed sequences begin (all of one length
// where it is absent), decay, beta, initial state [B, H, dv, dk], a_log and dt_bias.
class GatedDeltaNetConverter {
public:
  explicit GatedDeltaNetConverter(NodeReader &node) : node(node), g(node.g), mixer(node.g) {}

  Results convert() {
    node.ignore({"chunk_size"}); // a hint
    rule = readRule(node);
    if (!rule || !isSupported() || !readOperands() || !readGates())
      return {};
    SmallVector<Tensor> results = mixer.run();
    if (results.size() != 2)
      return {};
    Tensor y = results[0];
    if (isPacked)
      y = packed ? packed->pack(g, y) : g.reshape(y, {node.shape(2)[0], y.shape[2], y.shape[3]});
    return {y, g.transpose(results[1], {0, 1, 3, 2})};
  }

private:
  bool isSupported() {
    for (auto [index, name] : {std::pair(9, "capture_count"), {10, "state_update_active"}})
      if (node.has(index))
        return node.fail("input '" + Twine(name) + "', expected none"), false;
    if (int64_t capacity = node.integer("state_update_capacity", 0))
      return node.fail("attribute 'state_update_capacity', expected 0 but got " + Twine(capacity)), false;
    return true;
  }

  // [B, T, ..]. Behind the end of a packed sequence stand keys, rates and decays of 0, which leave its state as it is.
  Tensor unpacked(Tensor x) {
    if (!x || !isPacked)
      return x;
    if (packed)
      return packed->unpack(g, x);
    Dim batch = node.shape(6)[0], tokens = g.simplify(x.shape[0].floorDiv(batch));
    if (!node.unify(g.product({batch, tokens}), x.shape[0]))
      return {};
    Shape shape = {batch, tokens};
    shape.append(x.shape.begin() + 1, x.shape.end());
    return g.reshape(x, shape);
  }

  bool readOperands() {
    isPacked = node.rank(2) == 3;
    bool hasRanks = node.rank(0) == node.rank(2) && node.rank(1) == node.rank(2) && (isPacked || node.rank(2) == 4);
    bool hasPlaces = node.has(3), hasBatch = node.has(6) && isa<AffineConstantExpr>(node.shape(6)[0]);
    if (!hasRanks || (isPacked ? !hasPlaces && !hasBatch : hasPlaces))
      return node.fail("query, key and value, expected rank 4, or rank 3 and either input 'cu_seqlens' or an initial "
                       "state of a known batch"),
             false;
    if (hasPlaces)
      packed = readPackedTokens(node, 3, node.shape(2)[0]);
    if (node.failed())
      return false;
    mixer.value = unpacked(node.tensor(2));
    mixer.query = unpacked(node.tensor(0)), mixer.key = unpacked(node.tensor(1));
    if (!mixer.query || !mixer.key || !mixer.value)
      return false;
    if (node.flag("qk_l2_norm", false))
      mixer.query = l2Normalize(g, mixer.query, 1e-6), mixer.key = l2Normalize(g, mixer.key, 1e-6);
    mixer.query = shareHeads(g, mixer.query, mixer.value.shape[2]);
    mixer.key = shareHeads(g, mixer.key, mixer.value.shape[2]);
    mixer.state = node.has(6) ? g.transpose(node.tensor(6), {0, 1, 3, 2}) : Tensor();
    return checkLinearMixer(node, mixer);
  }

  bool readGates() {
    std::string gate = node.string("gate_activation", "none"), update = node.string("beta_activation", "none");
    if ((gate != "none" && gate != "qwen") || (update != "none" && update != "sigmoid"))
      return node.fail("attributes 'gate_activation' '" + gate + "' and 'beta_activation' '" + update +
                       "', expected none or qwen, and none or sigmoid"),
             false;
    // What a rule does not use may be given all the same.
    for (int64_t index : {4, 5, 7, 8})
      node.has(index);
    if (rule->isGated)
      mixer.decay = unpacked(gate == "qwen" ? gateOfQwen(node.tensor(4)) : node.tensor(4));
    if (rule->isDelta)
      mixer.beta = unpacked(update == "sigmoid" ? g.unary(Unary::Sigmoid, node.tensor(5)) : node.tensor(5));
    return (!rule->isGated || mixer.decay) && (!rule->isDelta || mixer.beta);
  }

  // -exp(a_log) softplus(x + dt_bias)
  Tensor gateOfQwen(Tensor x) {
    Tensor rate = g.unary(Unary::Exp, node.tensor(7)), bias = node.tensor(8);
    return g.unary(Unary::Neg, g.mul(g.unary(Unary::Softplus, g.add(x, bias)), rate));
  }

  NodeReader &node;
  GraphBuilder &g;
  LinearMixer mixer;
  std::optional<LinearRule> rule;
  bool isPacked = false;
  std::optional<PackedTokens> packed; // where the lengths differ
};

} // namespace

Results convertGatedDeltaNet(NodeReader &node) { return GatedDeltaNetConverter(node).convert(); }

} // namespace heddle::onnx
