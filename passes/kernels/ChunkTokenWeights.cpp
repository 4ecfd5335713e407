// One decay per token: identity, scalar, delta. The decays of a row follow from those of the row before,
// E_i = e_i E_{i-1} with 1 at its own place; scores are a product of blocks, rows by keys that lie side by side.
#include "passes/kernels/ChunkWeights.h"
#include "passes/kernels/Kernels.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

class TokenWeights final : public ChunkWeights {
public:
  TokenWeights(MixView &view, int64_t chunk) : ChunkWeights(view, chunk) {}

  void allocate() override;
  void enter(const ChunkPlace &place) override;
  void keyPairs() override;
  void queryPairs(Expr h, bool withOwn) override;
  Expr reachFactor(Expr i) override { return loops.load(prefix, {i}); }
  Expr restFactor(Expr j) override { return loops.load(suffix, {j}); }
  Expr keep(Expr, int64_t) override { return loops.load(prefix, {loops.index(chunk - 1)}); }

private:
  void takeKeys();
  void takeQueries(Expr h);
  void takeDecays();
  void tabulateDecays();
  Expr tokenDecay(Expr i);
  void pairBlocks(bool withOwn);
  void pairBlock(Expr r, Expr j, bool withOwn);

  Value queries, columns;                // [chunk, dk]; the keys as [dk, chunk]
  Value decays, prefix, suffix, between; // [chunk] three times, E as [chunk, chunk]
};

} // namespace

std::unique_ptr<ChunkWeights> makeTokenWeights(MixView &view, int64_t chunk) {
  return std::make_unique<TokenWeights>(view, chunk);
}

void TokenWeights::allocate() {
  ChunkWeights::allocate();
  int64_t dk = view.sizes.dk;
  resting = loops.scratch({chunk, dk});
  queries = loops.scratch({chunk, dk});
  columns = loops.scratch({dk, chunk});
  decays = loops.scratch({chunk});
  prefix = loops.scratch({chunk});
  suffix = loops.scratch({chunk});
  between = loops.scratch({chunk, chunk});
}

void TokenWeights::enter(const ChunkPlace &entered) {
  ChunkWeights::enter(entered);
  takeKeys();
  takeDecays();
  tabulateDecays();
}

//===--- rows -----------------------------------------------------------------------------===//

void TokenWeights::takeKeys() {
  auto block = [&](Expr r, Lanes l) {
    Exprs rows;
    for (int64_t i = 0; i < vectorLanes; ++i) {
      rows.push_back(rowEntry(view.key, place.keyHead, r + loops.index(i), l.first, l.width));
      loops.store(rows.back(), resting, {r + loops.index(i), l.first});
    }
    if (l.width == vectorLanes) {
      for (auto [n, column] : llvm::enumerate(transpose(rows)))
        loops.store(column, columns, {l.first + loops.index(n), r});
      return;
    }
    loops.loop(l.first, l.first + loops.index(std::max<int64_t>(l.width, 1)), [&](Expr n) {
      loops.loop(r, r + loops.index(vectorLanes),
                 [&](Expr i) { loops.store(loops.load(resting, {i, n}), columns, {n, i}); });
    });
  };
  auto someRows = [&](Expr r) { loops.lanes(view.sizes.dk, vectorLanes, [&](Lanes l) { block(r, l); }); };
  loops.loop(loops.index(0), place.count, someRows, vectorLanes);
}

void TokenWeights::takeQueries(Expr h) {
  auto someRows = [&](Expr r) {
    for (int64_t i = 0; i < rowBlock; ++i) {
      Expr row = r + loops.index(i);
      loops.lanes(view.sizes.dk, 4 * vectorLanes, [&](Lanes l) {
        loops.store(rowEntry(view.query, h, row, l.first, l.width), queries, {row, l.first});
      });
    }
  };
  loops.loop(loops.index(0), place.count, someRows, rowBlock);
}

//===--- decays ---------------------------------------------------------------------------===//

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

void TokenWeights::takeDecays() {
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

void TokenWeights::tabulateDecays() {
  Expr zero = loops.index(0), one = loops.real(1.0);
  loops.sum(zero, loops.index(chunk), loops.real(0.0, chunk), [&](Expr i, Expr before) {
    Expr row = before * loops.load(decays, {i});
    row = select(loops.laneNumbers(chunk) == loops.toReal(i), one, row);
    loops.store(row, between, {i, zero});
    return row;
  });
}

//===--- pairs ----------------------------------------------------------------------------===//

void TokenWeights::keyPairs() {
  reaching = resting;
  pairBlocks(/*withOwn=*/false);
}

void TokenWeights::queryPairs(Expr h, bool withOwn) {
  takeQueries(h);
  reaching = queries;
  pairBlocks(withOwn);
}

void TokenWeights::pairBlocks(bool withOwn) {
  auto someRows = [&](Expr r) {
    loops.loop(loops.index(0), r + 1, [&](Expr j) { pairBlock(r, j, withOwn); }, vectorLanes);
  };
  loops.loop(loops.index(0), place.count, someRows, rowBlock);
}

/// Weights of rows r .. with the vector of keys that begins at j.
void TokenWeights::pairBlock(Expr r, Expr j, bool withOwn) {
  Exprs scores(rowBlock, loops.real(0.0, vectorLanes));
  scores = loops.loop(loops.index(0), loops.index(view.sizes.dk), scores, [&](Expr n, ArrayRef<Expr> carried) {
    Expr keys = loops.load(columns, {n, j}, vectorLanes);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(reach(r + loops.index(i), n), keys, carried[i]));
    return next;
  });
  for (int64_t i = 0; i < rowBlock; ++i) {
    Expr row = r + loops.index(i), decay = loops.load(between, {row, j}, vectorLanes);
    if (!withOwn)
      decay = select(loops.laneNumbers(vectorLanes) == loops.toReal(row - j), loops.real(0.0), decay);
    loops.store(scores[i] * decay, weights, {row, j});
  }
}

} // namespace heddle::kernels
