// Decays and pair weights inside of one chunk of tokens.
//
// With E_ij the product of decays over the tokens after j up to i, and Q either a query head or the keys themselves:
//
//   pairs(Q):  weights[i, j] = Q_i E_ij k_j for j <= i < C, 0 otherwise
//   reach:     (Q E)_i = Q_i times the product of decays from the start of the chunk to i: what reads the state
//   rest:      (E k)_j = k_j times the product of decays after j to the end of the chunk: what enters the state
//
// Products are formed by walking, never as quotients or differences of logarithms: strong decays underflow to 0 as they
// should. A token that begins a new segment has decay 0, which cuts all three.
#ifndef HEDDLE_PASSES_KERNELS_CHUNKWEIGHTS_H
#define HEDDLE_PASSES_KERNELS_CHUNKWEIGHTS_H

#include "passes/kernels/MixView.h"
#include <memory>

namespace heddle::kernels {

/// The chunk at hand: tokens [first, first + count) in the order of the sweep.
struct ChunkPlace {
  Expr b, keyHead; // output head through which operands of the state head are read
  Expr number, first, count;
  Sweep order;
};

class ChunkWeights {
public:
  static std::unique_ptr<ChunkWeights> of(MixView &view, int64_t chunk);
  virtual ~ChunkWeights() = default;

  /// Arena buffers filled by kernels of their own, one sweep at a time. Before the kernel.
  virtual void pack(llvm::ArrayRef<Sweep> sweeps) {}
  /// Stack buffers. At the start of the kernel.
  virtual void allocate();
  /// Decays of the chunk.
  virtual void enter(const ChunkPlace &place);
  /// Fills `weights` for the rows of `rows` (query or key) under output head `h`; `withOwn` keeps the pair (i, i).
  virtual void pairs(const Operand &rows, Expr h, bool withOwn) = 0;
  /// Row entry n of (Q E)_i, up to `reachFactor(i)`. After `pairs` of the same rows.
  virtual Expr reach(const Operand &rows, Expr h, Expr i, Expr n) = 0;
  virtual Expr reachFactor(Expr i) = 0;
  virtual Expr rest(Expr j, Expr n) = 0;
  /// Product of all decays of the chunk, for state row n.
  virtual Expr keep(Expr n) = 0;

  mlir::Value weights; // [chunk, chunk]
  const int64_t chunk;

protected:
  ChunkWeights(MixView &view, int64_t chunk) : chunk(chunk), view(view), loops(view.loops) {}
  Expr token(Expr i);
  /// 1, or 0 where token i of the chunk begins a segment.
  Expr keepsSegment(Expr i);
  Expr rowEntry(const Operand &rows, Expr h, Expr i, Expr n, int64_t width = 0);

  MixView &view;
  LoopBuilder &loops;
  ChunkPlace place;
};

} // namespace heddle::kernels

#endif
