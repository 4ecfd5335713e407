// Steps against the entry that they were derived from, in the reference evaluator.
#ifndef HEDDLE_TEST_UNIT_STREAM_STEPCHECK_H
#define HEDDLE_TEST_UNIT_STREAM_STEPCHECK_H

#include "passes/stream/StepRunner.h"

#include "mlir/IR/BuiltinOps.h"
#include <string>

namespace heddle::test {

/// A module with @forward and the step derived from it.
struct Derived {
  mlir::func::FuncOp forward, step;
  unsigned tokens = 0;
  std::string error; // the first diagnostic, where there is no step

  /// Adds @step to the module, whose outputs may be `lookAhead` tokens late; nothing is proved on the way.
  static Derived of(mlir::ModuleOp module, int64_t lookAhead = 0);
  /// How many of its own elements late an output comes.
  int64_t latency(unsigned output) const;
  /// How many tokens late the latest output is, and how many blocks these are.
  int64_t latency() const;
  int64_t lateBlocks() const { return latency() / block(); }
  /// Tokens that come together.
  int64_t block() const;
  /// Values for the symbols of the step: B rows, so many tokens or blocks of them, anything else 3.
  llvm::SmallVector<int64_t> symbols(int64_t rows, int64_t tokens);
};

/// The largest integer that is drawn for inputs without a range.
inline constexpr int64_t kLargestInteger = 3;

/// Expects that calls on 1, 3, `chunk` and `chunk` + 1 tokens, or blocks of them where tokens come in blocks, give what
/// the entry gives, for all lengths up to 3 `chunk` + 1 in strides.
void expectStepsEqualForward(Derived &derived, int64_t chunk, uint64_t seed);
/// Expects that other tokens behind `length` leave the outputs as they are that are known at `length`, bit for bit.
void expectCausal(Derived &derived, int64_t length, uint64_t seed);
/// Expects that each row of a batch is what it is alone, bit for bit, also where the rows stand at different positions.
void expectIndependentRows(Derived &derived, uint64_t seed);
/// Expects of a step whose outputs come late that rows of different lengths in one batch, whose ends are known from the
/// beginning, give what the entry gives of each.
void expectOwnEnds(Derived &derived, uint64_t seed);

} // namespace heddle::test
#endif
