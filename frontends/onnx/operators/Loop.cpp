// Loop: scf.for where the body never ends it, scf.while otherwise. A loop whose values change in shape, that carries
// sequences, or that decides shapes by its iteration, is unrolled where its trip count is known. Where it is not,
// sequences that only grow are rows of the iterations, as scan outputs are.
#include "frontends/onnx/operators/Bodies.h"
#include "frontends/onnx/operators/LoopBody.h"
#include "frontends/onnx/operators/LoopState.h"

using namespace mlir;

namespace heddle::onnx {

constexpr int64_t maxUnrolled = 1024;

namespace {

// Inputs: trip count, condition, state. The body gets the iteration, the condition and the state; it makes the
// condition, the state and rows.
class LoopConverter {
public:
  explicit LoopConverter(NodeReader &node) : node(node), g(node.g), state(node) {}

  Values convert() {
    body = node.graph("body");
    if (!body || !readInputs())
      return {};
    if (knownCondition && !*knownCondition)
      knownTrips = 0;
    bool canRoll = !state.hasSequences() || (!knownTrips && state.onlyGrows(*body));
    bool unrolls = !canRoll || (knownTrips && placesDependOnIteration(*body));
    return unrolls ? unroll() : roll();
  }

private:
  bool readInputs() {
    knownCondition = true;
    if (node.has(0)) {
      std::optional<Literal> count = node.literal(0);
      knownTrips = count && count->elements.size() == 1 ? count->integer(0) : std::nullopt;
      trips = count && count->elements.size() == 1 ? count->elements[0].dim : Dim();
      if (knownTrips)
        knownTrips = std::max<int64_t>(*knownTrips, 0), trips = g.dim(*knownTrips);
    }
    if (node.has(1))
      knownCondition = knownFlag(*node.graphValue(1));
    for (int64_t index = 2; index < node.inputCount(); ++index)
      state.values.push_back(*node.graphValue(index));
    return node.argumentCount(*body) == static_cast<int64_t>(state.values.size()) + 2 ||
           (node.fail("graph 'body' has " + Twine(node.argumentCount(*body)) + " inputs, expected " +
                      Twine(state.values.size() + 2)),
            false);
  }

  std::optional<Values> importStep(GraphValue iteration, GraphValue condition, const Values &carried) {
    Values arguments = {std::move(iteration), std::move(condition)};
    llvm::append_range(arguments, carried);
    std::optional<Values> results = node.importBody(*body, arguments);
    if (results && results->size() < carried.size() + 1) {
      node.error() << "graph 'body' has " << results->size() << " outputs, expected at least " << carried.size() + 1;
      return std::nullopt;
    }
    return results;
  }

  GraphValue trueValue() { return integerValue(node, 1, g.builder().getI1Type()); }

  Values unroll() {
    if (!knownTrips || *knownTrips > maxUnrolled)
      return node.fail("carries sequences, or values whose shapes change, expected a known trip count of at most " +
                       Twine(maxUnrolled)),
             Values();
    GraphValue condition = trueValue();
    std::vector<SmallVector<Tensor>> rows;
    for (int64_t iteration = 0; iteration < *knownTrips; ++iteration) {
      std::optional<bool> goesOn = knownFlag(condition);
      if (!goesOn)
        return node.fail("condition depends on the data while shapes change, expected one known while importing"),
               Values();
      if (!*goesOn)
        break;
      std::optional<Values> step =
          importStep(integerValue(node, iteration, g.builder().getI64Type()), condition, state.values);
      if (!step)
        return {};
      condition = step->front();
      std::copy_n(step->begin() + 1, state.values.size(), state.values.begin());
      Values made(step->begin() + 1 + static_cast<ptrdiff_t>(state.values.size()), step->end());
      std::optional<SmallVector<Tensor>> row = tensorsOf(node, made);
      if (!row)
        return {};
      rows.push_back(*row);
    }
    return withStacked(rows);
  }

  Values withStacked(ArrayRef<SmallVector<Tensor>> rows) {
    Values results = state.values;
    for (int64_t number = 0; number + static_cast<int64_t>(state.values.size()) < node.outputCount(); ++number) {
      SmallVector<Tensor> parts;
      for (const SmallVector<Tensor> &row : rows)
        parts.push_back(g.unsqueeze(row[number], 0));
      if (parts.empty())
        return node.fail("stacks the values of no iteration, expected at least one"), Values();
      if (!unifyRows(parts))
        return {};
      results.push_back(valueOf(node, g.concat(parts, 0)));
    }
    return results;
  }

  bool unifyRows(ArrayRef<Tensor> parts) {
    for (const Tensor &part : parts)
      if (!unifyShapes(node, parts.front(), part))
        return false;
    return true;
  }

  // One iteration, emitted as the body of a counted loop, tells whether the loop is one.
  Values roll() {
    std::optional<SmallVector<Tensor>> initial = state.tensors();
    if (!initial)
      return {};
    isConditional = !node.has(0) || !knownCondition;
    Values values = isConditional ? Values() : rollCounted(*initial);
    if (!values.empty() || node.failed())
      return values;
    return changesShapes ? unroll() : rollWhile(*initial);
  }

  bool haveEqualShapes(ArrayRef<Tensor> carried, ArrayRef<Tensor> made) {
    for (auto [before, after] : llvm::zip(carried, made))
      if (before.shape != after.shape)
        return false;
    return true;
  }

  // `goesOn`: where to put the condition that the body makes; null in a counted loop.
  std::optional<LoopStep> emitStep(Value index, ArrayRef<Tensor> carried, Tensor *goesOn) {
    Tensor iteration = g.indexTensor(index, g.builder().getI64Type());
    std::optional<Values> results = importStep(valueOf(node, iteration), trueValue(), state.arguments(carried));
    std::optional<SmallVector<Tensor>> tensors = results ? state.tensorsOfStep(*results) : std::nullopt;
    if (!tensors)
      return std::nullopt;
    if (goesOn)
      *goesOn = flagTensor(node, node.materialise(results->front()));
    ArrayRef<Tensor> made = *tensors;
    isConditional |= !goesOn && !knownFlag(results->front()).value_or(false);
    changesShapes = knownTrips && !haveEqualShapes(carried, made);
    if (changesShapes || (!goesOn && isConditional) || !unifyShapes(node, carried, made))
      return std::nullopt;
    LoopStep step;
    step.state.assign(made.begin(), made.begin() + carried.size());
    step.rows.assign(made.begin() + carried.size(), made.end());
    return step;
  }

  Values rollCounted(ArrayRef<Tensor> initial) {
    LoopCount count{trips, {}};
    if (!trips) {
      Tensor limit = node.tensor(0);
      limit = limit ? g.reshape(limit, {}) : limit;
      if (!limit)
        return {};
      OpBuilder &b = g.builder();
      Value number = tensor::ExtractOp::create(b, g.location(), limit.value, ValueRange());
      count.value = arith::IndexCastOp::create(b, g.location(), b.getIndexType(), number);
      if (state.makesRows())
        return node.fail("stacks the values of as many iterations as the data says, expected a trip count known from "
                         "constants and sizes"),
               Values();
    }
    std::optional<LoopStep> result = g.loop(
        count, initial, [&](Value index, ArrayRef<Tensor> carried) { return emitStep(index, carried, nullptr); });
    return result ? state.outputs(result->state, result->rows) : Values();
  }

  Values rollWhile(ArrayRef<Tensor> initial) {
    if (state.makesRows())
      return node.fail("stacks the values of as many iterations as the data says, expected a condition that is always "
                       "true"),
             Values();
    Type boolean = g.builder().getI1Type(), integer = g.builder().getI64Type();
    Tensor limit = node.has(0) ? g.reshape(node.tensor(0), {}) : Tensor();
    auto isBelow = [&](Tensor iteration, Tensor active) {
      return limit ? g.binary(Binary::And, active, g.compare(Compare::Less, iteration, limit)) : active;
    };
    Tensor active = node.has(1) ? flagTensor(node, node.tensor(1)) : g.splat(1, {}, boolean);
    active = isBelow(g.splat(0, {}, integer), active);
    auto result = g.loopWhile(active, initial, [&](Value index, ArrayRef<Tensor> carried) -> std::optional<LoopStep> {
      Tensor goesOn;
      std::optional<LoopStep> step = emitStep(index, carried, &goesOn);
      if (!step)
        return std::nullopt;
      Tensor next = g.add(g.indexTensor(index, integer), 1);
      step->state.insert(step->state.begin(), isBelow(next, goesOn));
      return step;
    });
    return result ? valuesOf(node, *result) : Values();
  }

  NodeReader &node;
  GraphBuilder &g;
  const GraphProto *body = nullptr;
  LoopState state;
  Dim trips; // null: known at run time only, or unlimited
  std::optional<int64_t> knownTrips;
  std::optional<bool> knownCondition; // before the first iteration
  SmallVector<int64_t> sequences;     // numbers of the state that are no tensors
  bool isConditional = false;         // the body decides whether the loop goes on
  bool changesShapes = false;         // of what it carries
};

} // namespace

static Values convertLoop(NodeReader &node) { return LoopConverter(node).convert(); }

void registerLoop(OpTable &table) { table.add({{"Loop", 1, convertLoop}}); }

} // namespace heddle::onnx
