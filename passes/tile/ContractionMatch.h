// Recognises a linalg operation that multiplies and accumulates, whatever it is called and however its dimensions are
// ordered. Every loop has a role, told by which operands it indexes:
//
//            lhs rhs out
//   batch     x   x   x      one task each
//   row       x       x      m: the largest range of rows is tiled, further ones are tasks
//   column        x   x      n: has unit stride in the output
//   sum       x   x          k: exactly one after merging
//
// Example: `[B,T,K] x [K,N] -> [B,T,N]` merges b and t into one row loop when both operands are contiguous.
#ifndef HEDDLE_PASSES_TILE_CONTRACTIONMATCH_H
#define HEDDLE_PASSES_TILE_CONTRACTIONMATCH_H

#include "passes/tile/IterationSpace.h"

namespace heddle {

/// Columns of one weight panel: three AVX-512 registers of f32. With 8 rows that is 24 multiply-adds for 11 loads: two
/// registers (16 for 10) reach 2 to 7 % less, and 12 or 14 rows of two are slower still (their rows, a power of two
/// apart, fall into the same sets of the first-level cache).
inline constexpr int64_t kPanelWidth = 48;

enum class LoopRole { Batch, Row, Column, Sum, None };

/// How the kernel reads the right operand.
enum class RhsLayout {
  RowMajor, // columns have unit stride
  Strided,  // anything else
  Panels,   // [n / 48, k, n % 48], see --heddle-pack-weights
};

/// A contraction with its operands put in the order lhs, rhs, out.
struct Contraction {
  IterationSpace space; // accesses: lhs, rhs, out
  llvm::SmallVector<unsigned> outer;
  std::optional<unsigned> m;
  unsigned n = 0, k = 0;
  RhsLayout rhsLayout = RhsLayout::RowMajor;

  const Access &lhs() const { return space.accesses[0]; }
  const Access &rhs() const { return space.accesses[1]; }
  const Access &out() const { return space.accesses[2]; }
};

/// True when the body is `acc + lhs * rhs` in f32, the inputs perhaps extended from a narrower float.
bool isMultiplyAccumulate(mlir::linalg::LinalgOp op);

/// The role of `loop`, from the maps of lhs, rhs and out.
LoopRole roleOfLoop(mlir::AffineMap lhs, mlir::AffineMap rhs, mlir::AffineMap out, unsigned loop);

/// The map (.., n, .., k, ..) -> (n floordiv 48, k, n mod 48) over `numLoops` loops.
mlir::AffineMap getPanelMap(mlir::MLIRContext *context, unsigned numLoops, unsigned n, unsigned k);

/// Takes apart `op`, on memrefs; emits the views that merge its loops. Nothing when the kernel cannot compute it.
std::optional<Contraction> matchContraction(mlir::OpBuilder &builder, mlir::linalg::LinalgOp op);

} // namespace heddle

#endif
