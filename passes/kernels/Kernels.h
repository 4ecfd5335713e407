// One function per execution form. Each writes, before the mixer at the builder's insertion point, loops that compute
// it into its inits; `--heddle-expand-mix` then erases the mixer.
//
// A kernel is a top-level `scf.parallel` with a sequential body. Work that reads what other work has written is a
// second kernel. Buffers larger than the stack share (see `stackBytes`) come from the arena.
#ifndef HEDDLE_PASSES_KERNELS_KERNELS_H
#define HEDDLE_PASSES_KERNELS_KERNELS_H

#include "passes/kernels/MixView.h"

namespace heddle::kernels {

/// Largest matrix, in bytes, that a kernel keeps on its stack; a kernel has at most three. Only the chunked form takes
/// more: a state of up to 64 KB with three matrices of up to 32 KB, so that a head's pairs are computed once.
constexpr int64_t stackBytes = 20 * 1024;
/// Lanes of one vector register.
constexpr int64_t vectorLanes = 16;

/// Every pair, no matrix of pairs: the transported query walks back over the keys ..
void emitDenseLinear(MixView &view);
/// .. or two passes of softmax.
void emitDenseSoftmax(MixView &view);
/// Softmax with a running maximum over tiles of keys.
void emitFlash(MixView &view, int64_t chunk);
/// The state, token by token.
void emitRecurrent(MixView &view);
/// Pairs inside of a chunk of tokens, the state between chunks.
void emitChunked(MixView &view, int64_t chunk);
/// A position-only or structured matrix, row by row.
void emitDirect(MixView &view);
/// A position-only kernel by fast Fourier transform.
void emitFft(MixView &view);

/// The new tokens of each row into its buffer.
void emitAppend(LoopBuilder &loops, mixer::AppendOp op);

} // namespace heddle::kernels

#endif
