// Chunked form. One piece of work carries the state of one batch entry, one state head and a block of value features:
//
//   for each chunk of tokens:
//     u_i = v_i, or for the delta rule  b_i (v_i - (k E)_i . S - sum_{j<i} (k_i E_ij k_j) u_j)
//     o_i = (q E)_i . S + sum_{j<=i} (q_i E_ij k_j) u_j            for every query head that reads this state
//     S   = E S + sum_j (E k)_j u_j^T
//
// with the decays E of ChunkWeights.h. The delta rule is solved forward inside of the chunk: in terms of u it is linear
// attention with one decay per token. Sums of weights follow the same equations with v = 1, in vectors of state rows.
//
// All products run over blocks of eight rows and two vectors of features, their sums in registers: such a block asks
// for ten loads per sixteen multiply-adds. Features are the outer loop, so that the rows of the state that a product
// walks over stay in L1.
#ifndef HEDDLE_PASSES_KERNELS_CHUNKEDPIECE_H
#define HEDDLE_PASSES_KERNELS_CHUNKEDPIECE_H

#include "passes/kernels/ChunkWeights.h"
#include "passes/kernels/Kernels.h"
#include "passes/kernels/SweepOutput.h"

namespace heddle::kernels {

class ChunkedPiece {
public:
  ChunkedPiece(MixView &view, ChunkWeights &chunks, SweepOutput &output, int64_t width);
  void emit(Expr b, Expr s, Expr piece, Lanes features);

private:
  static constexpr int64_t rowBlock = ChunkWeights::rowBlock;
  static constexpr int64_t featureBlock = 2 * vectorLanes;

  void loadState();
  void storeState();
  void sweep(const Sweep &order, SweepStage stage);
  void takeValues();
  void solve();
  void solveRows(Expr r, Lanes l);
  void solveUnits();
  void emitHead(Expr h, SweepStage stage);
  Exprs weightedUpdates(Expr r, Expr end, Exprs sums, Lanes l);
  void totalsOf(Expr h, bool isCorrected);
  Expr readSum(Expr i);
  void updateState();
  void updateRows(Expr n, int64_t rows, Lanes l);
  void updateSum();
  Exprs readState(Expr r, Lanes l);

  void eachFeature(llvm::function_ref<void(Lanes)> body) {
    loops.lanes(std::max<int64_t>(block.width, 1), featureBlock, body);
  }
  Expr feature(Lanes l) { return block.width == 0 ? block.first : block.first + l.first; }
  Expr token(Expr i) { return view.token(at.order, min(at.first + i, view.queryTokens - 1), view.queryTokens); }
  Point keyPoint(Expr i, Expr d = {}) { return {b, {}, token(i), firstHead, {}, d}; }
  Expr rate(Expr i) { return view.load(view.transport[0], keyPoint(i)); }
  Expr value(Expr i, Lanes l) { return view.load(view.value, keyPoint(i, feature(l)), l.width); }
  /// Where row i stands in `state` and `updates`: the features of a block lie together.
  Exprs place(Expr i, Lanes l) { return {l.first / loops.index(featureBlock), i, loops.index(0)}; }
  Expr update(Expr j, Lanes l) { return loops.load(updates, place(j, l), l.width); }

  MixView &view;
  LoopBuilder &loops;
  ChunkWeights &chunks;
  SweepOutput &output;
  const int64_t length;
  const bool isDelta;
  mlir::Value state, sum, totals, units, updates; // [blocks, dk, 32], [dk], [chunk] twice, [blocks, chunk, 32]
  Expr b, firstHead, pieceNumber;
  Lanes block;
  ChunkPlace at;
};

} // namespace heddle::kernels

#endif
