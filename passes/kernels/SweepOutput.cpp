#include "passes/kernels/SweepOutput.h"

using namespace mlir;

namespace heddle::kernels {

SweepOutput::SweepOutput(MixView &view, int64_t pieces) : view(view) {
  if (view.sweeps().size() == 1)
    return;
  LoopBuilder &loops = view.loops;
  Expr heads = loops.index(view.sizes.Ho);
  sums = loops.buffer({view.batch, view.queryTokens, heads, loops.index(view.sizes.dv)});
  if (view.normalised())
    totals = loops.buffer({view.batch, view.queryTokens, heads, loops.index(pieces)});
}

void SweepOutput::put(const Point &at, Expr pieceNumber, Readout result, SweepStage stage) {
  LoopBuilder &loops = view.loops;
  Exprs features = {at.b, at.i, at.h, at.d}, piece = {at.b, at.i, at.h, pieceNumber};
  if (!stage.isFirst) {
    result.sum = result.sum + loops.load(sums, features, result.sum.width());
    result.total = result.total ? result.total + loops.load(totals, piece) : Expr();
  }
  if (!stage.isLast) {
    loops.store(result.sum, sums, features);
    if (result.total)
      loops.store(result.total, totals, piece);
    return;
  }
  if (view.normalised())
    result.sum = view.normalise(result.sum, result.total, result.top ? exp(-result.top) : Expr());
  view.store(result.sum, view.output, at);
}

} // namespace heddle::kernels
