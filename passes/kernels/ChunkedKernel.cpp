// The chunks of the chunked form, and its kernel.
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "passes/kernels/ChunkedPiece.h"
#include "passes/kernels/Recurrence.h"

using namespace mlir;

namespace heddle::kernels {

ChunkedPiece::ChunkedPiece(MixView &view, ChunkWeights &chunks, SweepOutput &output, int64_t width)
    : view(view), loops(view.loops), chunks(chunks), output(output), length(chunks.chunk),
      isDelta(isa<mixer::DeltaAttr>(view.op.getTransport())) {
  chunks.allocate();
  int64_t blocks = LoopBuilder::pieces(width, featureBlock);
  state = loops.scratch({blocks, view.sizes.dk, featureBlock});
  updates = loops.scratch({blocks, length, featureBlock});
  if (!view.normalised())
    return;
  sum = loops.scratch({view.sizes.dk});
  totals = loops.scratch({length});
  units = loops.scratch({length});
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
  auto oneChunk = [&](Expr first) {
    at = {b, firstHead, first, min(loops.index(length), view.queryTokens - first), order};
    chunks.enter(at);
    if (isDelta)
      solve();
    else
      takeValues();
    loops.loop(firstHead, firstHead + loops.index(view.group()), [&](Expr h) { emitHead(h, stage); });
    updateState();
    if (view.normalised())
      updateSum();
  };
  loops.loop(loops.index(0), view.queryTokens, oneChunk, length);
}

void ChunkedPiece::takeValues() {
  loops.loop(loops.index(0), at.count, [&](Expr j) {
    eachFeature([&](Lanes l) { loops.store(loops.broadcast(value(j, l), l.width), updates, place(j, l)); });
    if (view.normalised())
      loops.store(loops.real(1.0), units, {j});
  });
}

//===--- delta rule -----------------------------------------------------------------------===//

void ChunkedPiece::solve() {
  chunks.keyPairs();
  eachFeature([&](Lanes l) { loops.loop(loops.index(0), at.count, [&](Expr r) { solveRows(r, l); }, rowBlock); });
  if (view.normalised())
    solveUnits();
}

void ChunkedPiece::solveRows(Expr r, Lanes l) {
  Exprs seen = weightedUpdates(r, r, readState(r, l), l), solved;
  for (int64_t i = 0; i < rowBlock; ++i) {
    Expr row = r + loops.index(i), known = seen[i];
    for (auto [j, earlier] : llvm::enumerate(solved))
      known = fma(chunks.weight(row, r + loops.index(j)), earlier, known);
    solved.push_back(rate(row) * (value(row, l) - known));
    loops.store(solved.back(), updates, place(row, l));
  }
}

void ChunkedPiece::solveUnits() {
  loops.loop(loops.index(0), at.count, [&](Expr i) {
    Expr known = loops.sum(loops.index(0), i, readSum(i),
                           [&](Expr j, Expr acc) { return fma(chunks.weight(i, j), loops.load(units, {j}), acc); });
    loops.store(rate(i) * (loops.real(1.0) - known), units, {i});
  });
}

//===--- read-out -------------------------------------------------------------------------===//

/// Adds the weights of rows r .. times the updates of the tokens before `end`.
Exprs ChunkedPiece::weightedUpdates(Expr r, Expr end, Exprs sums, Lanes l) {
  return loops.loop(loops.index(0), end, sums, [&](Expr j, ArrayRef<Expr> carried) {
    Expr u = update(j, l);
    Exprs next;
    for (int64_t i = 0; i < rowBlock; ++i)
      next.push_back(fma(chunks.weight(r + loops.index(i), j), u, carried[i]));
    return next;
  });
}

void ChunkedPiece::emitHead(Expr h, SweepStage stage) {
  // A strict sweep leaves out the own token. The update of a delta rule also holds what the token erases, and that
  // stays.
  bool isCorrected = at.order.strict && isDelta;
  chunks.queryPairs(h, /*withOwn=*/!at.order.strict || isDelta);
  if (view.normalised())
    totalsOf(h, isCorrected);
  auto someRows = [&](Expr r, Lanes l) {
    Exprs sums = weightedUpdates(r, min(r + loops.index(rowBlock), at.count), readState(r, l), l);
    for (int64_t i = 0; i < rowBlock; ++i) {
      Expr row = r + loops.index(i), result = sums[i] * view.scale();
      if (isCorrected)
        result = result - chunks.weight(row, row) * rate(row) * value(row, l) * view.scale();
      loops.when(row < at.count, [&]() {
        Expr total = view.normalised() ? loops.load(totals, {row}) : Expr();
        output.put({b, token(row), {}, h, {}, feature(l)}, pieceNumber, {result, total, {}}, stage);
      });
    }
  };
  eachFeature([&](Lanes l) { loops.loop(loops.index(0), at.count, [&](Expr r) { someRows(r, l); }, rowBlock); });
}

void ChunkedPiece::totalsOf(Expr h, bool isCorrected) {
  loops.loop(loops.index(0), at.count, [&](Expr i) {
    Expr total = loops.sum(loops.index(0), i + loops.index(1), readSum(i),
                           [&](Expr j, Expr acc) { return fma(chunks.weight(i, j), loops.load(units, {j}), acc); });
    if (isCorrected)
      total = total - chunks.weight(i, i) * rate(i);
    loops.store(total * view.scale(), totals, {i});
  });
}

//===--- kernel ---------------------------------------------------------------------------===//

/// Tokens per chunk: one vector of pairs unless asked for more. Pairs inside of a chunk cost what its length is, passes
/// over a state in L1 or L2 next to nothing. Rows of all its tokens stay in L1.
static int64_t chunkLength(MixView &view, int64_t asked) {
  int64_t rowBytes = view.sizes.dk * view.loops.realType.getWidth() / 8, length = asked > 0 ? asked : vectorLanes;
  if (isa<mixer::KeyChannelAttr>(view.op.getTransport()))
    return view.sizes.dk > 128 ? vectorLanes / 2 : vectorLanes;
  int64_t most = std::clamp(32 * 1024 / rowBytes, vectorLanes, 4 * vectorLanes);
  return std::min(llvm::alignTo(length, vectorLanes), llvm::alignDown(most, vectorLanes));
}

/// Value features per piece: all of them, so that pairs are computed once, unless the state outgrows its share of the
/// stack or threads would find no work.
static int64_t pieceWidth(MixView &view) {
  constexpr int64_t fewestPieces = 8, stateBytes = 64 * 1024;
  int64_t rowBytes = view.sizes.dk * view.loops.realType.getWidth() / 8, dv = view.sizes.dv;
  int64_t width = llvm::alignTo(std::min(dv, stateBytes / rowBytes), vectorLanes);
  while (width > 4 * vectorLanes && view.sizes.Hs * LoopBuilder::pieces(dv, width) < fewestPieces)
    width = llvm::alignTo(width / 2, vectorLanes);
  return width;
}

/// Rows beyond this do not fit the stack in chunks.
static bool fitsChunks(MixView &view) {
  int64_t rowBytes = view.sizes.dk * view.loops.realType.getWidth() / 8;
  return rowBytes <= (isa<mixer::KeyChannelAttr>(view.op.getTransport()) ? 1024 : 2048);
}

/// A mixer that continues a state is called with one token as often as with many, and a block of rows for one token is
/// work for eight.
static bool mayHaveFewTokens(MixView &view) {
  return !view.initialState.empty() && !getConstantIntValue(view.queryTokens.value);
}

void emitChunked(MixView &view, int64_t asked) {
  if (!fitsChunks(view))
    return emitRecurrent(view);
  LoopBuilder &loops = view.loops;
  int64_t dv = view.sizes.dv, dk = view.sizes.dk, width = pieceWidth(view), pieces = LoopBuilder::pieces(dv, width);
  std::unique_ptr<ChunkWeights> chunks = ChunkWeights::of(view, chunkLength(view, asked));
  SweepOutput output(view, pieces);
  Exprs counts = {view.batch, loops.index(view.sizes.Hs), loops.index(pieces)};
  int64_t work = 1024 * (4 * dk * width + chunks->chunk * (dk + width));
  loops.kernel("mix_chunked", counts, work, [&](ArrayRef<Expr> at) {
    ChunkedPiece piece(view, *chunks, output, std::min(width, dv));
    loops.piece(at[2], dv, width, [&](Lanes features) {
      auto inChunks = [&]() { piece.emit(at[0], at[1], at[2], features); };
      if (!mayHaveFewTokens(view))
        return inChunks();
      auto inSteps = [&]() { Recurrence::emitPiece(view, at, features, 2 * vectorLanes, output); };
      loops.whenElse(view.queryTokens < loops.index(ChunkWeights::rowBlock), inSteps, inChunks);
    });
  });
}

} // namespace heddle::kernels
