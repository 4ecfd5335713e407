// Entries in which tokens are pooled, whatever number of them comes: the number of tokens becomes a number of blocks.
//
//   %x: [B, T, 64]               %y = every fourth token of it: [B, (T + 3) floordiv 4, 64]
//   %x: [B, 4 * T_by_4, 64]      %y: [B, T_by_4, 64]
//
// Where tokens come in whole blocks, all sizes are multiples of their number and a constant, and what is known of a
// token is the same in every block.
#ifndef HEDDLE_PASSES_STREAM_WHOLEBLOCKS_H
#define HEDDLE_PASSES_STREAM_WHOLEBLOCKS_H

#include "passes/stream/StreamSymbols.h"

namespace heddle {

/// The smallest number of tokens such that the sizes of all tensors are linear in the number of such blocks. Sizes that
/// are linear in no number up to 4096, with the prime factors 2, 3, 5, 7, 11 and 13, are left out. 1: sizes count
/// single tokens.
int64_t findBlock(mlir::func::FuncOp entry, unsigned tokens);

/// Makes the symbol of the tokens of a copy of an entry count blocks of so many.
void countBlocks(mlir::func::FuncOp copy, const StreamSymbols &symbols, int64_t block);

} // namespace heddle

#endif
