// Positions that no data decides, computed for every iteration of some loops.
//
//   loops 4, 3;  %at = (extract constant %table[%i, %j]) + 1   ->   a 4x3 table of numbers
//   the table is 5 + 8 i + j                                   ->   first 5, steps 8 and 1
//
// Where the entry has symbols, a table is one of some of its sizes, and what is said of positions has to hold at all of
// `positionSamples`.
#ifndef HEDDLE_PASSES_RAISE_FIXEDPOSITIONS_H
#define HEDDLE_PASSES_RAISE_FIXEDPOSITIONS_H

#include "dialects/mixer/reference/ReferenceTensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

/// first + sum of steps[loop] * position of the loop.
struct AffinePosition {
  int64_t first = 0;
  llvm::SmallVector<int64_t> steps;
};

/// The loops of a computation and what it reads one element of in each iteration.
struct IterationSpace {
  mlir::Operation *anchor; // in the entry's body; what is computed stands in front of it
  llvm::ArrayRef<int64_t> counts;
  mlir::ValueRange inputs;
  llvm::ArrayRef<mlir::AffineMap> maps; // of the inputs
  llvm::ArrayRef<int64_t> symbols;      // the sizes at which
};

/// Sizes of the symbols at which positions are looked at: an example; all at their smallest, all large; each at its
/// smallest and the others larger, so that a limit shows which positions reach.
llvm::SmallVector<llvm::SmallVector<int64_t>> positionSamples(mlir::func::FuncOp entry);

/// The numbers that `indices` gives from the positions of the loops and the elements of the inputs, one table for each.
/// Nothing where data decides.
std::optional<llvm::SmallVector<ReferenceTensor>>
evaluatePositions(mlir::func::FuncOp entry, const IterationSpace &space, unsigned count,
                  llvm::function_ref<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::ValueRange positions,
                                                                    mlir::ValueRange elements)>
                      indices);

/// The numbers of a table as sums of multiples of its indices, if they are.
std::optional<AffinePosition> affinePosition(llvm::ArrayRef<int64_t> numbers, llvm::ArrayRef<int64_t> shape);

} // namespace heddle

#endif
