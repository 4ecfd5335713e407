// Constants with a number for each pair of tokens: a learned bias of attention, a matrix over tokens.
//
//   %part = extract_slice %table[0, 0] [T, T]       of a constant; the step reads row position[b] + i, and all columns
#ifndef HEDDLE_PASSES_STREAM_PAIRTABLE_H
#define HEDDLE_PASSES_STREAM_PAIRTABLE_H

#include "passes/stream/StreamEmitter.h"

namespace heddle {

struct PairTable {
  mlir::Value source;                 // [.., L, L]; a value of the entry that is the same for any number of tokens
  int64_t rows = 0;                   // the dimension of the first token of a pair; that of the second is behind it
  llvm::SmallVector<int64_t> leading; // sizes of the dimensions in front, as its reader sees them
  int64_t rate = 1;                   // of the tokens of both dimensions

  /// What `operand` reads, where its last two dimensions are pairs of tokens that begin with the first pair,
  /// as many for each block as `like` has.
  static std::optional<PairTable> of(mlir::Value operand, mlir::Value like, TokenFlow &flow);
  /// The number of one pair; `leading` are indices of dimensions in front.
  mlir::Value at(mlir::ImplicitLocOpBuilder &b, StreamEmitter &e, mlir::ValueRange leading, mlir::Value first,
                 mlir::Value second) const;
};

/// The rows of `table` at C positions from `first` in front of the new tokens (first <= 0), with the columns of `keys`
/// tokens: [rows, .., C, keys].
mlir::Value rowsAtPositions(StreamEmitter &e, const PairTable &table, mlir::OpFoldResult keys, int64_t first);

} // namespace heddle

#endif
