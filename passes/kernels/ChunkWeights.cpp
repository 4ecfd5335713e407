#include "passes/kernels/ChunkWeights.h"
#include "passes/kernels/Kernels.h"
#include "passes/kernels/Transport.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

constexpr int64_t rowBlock = 4;

/// One decay per token: identity, scalar, delta. Scores of four rows with a whole chunk of keys are one block of
/// registers; the decays of a row follow from those of the row before, E_i = e_i E_{i-1} with 1 at its own place.
class TokenWeights final : public ChunkWeights {
public:
  TokenWeights(MixView &view, int64_t chunk) : ChunkWeights(view, chunk) {}

  void pack(ArrayRef<Sweep> sweeps) override {
    for (const Sweep &order : sweeps)
      packKeys(order);
  }
  void allocate() override {
    ChunkWeights::allocate();
    decays = loops.scratch({chunk});
    prefix = loops.scratch({chunk});
    suffix = loops.scratch({chunk});
  }
  void enter(const ChunkPlace &place) override;
  void pairs(const Operand &rows, Expr h, bool withOwn) override;
  Expr reach(const Operand &rows, Expr h, Expr i, Expr n) override { return rowEntry(rows, h, i, n); }
  Expr reachFactor(Expr i) override { return loops.load(prefix, {i}); }
  Expr rest(Expr j, Expr n) override { return loops.load(keyTile(), keyIndex(n, j)) * loops.load(suffix, {j}); }
  Expr keep(Expr n) override { return loops.load(prefix, {loops.index(chunk - 1)}); }

private:
  void packKeys(const Sweep &order);
  Expr tokenDecay(Expr i);
  Value keyTile() { return place.order.reverse ? reversedKeys : forwardKeys; }
  Exprs keyIndex(Expr n, Expr j) {
    Expr batch = view.key.size(0) == 1 ? loops.index(0) : place.b;
    return {batch, place.keyHead / loops.index(view.sizes.Ho / view.sizes.Hk), place.number, n, j};
  }

  Value forwardKeys, reversedKeys; // [B|1, Hk, chunks, dk, chunk]
  Value decays, prefix, suffix;
};

/// One decay per token and key channel. The row of Q walks back over the chunk and decays channel by channel.
class ChannelWeights final : public ChunkWeights {
public:
  ChannelWeights(MixView &view, int64_t chunk) : ChunkWeights(view, chunk) {}

  void allocate() override {
    ChunkWeights::allocate();
    int64_t dk = view.sizes.dk;
    decays = loops.scratch({chunk, dk});
    reached = loops.scratch({chunk, dk});
    left = loops.scratch({chunk, dk});
    kept = loops.scratch({dk});
  }
  void enter(const ChunkPlace &place) override;
  void pairs(const Operand &rows, Expr h, bool withOwn) override;
  Expr reach(const Operand &, Expr, Expr i, Expr n) override { return loops.load(reached, {i, n}); }
  Expr reachFactor(Expr) override { return {}; }
  Expr rest(Expr j, Expr n) override { return loops.load(left, {j, n}); }
  Expr keep(Expr n) override { return loops.load(kept, {n}); }

private:
  Value decays, reached, left, kept;
};

} // namespace

//===--- shared ---------------------------------------------------------------------------===//

std::unique_ptr<ChunkWeights> ChunkWeights::of(MixView &view, int64_t chunk) {
  if (isa<mixer::KeyChannelAttr>(view.op.getTransport()))
    return std::make_unique<ChannelWeights>(view, chunk);
  return std::make_unique<TokenWeights>(view, chunk);
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
  return view.load(rows, {place.b, at, at, h, n}, width);
}

//===--- one decay per token --------------------------------------------------------------===//

void TokenWeights::packKeys(const Sweep &order) {
  int64_t heads = view.sizes.Hk, dk = view.sizes.dk;
  Expr chunks = (view.queryTokens + loops.index(chunk - 1)) / loops.index(chunk),
       batches = loops.dim(view.key.memref, 0);
  Value &keys = order.reverse ? reversedKeys : forwardKeys;
  keys = loops.buffer({batches, loops.index(heads), chunks, loops.index(dk), loops.index(chunk)});
  loops.kernel("mix_chunked_pack", {batches, loops.index(heads), chunks}, chunk * dk, [&](ArrayRef<Expr> at) {
    Expr head = at[1] * loops.index(view.sizes.Ho / heads);
    loops.loop(loops.index(0), loops.index(chunk), [&](Expr lane) {
      Expr position = at[2] * loops.index(chunk) + lane, last = view.queryTokens - 1;
      Expr j = view.token(order, min(position, last), view.queryTokens);
      loops.loop(loops.index(0), loops.index(dk), [&](Expr n) {
        Expr k = view.load(view.key, {at[0], {}, j, head, n});
        loops.store(select(position <= last, k, loops.real(0.0)), keys, {at[0], at[1], at[2], n, lane});
      });
    });
  });
}

Expr TokenWeights::tokenDecay(Expr i) {
  Point at = {place.b, {}, token(i), place.keyHead};
  Attribute transport = view.op.getTransport();
  Expr factor = keepsSegment(i);
  auto times = [&](Expr decay) { factor = factor ? factor * decay : decay; };
  if (isa<mixer::ScalarAttr>(transport))
    times(exp(view.load(view.transport[0], at)));
  if (auto delta = dyn_cast<mixer::DeltaAttr>(transport); delta && delta.getGated())
    times(exp(view.load(view.transport[1], at)));
  return factor ? factor : loops.real(1.0);
}

void TokenWeights::enter(const ChunkPlace &entered) {
  ChunkWeights::enter(entered);
  Expr zero = loops.index(0), one = loops.real(1.0), last = loops.index(chunk - 1);
  loops.sum(zero, loops.index(chunk), one, [&](Expr i, Expr product) {
    Expr decay = select(i < place.count, tokenDecay(i), one);
    loops.store(decay, decays, {i});
    loops.store(product * decay, prefix, {i});
    return product * decay;
  });
  loops.sum(zero, loops.index(chunk), one, [&](Expr steps, Expr product) {
    Expr j = last - steps;
    loops.store(product, suffix, {j});
    return product * loops.load(decays, {j});
  });
}

void TokenWeights::pairs(const Operand &rows, Expr h, bool withOwn) {
  Expr zero = loops.index(0), one = loops.real(1.0);
  auto fourRows = [&](Expr r, Expr decayed) {
    Exprs scores(rowBlock, loops.real(0.0, chunk));
    scores = loops.loop(zero, loops.index(view.sizes.dk), scores, [&](Expr n, ArrayRef<Expr> carried) {
      Expr k = loops.load(keyTile(), keyIndex(n, zero), chunk);
      Exprs next;
      for (int64_t i = 0; i < rowBlock; ++i)
        next.push_back(fma(rowEntry(rows, h, r + loops.index(i), n), k, carried[i]));
      return next;
    });
    for (int64_t i = 0; i < rowBlock; ++i) {
      Expr row = r + loops.index(i), before = decayed * loops.load(decays, {row});
      decayed = select(loops.laneNumbers(chunk) == loops.toReal(row), one, before);
      loops.store(scores[i] * (withOwn ? decayed : before), weights, {row, zero});
    }
    return decayed;
  };
  loops.sum(zero, place.count, loops.real(0.0, chunk), fourRows, rowBlock);
}

//===--- one decay per token and channel --------------------------------------------------===//

void ChannelWeights::enter(const ChunkPlace &entered) {
  ChunkWeights::enter(entered);
  int64_t dk = view.sizes.dk;
  Expr zero = loops.index(0), last = loops.index(chunk - 1);
  loops.lanes(dk, vectorLanes, [&](Lanes l) {
    Expr one = loops.real(1.0, l.width);
    Expr product = loops.sum(zero, loops.index(chunk), one, [&](Expr steps, Expr after) {
      Expr j = last - steps;
      Expr decay = exp(view.load(view.transport[0], {place.b, {}, token(j), place.keyHead, l.first}, l.width));
      if (Expr keeps = keepsSegment(j))
        decay = decay * keeps;
      decay = loops.broadcast(select(j < place.count, decay, one), l.width);
      loops.store(decay, decays, {j, l.first});
      Expr key = rowEntry(view.key, place.keyHead, j, l.first, l.width);
      loops.store(loops.broadcast(key * after, l.width), left, {j, l.first});
      return after * decay;
    });
    loops.store(product, kept, {l.first});
  });
}

void ChannelWeights::pairs(const Operand &rows, Expr h, bool withOwn) {
  int64_t dk = view.sizes.dk;
  Expr zero = loops.index(0);
  loops.loop(zero, place.count, [&](Expr i) {
    loops.store(loops.real(0.0, chunk), weights, {i, zero});
    Expr row = loops.broadcast(rowEntry(rows, h, i, zero, dk), dk);
    Expr walked = loops.sum(zero, i + loops.index(1), row, [&](Expr steps, Expr r) {
      Expr j = i - steps, weight = reduceSum(r * rowEntry(view.key, place.keyHead, j, zero, dk));
      loops.store(withOwn ? weight : select(steps == zero, loops.real(0.0), weight), weights, {i, j});
      return r * loops.load(decays, {j, zero}, dk);
    });
    loops.store(walked, reached, {i, zero});
  });
}

} // namespace heddle::kernels
