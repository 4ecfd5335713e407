// Where the new tokens of each row stand in blocks of positions.
//
//   block of 4, a call of 3 tokens    row at 5: positions 5 6 7, inside of block [4, 8)
//                                     row at 8: positions 8 9 10, at the first position of a block: it enters one
//                                     row at 7: positions 7 8 9, over a border: it enters one too
//
// A position in front of the first token, which a late value has, belongs to a block too.
#ifndef HEDDLE_PASSES_STREAM_BLOCKBORDERS_H
#define HEDDLE_PASSES_STREAM_BLOCKBORDERS_H

#include "passes/stream/StreamEmitter.h"

namespace heddle {

class BlockBorders {
public:
  /// Blocks of `block` positions, a power of two, among tokens of the given rate; the first new one stands `first`
  /// behind the position of its row.
  BlockBorders(StreamEmitter &e, int64_t block, int64_t rate, int64_t first)
      : e(e), block(block), rate(rate), first(first) {}

  /// The new tokens of one row.
  struct Call {
    mlir::Value position, inside; // of the first one: among all tokens, and in its block
    mlir::Value start;            // of its block
    mlir::Value end;              // the position behind the last one
    mlir::Value isEntering;       // an i1
  };
  /// Of the row of loop 0, inside of a body.
  Call callOf(mlir::ImplicitLocOpBuilder &b);
  /// The first position of the block in which one lies.
  mlir::Value startOf(mlir::ImplicitLocOpBuilder &b, mlir::Value position);

  /// The positions of the rows that enter a block, 0 of the others: [rows].
  mlir::Value entering();
  /// The largest of these, an index.
  mlir::Value farthest(mlir::Value entering);

private:
  Call callAt(mlir::ImplicitLocOpBuilder &b, mlir::Value position);

  StreamEmitter &e;
  int64_t block, rate, first;
};

} // namespace heddle

#endif
