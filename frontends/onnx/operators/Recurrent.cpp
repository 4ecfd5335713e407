// RNN, GRU and LSTM: a loop over tokens that carries the hidden state, for each direction. What does not depend on the
// state, x W' + b, is one product over all tokens in front of the loop.
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/CellActivation.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

enum class CellKind { Rnn, Gru, Lstm };

class RecurrentConverter {
public:
  RecurrentConverter(NodeReader &node, CellKind kind)
      : node(node), g(node.g), kind(kind), gates(kind == CellKind::Rnn   ? 1
                                                 : kind == CellKind::Gru ? 3
                                                                         : 4) {}

  Results convert() {
    if (!readOperands())
      return {};
    readActivations();
    SmallVector<Tensor> rows, hidden, cells;
    for (int64_t direction = 0; direction < directions; ++direction) {
      std::optional<LoopStep> result = runDirection(direction);
      if (!result)
        return {};
      rows.push_back(g.unsqueeze(result->rows[0], 1)); // [T, 1, B, H]
      hidden.push_back(g.unsqueeze(result->state[0], 0));
      if (kind == CellKind::Lstm)
        cells.push_back(g.unsqueeze(result->state[1], 0));
    }
    // Layout 1 has the batch first: [B, T, D, H] and [B, D, H].
    auto arranged = [&](Tensor tensor, ArrayRef<int64_t> batchFirst) {
      return isBatchFirst ? g.transpose(tensor, batchFirst) : tensor;
    };
    Results results = {arranged(g.concat(rows, 1), {2, 0, 1, 3}), arranged(g.concat(hidden, 0), {1, 0, 2})};
    if (kind == CellKind::Lstm)
      results.push_back(arranged(g.concat(cells, 0), {1, 0, 2}));
    return results;
  }

private:
  //--- operands ---

  bool readOperands() {
    input = node.tensor(0), weight = node.tensor(1), recurrence = node.tensor(2), bias = node.optionalTensor(3);
    lengths = node.optionalTensor(4);
    initialHidden = node.optionalTensor(5);
    initialCell = kind == CellKind::Lstm ? node.optionalTensor(6) : Tensor();
    peepholes = kind == CellKind::Lstm ? node.optionalTensor(7) : Tensor();
    isBatchFirst = node.integer("layout", 0) != 0;
    clip = node.hasAttribute("clip") ? std::optional(node.real("clip", 0)) : std::nullopt;
    std::string direction = node.string("direction", "forward");
    // Before opset 14 the outputs are computed whether they are read or not.
    node.ignore({"output_sequence"});
    resetsAfter = kind == CellKind::Gru && node.flag("linear_before_reset", false);
    couples = kind == CellKind::Lstm && node.flag("input_forget", false);
    if (!sameElementTypes(node, {input, weight, recurrence}))
      return false;
    if (direction != "forward" && direction != "reverse" && direction != "bidirectional")
      return node.fail("attribute 'direction', expected forward, reverse or bidirectional but got '" + direction + "'"),
             false;
    firstIsReversed = direction == "reverse";
    directions = direction == "bidirectional" ? 2 : 1;
    if (input.rank() != 3 || weight.rank() != 3 || recurrence.rank() != 3)
      return node.fail("input and weights, expected rank 3"), false;
    auto size = dyn_cast<AffineConstantExpr>(recurrence.shape[2]);
    if (!size || node.integer("hidden_size", size.getValue()) != size.getValue())
      return node.fail("hidden size " + g.describe(recurrence.shape[2]) +
                       ", expected a known one, equal to attribute "
                       "'hidden_size'"),
             false;
    hidden = size.getValue();
    if (isBatchFirst) {
      input = g.transpose(input, {1, 0, 2});
      initialHidden = initialHidden ? g.transpose(initialHidden, {1, 0, 2}) : initialHidden;
      initialCell = initialCell ? g.transpose(initialCell, {1, 0, 2}) : initialCell;
    }
    type = input.elementType;
    tokens = input.shape[0], batch = input.shape[1];
    return node.unify(weight.shape[0], g.dim(directions)) && node.unify(weight.shape[1], g.dim(gates * hidden)) &&
           node.unify(input.shape[2], weight.shape[2]) && node.unify(recurrence.shape[1], g.dim(gates * hidden));
  }

  void readActivations() {
    std::vector<std::string> standard = kind == CellKind::Rnn   ? std::vector<std::string>{"Tanh"}
                                        : kind == CellKind::Gru ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                                                : std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"};
    activations = readCellActivations(node, standard, directions);
  }

  Tensor activate(int64_t direction, int64_t number, Tensor x) {
    if (clip)
      x = g.clamp(x, -*clip, *clip);
    return applyCellActivation(node, activations[direction * (activations.size() / directions) + number], x);
  }

  //--- one direction ---

  Tensor ofDirection(Tensor x, int64_t direction) {
    return x ? g.squeeze(g.slice(x, 0, g.dim(direction), g.dim(direction + 1)), 0) : x;
  }

  Tensor part(Tensor x, int64_t gate) {
    return x ? g.slice(x, x.rank() - 1, g.dim(gate * hidden), g.dim((gate + 1) * hidden)) : x;
  }

  std::optional<LoopStep> runDirection(int64_t direction) {
    bool reversed = firstIsReversed || direction == 1;
    Tensor w = ofDirection(weight, direction), r = g.transpose(ofDirection(recurrence, direction), {1, 0});
    Tensor b = ofDirection(bias, direction); // those of x W' first, then those of h R'
    Tensor projected = g.matmul(input, g.transpose(w, {1, 0}));
    Tensor recurrentBias;
    if (b) {
      projected = g.add(projected, g.slice(b, 0, g.dim(0), g.dim(gates * hidden)));
      recurrentBias = g.slice(b, 0, g.dim(gates * hidden), g.dim(2 * gates * hidden));
    }
    Tensor p = ofDirection(peepholes, direction);
    SmallVector<Tensor> state = {startOf(initialHidden, direction)};
    if (kind == CellKind::Lstm)
      state.push_back(startOf(initialCell, direction));
    Value last = g.dimValue(g.simplify(tokens - 1));
    if (!projected || !r || !last || llvm::any_of(state, [](const Tensor &tensor) { return !tensor; }))
      return std::nullopt;
    auto body = [&](Value index, ArrayRef<Tensor> carried) -> std::optional<LoopStep> {
      Value place = reversed ? arith::SubIOp::create(g.builder(), g.location(), last, index).getResult() : index;
      Tensor x = g.takeRow(projected, 0, place);
      SmallVector<Tensor> next = kind == CellKind::Rnn   ? stepRnn(direction, x, carried, r, recurrentBias)
                                 : kind == CellKind::Gru ? stepGru(direction, x, carried, r, recurrentBias)
                                                         : stepLstm(direction, x, carried, r, recurrentBias, p);
      if (llvm::any_of(next, [](const Tensor &tensor) { return !tensor; }))
        return std::nullopt;
      Tensor row = next[0];
      if (lengths)
        holdBehindEnd(place, carried, next, row);
      return LoopStep{next, {row}};
    };
    return g.loop({tokens, {}}, state, body, reversed);
  }

  Tensor startOf(Tensor given, int64_t direction) {
    return given ? ofDirection(given, direction) : g.splat(0, {batch, g.dim(hidden)}, type);
  }

  // Behind the end of a sample its state stays and its row is 0.
  void holdBehindEnd(Value place, ArrayRef<Tensor> before, SmallVector<Tensor> &next, Tensor &row) {
    Tensor inside = g.compare(Compare::Greater, g.unsqueeze(lengths, 1), g.indexTensor(place, lengths.elementType));
    row = g.select(inside, next[0], g.scalar(0, type));
    for (auto [old, state] : llvm::zip_equal(before, next))
      state = g.select(inside, state, old);
  }

  Tensor plus(Tensor x, Tensor y) { return y ? g.add(x, y) : x; }

  //--- cells ---

  SmallVector<Tensor> stepRnn(int64_t direction, Tensor x, ArrayRef<Tensor> state, Tensor r, Tensor b) {
    return {activate(direction, 0, plus(g.add(x, g.matmul(state[0], r)), b))};
  }

  // Gates z (update), r (reset), h.
  SmallVector<Tensor> stepGru(int64_t direction, Tensor x, ArrayRef<Tensor> state, Tensor r, Tensor b) {
    Tensor old = state[0], recurrent = plus(g.matmul(old, r), b);
    Tensor z = activate(direction, 0, g.add(part(x, 0), part(recurrent, 0)));
    Tensor reset = activate(direction, 0, g.add(part(x, 1), part(recurrent, 1)));
    Tensor inner =
        resetsAfter ? g.mul(reset, part(recurrent, 2)) : plus(g.matmul(g.mul(reset, old), part(r, 2)), part(b, 2));
    Tensor candidate = activate(direction, 1, g.add(part(x, 2), inner));
    if (!z || !candidate)
      return {Tensor()};
    Tensor one = g.scalar(1, type);
    return {g.add(g.mul(g.sub(one, z), candidate), g.mul(z, old))};
  }

  // Gates i (input), o (output), f (forget), c.
  SmallVector<Tensor> stepLstm(int64_t direction, Tensor x, ArrayRef<Tensor> state, Tensor r, Tensor b, Tensor p) {
    Tensor cell = state[1], sums = g.add(x, plus(g.matmul(state[0], r), b));
    auto gate = [&](int64_t number, Tensor seen) {
      Tensor sum = part(sums, number);
      return activate(direction, 0, p ? g.add(sum, g.mul(part(p, number), seen)) : sum);
    };
    Tensor inputGate = gate(0, cell);
    if (!inputGate)
      return {Tensor()};
    Tensor forget = couples ? g.sub(g.scalar(1, type), inputGate) : gate(2, cell);
    Tensor next = g.add(g.mul(forget, cell), g.mul(inputGate, activate(direction, 1, part(sums, 3))));
    Tensor output = gate(1, next);
    return {g.mul(output, activate(direction, 2, next)), next};
  }

  NodeReader &node;
  GraphBuilder &g;
  CellKind kind;
  int64_t gates, directions = 1, hidden = 0;
  Tensor input, weight, recurrence, bias, lengths, initialHidden, initialCell, peepholes;
  Type type;
  Dim tokens, batch;
  std::vector<CellActivation> activations;
  std::optional<double> clip;
  bool isBatchFirst = false, firstIsReversed = false, resetsAfter = false, couples = false;
};

} // namespace

template <CellKind kind> static Results convertRecurrent(NodeReader &node) {
  return RecurrentConverter(node, kind).convert();
}

void registerRecurrent(OpTable &table) {
  table.add({{"GRU", 7, convertRecurrent<CellKind::Gru>},
             {"LSTM", 7, convertRecurrent<CellKind::Lstm>},
             {"RNN", 7, convertRecurrent<CellKind::Rnn>}});
}

} // namespace heddle::onnx
