// CausalConvWithState, of the default set and of com.microsoft, and VarlenCausalConvWithState of com.microsoft.
#include "frontends/onnx/operators/CausalConv.h"
#include "frontends/onnx/operators/PackedTokens.h"
#include "frontends/onnx/operators/StateWindow.h"
#include "frontends/onnx/operators/Tokens.h"

using namespace mlir;

namespace heddle::onnx {

// x [B, C, L], weight, bias, carry [B, C, k - 1].
static Results convertCausalConv(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  if (x && x.rank() != 3)
    return node.fail("input of rank " + Twine(x.rank()) + ", expected 3: [batch, channels, length]");
  CausalConv conv{g.transpose(x, {0, 2, 1}), node.tensor(1), node.optionalTensor(2), node.optionalTensor(3)};
  if (!conv.readActivation(node) || !conv.check(node))
    return {};
  return {g.transpose(conv.run(g), {0, 2, 1}), conv.carryAtEnd(g)};
}

//===--- com.microsoft --------------------------------------------------------------------===//

namespace {

// Beside what the default set has: taps that stand apart, channels last, and states that keep several carries.
class MicrosoftCausalConv {
public:
  explicit MicrosoftCausalConv(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    std::optional<int64_t> window = readStateWindow(node);
    if (!window || !readOperands(*window) || !conv.readActivation(node) || !conv.check(node))
      return {};
    Tensor y = conv.run(g);
    y = isLast ? withChannels(y) : g.transpose(y, {0, 2, 1});
    if (*window == 0)
      return {y, toState(conv.carryAtEnd(g))};
    Tensor length = emitLiteral(g, Literal{g.builder().getI64Type(), {}, {{conv.tokens.shape[1]}}});
    SmallVector<Tensor> carries = conv.latestCarries(g, g.broadcastTo(length, {conv.tokens.shape[0]}), *window);
    llvm::transform(carries, carries.begin(), [&](Tensor carry) { return toState(carry); });
    return {y, stackStates(g, carries)};
  }

private:
  bool readOperands(int64_t window) {
    Tensor x = node.tensor(0);
    isLast = node.flag("channels_last", false);
    if (node.integer("ndim", 1) != 1)
      return node.fail("attribute 'ndim' " + Twine(node.integer("ndim", 1)) + ", expected 1"), false;
    if (!x || x.rank() < 3 || (x.rank() > 3 && !isLast))
      return x && (node.fail("input of rank " + Twine(x.rank()) + ", expected 3, or more with channels last"), false);
    channels.assign(x.shape.begin() + 2, x.shape.end());
    conv.tokens = isLast ? flat(x) : g.transpose(x, {0, 2, 1});
    conv.weight = node.tensor(1), conv.bias = node.optionalTensor(2), conv.dilation = node.integer("dilation", 1);
    Tensor past = node.has(3) ? latestState(node, node.tensor(3), window) : Tensor();
    conv.carry = past && isLast ? g.transpose(flat(past), {0, 2, 1}) : past;
    return !node.failed();
  }

  // [batch, tokens, channels] of [batch, tokens, ..], and back.
  Tensor flat(Tensor x) { return g.reshape(x, {x.shape[0], x.shape[1], g.product(channels)}); }
  Tensor withChannels(Tensor y) {
    Shape shape = y ? Shape{y.shape[0], y.shape[1]} : Shape();
    shape.append(channels);
    return g.reshape(y, shape);
  }

  Tensor toState(Tensor carry) { return isLast ? withChannels(g.transpose(carry, {0, 2, 1})) : carry; }

  NodeReader &node;
  GraphBuilder &g;
  CausalConv conv;
  bool isLast = false;
  Shape channels; // of the input, where they are last
};

// Over packed sequences: input [tokens, channels], weight, places where sequences begin, bias, state. Two versions bear
// one name. The earlier one may lack the state and may keep several carries ('state_window'); the later one hands out
// the first tokens of each sequence ('state_update_capacity'), from which carries are made. Where neither attribute
// is above 0, both mean the same.
class PackedCausalConv {
public:
  explicit PackedCausalConv(NodeReader &node) : node(node), g(node.g) {}

  Results convert() {
    std::optional<int64_t> window = readVersion();
    if (!window || !readOperands(*window) || !conv.readActivation(node) || !conv.check(node))
      return {};
    Results results = {packed->pack(g, conv.run(g))};
    if (*window == 0)
      results.push_back(conv.carryAfter(g, packed->lengths));
    else
      results.push_back(stackStates(g, conv.latestCarries(g, packed->lengths, *window)));
    if (node.outputCount() > 2)
      results.push_back(firstTokens());
    return results;
  }

private:
  // The window of the earlier version; 0 for the later one.
  std::optional<int64_t> readVersion() {
    bool isEarlier = node.hasAttribute("state_window") || node.hasAttribute("ndim");
    bool isLater = node.hasAttribute("state_update_capacity") || node.hasAttribute("dilation") || node.has(5) ||
                   node.outputCount() > 2;
    if (isEarlier && isLater)
      return node.fail("attributes or inputs of two versions of the operator, expected either 'state_window' and "
                       "'ndim', or 'state_update_capacity', 'dilation' and input 'capture_count'"),
             std::nullopt;
    capacity = node.integer("state_update_capacity", 0);
    if (capacity < 0 || capacity > 8 || (capacity > 0) != node.has(5))
      return node.fail("attribute 'state_update_capacity' " + Twine(capacity) +
                       ", expected 1 to 8 with input 'capture_count', or 0 without"),
             std::nullopt;
    if (node.integer("ndim", 1) != 1)
      return node.fail("attribute 'ndim' " + Twine(node.integer("ndim", 1)) + ", expected 1"), std::nullopt;
    return readStateWindow(node);
  }

  bool readOperands(int64_t window) {
    Tensor x = node.tensor(0);
    if (!x || x.rank() != 2)
      return x && (node.fail("input of rank " + Twine(x.rank()) + ", expected 2: [tokens, channels]"), false);
    packed = readPackedTokens(node, 2, x.shape[0]);
    if (!packed)
      return false;
    conv.tokens = packed->unpack(g, x);
    conv.weight = node.tensor(1), conv.bias = node.optionalTensor(3), conv.dilation = node.integer("dilation", 1);
    if (node.has(4))
      conv.carry = latestState(node, node.tensor(4), window);
    return !node.failed();
  }

  // [sequences, capacity, channels]: as many of the first tokens as input 'capture_count' says, then zeros.
  Tensor firstTokens() {
    Shape shape = {packed->sequences(), g.dim(capacity), conv.tokens.shape[2]};
    if (capacity == 0)
      return g.splat(0, shape, conv.tokens.elementType);
    Tensor count = node.tensor(5);
    if (!count || count.rank() != 1 || !node.unify(count.shape[0], packed->sequences()))
      return node.failed() ? Tensor() : (node.fail("input 'capture_count', expected [sequences]"), Tensor());
    SmallVector<Dim> none(3, g.dim(0)), behind = {g.dim(0), g.dim(capacity), g.dim(0)};
    Tensor tokens = g.slice(g.pad(conv.tokens, none, behind), 1, g.dim(0), g.dim(capacity));
    Tensor row = g.iota({g.dim(1), g.dim(capacity), g.dim(1)}, 1, count.elementType);
    Tensor isCaptured = g.compare(Compare::Less, row, g.unsqueeze(count, {1, 2}));
    return g.select(isCaptured, tokens, g.scalar(0, conv.tokens.elementType));
  }

  NodeReader &node;
  GraphBuilder &g;
  CausalConv conv;
  std::optional<PackedTokens> packed;
  int64_t capacity = 0;
};

} // namespace

static Results convertMicrosoftCausalConv(NodeReader &node) { return MicrosoftCausalConv(node).convert(); }
static Results convertPackedCausalConv(NodeReader &node) { return PackedCausalConv(node).convert(); }

void registerCausalConv(OpTable &table) {
  table.add({{"CausalConvWithState", 27, convertCausalConv},
             {"com.microsoft.CausalConvWithState", 1, convertMicrosoftCausalConv},
             {"com.microsoft.VarlenCausalConvWithState", 1, convertPackedCausalConv}});
}

} // namespace heddle::onnx
