// The part of an entry between the tensors that go into a token mixer and the one that comes out.
//
//   %v, %k, %q, %a    one row for each token                      frontier
//   ..                chunks, masks, sums, products of pairs
//   %o                one row for each token                      output
//
// The frontier is as small as it can be: an outer product k v^T or a repetition for several heads belongs to the mixer,
// its factors are the frontier; so are tensors in front of a transpose.
#ifndef HEDDLE_PASSES_RAISE_TOKENREGION_H
#define HEDDLE_PASSES_RAISE_TOKENREGION_H

#include "passes/raise/TokenAxes.h"
#include "llvm/ADT/SetVector.h"

namespace heddle {

struct TokenRegion {
  mlir::Value output;
  llvm::SmallVector<mlir::Value> frontier; // tensors that depend on the entry's arguments
  llvm::SmallVector<mlir::Value> inner;    // what is computed in between
};

/// How far back a region goes: to the last tensors that are not open, or to the nearest that have a row for each token,
/// whatever these rows were made from. The second is the mixer alone where features are made from all tokens, such as
/// keys in units of the largest of them.
enum class RegionExtent { Whole, Rows };

/// Follows `output` back to its frontier. Nothing where more than `limit` ops lie between.
std::optional<TokenRegion> regionOf(mlir::Value output, const TokenAxes &axes, ConcreteSizes &sizes, int64_t limit,
                                    RegionExtent extent = RegionExtent::Whole);

/// The region of one op and the views around it, between what its operand `input` shows and what shows its result.
TokenRegion regionAround(mlir::Value output, mlir::Value input, const TokenAxes &axes);

/// The input that an op copies while it permutes or repeats dimensions, else null.
mlir::Value copiedValue(mlir::Operation *op);

} // namespace heddle

#endif
