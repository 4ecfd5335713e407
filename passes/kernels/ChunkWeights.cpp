// What all chunks share.
#include "passes/kernels/ChunkWeights.h"

using namespace mlir;

namespace heddle::kernels {

std::unique_ptr<ChunkWeights> ChunkWeights::of(MixView &view, int64_t chunk) {
  if (isa<mixer::KeyChannelAttr>(view.op.getTransport()))
    return makeChannelWeights(view, chunk);
  return makeTokenWeights(view, chunk);
}

void ChunkWeights::allocate() { weights = loops.scratch({chunk, chunk}); }

void ChunkWeights::enter(const ChunkPlace &entered) { place = entered; }

Expr ChunkWeights::token(Expr i) {
  return view.token(place.order, min(place.first + i, view.queryTokens - 1), view.queryTokens);
}

Expr ChunkWeights::keepsSegment(Expr i) {
  if (!view.segments)
    return {};
  Expr position = min(place.first + i, view.queryTokens - 1), zero = loops.index(0);
  Expr before = view.segment(place.b, view.token(place.order, max(position - 1, zero), view.queryTokens));
  before = select(position == zero, before.constant(0), before);
  return select(before == view.segment(place.b, token(i)), loops.real(1.0), loops.real(0.0));
}

Expr ChunkWeights::rowEntry(const Operand &rows, Expr h, Expr i, Expr n, int64_t width) {
  Expr at = token(i);
  return loops.broadcast(view.load(rows, {place.b, at, at, h, n}, width), width);
}

} // namespace heddle::kernels
