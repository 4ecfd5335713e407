// Transports given as regions: S_t = region(S_{t-1}, operands at t) + k_t v_t^T, for any recurrence.
#include "dialects/mixer/reference/MixFaces.h"

using namespace mlir;

namespace heddle {
namespace {

class RegionRecurrence {
public:
  RegionRecurrence(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter)
      : operands(operands), interpreter(interpreter), problem(mix, operands), sizes(problem.sizes),
        body(mix.getTransportRegion().front()), scale(problem.scale()) {
    auto type = cast<RankedTensorType>(body.getArgument(0).getType());
    finish = finishOf(type.getElementType(), interpreter.precision);
    int64_t shape[] = {sizes.B, sizes.Hs, sizes.dk, sizes.dv};
    state = ReferenceTensor::zeros(type.getElementType(), shape);
    if (!operands.initialState.empty())
      state.data = operands.initialState.front()->data;
  }

  LogicalResult run(ReferenceTensor &output) {
    bool reversed = problem.mix.getOrder() == mixer::Order::Reverse;
    SmallVector<int64_t> segment(sizes.B, 0);
    for (int64_t position = 0; position < sizes.T; ++position) {
      int64_t token = tokenAt(position, sizes.T, reversed);
      dropEndedSegments(token, segment);
      if (failed(transport(token)))
        return failure();
      if (problem.key)
        addUpdate(token);
      read(token, output);
    }
    return success();
  }

  ReferenceTensor takeState() { return std::move(state); }

private:
  double &entry(int64_t b, int64_t h, int64_t c, int64_t d) {
    return state.data[((b * sizes.Hs + h) * sizes.dk + c) * sizes.dv + d];
  }

  void dropEndedSegments(int64_t token, SmallVectorImpl<int64_t> &segment) {
    int64_t perBatch = sizes.Hs * sizes.dk * sizes.dv;
    for (int64_t b = 0; b < sizes.B; ++b)
      if (int64_t own = problem.segment(b, token); own != segment[b]) {
        std::fill_n(state.data.begin() + b * perBatch, perBatch, 0.0);
        segment[b] = own;
      }
  }

  // [B, T, ...] -> [B, ...] at one token; a single token is shared by all.
  static ReferenceTensor sliceAt(const ReferenceTensor &tensor, int64_t token) {
    SmallVector<int64_t> shape = tensor.shape;
    int64_t tokens = shape[1];
    shape.erase(shape.begin() + 1);
    ReferenceTensor slice = ReferenceTensor::zeros(tensor.elementType, shape);
    int64_t row = shape[0] ? slice.size() / shape[0] : 0;
    for (int64_t i = 0; i < slice.size(); ++i)
      slice.set(i, tensor.get((i / row * tokens + (token < tokens ? token : 0)) * row + i % row));
    return slice;
  }

  LogicalResult transport(int64_t token) {
    interpreter.set(body.getArgument(0), state);
    for (auto [argument, tensor] : llvm::zip_equal(body.getArguments().drop_front(), operands.transport))
      interpreter.set(argument, sliceAt(*tensor, token));
    if (failed(interpreter.runBlock(body)))
      return failure();
    state = interpreter.tensor(body.getTerminator()->getOperand(0));
    return success();
  }

  void addUpdate(int64_t token) {
    for (int64_t b = 0; b < sizes.B; ++b)
      for (int64_t h = 0; h < sizes.Hs; ++h) {
        const double *k = problem.key.row(b, token, {h, sizes.Hs}), *v = problem.value.row(b, token, {h, sizes.Hs});
        for (int64_t c = 0; c < sizes.dk; ++c)
          for (int64_t d = 0; d < sizes.dv; ++d)
            entry(b, h, c, d) = round(entry(b, h, c, d) + round(k[c] * v[d]));
      }
  }

  // o = scale * q^T S, or the only row of the state when there is no query.
  void read(int64_t token, ReferenceTensor &output) {
    for (int64_t b = 0; b < sizes.B; ++b)
      for (int64_t h = 0; h < sizes.Ho; ++h) {
        Head head{h, sizes.Ho};
        double *o = output.data.data() + ((b * sizes.T + token) * sizes.Ho + h) * sizes.dv;
        for (int64_t d = 0; d < sizes.dv; ++d)
          o[d] = problem.query ? readChannel(b, token, head, d) : entry(b, head.in(sizes.Hs), 0, d);
      }
  }

  double readChannel(int64_t b, int64_t token, Head head, int64_t d) {
    const double *q = problem.query.row(b, token, head);
    double sum = 0;
    for (int64_t c = 0; c < sizes.dk; ++c)
      sum = round(sum + round(q[c] * entry(b, head.in(sizes.Hs), c, d)));
    return round(scale * sum);
  }

  double round(double value) const { return roundReal(value, finish); }

  const MixOperands &operands;
  Interpreter &interpreter;
  MixProblem<double> problem;
  mixer::MixSizes sizes;
  Block &body;
  double scale;
  Finish finish;
  ReferenceTensor state;
};

} // namespace

LogicalResult evaluateRegion(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter,
                             SmallVectorImpl<ReferenceTensor> &results) {
  Type elementType = getElementTypeOrSelf(mix.getOutputInit());
  ReferenceTensor output = ReferenceTensor::zeros(elementType, operands.resultShapes.front());
  RegionRecurrence recurrence(mix, operands, interpreter);
  if (failed(recurrence.run(output)))
    return failure();
  roundToType(output, interpreter.precision);
  results.push_back(std::move(output));
  if (operands.resultShapes.size() > 1)
    results.push_back(recurrence.takeState());
  return success();
}

} // namespace heddle
