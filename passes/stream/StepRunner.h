// Runs a step in the reference evaluator, call by call.
//
//   StepRunner runner(step, tokens, /*symbols=*/{2, 9, 9});      // rows, tokens, capacity
//   SmallVector<ReferenceTensor> states = runner.initialStates(), outputs;
//   runner.run(first, states, outputs);                           // any number of tokens
//   runner.run(next, states, outputs);
#ifndef HEDDLE_PASSES_STREAM_STEPRUNNER_H
#define HEDDLE_PASSES_STREAM_STEPRUNNER_H

#include "passes/stream/TensorParts.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

using ReferenceTensors = llvm::SmallVector<ReferenceTensor>;

class StepRunner {
public:
  /// `tokens` is the symbol of the new tokens; its size is not used.
  StepRunner(mlir::func::FuncOp step, unsigned tokens, llvm::ArrayRef<int64_t> symbols,
             Precision precision = Precision::Double);

  ReferenceTensors initialStates() const;
  /// One call. `states` are those behind it afterwards.
  llvm::LogicalResult run(llvm::ArrayRef<ReferenceTensor> inputs, ReferenceTensors &states, ReferenceTensors &outputs);
  /// All tokens of `inputs`, in calls of the given numbers of tokens. Outputs with tokens are put together; of others
  /// there is what the last call left.
  llvm::FailureOr<ReferenceTensors> runChunks(llvm::ArrayRef<ReferenceTensor> inputs, llvm::ArrayRef<int64_t> chunks);
  /// The same from `states` on, which are those behind the last call afterwards.
  llvm::FailureOr<ReferenceTensors> runChunks(llvm::ArrayRef<ReferenceTensor> inputs, llvm::ArrayRef<int64_t> chunks,
                                              ReferenceTensors &states);
  /// All tokens of sequences that are `chunks` long, and behind them as many of `inputs` as the latest output is late.
  /// Outputs are those of the entry: each without what is computed of no token.
  llvm::FailureOr<ReferenceTensors> runToEnd(llvm::ArrayRef<ReferenceTensor> inputs, llvm::ArrayRef<int64_t> chunks,
                                             ReferenceTensors &states);
  /// The inputs of a call on `count` tokens from `first` on.
  ReferenceTensors inputsAt(llvm::ArrayRef<ReferenceTensor> inputs, int64_t first, int64_t count) const;

private:
  unsigned numStates() const;
  void setEnd(ReferenceTensors &states, int64_t length) const;
  llvm::FailureOr<llvm::SmallVector<ReferenceTensors>> callAll(llvm::ArrayRef<ReferenceTensor> inputs,
                                                               llvm::ArrayRef<int64_t> chunks, int64_t first,
                                                               ReferenceTensors &states);
  ReferenceTensors joinCalls(llvm::ArrayRef<ReferenceTensors> calls) const;

  mutable mlir::func::FuncOp step;
  unsigned tokens;
  llvm::SmallVector<int64_t> symbols;
  Precision precision;
};

/// Random inputs of an entry: reals in [-1, 1], integers from the range that the input declares, else [0, largest]; ids
/// of segments, which must not decrease, are sums of such integers.
ReferenceTensors drawInputs(mlir::func::FuncOp entry, llvm::ArrayRef<int64_t> symbols, uint64_t seed,
                            int64_t largestInteger);
/// The symbols of a step: those of its entry, and what it adds to them at the given capacity.
llvm::SmallVector<int64_t> symbolsOfStep(mlir::func::FuncOp step, llvm::ArrayRef<int64_t> ofEntry, int64_t capacity);
/// The sizes that an affine map of symbols stands for.
llvm::SmallVector<int64_t> shapeAt(mlir::AffineMap map, llvm::ArrayRef<int64_t> symbols);

} // namespace heddle

#endif
