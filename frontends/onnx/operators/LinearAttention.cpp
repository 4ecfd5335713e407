// LinearAttention, of the default set and of com.microsoft.
#include "frontends/Layers.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "frontends/onnx/operators/LinearMixer.h"
#include "frontends/onnx/operators/StateWindow.h"
#include "frontends/onnx/operators/Tokens.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

// Inputs: query, key, value [B, T, H * d], state [B, H, dk, dv], decay, beta.
class LinearAttentionConverter {
public:
  explicit LinearAttentionConverter(NodeReader &node) : node(node), g(node.g), mixer(node.g) {}

  Results convert() {
    rule = readRule(node);
    if (!rule || !readOperands() || !readGates())
      return {};
    Type stateType = node.has(3) ? node.elementType(3) : mixer.value.elementType;
    SmallVector<Tensor> results = mixer.run();
    if (results.size() != 2)
      return {};
    SmallVector<Tensor> states;
    for (int64_t behind = window - 1; behind > 0; --behind)
      states.push_back(mixer.stateBefore(behind));
    states.push_back(results[1]);
    return {mergeHeads(g, results[0]), g.cast(window ? stackStates(g, states) : results[1], stateType)};
  }

private:
  bool readOperands() {
    node.ignore({"chunk_size"}); // a hint
    bool isMicrosoft = node.proto().domain() == "com.microsoft";
    std::optional<int64_t> given = isMicrosoft ? readStateWindow(node) : 0;
    if (!given)
      return false;
    window = *given;
    int64_t queryHeads = node.integer("q_num_heads", 0);
    heads = node.integer("kv_num_heads", 0);
    // Of com.microsoft, heads of keys and values may share queries as well.
    bool isShared = queryHeads >= 1 && heads >= 1 && heads % queryHeads == 0 && isMicrosoft;
    if (queryHeads < 1 || heads < 1 || (queryHeads % heads && !isShared))
      return node.fail("attributes 'q_num_heads' " + Twine(queryHeads) + " and 'kv_num_heads' " + Twine(heads) +
                       ", expected positive numbers, the first a multiple of the second"),
             false;
    for (int64_t index : {0, 1, 2})
      if (Tensor tensor = node.tensor(index); !tensor || tensor.rank() != 3)
        return tensor && (node.fail("inputs, expected rank 3"), false);
    mixer.query = splitHeads(g, node.tensor(0), queryHeads);
    mixer.key = splitHeads(g, node.tensor(1), heads), mixer.value = splitHeads(g, node.tensor(2), heads);
    if (isShared)
      mixer.query = shareHeads(g, mixer.query, g.dim(heads));
    return checkLinearMixer(node, mixer);
  }

  bool readGates() {
    mixer.state = node.has(3) ? g.cast(latestState(node, node.tensor(3), window), mixer.wide()) : Tensor();
    if (node.failed())
      return false;
    // What a rule does not use may be given all the same.
    node.has(4), node.has(5);
    if (rule->isGated) {
      mixer.decay = g.cast(node.tensor(4), mixer.wide());
      if (!mixer.decay || mixer.decay.rank() != 3)
        return mixer.decay && (node.fail("decay, expected rank 3"), false);
      if (!g.sameDim(mixer.decay.shape[2], g.dim(heads)))
        mixer.decay = splitHeads(g, mixer.decay, heads);
    }
    if (rule->isDelta) {
      mixer.beta = g.cast(node.tensor(5), mixer.wide());
      if (!mixer.beta || mixer.beta.rank() != 3)
        return mixer.beta && (node.fail("beta, expected rank 3"), false);
    }
    return !rule->isGated || bool(mixer.decay);
  }

  NodeReader &node;
  GraphBuilder &g;
  LinearMixer mixer;
  std::optional<LinearRule> rule;
  int64_t heads = 1, window = 0;
};

} // namespace

Results convertLinearAttention(NodeReader &node) { return LinearAttentionConverter(node).convert(); }

} // namespace heddle::onnx
