#include "passes/stream/StepRunner.h"

#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/reference/Interpreter.h"
#include "passes/lower/Names.h"
#include "passes/stream/Names.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include <random>

using namespace mlir;

namespace heddle {

SmallVector<int64_t> shapeAt(AffineMap map, ArrayRef<int64_t> symbols) {
  SmallVector<Attribute> operands, results;
  for (unsigned symbol = 0; symbol < map.getNumSymbols(); ++symbol)
    operands.push_back(IntegerAttr::get(IndexType::get(map.getContext()), symbols[symbol]));
  SmallVector<int64_t> shape;
  if (succeeded(map.constantFold(operands, results)))
    for (Attribute result : results)
      shape.push_back(cast<IntegerAttr>(result).getInt());
  return shape;
}

SmallVector<int64_t> symbolsOfStep(func::FuncOp step, ArrayRef<int64_t> ofEntry, int64_t capacity) {
  SmallVector<int64_t> symbols(ofEntry);
  auto known = step->getAttrOfType<IntegerAttr>(kCapacityAttr);
  auto ranges = step->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  while (symbols.size() < step->getAttrOfType<ArrayAttr>(kSymbolsAttr).size()) {
    bool isCapacity = known && known.getInt() == int64_t(symbols.size());
    symbols.push_back(isCapacity ? capacity : ranges[2 * symbols.size()]);
  }
  return symbols;
}

namespace {

/// Arguments that say where segments begin: what the ids of some mixer are computed from.
llvm::DenseSet<Value> findIds(func::FuncOp entry) {
  llvm::DenseSet<Value> ids;
  entry.walk([&](mixer::MixOp mix) {
    llvm::SetVector<Operation *> slice;
    if (!mix.getSegments())
      return;
    ids.insert(mix.getSegments());
    (void)getBackwardSlice(mix.getSegments(), &slice);
    for (Operation *op : slice)
      ids.insert(op->operand_begin(), op->operand_end());
  });
  return ids;
}

/// Each number plus those in front of it in its row.
void addUp(ReferenceTensor &tensor) {
  for (int64_t i = 1; i < tensor.size(); ++i)
    if (i % tensor.shape.back() != 0)
      tensor.set(i, Scalar{.integer = tensor.get(i - 1).integer + tensor.get(i).integer});
}

} // namespace

ReferenceTensors drawInputs(func::FuncOp entry, ArrayRef<int64_t> symbols, uint64_t seed, int64_t largestInteger) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> real(-1, 1);
  llvm::DenseSet<Value> ids = findIds(entry);
  ReferenceTensors inputs;
  for (auto [number, type] : llvm::enumerate(entry.getArgumentTypes())) {
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(number, kShapeAttr);
    auto range = entry.getArgAttrOfType<DenseI64ArrayAttr>(number, "heddle.range");
    std::uniform_int_distribution<int64_t> integer(range ? range[0] : 0, range ? range[1] - 1 : largestInteger);
    SmallVector<int64_t> sizes = shape ? shapeAt(shape.getValue(), symbols) : SmallVector<int64_t>();
    ReferenceTensor tensor = ReferenceTensor::zeros(getElementTypeOrSelf(type), sizes);
    for (int64_t i = 0; i < tensor.size(); ++i) {
      Scalar value;
      if (tensor.isFloat())
        value.real = real(random);
      else
        value.integer = integer(random);
      tensor.set(i, value);
    }
    if (!tensor.isFloat() && !range && ids.contains(entry.getArgument(number)))
      addUp(tensor);
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

StepRunner::StepRunner(func::FuncOp step, unsigned tokens, ArrayRef<int64_t> symbols, Precision precision)
    : step(step), tokens(tokens), symbols(symbols), precision(precision) {}

unsigned StepRunner::numStates() const {
  unsigned count = 0;
  for (unsigned argument = 0; argument < step.getNumArguments(); ++argument)
    count += step.getArgAttr(argument, kStateAttr) != nullptr;
  return count;
}

ReferenceTensors StepRunner::initialStates() const {
  ReferenceTensors states;
  for (unsigned argument = step.getNumArguments() - numStates(); argument < step.getNumArguments(); ++argument) {
    auto shape = step.getArgAttrOfType<AffineMapAttr>(argument, kShapeAttr);
    Attribute initial = step.getArgAttr(argument, kStateAttr);
    Scalar value;
    if (auto real = dyn_cast<FloatAttr>(initial))
      value.real = real.getValueAsDouble();
    else
      value.integer = cast<IntegerAttr>(initial).getInt();
    Type element = getElementTypeOrSelf(step.getArgumentTypes()[argument]);
    states.push_back(ReferenceTensor::splat(element, shapeAt(shape.getValue(), symbols), value));
  }
  return states;
}

LogicalResult StepRunner::run(ArrayRef<ReferenceTensor> inputs, ReferenceTensors &states, ReferenceTensors &outputs) {
  ReferenceTensors arguments(inputs);
  llvm::append_range(arguments, states);
  ReferenceTensors results;
  if (failed(interpret(step, arguments, results, precision)))
    return failure();
  outputs.assign(results.begin(), results.end() - states.size());
  states.assign(results.end() - states.size(), results.end());
  return success();
}

ReferenceTensors StepRunner::inputsAt(ArrayRef<ReferenceTensor> inputs, int64_t first, int64_t count) const {
  ReferenceTensors result;
  for (auto [number, input] : llvm::enumerate(inputs)) {
    std::optional<TokenSize> at = tokenSize(step.getArgAttrOfType<AffineMapAttr>(number, kShapeAttr), tokens);
    result.push_back(at ? sliceAlong(input, at->dim, first * at->rate, count * at->rate) : input);
  }
  return result;
}

FailureOr<ReferenceTensors> StepRunner::runChunks(ArrayRef<ReferenceTensor> inputs, ArrayRef<int64_t> chunks) {
  ReferenceTensors states = initialStates();
  return runChunks(inputs, chunks, states);
}

FailureOr<ReferenceTensors> StepRunner::runChunks(ArrayRef<ReferenceTensor> inputs, ArrayRef<int64_t> chunks,
                                                  ReferenceTensors &states) {
  FailureOr<SmallVector<ReferenceTensors>> calls = callAll(inputs, chunks, /*first=*/0, states);
  return failed(calls) ? FailureOr<ReferenceTensors>() : joinCalls(*calls);
}

/// The outputs of calls on tokens from `first` on.
FailureOr<SmallVector<ReferenceTensors>> StepRunner::callAll(ArrayRef<ReferenceTensor> inputs, ArrayRef<int64_t> chunks,
                                                             int64_t first, ReferenceTensors &states) {
  SmallVector<ReferenceTensors> calls;
  for (int64_t count : chunks) {
    calls.emplace_back();
    if (failed(run(inputsAt(inputs, first, count), states, calls.back())))
      return failure();
    first += count;
  }
  return calls;
}

ReferenceTensors StepRunner::joinCalls(ArrayRef<ReferenceTensors> calls) const {
  ReferenceTensors outputs;
  for (size_t number = 0; number < calls.front().size(); ++number) {
    std::optional<TokenSize> at = tokenSize(step.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr), tokens);
    ReferenceTensors pieces;
    for (const ReferenceTensors &call : calls)
      pieces.push_back(call[number]);
    outputs.push_back(heddle::joinCalls(pieces, at ? std::optional(at->dim) : std::nullopt));
  }
  return outputs;
}

/// From now on the sequences of all rows have as many tokens as `length` of their symbol are.
void StepRunner::setEnd(ReferenceTensors &states, int64_t length) const {
  int64_t count = length * tokensPerBlock(step, tokens);
  unsigned first = step.getNumArguments() - numStates();
  for (auto [number, state] : llvm::enumerate(states))
    for (int64_t row = 0; step.getArgAttr(first + number, kEndAttr) && row < state.size(); ++row)
      state.set(row, Scalar{.integer = count});
}

FailureOr<ReferenceTensors> StepRunner::runToEnd(ArrayRef<ReferenceTensor> inputs, ArrayRef<int64_t> chunks,
                                                 ReferenceTensors &states) {
  auto latency = step->getAttrOfType<IntegerAttr>(kLatencyAttr);
  int64_t late = latency ? latency.getInt() / tokensPerBlock(step, tokens) : 0;
  int64_t length = llvm::sum_of(chunks);
  FailureOr<SmallVector<ReferenceTensors>> calls = callAll(inputs, chunks, /*first=*/0, states);
  if (failed(calls) || late == 0)
    return failed(calls) ? FailureOr<ReferenceTensors>() : joinCalls(*calls);
  setEnd(states, length);
  SmallVector<int64_t> behind = late == 1 ? SmallVector<int64_t>{1} : SmallVector<int64_t>{1, late - 1};
  FailureOr<SmallVector<ReferenceTensors>> last = callAll(inputs, behind, length, states);
  if (failed(last))
    return failure();
  llvm::append_range(*calls, *last);
  ReferenceTensors outputs = joinCalls(*calls);
  for (auto [number, output] : llvm::enumerate(outputs))
    if (std::optional<TokenSize> at = tokenSize(step.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr), tokens)) {
      int64_t first = step.getResultAttrOfType<IntegerAttr>(number, kLatencyAttr).getInt();
      output = sliceAlong(output, at->dim, first, length * at->rate);
    }
  return outputs;
}

} // namespace heddle
