// A loop for the iterations [begin, end) of a schedule, beside the ops that it may replace.
//
//   %r:2 = scf.for %t = %c0 to %c64 step %c1 iter_args(%h = %zero, %out = %base) {
//     %x = tensor.extract_slice %x[0, %t, 0] ..        a moving slice
//     ..                                               one clone of each row's sample
//     %out1 = tensor.insert_slice %y into %out[0, %t, 0] ..
//     scf.yield %h1, %out1
//   }
//
// Pieces of a stack before `begin` and from `end` on are written in front of and behind the loop.
#ifndef HEDDLE_PASSES_RAISE_REROLLLOOP_H
#define HEDDLE_PASSES_RAISE_REROLLLOOP_H

#include "passes/raise/RerollSchedule.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace heddle {

/// A row's result of `back` iterations before, as the loop carries it.
struct CarriedValue {
  unsigned row, result;
  int64_t back;
};

/// A row's result that is wanted of an iteration of its own, outside of the loop.
struct WantedValue {
  unsigned row, result;
  int64_t iteration;
  mlir::Value original;
};

class RerollLoop {
public:
  RerollLoop(const UnrolledTable &table, const RerollSchedule &schedule, int64_t begin, int64_t end);

  /// Whether all slices and constants that the loop would read exist.
  bool isInBounds() const;
  /// What the loop carries, and the first values as far as they are known.
  llvm::ArrayRef<CarriedValue> carried() const { return carriedValues; }
  mlir::Value knownInit(const CarriedValue &value) const;
  /// Ops that the loop replaces.
  llvm::DenseSet<mlir::Operation *> replacedOps() const;

  /// Whether a wanted value is carried out of the last iteration.
  bool isFinal(const WantedValue &value) const { return finalOf(value).has_value(); }

  /// Builds the loop. `inits` are the first carried values. The loop also returns `wanted` values.
  void build(mlir::OpBuilder &builder, mlir::Location loc, llvm::ArrayRef<mlir::Value> inits,
             llvm::ArrayRef<WantedValue> wanted);

  /// Pairs of what the loop replaces and by what.
  llvm::SmallVector<mlir::Value> originals, replacements;

private:
  void noteCarried(const UnrolledRead &read, int64_t back);
  mlir::Value writePieces(mlir::OpBuilder &builder, const Stack &stack, mlir::Value into, int64_t from,
                          int64_t to) const;
  /// Number of the carried value whose last one is the wanted.
  std::optional<unsigned> finalOf(const WantedValue &value) const;

  const UnrolledTable &table;
  const RerollSchedule &schedule;
  int64_t begin, end;
  llvm::SmallVector<CarriedValue> carriedValues;
};

} // namespace heddle

#endif
