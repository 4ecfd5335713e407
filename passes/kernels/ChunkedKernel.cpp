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
#include "passes/kernels/ChunkWeights.h"
#include "passes/kernels/Kernels.h"
#include "passes/kernels/SweepOutput.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

constexpr int64_t rowBlock = 4;

class ChunkedPiece {
public:
  ChunkedPiece(MixView &view, ChunkWeights &chunks, SweepOutput &output, int64_t width)
      : view(view), loops(view.loops), chunks(chunks), output(output), length(chunks.chunk),
        isDelta(isa<mixer::DeltaAttr>(view.op.getTransport())) {
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
  void loadState();
  void storeState();
  void sweep(const Sweep &order, SweepStage stage);
  void solve();
  void emitHead(Expr h, SweepStage stage);
  void totalsOf(Expr h, bool isCorrected);
  void updateState();
  void updateRows(Expr n, int64_t rows);
  void updateSum();

  void eachFeature(function_ref<void(Lanes)> body) {
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
  Value state, sum, totals, units, updates; // [dk, width], [dk], [chunk] twice, [chunk, width]
  Expr b, firstHead, pieceNumber;
  Lanes block;
  ChunkPlace place;
};

} // namespace

//===--- state ----------------------------------------------------------------------------===//

void ChunkedPiece::loadState() {
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    eachFeature([&](Lanes l) {
      Point at = {b, {}, {}, firstHead, n, feature(l)};
      bool isGiven = !view.initialState.empty();
      loops.store(isGiven ? view.load(view.initialState[0], at, l.width) : loops.real(0.0, l.width), state,
                  {n, l.first});
    });
    bool isGiven = view.initialState.size() > 1;
    loops.store(isGiven ? view.load(view.initialState[1], {b, {}, {}, firstHead, n}) : loops.real(0.0), sum, {n});
  });
}

void ChunkedPiece::storeState() {
  if (view.finalState.empty())
    return;
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    eachFeature([&](Lanes l) {
      Point at = {b, {}, {}, firstHead, n, feature(l)};
      view.store(loops.load(state, {n, l.first}, l.width), view.finalState[0], at);
    });
    if (view.finalState.size() > 1)
      loops.when(pieceNumber == 0.0,
                 [&]() { view.store(loops.load(sum, {n}), view.finalState[1], {b, {}, {}, firstHead, n}); });
  });
}

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

/// Rows r .. r + 3 of (Q E) . S.
Exprs ChunkedPiece::readState(const Operand &rows, Expr h, Expr r, Lanes l) {
  Exprs sums(rowBlock, loops.real(0.0, l.width));
  sums = loops.loop(loops.index(0), loops.index(view.sizes.dk), sums, [&](Expr n, ArrayRef<Expr> carried) {
    Expr s = loops.load(state, {n, l.first}, l.width);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(chunks.reach(rows, h, r + loops.index(i), n), s, carried[i]));
    return next;
  });
  for (int64_t i = 0; i < rowBlock; ++i)
    if (Expr factor = chunks.reachFactor(r + loops.index(i)))
      sums[i] = sums[i] * factor;
  return sums;
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

void ChunkedPiece::updateState() {
  int64_t dk = view.sizes.dk, full = dk / rowBlock * rowBlock;
  loops.loop(loops.index(0), loops.index(full), [&](Expr n) { updateRows(n, rowBlock); }, rowBlock);
  if (full < dk)
    updateRows(loops.index(full), dk - full);
}

void ChunkedPiece::updateRows(Expr n, int64_t rows) {
  eachFeature([&](Lanes l) {
    Exprs sums;
    for (int64_t i = 0; i < rows; ++i) {
      Expr row = n + loops.index(i);
      sums.push_back(loops.load(state, {row, l.first}, l.width) * chunks.keep(row));
    }
    sums = loops.loop(loops.index(0), place.count, sums, [&](Expr j, ArrayRef<Expr> carried) {
      Expr u = update(j, l);
      Exprs next;
      for (int64_t i = 0; i < rows; ++i)
        next.push_back(fma(chunks.rest(j, n + loops.index(i)), u, carried[i]));
      return next;
    });
    for (int64_t i = 0; i < rows; ++i)
      loops.store(sums[i], state, {n + loops.index(i), l.first});
  });
}

void ChunkedPiece::updateSum() {
  loops.loop(loops.index(0), loops.index(view.sizes.dk), [&](Expr n) {
    Expr kept = loops.load(sum, {n}) * chunks.keep(n);
    Expr next = loops.sum(loops.index(0), place.count, kept,
                          [&](Expr j, Expr acc) { return fma(chunks.rest(j, n), loops.load(units, {j}), acc); });
    loops.store(next, sum, {n});
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
