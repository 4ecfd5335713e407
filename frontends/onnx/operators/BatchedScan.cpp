// Scan of opset 8, another operator than the later one: the batch is first everywhere, each sample may have a length of
// its own, and the body works on one sample. A loop over samples around a loop over tokens.
#include "frontends/onnx/operators/Bodies.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

class BatchedScan {
public:
  explicit BatchedScan(NodeReader &node) : node(node), g(node.g) {}

  Values convert() {
    if (!readOperands())
      return {};
    std::optional<LoopStep> result =
        g.loop({batch, {}}, {}, [&](Value sample, ArrayRef<Tensor>) { return scanSample(sample); });
    return result ? valuesOf(node, result->rows) : Values();
  }

private:
  // Inputs: lengths [B], states [B, ..], sequences [B, T, ..].
  bool readOperands() {
    body = node.graph("body");
    int64_t scanned = node.integer("num_scan_inputs", 0), carried = node.inputCount() - 1 - scanned;
    directions = node.integers("directions").value_or(SmallVector<int64_t>(std::max<int64_t>(scanned, 0), 0));
    if (!body || scanned < 1 || carried < 0 || static_cast<int64_t>(directions.size()) != scanned)
      return node.fail("attributes 'num_scan_inputs' and 'directions', expected them to fit the inputs"), false;
    for (int64_t index = 1; index < node.inputCount(); ++index)
      (index <= carried ? initial : sequences).push_back(node.tensor(index));
    for (const Tensor &sequence : sequences) {
      if (!sequence || sequence.rank() < 2 || (batch && !node.unify(batch, sequence.shape[0])) ||
          (count && !node.unify(count, sequence.shape[1])))
        return false;
      batch = sequence.shape[0], count = sequence.shape[1];
    }
    lengths = g.cast(node.optionalTensor(0), g.builder().getI64Type());
    return !node.has(0) || (lengths && lengths.rank() == 1 && node.unify(lengths.shape[0], batch));
  }

  std::optional<LoopStep> scanSample(Value sample) {
    SmallVector<Tensor> state, rows;
    for (const Tensor &tensor : initial)
      state.push_back(g.takeRow(tensor, 0, sample));
    for (const Tensor &tensor : sequences)
      rows.push_back(g.takeRow(tensor, 0, sample));
    Value length = lengthOf(sample);
    if (!length)
      return std::nullopt;
    std::optional<LoopStep> scan = g.loop({count, {}}, state, [&](Value token, ArrayRef<Tensor> carried) {
      return scanToken(token, length, carried, rows);
    });
    if (!scan)
      return std::nullopt;
    LoopStep step;
    step.rows = scan->state;
    llvm::append_range(step.rows, scan->rows);
    return step;
  }

  Value lengthOf(Value sample) {
    if (!lengths)
      return g.dimValue(count);
    OpBuilder &b = g.builder();
    Value length = tensor::ExtractOp::create(b, g.location(), lengths.value, sample);
    return arith::IndexCastOp::create(b, g.location(), b.getIndexType(), length);
  }

  Value fromEnd(Value token, Value length) {
    OpBuilder &b = g.builder();
    Location at = g.location();
    Value zero = arith::ConstantIndexOp::create(b, at, 0), one = arith::ConstantIndexOp::create(b, at, 1);
    Value last = arith::SubIOp::create(b, at, length, one);
    Value place = arith::SubIOp::create(b, at, last, token);
    return lengths ? arith::MaxSIOp::create(b, at, place, zero).getResult() : place;
  }

  // Behind the end of the sample its state stays and its rows are 0.
  std::optional<LoopStep> scanToken(Value token, Value length, ArrayRef<Tensor> carried, ArrayRef<Tensor> rows) {
    Values arguments = valuesOf(node, carried);
    for (auto [row, direction] : llvm::zip_equal(rows, directions))
      arguments.push_back(valueOf(node, g.takeRow(row, 0, direction ? fromEnd(token, length) : token)));
    std::optional<Values> results = node.importBody(*body, arguments);
    std::optional<SmallVector<Tensor>> tensors = results ? tensorsOf(node, *results) : std::nullopt;
    if (!tensors || tensors->size() < carried.size() || !unifyShapes(node, carried, *tensors))
      return std::nullopt;
    LoopStep step;
    step.state.assign(tensors->begin(), tensors->begin() + carried.size());
    step.rows.assign(tensors->begin() + carried.size(), tensors->end());
    if (!lengths)
      return step;
    Type index = g.builder().getI64Type();
    Tensor isInside = g.compare(Compare::Less, g.indexTensor(token, index), g.indexTensor(length, index));
    for (auto [next, old] : llvm::zip_equal(step.state, carried))
      next = g.select(isInside, next, old);
    for (Tensor &row : step.rows)
      row = g.select(isInside, row, g.scalar(0, row.elementType));
    return step;
  }

  NodeReader &node;
  GraphBuilder &g;
  const GraphProto *body = nullptr;
  SmallVector<int64_t> directions;
  SmallVector<Tensor> initial, sequences;
  Tensor lengths;
  Dim batch, count;
};

} // namespace

Values convertBatchedScan(NodeReader &node) { return BatchedScan(node).convert(); }

} // namespace heddle::onnx
