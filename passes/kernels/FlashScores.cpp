// The scores of a tile: in registers where positions follow from lane numbers, one by one elsewhere.
#include "passes/kernels/FlashKernel.h"

using namespace mlir;

namespace heddle::kernels {

Exprs FlashKernel::packedScores(Expr r, Expr tileNumber) {
  Expr zero = loops.index(0), keyHead = h / loops.index(view.sizes.Ho / view.sizes.Hk);
  Expr keyBatch = view.key.size(0) == 1 && !view.pastKey ? zero : b;
  Exprs tokens, scores(rowBlock, loops.real(0.0, tile));
  for (int64_t i = 0; i < rowBlock; ++i)
    tokens.push_back(clampedToken(firstRow + r + loops.index(i)));
  return loops.loop(zero, loops.index(view.sizes.dk), scores, [&](Expr n, ArrayRef<Expr> carried) {
    Expr k = loops.load(keys, {keyBatch, keyHead, tileNumber, n, zero}, tile);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(view.load(view.query, {b, tokens[i], {}, h, n}), k, carried[i]));
    return next;
  });
}

Exprs FlashKernel::unpackedScores(Expr r) {
  Expr zero = loops.index(0), rows = min(rowEnd - firstRow - r, loops.index(rowBlock));
  for (int64_t i = 0; i < rowBlock; ++i)
    loops.store(loops.real(0.0, tile), weights, {r + loops.index(i), zero});
  loops.loop(keyFirst - keyBegin, keyEnd - keyBegin, [&](Expr lane) {
    Expr token = view.token(order, keyBegin + lane, view.keyTokens);
    loops.loop(zero, rows, [&](Expr i) { loops.store(product(r + i, token), weights, {r + i, lane}); });
  });
  Exprs scores;
  for (int64_t i = 0; i < rowBlock; ++i)
    scores.push_back(loops.load(weights, {r + loops.index(i), zero}, tile));
  return scores;
}

/// q . k of one pair, by vectors of features.
Expr FlashKernel::product(Expr r, Expr keyToken) {
  int64_t dk = view.sizes.dk, whole = dk / vectorLanes * vectorLanes, rest = dk - whole;
  Expr queryToken = view.token(order, firstRow + r, view.queryTokens), sum = loops.real(0.0);
  auto features = [&](Expr n, int64_t width) {
    return std::pair(view.load(view.query, {b, queryToken, {}, h, n}, width), loadKey({b, {}, keyToken, h, n}, width));
  };
  if (whole > 0)
    sum = reduceSum(loops.sum(
        loops.index(0), loops.index(whole), loops.real(0.0, vectorLanes),
        [&](Expr n, Expr carried) {
          auto [q, k] = features(n, vectorLanes);
          return fma(q, k, carried);
        },
        vectorLanes));
  if (rest > 0) {
    auto [q, k] = features(loops.index(whole), rest == 1 ? 0 : rest);
    sum = sum + reduceSum(q * k);
  }
  return sum;
}

void FlashKernel::scoreRows(Expr r, Expr tileNumber) {
  auto packed = [&]() { return packedScores(r, tileNumber); };
  auto unpacked = [&]() { return unpackedScores(r); };
  Exprs scores = view.positions ? loops.choose(hasFewQueries(), unpacked, packed) : packed();
  for (int64_t i = 0; i < rowBlock; ++i) {
    Expr row = r + loops.index(i);
    updateRow(row, finishScores(scores[i], row, min(firstRow + row, view.queryTokens - 1)));
  }
}

bool FlashKernel::isOneByOne() {
  mixer::BiasKind bias = view.op.getSoftmax().getBias();
  bool isTable = bias == mixer::BiasKind::Dense || bias == mixer::BiasKind::Relative;
  bool isMasked = !view.op.getSupport().isFull() && !view.op.getSupport().isWholePast() && !band;
  return isTable || isMasked || view.op.hasScoreRegion() || view.segments;
}

Expr FlashKernel::finishScores(Expr scores, Expr r, Expr own) {
  if (isOneByOne())
    return scoreOneByOne(scores, r, own);
  mixer::SoftmaxAttr softmax = view.op.getSoftmax();
  scores = view.scaleAndCap(scores);
  if (softmax.getBias() == mixer::BiasKind::Alibi) {
    Expr base = loops.toReal(keyBegin - view.ownKey(b, own));
    scores = scores - view.load(view.bias, {{}, {}, {}, h}) * abs(loops.laneNumbers(tile) + base);
  }
  return maskLanes(scores, own);
}

/// Lanes that are no keys, those past the query itself where it sees the past, and those behind its band weigh nothing.
Expr FlashKernel::maskLanes(Expr scores, Expr own) {
  Expr begin = keyFirst, end = keyEnd;
  if (view.op.getSupport().isWholePast() || band)
    end = min(end, view.ownKey(b, own) + 1);
  if (band)
    begin = max(begin, view.ownKey(b, own) - loops.index(*band));
  bool hasFront = isPast || band;
  Expr low = begin - keyBegin, high = end - keyBegin, isCut = high < loops.index(tile);
  if (hasFront)
    isCut = isCut | (loops.index(0) < low);
  auto masked = [&]() {
    Expr lanes = loops.laneNumbers(tile), inside = lanes < loops.toReal(high);
    if (hasFront)
      inside = inside & (loops.toReal(low) <= lanes);
    return Exprs{select(inside, scores, lowest)};
  };
  return loops.choose(isCut, masked, [&]() { return Exprs{scores}; })[0];
}

Expr FlashKernel::scoreOneByOne(Expr scores, Expr r, Expr own) {
  Expr zero = loops.index(0);
  loops.store(scores, weights, {r, zero});
  Expr queryToken = view.token(order, own, view.queryTokens);
  loops.loop(zero, loops.index(tile), [&](Expr lane) {
    Expr position = min(keyBegin + lane, view.keyTokens - 1);
    if (isPast) // supports are asked about keys that exist
      position = max(position, keyFirst);
    Pair pair = {b, h, queryToken, view.token(order, position, view.keyTokens), own, view.keyPosition(b, position)};
    Expr score = view.score(loops.load(weights, {r, lane}), pair), isKey = keyBegin + lane < keyEnd;
    if (isPast)
      isKey = isKey & (keyFirst <= keyBegin + lane);
    if (Expr exists = view.exists(pair))
      isKey = isKey & exists;
    loops.store(select(isKey, score, lowest), weights, {r, lane});
  });
  return loops.load(weights, {r, zero}, tile);
}

} // namespace heddle::kernels
