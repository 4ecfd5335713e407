// What is computed from each element of a contraction's result, right where the result is made.
//
//   c[m, n] = sum_k a[m, k] * w[k, n]                     c: a buffer, in the kernel's cache
//   y[m, n] = x[m, n] + gelu(c[m, n] + bias[n])           the epilogue: one pass over memory less
//
// The kernel runs the epilogue on a panel of rows as soon as its sums are complete. Where nothing else wants the sums
// they are built up in the epilogue's output. Invariant: the epilogue writes no buffer that the contraction reads, so
// tasks stay independent.
#ifndef HEDDLE_PASSES_TILE_EPILOGUE_H
#define HEDDLE_PASSES_TILE_EPILOGUE_H

#include "passes/lower/BufferAliases.h"
#include "passes/tile/ContractionMatch.h"

namespace heddle {

/// An elementwise operation over loops (row, column), both of which its output uses.
struct Epilogue {
  mlir::linalg::GenericOp op;
  IterationSpace space;  // accesses: inputs, then the output
  unsigned sum = 0;      // the input that is the contraction's result
  bool needsSums = true; // else the contraction accumulates in the output

  static constexpr unsigned row = 0, column = 1; // loops
  const Access &out() const { return space.accesses.back(); }
};

/// The one elementwise operation behind `contraction` that can join its kernel, at its own place, if there is one.
mlir::linalg::GenericOp findEpilogue(mlir::linalg::LinalgOp contraction, const BufferAliases &aliases);

/// Takes apart `op`, the epilogue of `contraction` that accumulates in `sums`; emits views. Nothing when its loops are
/// not the rows and columns of the contraction.
std::optional<Epilogue> matchEpilogue(mlir::OpBuilder &builder, const Contraction &contraction, mlir::Value sums,
                                      mlir::linalg::GenericOp op, const BufferAliases &aliases);

} // namespace heddle

#endif
