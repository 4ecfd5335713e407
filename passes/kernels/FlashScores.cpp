// The scores of a tile: in registers where positions follow from lane numbers, one by one elsewhere.
#include "passes/kernels/FlashKernel.h"

using namespace mlir;

namespace heddle::kernels {

void FlashKernel::scoreRows(Expr r, Expr tileNumber) {
  Expr zero = loops.index(0), keyHead = h / loops.index(view.sizes.Ho / view.sizes.Hk);
  Expr keyBatch = view.key.size(0) == 1 ? zero : b;
  Exprs tokens, scores(rowBlock, loops.real(0.0, tile));
  for (int64_t i = 0; i < rowBlock; ++i)
    tokens.push_back(clampedToken(firstRow + r + loops.index(i)));
  scores = loops.loop(zero, loops.index(view.sizes.dk), scores, [&](Expr n, ArrayRef<Expr> carried) {
    Expr k = loops.load(keys, {keyBatch, keyHead, tileNumber, n, zero}, tile);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(view.load(view.query, {b, tokens[i], {}, h, n}), k, carried[i]));
    return next;
  });
  for (int64_t i = 0; i < rowBlock; ++i) {
    Expr row = r + loops.index(i);
    updateRow(row, finishScores(scores[i], row, min(firstRow + row, view.queryTokens - 1)));
  }
}

bool FlashKernel::isOneByOne() {
  mixer::BiasKind bias = view.op.getSoftmax().getBias();
  bool isTable = bias == mixer::BiasKind::Dense || bias == mixer::BiasKind::Relative;
  bool isMasked = !view.op.getSupport().isFull() && !view.op.getSupport().isWholePast();
  return isTable || isMasked || view.op.hasScoreRegion() || view.segments;
}

Expr FlashKernel::finishScores(Expr scores, Expr r, Expr own) {
  if (isOneByOne())
    return scoreOneByOne(scores, r, own);
  mixer::SoftmaxAttr softmax = view.op.getSoftmax();
  scores = view.scaleAndCap(scores);
  if (softmax.getBias() == mixer::BiasKind::Alibi) {
    Expr base = loops.toReal(keyBegin - view.alignedPosition(own));
    scores = scores - view.load(view.bias, {{}, {}, {}, h}) * abs(loops.laneNumbers(tile) + base);
  }
  return maskLanes(scores, own);
}

/// Lanes past the last key, and for the whole past those past the query itself, weigh nothing.
Expr FlashKernel::maskLanes(Expr scores, Expr own) {
  Expr limit = keyEnd;
  if (view.op.getSupport().isWholePast())
    limit = min(limit, view.alignedPosition(own) + 1);
  Expr visible = limit - keyBegin;
  auto masked = [&]() {
    Expr inside = loops.laneNumbers(tile) < loops.toReal(visible);
    return Exprs{select(inside, scores, lowest)};
  };
  return loops.choose(visible < loops.index(tile), masked, [&]() { return Exprs{scores}; })[0];
}

Expr FlashKernel::scoreOneByOne(Expr scores, Expr r, Expr own) {
  Expr zero = loops.index(0);
  loops.store(scores, weights, {r, zero});
  Expr queryToken = view.token(order, own, view.queryTokens);
  loops.loop(zero, loops.index(tile), [&](Expr lane) {
    Expr position = min(keyBegin + lane, view.keyTokens - 1);
    Pair pair = {b, h, queryToken, view.token(order, position, view.keyTokens), own, position};
    Expr score = view.score(loops.load(weights, {r, lane}), pair), visible = keyBegin + lane < keyEnd;
    if (Expr exists = view.exists(pair))
      visible = visible & exists;
    loops.store(select(visible, score, lowest), weights, {r, lane});
  });
  return loops.load(weights, {r, zero}, tile);
}

} // namespace heddle::kernels
