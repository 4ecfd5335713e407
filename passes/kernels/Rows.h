// A small matrix that a kernel carries: `count` rows of `width` lanes (width 0: scalars).
//
// Few rows live in registers: loops over them are unrolled and a time loop carries them as loop values. Many rows live
// on the stack, in L1. Rows that change once are not copied at all: they are read where they come from and written
// where they go. A kernel is written once for all:
//
//   rows.each([&](Expr n) { rows.set(n, decay * rows.get(n) + key(n) * v); });
//   rows.carry(begin, end, [&](Expr t) { step(t); });
//
// Invariant: while in registers, rows change only at the nesting level of the innermost open `carry`.
#ifndef HEDDLE_PASSES_KERNELS_ROWS_H
#define HEDDLE_PASSES_KERNELS_ROWS_H

#include "passes/kernels/LoopBuilder.h"
#include <functional>

namespace heddle::kernels {

class Rows {
public:
  /// Rows in registers when there are at most `registers`, on the stack otherwise.
  Rows(LoopBuilder &loops, int64_t count, int64_t width, int64_t registers = 0);

  /// Rows between two places: `get` is what `source` gives, also after `set` has handed a row to `target`.
  Rows(LoopBuilder &loops, int64_t count, int64_t width, std::function<Expr(Expr)> source,
       std::function<void(Expr, Expr)> target);

  int64_t count() const { return rowCount; }
  int64_t width() const { return laneCount; }
  bool inRegisters() const { return !memory && !source; }
  bool inPlace() const { return static_cast<bool>(source); }

  Expr get(Expr n) const;
  void set(Expr n, Expr value);
  void each(llvm::function_ref<void(Expr)> body) const;
  /// Folds over the rows, one carried value for each initial one.
  Exprs fold(Exprs initial, llvm::function_ref<Exprs(Expr, llvm::ArrayRef<Expr>)> body) const;
  Expr fold(Expr initial, llvm::function_ref<Expr(Expr, Expr)> body) const;
  /// The sum of weight(n) * row n, in several partial sums that do not wait for each other.
  Expr sum(llvm::function_ref<Expr(Expr)> weight) const;
  /// Sets every row to next(n). With weights also their sum with the new rows, each read while it is at hand; empty
  /// without.
  Expr update(llvm::function_ref<Expr(Expr)> next, llvm::function_ref<Expr(Expr)> weight = nullptr);
  void fill(double number);

  /// Row values that a loop around this matrix has to carry: none on the stack.
  Exprs &values() { return registers; }

private:
  LoopBuilder &loops;
  int64_t rowCount, laneCount;
  Exprs registers;
  mlir::Value memory;
  std::function<Expr(Expr)> source;
  std::function<void(Expr, Expr)> target;
};

/// A loop that carries every register row of `matrices`.
void carryLoop(LoopBuilder &loops, Expr begin, Expr end, llvm::ArrayRef<Rows *> matrices,
               llvm::function_ref<void(Expr)> body);

/// Replaces rows by `body`'s changes where the condition holds.
void carryWhen(LoopBuilder &loops, Expr condition, llvm::ArrayRef<Rows *> matrices, llvm::function_ref<void()> body);

} // namespace heddle::kernels

#endif
