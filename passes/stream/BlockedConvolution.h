// A long convolution, block by block of B positions: o_t = sum over s <= t of kernel[t - s] v_s.
//
//   kept      the values so far: all of them, or as many as the kernel has taps in front of the newest one
//   ahead     what the tokens so far add to the outputs of the block in which the next one stands
//   a call    adds its C tokens to its own outputs and to those up to one block behind them: C + B of them
//   a border  a row that enters a block adds all tokens in front of the call to these outputs, `chunkBlocks` blocks of
//             tokens at a time
//
// So a step of one token touches B numbers of each channel, and what was seen once in B tokens: with B near the square
// root of the length both are about the same. This is the relaxed product of van der Hoeven ("Relax, but don't be too
// lazy", 2002) with one size of blocks, for long convolutions FutureFill with epochs (Agarwal et al.,
// arXiv:2410.03766). Rows enter blocks at times of their own: one that enters none has zeros where others have their
// past.
#ifndef HEDDLE_PASSES_STREAM_BLOCKEDCONVOLUTION_H
#define HEDDLE_PASSES_STREAM_BLOCKEDCONVOLUTION_H

#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"

namespace heddle {

/// How many positions a block has, a power of two, where a value meets that many tokens; any number without one.
int64_t convolutionBlock(std::optional<int64_t> tokens);

/// The output for the new tokens of a Toeplitz mixer, the first tap of which meets the newest value that is known. Its
/// values are kept in a ring. Without `taps` the kernel has one for each token so far, and all values are kept.
mlir::Value convolveBlocks(StreamEmitter &e, mixer::MixOp mix, std::optional<int64_t> taps, int64_t block);

} // namespace heddle

#endif
