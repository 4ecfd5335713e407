#include "dialects/mixer/reference/MixReference.h"
#include "dialects/mixer/reference/MixFaces.h"

using namespace mlir;

namespace heddle {

template <typename R>
static ReferenceTensor toTensor(const std::vector<R> &values, Type type, ArrayRef<int64_t> shape) {
  ReferenceTensor tensor{type, SmallVector<int64_t>(shape), {}, {}};
  tensor.data.assign(values.begin(), values.end());
  return tensor;
}

template <typename R>
static LogicalResult evaluateAs(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter,
                                SmallVectorImpl<ReferenceTensor> &results) {
  MixProblem<R> problem(mix, operands);
  ScoreRegion region(mix, interpreter);
  MixResult<R> result =
      hasRecurrentFace(mix) ? evaluateRecurrent(problem, operands.initialState) : evaluateParallel(problem, region);
  if (region.failed())
    return failure();
  for (auto [index, init] : llvm::enumerate(mix.getInits())) {
    const std::vector<R> &values = index == 0 ? result.output : result.states[index - 1];
    results.push_back(toTensor(values, getElementTypeOrSelf(init), operands.resultShapes[index]));
    roundToType(results.back(), interpreter.precision);
  }
  return success();
}

/// Sizes that the types leave open must fit one another at run time. Only a static 1 is a broadcast.
static LogicalResult checkSizes(mixer::MixOp mix, const mixer::MixSizes &sizes, const MixOperands::Lookup &lookup) {
  for (OpOperand &operand : mix->getOpOperands())
    for (auto [dim, role] : llvm::enumerate(mix.getDimRoles(operand))) {
      bool isQuery = role == mixer::DimRole::QueryToken, isKey = role == mixer::DimRole::KeyToken;
      bool isOpen = cast<ShapedType>(operand.get().getType()).isDynamicDim(dim);
      if (!isQuery && !isKey && !(role == mixer::DimRole::Batch && isOpen))
        continue;
      int64_t expected = isQuery ? sizes.T : isKey ? sizes.S : sizes.B, got = lookup(operand.get())->shape[dim];
      if (got != expected && (got != 1 || isOpen))
        return mix.emitOpError() << (isQuery ? "query tokens"
                                     : isKey ? "key tokens"
                                             : "batch")
                                 << " of operand " << operand.getOperandNumber() << ", expected " << expected
                                 << " but got " << got;
    }
  return success();
}

LogicalResult evaluateMix(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter,
                          SmallVectorImpl<ReferenceTensor> &results) {
  if (mix.hasTransportRegion())
    return evaluateRegion(mix, operands, interpreter, results);
  bool isSingle = interpreter.precision == Precision::Single;
  return isSingle ? evaluateAs<float>(mix, operands, interpreter, results)
                  : evaluateAs<double>(mix, operands, interpreter, results);
}

static LogicalResult mix(Interpreter &in, Operation *operation) {
  auto op = cast<mixer::MixOp>(operation);
  if (!op.hasPureTensorSemantics())
    return op.emitOpError("expected operands of tensor type but got buffers");
  auto lookup = [&](Value value) { return &in.tensor(value); };
  MixOperands operands = MixOperands::of(op, lookup);
  SmallVector<ReferenceTensor> results;
  if (failed(checkSizes(op, operands.sizes(op), lookup)) || failed(evaluateMix(op, operands, in, results)))
    return failure();
  for (auto [value, tensor] : llvm::zip_equal(op.getResults(), results))
    in.set(value, std::move(tensor));
  return success();
}

void addMixHandlers(HandlerTable &table) { table[mixer::MixOp::getOperationName()] = mix; }

} // namespace heddle
