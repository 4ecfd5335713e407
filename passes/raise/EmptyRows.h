// Rows of an attention that a mask of finite numbers leaves nothing.
//
//   mask[b, i, j] = i >= j and pad[b, j] ? 0 : lowest float        row i of batch b has no pair where pad[b, 0..i] are
//   0
//
// All its scores are that number then, whatever queries and keys are, so that the row is the mean of all values: of
// those behind it, too. Beside a mixer whose support leaves them out, the mean is taken once for all rows and chosen
// where it is wanted.
#ifndef HEDDLE_PASSES_RAISE_EMPTYROWS_H
#define HEDDLE_PASSES_RAISE_EMPTYROWS_H

#include "dialects/mixer/Mixer.h"
#include "passes/raise/AttentionMatch.h"

namespace heddle {

/// The result of `mix`, [batch, queries, heads, features], and the mean of its values in rows of the match whose pairs
/// are all masked.
mlir::Value meanWhereNothingIsSeen(mlir::OpBuilder &builder, ElementExprs &exprs, const AttentionMatch &match,
                                   mixer::MixOp mix);

} // namespace heddle

#endif
