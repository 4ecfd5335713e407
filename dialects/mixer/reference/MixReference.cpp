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
static MixResult<R> evaluateFace(const MixProblem<R> &problem, const MixOperands &operands, ScoreRegion &region) {
  if (hasRecurrentFace(problem.mix))
    return evaluateRecurrent(problem, operands.initialState);
  // What plain loops in floats err by is a measure of its own (Tolerance.h), so that stays as it is.
  if constexpr (std::is_same_v<R, double>)
    if (std::optional<MixResult<R>> result = evaluateSpectrum(problem))
      return std::move(*result);
  return evaluateParallel(problem, region);
}

template <typename R>
static LogicalResult evaluateAs(mixer::MixOp mix, const MixOperands &operands, Interpreter &interpreter,
                                SmallVectorImpl<ReferenceTensor> &results) {
  MixProblem<R> problem(mix, operands);
  ScoreRegion region(mix, interpreter);
  MixResult<R> result = evaluateFace(problem, operands, region);
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
      bool isRing = operand.get() == mix.getPastKey() || operand.get() == mix.getPastValue();
      bool isQuery = role == mixer::DimRole::QueryToken, isKey = role == mixer::DimRole::KeyToken && !isRing;
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
  bool isDouble = getElementTypeOrSelf(mix.getResult(0).getType()).isF64();
  bool isSingle =
      interpreter.precision == Precision::Single || (interpreter.precision == Precision::Stored && !isDouble);
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

static LogicalResult append(Interpreter &in, mixer::AppendOp op) {
  const ReferenceTensor &positions = in.tensor(op.getPositions());
  ReferenceTensor tokens = in.tensor(op.getTokens()), kept = in.take(op.getInit(), op);
  for (auto [dim, size] : llvm::enumerate(tokens.shape))
    if (dim != 1 && size != kept.shape[dim])
      return op.emitOpError() << "dimension " << dim << " of tokens, expected " << kept.shape[dim] << " but got "
                              << size;
  bool isShared = cast<ShapedType>(op.getPositions().getType()).getDimSize(0) == 1;
  if (positions.size() != tokens.shape[0] && !isShared)
    return op.emitOpError() << "positions, expected " << tokens.shape[0] << " but got " << positions.size();
  int64_t rows = tokens.shape[0], count = tokens.shape[1], room = kept.shape[1];
  int64_t features = rows * count ? tokens.size() / (rows * count) : 0;
  int64_t first = op.getRing() ? std::max<int64_t>(0, count - int64_t(*op.getRing())) : 0;
  for (int64_t b = 0; b < rows; ++b)
    for (int64_t c = first; c < count; ++c) {
      int64_t place = positions.integers[isShared ? 0 : b] + c - first;
      if (op.getRing())
        place = llvm::mod(place, room);
      for (int64_t d = 0; place >= 0 && place < room && d < features; ++d)
        kept.set((b * room + place) * features + d, tokens.get((b * count + c) * features + d));
    }
  in.set(op->getResult(0), std::move(kept));
  return success();
}

void addMixHandlers(HandlerTable &table) {
  table[mixer::MixOp::getOperationName()] = mix;
  addHandler<mixer::AppendOp, append>(table);
}

} // namespace heddle
