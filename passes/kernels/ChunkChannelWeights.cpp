// One decay per token and key channel. The row of Q walks back over the chunk and decays channel by channel.
#include "passes/kernels/ChunkWeights.h"
#include "passes/kernels/Kernels.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

class ChannelWeights final : public ChunkWeights {
public:
  ChannelWeights(MixView &view, int64_t chunk) : ChunkWeights(view, chunk) {}

  void allocate() override;
  void enter(const ChunkPlace &place) override;
  void keyPairs() override { pairs(view.key, place.keyHead, /*withOwn=*/false); }
  void queryPairs(Expr h, bool withOwn) override { pairs(view.query, h, withOwn); }
  Expr keep(Expr n, int64_t width) override { return loops.load(kept, {n}, width); }

private:
  void pairs(const Operand &rows, Expr h, bool withOwn);

  Value keys, decays, kept; // [chunk, dk] twice, [dk]
};

} // namespace

std::unique_ptr<ChunkWeights> makeChannelWeights(MixView &view, int64_t chunk) {
  return std::make_unique<ChannelWeights>(view, chunk);
}

void ChannelWeights::allocate() {
  ChunkWeights::allocate();
  int64_t dk = view.sizes.dk;
  keys = loops.scratch({chunk, dk});
  decays = loops.scratch({chunk, dk});
  reaching = loops.scratch({chunk, dk});
  resting = loops.scratch({chunk, dk});
  kept = loops.scratch({dk});
}

void ChannelWeights::enter(const ChunkPlace &entered) {
  ChunkWeights::enter(entered);
  Expr zero = loops.index(0), last = loops.index(chunk - 1);
  loops.lanes(view.sizes.dk, vectorLanes, [&](Lanes l) {
    Expr one = loops.real(1.0, l.width);
    Expr product = loops.sum(zero, loops.index(chunk), one, [&](Expr steps, Expr after) {
      Expr j = last - steps;
      Expr decay = exp(view.load(view.transport[0], {place.b, {}, token(j), place.keyHead, l.first}, l.width));
      if (Expr keeps = keepsSegment(j))
        decay = decay * keeps;
      decay = loops.broadcast(select(j < place.count, decay, one), l.width);
      loops.store(decay, decays, {j, l.first});
      Expr key = rowEntry(view.key, place.keyHead, j, l.first, l.width);
      loops.store(key, keys, {j, l.first});
      loops.store(key * after, resting, {j, l.first});
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
    Expr row = rowEntry(rows, h, i, zero, dk);
    Expr walked = loops.sum(zero, i + loops.index(1), row, [&](Expr steps, Expr r) {
      Expr j = i - steps, weight = reduceSum(r * loops.load(keys, {j, zero}, dk));
      loops.store(withOwn ? weight : select(steps == zero, loops.real(0.0), weight), weights, {i, j});
      return r * loops.load(decays, {j, zero}, dk);
    });
    loops.store(walked, reaching, {i, zero});
  });
}

} // namespace heddle::kernels
