// Chunked form. One piece of work carries the state of one batch entry, one state head and a block of value features:
//
//   for each chunk of tokens:
//     u_i = v_i, or for the delta rule  b_i (v_i - (k E)_i . S - sum_{j<i} (k_i E_ij k_j) u_j)
//     o_i = (q E)_i . S + sum_{j<=i} (q_i E_ij k_j) u_j            for every query head that reads this state
//     S   = E S + sum_j (E k)_j u_j^T
//
// with the decays E of ChunkWeights.h. The delta rule is solved forward inside of the chunk: in terms of u it is linear
// attention with one decay per token. Sums of weights follow the same equations with v = 1. All products run over four
// rows at a time, sums in registers.
#ifndef HEDDLE_PASSES_KERNELS_CHUNKEDPIECE_H
#define HEDDLE_PASSES_KERNELS_CHUNKEDPIECE_H

#include "passes/kernels/ChunkWeights.h"
#include "passes/kernels/Kernels.h"
#include "passes/kernels/SweepOutput.h"

namespace heddle::kernels {

class ChunkedPiece {
public:
  ChunkedPiece(MixView &view, ChunkWeights &chunks, SweepOutput &output, int64_t width)
      : view(view), loops(view.loops), chunks(chunks), output(output), length(chunks.chunk),
        isDelta(llvm::isa<mixer::DeltaAttr>(view.op.getTransport())) {
    chunks.allocate();
    state = loops.scratch({view.sizes.dk, width});
    sum = loops.scratch({view.sizes.dk});
    totals = loops.scratch({length});
    units = loops.scratch({length});
    if (isDelta)
      updates = loops.scratch({length, width});
  }
  void emit(Expr b, Expr s, Expr piece, Lanes features);

private:
  static constexpr int64_t rowBlock = 4; // rows of a product that share the registers

  void loadState();
  void storeState();
  void sweep(const Sweep &order, SweepStage stage);
  void solve();
  void emitHead(Expr h, SweepStage stage);
  void totalsOf(Expr h, bool isCorrected);
  void updateState();
  void updateRows(Expr n, int64_t rows);
  void updateSum();

  void eachFeature(llvm::function_ref<void(Lanes)> body) {
    loops.lanes(std::max<int64_t>(block.width, 1), 4 * vectorLanes, body);
  }
  Expr feature(Lanes l) { return block.width == 0 ? block.first : block.first + l.first; }
  Expr token(Expr i) { return view.token(place.order, min(place.first + i, view.queryTokens - 1), view.queryTokens); }
  Point keyPoint(Expr i, Expr d = {}) { return {b, {}, token(i), firstHead, {}, d}; }
  Expr rate(Expr i) { return view.load(view.transport[0], keyPoint(i)); }
  Expr value(Expr i, Lanes l) { return view.load(view.value, keyPoint(i, feature(l)), l.width); }
  Expr update(Expr j, Lanes l) { return isDelta ? loops.load(updates, {j, l.first}, l.width) : value(j, l); }
  Exprs readState(const Operand &rows, Expr h, Expr r, Lanes l);

  MixView &view;
  LoopBuilder &loops;
  ChunkWeights &chunks;
  SweepOutput &output;
  const int64_t length;
  const bool isDelta;
  mlir::Value state, sum, totals, units, updates; // [dk, width], [dk], [chunk] twice, [chunk, width]
  Expr b, firstHead, pieceNumber;
  Lanes block;
  ChunkPlace place;
};

} // namespace heddle::kernels

#endif
