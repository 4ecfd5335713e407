// Which elements belong to a token, in a step that looks ahead: its outputs come late, so its first calls compute some
// of tokens in front of the first one, and the last calls are given inputs behind the last one.
//
//   element j of row b exists where 0 <= j < end(b) + extra: at its rate, the tokens of the row's sequence so far, and
//   what the value has more elements than tokens (TokenAxis) read by a convolution, an attention or a padding others
//   are what the entry reads there: zero, nothing, a fill computed and read by none of these                     others
//   hold anything
#ifndef HEDDLE_PASSES_STREAM_EXISTENCE_H
#define HEDDLE_PASSES_STREAM_EXISTENCE_H

#include "passes/stream/StreamEmitter.h"

namespace heddle {

/// Whether element `index` along such tokens is one of row `row` (null where there is no symbol for rows). An i1.
mlir::Value elementExists(StreamEmitter &e, mlir::OpBuilder &b, mlir::Value row, mlir::Value index,
                          const TokenAxis &axis);

/// Elements of `original`, `first` being the distance of the first one from the new tokens; those of no token are
/// `fill`.
Piece onlyExisting(StreamEmitter &e, mlir::Value original, Piece piece, int64_t first, mlir::TypedAttr fill);

/// `index` brought between the first and the last element of the row, for what is computed of no token and reads by
/// index.
mlir::Value nearestElement(StreamEmitter &e, mlir::OpBuilder &b, mlir::Value row, mlir::Value index,
                           const TokenAxis &axis);

/// Elements of `original`, those from the end on being `fill`.
Piece putBehind(StreamEmitter &e, mlir::Value original, Piece piece, int64_t first, mlir::TypedAttr fill);

/// The `count` elements in front of the end, or up to some tokens before it: in `elements` they begin as far from the
/// first one as the last token is from the first of the new elements of `original`. Where a call has none but tokens
/// behind the end they are those of an earlier call.
mlir::Value holdLast(StreamEmitter &e, mlir::Value original, mlir::Value elements, int64_t count);

} // namespace heddle

#endif
