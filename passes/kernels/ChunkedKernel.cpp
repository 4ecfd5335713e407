// The chunks of the chunked form, and its kernel.
#include "passes/kernels/ChunkedPiece.h"

using namespace mlir;

namespace heddle::kernels {

//===--- chunks ---------------------------------------------------------------------------===//

void ChunkedPiece::emit(Expr batch, Expr s, Expr piece, Lanes features) {
  b = batch, firstHead = s * loops.index(view.group()), pieceNumber = piece, block = features;
  SmallVector<Sweep> sweeps = view.sweeps();
  for (auto [number, order] : llvm::enumerate(sweeps)) {
    loadState();
    sweep(order, {number == 0, number + 1 == sweeps.size()});
  }
  storeState();
}

void ChunkedPiece::sweep(const Sweep &order, SweepStage stage) {
  Expr zero = loops.index(0), count = (view.queryTokens + loops.index(length - 1)) / loops.index(length);
  loops.loop(zero, count, [&](Expr number) {
    Expr first = number * loops.index(length);
    place = {b, firstHead, number, first, min(loops.index(length), view.queryTokens - first), order};
    chunks.enter(place);
    if (isDelta)
      solve();
    else if (view.normalised())
      loops.loop(zero, loops.index(length), [&](Expr i) { loops.store(loops.real(1.0), units, {i}); });
    loops.loop(firstHead, firstHead + loops.index(view.group()), [&](Expr h) { emitHead(h, stage); });
    updateState();
    if (view.normalised())
      updateSum();
  });
}

void ChunkedPiece::solve() {
  Expr zero = loops.index(0);
  chunks.pairs(view.key, firstHead, /*withOwn=*/false);
  // What the state already says about each value ..
  auto fourRows = [&](Expr r) {
    eachFeature([&](Lanes l) {
      Exprs seen = readState(view.key, firstHead, r, l);
      for (int64_t i = 0; i < rowBlock; ++i) {
        Expr row = r + loops.index(i);
        loops.store(rate(row) * (value(row, l) - seen[i]), updates, {row, l.first});
      }
    });
  };
  loops.loop(zero, place.count, fourRows, rowBlock);
  // .. and what the earlier tokens of the chunk say.
  loops.loop(zero, place.count, [&](Expr i) {
    eachFeature([&](Lanes l) {
      Expr seen = loops.sum(zero, i, loops.real(0.0, l.width), [&](Expr j, Expr acc) {
        return fma(loops.load(chunks.weights, {i, j}), loops.load(updates, {j, l.first}, l.width), acc);
      });
      loops.store(loops.load(updates, {i, l.first}, l.width) - rate(i) * seen, updates, {i, l.first});
    });
    if (!view.normalised())
      return;
    Expr known = loops.sum(zero, loops.index(view.sizes.dk), loops.real(0.0), [&](Expr n, Expr acc) {
      return fma(chunks.reach(view.key, firstHead, i, n), loops.load(sum, {n}), acc);
    });
    known = loops.sum(zero, i, known * chunks.reachFactor(i), [&](Expr j, Expr acc) {
      return fma(loops.load(chunks.weights, {i, j}), loops.load(units, {j}), acc);
    });
    loops.store(rate(i) * (loops.real(1.0) - known), units, {i});
  });
}

void ChunkedPiece::emitHead(Expr h, SweepStage stage) {
  Expr zero = loops.index(0);
  // A strict sweep leaves out the own token. The update of a delta rule also holds what the token erases, and that
  // stays.
  bool isCorrected = place.order.strict && isDelta;
  chunks.pairs(view.query, h, /*withOwn=*/!place.order.strict || isDelta);
  if (view.normalised())
    totalsOf(h, isCorrected);
  auto fourRows = [&](Expr r) {
    Expr end = min(r + loops.index(rowBlock), place.count);
    eachFeature([&](Lanes l) {
      Exprs sums = loops.loop(zero, end, readState(view.query, h, r, l), [&](Expr j, ArrayRef<Expr> carried) {
        Expr u = update(j, l);
        Exprs next;
        for (int64_t i = 0; i < rowBlock; ++i)
          next.push_back(fma(loops.load(chunks.weights, {r + loops.index(i), j}), u, carried[i]));
        return next;
      });
      for (int64_t i = 0; i < rowBlock; ++i) {
        Expr row = r + loops.index(i), result = sums[i] * view.scale();
        if (isCorrected)
          result = result - loops.load(chunks.weights, {row, row}) * rate(row) * value(row, l) * view.scale();
        loops.when(row < place.count, [&]() {
          Expr total = view.normalised() ? loops.load(totals, {row}) : Expr();
          Point at = {b, token(row), {}, h, {}, feature(l)};
          output.put(at, pieceNumber, {result, total, {}}, stage);
        });
      }
    });
  };
  loops.loop(zero, place.count, fourRows, rowBlock);
}

void ChunkedPiece::totalsOf(Expr h, bool isCorrected) {
  Expr zero = loops.index(0);
  loops.loop(zero, place.count, [&](Expr i) {
    Expr total = loops.sum(zero, loops.index(view.sizes.dk), loops.real(0.0), [&](Expr n, Expr acc) {
      return fma(chunks.reach(view.query, h, i, n), loops.load(sum, {n}), acc);
    });
    if (Expr factor = chunks.reachFactor(i))
      total = total * factor;
    total = loops.sum(zero, i + loops.index(1), total, [&](Expr j, Expr acc) {
      return fma(loops.load(chunks.weights, {i, j}), loops.load(units, {j}), acc);
    });
    if (isCorrected)
      total = total - loops.load(chunks.weights, {i, i}) * rate(i);
    loops.store(total * view.scale(), totals, {i});
  });
}

//===--- kernel ---------------------------------------------------------------------------===//

/// Tokens per chunk: whole vectors of pairs. Decays per channel cost a walk per pair, so their chunks are short.
static int64_t chunkLength(MixView &view, int64_t asked) {
  int64_t length = asked > 0 ? std::min<int64_t>(llvm::alignTo(asked, vectorLanes), 4 * vectorLanes) : 4 * vectorLanes;
  if (!isa<mixer::KeyChannelAttr>(view.op.getTransport()))
    return length;
  return view.sizes.dk > 128 ? vectorLanes / 2 : vectorLanes;
}

void emitChunked(MixView &view, int64_t asked) {
  LoopBuilder &loops = view.loops;
  int64_t dv = view.sizes.dv, dk = view.sizes.dk, bytes = loops.realType.getWidth() / 8;
  // A state that leaves the L1 cache gains nothing from chunks.
  int64_t most = 32 * 1024 / (dk * bytes) / vectorLanes * vectorLanes;
  if (most == 0 || (isa<mixer::KeyChannelAttr>(view.op.getTransport()) && dk * bytes > 1024))
    return emitRecurrent(view);
  int64_t width = std::min<int64_t>(most, 4 * vectorLanes), pieces = LoopBuilder::pieces(dv, width);
  std::unique_ptr<ChunkWeights> chunks = ChunkWeights::of(view, chunkLength(view, asked));
  chunks->pack(view.sweeps());
  SweepOutput output(view, pieces);
  Exprs counts = {view.batch, loops.index(view.sizes.Hs), loops.index(pieces)};
  int64_t work = 1024 * (4 * dk * width + chunks->chunk * (dk + width));
  loops.kernel("mix_chunked", counts, work, [&](ArrayRef<Expr> at) {
    ChunkedPiece piece(view, *chunks, output, std::min(width, dv));
    loops.piece(at[2], dv, width, [&](Lanes features) { piece.emit(at[0], at[1], at[2], features); });
  });
}

} // namespace heddle::kernels
