// Scan: scf.for over one axis of its sequences.
#include "frontends/onnx/operators/Bodies.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

struct ScanAxes {
  SmallVector<int64_t> inputs, outputs; // the axis that is scanned or stacked
  SmallVector<bool> inputsReversed, outputsReversed;
};

class ScanConverter {
public:
  explicit ScanConverter(NodeReader &node) : node(node), g(node.g) {}

  Values convert() {
    body = node.graph("body");
    int64_t scanned = node.integer("num_scan_inputs", 0), carried = node.inputCount() - scanned;
    if (!body || scanned < 1 || carried < 0)
      return node.fail("attribute 'num_scan_inputs', expected a number in [1, " + Twine(node.inputCount()) + "]"),
             Values();
    for (int64_t index = 0; index < node.inputCount(); ++index)
      (index < carried ? initial : sequences).push_back(node.tensor(index));
    if (llvm::any_of(initial, isMissing) || llvm::any_of(sequences, isMissing) || !readAxes() || !findCount())
      return {};
    std::optional<LoopStep> result = g.loop(
        {count, {}}, initial, [&](Value index, ArrayRef<Tensor> state) { return emitStep(index, state); },
        axes.outputsReversed);
    if (!result)
      return {};
    Values values = valuesOf(node, result->state);
    for (auto [number, rows] : llvm::enumerate(result->rows)) {
      std::optional<int64_t> axis = node.axis(axes.outputs[number], rows.rank());
      if (!axis)
        return {};
      values.push_back(valueOf(node, moveFirstAxis(rows, *axis)));
    }
    return values;
  }

private:
  static bool isMissing(const Tensor &tensor) { return !tensor; }

  bool readAxes() {
    int64_t outputs = node.outputCount() - static_cast<int64_t>(initial.size());
    return readList("scan_input_axes", sequences.size(), axes.inputs) &&
           readList("scan_output_axes", outputs, axes.outputs) &&
           readFlags("scan_input_directions", sequences.size(), axes.inputsReversed) &&
           readFlags("scan_output_directions", outputs, axes.outputsReversed);
  }

  bool readList(StringRef name, int64_t size, SmallVector<int64_t> &list) {
    list = node.integers(name).value_or(SmallVector<int64_t>(std::max<int64_t>(size, 0), 0));
    if (static_cast<int64_t>(list.size()) == size)
      return true;
    node.error() << "attribute '" << name << "' has " << list.size() << " numbers, expected " << size;
    return false;
  }

  bool readFlags(StringRef name, int64_t size, SmallVector<bool> &flags) {
    SmallVector<int64_t> numbers;
    if (!readList(name, size, numbers))
      return false;
    for (int64_t number : numbers)
      flags.push_back(number != 0);
    return true;
  }

  bool findCount() {
    for (auto [sequence, axis] : llvm::zip_equal(sequences, axes.inputs)) {
      std::optional<int64_t> positive = node.axis(axis, sequence.rank());
      if (!positive)
        return false;
      axis = *positive;
      if (count && !node.unify(count, sequence.shape[axis]))
        return false;
      count = sequence.shape[axis];
    }
    return true;
  }

  Value placeOf(Value index, bool reversed) {
    if (!reversed)
      return index;
    OpBuilder &b = g.builder();
    Value last = g.dimValue(g.simplify(count - 1));
    return arith::SubIOp::create(b, g.location(), last, index);
  }

  std::optional<LoopStep> emitStep(Value index, ArrayRef<Tensor> state) {
    Values arguments = valuesOf(node, state);
    for (auto [sequence, axis, reversed] : llvm::zip_equal(sequences, axes.inputs, axes.inputsReversed)) {
      Tensor row = g.takeRow(sequence, axis, placeOf(index, reversed));
      if (!row)
        return std::nullopt;
      arguments.push_back(valueOf(node, row));
    }
    std::optional<Values> results = node.importBody(*body, arguments);
    std::optional<SmallVector<Tensor>> tensors = results ? tensorsOf(node, *results) : std::nullopt;
    if (!tensors)
      return std::nullopt;
    if (tensors->size() != state.size() + axes.outputs.size())
      return node.fail("graph 'body' has " + Twine(tensors->size()) + " outputs, expected " +
                       Twine(state.size() + axes.outputs.size())),
             std::nullopt;
    LoopStep step;
    step.state.assign(tensors->begin(), tensors->begin() + state.size());
    step.rows.assign(tensors->begin() + state.size(), tensors->end());
    if (!unifyShapes(node, state, step.state))
      return std::nullopt;
    return step;
  }

  Tensor moveFirstAxis(Tensor rows, int64_t to) {
    SmallVector<int64_t> permutation;
    for (int64_t axis = 1; axis < rows.rank(); ++axis)
      permutation.push_back(axis);
    permutation.insert(permutation.begin() + to, 0);
    return g.transpose(rows, permutation);
  }

  NodeReader &node;
  GraphBuilder &g;
  const GraphProto *body = nullptr;
  SmallVector<Tensor> initial, sequences;
  ScanAxes axes;
  Dim count;
};

} // namespace

static Values convertScan(NodeReader &node) { return ScanConverter(node).convert(); }

void registerScan(OpTable &table) { table.add({{"Scan", 8, convertBatchedScan}, {"Scan", 9, convertScan}}); }

} // namespace heddle::onnx
