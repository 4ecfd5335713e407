// Decays and pair weights inside of one chunk of tokens.
//
// With E_ij the product of decays over the tokens after j up to i, and Q either a query head or the keys themselves:
//
//   pairs(Q):  weights[i, j] = Q_i E_ij k_j for j <= i < C, 0 for i < j up to the end of i's block
//   reach:     (Q E)_i = Q_i times the product of decays from the start of the chunk to i: what reads the state
//   rest:      (E k)_j = k_j times the product of decays after j to the end of the chunk: what enters the state
//
// Products are formed by walking, never as quotients or differences of logarithms: strong decays underflow to 0 as they
// should. A token that begins a new segment has decay 0, which cuts all three.
//
// Rows are copied to the stack: those of one head lie a power of two apart in memory, where few of them fit the L1
// cache together. They are filled in whole blocks; what stands behind the last token is never part of a result.
#ifndef HEDDLE_PASSES_KERNELS_CHUNKWEIGHTS_H
#define HEDDLE_PASSES_KERNELS_CHUNKWEIGHTS_H

#include "passes/kernels/MixView.h"
#include <memory>

namespace heddle::kernels {

/// The chunk at hand: tokens [first, first + count) in the order of the sweep.
struct ChunkPlace {
  Expr b, keyHead; // output head through which operands of the state head are read
  Expr first, count;
  Sweep order;
};

class ChunkWeights {
public:
  /// Rows of a product that share the registers. Chunks are whole blocks.
  static constexpr int64_t rowBlock = 8;

  static std::unique_ptr<ChunkWeights> of(MixView &view, int64_t chunk);
  virtual ~ChunkWeights() = default;

  /// Stack buffers. At the start of the kernel.
  virtual void allocate();
  /// Keys and decays of the chunk.
  virtual void enter(const ChunkPlace &place);
  /// Fills `weights` and `reach` for the keys themselves, without the pairs (i, i) ..
  virtual void keyPairs() = 0;
  /// .. or for the queries of output head `h`; `withOwn` keeps the pairs (i, i).
  virtual void queryPairs(Expr h, bool withOwn) = 0;

  Expr weight(Expr i, Expr j) { return loops.load(weights, {i, j}); }
  /// Entries from n of (Q E)_i, up to `reachFactor(i)` where it is not empty.
  Expr reach(Expr i, Expr n, int64_t width = 0) { return loops.load(reaching, {i, n}, width); }
  virtual Expr reachFactor(Expr i) { return {}; }
  /// Entries from n of (E k)_j, up to `restFactor(j)` where it is not empty.
  Expr rest(Expr j, Expr n, int64_t width = 0) { return loops.load(resting, {j, n}, width); }
  virtual Expr restFactor(Expr j) { return {}; }
  /// Product of all decays of the chunk, for state rows from n.
  virtual Expr keep(Expr n, int64_t width = 0) = 0;

  const int64_t chunk;

protected:
  ChunkWeights(MixView &view, int64_t chunk) : chunk(chunk), view(view), loops(view.loops) {}
  Expr token(Expr i);
  /// 1, or 0 where token i of the chunk begins a segment.
  Expr keepsSegment(Expr i);
  Expr rowEntry(const Operand &rows, Expr h, Expr i, Expr n, int64_t width);

  MixView &view;
  LoopBuilder &loops;
  ChunkPlace place;
  mlir::Value weights, reaching, resting; // [chunk, chunk], [chunk, dk] twice
};

std::unique_ptr<ChunkWeights> makeTokenWeights(MixView &view, int64_t chunk);
std::unique_ptr<ChunkWeights> makeChannelWeights(MixView &view, int64_t chunk);

} // namespace heddle::kernels

#endif
