// Loop: scf.for where the body never ends it, scf.while otherwise. A loop whose values change in shape, that carries
// sequences, or that decides shapes by its iteration, is unrolled where its trip count is known.
#include "frontends/onnx/onnx_model.pb.h"
#include "frontends/onnx/operators/Bodies.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace heddle::onnx {

constexpr int64_t maxUnrolled = 1024;

// Whether the number of the iteration decides a shape, or a place that has to be known while importing.
static bool placesDependOnIteration(const GraphProto &body) {
  static constexpr StringRef movers[] = {"ConstantOfShape", "Expand", "Pad",   "Range", "Reshape",
                                         "Resize",          "Slice",  "Split", "Tile",  "TopK"};
  llvm::StringSet<> dependent;
  if (body.input_size())
    dependent.insert(body.input(0).name());
  for (const NodeProto &node : body.node()) {
    bool reads = llvm::any_of(node.input(), [&](const std::string &input) { return dependent.contains(input); });
    bool isData =
        reads && dependent.contains(node.input(0)) && node.op_type() != "Range" && node.op_type() != "ConstantOfShape";
    bool isPlace = reads && (!isData || llvm::any_of(llvm::drop_begin(node.input()), [&](const std::string &input) {
                     return dependent.contains(input);
                   }));
    if (isPlace && llvm::is_contained(movers, node.op_type()))
      return true;
    for (const std::string &output : node.output())
      if (reads)
        dependent.insert(output);
  }
  return false;
}

namespace {

// Inputs: trip count, condition, state. The body gets the iteration, the condition and the state; it makes the
// condition, the state and rows.
class LoopConverter {
public:
  explicit LoopConverter(NodeReader &node) : node(node), g(node.g) {}

  Values convert() {
    body = node.graph("body");
    if (!body || !readInputs())
      return {};
    if (knownCondition && !*knownCondition)
      knownTrips = 0;
    bool unrolls = carriesSequence || (knownTrips && placesDependOnIteration(*body));
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
    for (int64_t index = 2; index < node.inputCount(); ++index) {
      state.push_back(*node.graphValue(index));
      carriesSequence |= state.back().kind != ValueKind::Tensor;
    }
    return node.argumentCount(*body) == static_cast<int64_t>(state.size()) + 2 ||
           (node.fail("graph 'body' has " + Twine(node.argumentCount(*body)) + " inputs, expected " +
                      Twine(state.size() + 2)),
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
      return node.fail("carries values whose shapes change, expected a known trip count of at most " +
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
          importStep(integerValue(node, iteration, g.builder().getI64Type()), condition, state);
      if (!step)
        return {};
      condition = step->front();
      std::copy_n(step->begin() + 1, state.size(), state.begin());
      Values made(step->begin() + 1 + static_cast<ptrdiff_t>(state.size()), step->end());
      std::optional<SmallVector<Tensor>> row = tensorsOf(node, made);
      if (!row)
        return {};
      rows.push_back(*row);
    }
    return withStacked(rows);
  }

  Values withStacked(ArrayRef<SmallVector<Tensor>> rows) {
    Values results = state;
    for (int64_t number = 0; number + static_cast<int64_t>(state.size()) < node.outputCount(); ++number) {
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
    std::optional<SmallVector<Tensor>> initial = tensorsOf(node, state);
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
    std::optional<Values> results = importStep(valueOf(node, iteration), trueValue(), valuesOf(node, carried));
    std::optional<SmallVector<Tensor>> tensors = results ? tensorsOf(node, *results) : std::nullopt;
    if (!tensors)
      return std::nullopt;
    if (goesOn)
      *goesOn = flagTensor(node, tensors->front());
    ArrayRef<Tensor> made = ArrayRef(*tensors).drop_front();
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
      if (node.outputCount() > static_cast<int64_t>(initial.size()))
        return node.fail("stacks the values of as many iterations as the data says, expected a trip count known from "
                         "constants and sizes"),
               Values();
    }
    std::optional<LoopStep> result = g.loop(
        count, initial, [&](Value index, ArrayRef<Tensor> carried) { return emitStep(index, carried, nullptr); });
    if (!result)
      return {};
    Values values = valuesOf(node, result->state);
    llvm::append_range(values, valuesOf(node, result->rows));
    return values;
  }

  Values rollWhile(ArrayRef<Tensor> initial) {
    if (node.outputCount() > static_cast<int64_t>(initial.size()))
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
  Values state;
  Dim trips; // null: known at run time only, or unlimited
  std::optional<int64_t> knownTrips;
  std::optional<bool> knownCondition; // before the first iteration
  bool carriesSequence = false;
  bool isConditional = false; // the body decides whether the loop goes on
  bool changesShapes = false; // of what it carries
};

} // namespace

static Values convertLoop(NodeReader &node) { return LoopConverter(node).convert(); }

void registerLoop(OpTable &table) { table.add({{"Loop", 1, convertLoop}}); }

} // namespace heddle::onnx
