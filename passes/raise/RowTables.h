// A table of pairs whose rows are multiples of one function of the distance, as an optimiser leaves it that has folded
// the division of a decay mask by the sums of its rows.
//
//   w_ij = r_i p(i - j)     with p(0) = 1     ->     p(i - j) as a table, and r
#ifndef HEDDLE_PASSES_RAISE_ROWTABLES_H
#define HEDDLE_PASSES_RAISE_ROWTABLES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace heddle {

struct ScaledTable {
  mlir::Value distances; // p, of the table's type
  mlir::Value rows;      // r, without the dimension of keys
};

/// Nothing where the rows are no such multiples, or all the same one. Both dims are as long.
std::optional<ScaledTable> splitTable(mlir::ImplicitLocOpBuilder &b, mlir::arith::ConstantOp table, int64_t rowDim,
                                      int64_t keyDim);

} // namespace heddle

#endif
