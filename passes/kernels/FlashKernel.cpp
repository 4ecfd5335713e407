// The flash form: packed keys, blocks of queries, the running softmax.
#include "passes/kernels/FlashKernel.h"

using namespace mlir;

namespace heddle::kernels {

constexpr int64_t queryBlock = 64;
constexpr int64_t maxFeatures = 1024; // value features that one piece of work accumulates

/// Rows of queries that are computed together: fewer when many features would leave the L1 cache.
int64_t FlashKernel::rowsPerBlock(int64_t features) {
  int64_t bytes = loops.realType.getWidth() / 8, rows = 32 * 1024 / (features * bytes);
  int64_t most = ShapedType::isDynamic(view.sizes.T)
                     ? queryBlock
                     : std::min<int64_t>(queryBlock, llvm::alignTo(view.sizes.T, rowBlock));
  return std::clamp(rows / rowBlock * rowBlock, rowBlock, most);
}

std::optional<int64_t> FlashKernel::bandOf(MixView &view) {
  mixer::SupportAttrInterface support = view.op.getSupport();
  std::optional<int64_t> reach = support.getReach();
  if (!reach || !support.isCausal() || !support.isRelative())
    return std::nullopt;
  for (int64_t head = 0; head < view.sizes.Ho; ++head)
    if (support.classify(*reach, *reach + 1, 0, *reach + 1, head) != mixer::TileClass::Full)
      return std::nullopt;
  return reach;
}

/// All tiles; none for a few queries, whose calls then reserve no room for them. (T floordiv 5) ceildiv (T + 1) is 0
/// for up to 4 queries and 1 for more: the sizes of buffers are formulas.
Expr FlashKernel::packedTiles() {
  Expr tiles = tileNumber(view.keyTokens + loops.index(tile - 1));
  if (!view.positions)
    return tiles;
  Expr groups = view.queryTokens / loops.index(rowBlock + 1), more = view.queryTokens + 1;
  Value isPacked = arith::CeilDivUIOp::create(loops.builder, loops.loc, groups.value, more.value);
  return tiles * loops.wrap(isPacked);
}

void FlashKernel::packKeys() {
  Expr tiles = packedTiles();
  int64_t heads = view.sizes.Hk, dk = view.sizes.dk;
  Expr batches = view.pastKey ? view.batch : loops.dim(view.key.memref, 0);
  keys = loops.buffer({batches, loops.index(heads), tiles, loops.index(dk), loops.index(tile)});
  loops.kernel("mix_flash_pack", {batches, loops.index(heads), tiles}, tile * dk, [&](ArrayRef<Expr> at) {
    // Keys that all rows share are seen as far as the farthest row sees.
    bool isOwn = view.pastKey || (view.positions && (view.key.size(0) != 1 || view.positions.size(0) == 1));
    auto pack = [&]() { packTile(at[0], at[1], at[2]); };
    Expr first = firstToken(at[2]);
    Expr isSeen = first < view.visibleKeys(at[0], view.queryTokens);
    if (view.pastKey)
      isSeen = isSeen & (view.firstKey(at[0]) < first + loops.index(tile));
    isOwn ? loops.when(isSeen, pack) : pack();
  });
}

void FlashKernel::packTile(Expr batch, Expr keyHead, Expr number) {
  int64_t dk = view.sizes.dk;
  Expr head = keyHead * loops.index(view.sizes.Ho / view.sizes.Hk), first = firstToken(number);
  loops.loop(loops.index(0), loops.index(tile), [&](Expr lane) {
    Expr position = first + lane, last = view.keyTokens - 1, nearest = min(position, last);
    // A tile reaches in front of the first key only where it has others too.
    Expr token = view.token(order, view.pastKey ? max(nearest, view.firstKey(batch)) : nearest, view.keyTokens);
    loops.loop(loops.index(0), loops.index(dk), [&](Expr n) {
      Expr k = view.loadKey({batch, {}, token, head, n});
      loops.store(select(position <= last, k, loops.real(0.0)), keys, {batch, keyHead, number, n, lane});
    });
  });
}

void FlashKernel::emit() {
  packKeys();
  int64_t dv = view.sizes.dv, rows = rowsPerBlock(std::min(dv, maxFeatures));
  Expr blocks = (view.queryTokens + loops.index(rows - 1)) / loops.index(rows);
  Exprs counts = {view.batch, loops.index(view.sizes.Ho), blocks, loops.index(LoopBuilder::pieces(dv, maxFeatures))};
  int64_t work = 2048 * rows * (view.sizes.dk + std::min(dv, maxFeatures));
  loops.kernel("mix_flash", counts, work, [&](ArrayRef<Expr> at) {
    sums = loops.scratch({rows, std::min(dv, maxFeatures)});
    weights = loops.scratch({rows, tile});
    tops = loops.scratch({rows});
    totals = loops.scratch({rows});
    factors = loops.scratch({rows});
    loops.piece(at[3], dv, maxFeatures, [&](Lanes features) {
      rowEnd = min(view.queryTokens, (at[2] + 1) * loops.index(rows));
      emitBlock(at[0], at[1], at[2] * loops.index(rows), features);
    });
  });
}

void FlashKernel::emitBlock(Expr batch, Expr head, Expr row, Lanes features) {
  b = batch, h = head, firstRow = row, block = features;
  int64_t rows = cast<MemRefType>(tops.getType()).getDimSize(0);
  Expr zero = loops.index(0);
  loops.loop(zero, loops.index(rows), [&](Expr r) {
    loops.store(lowest, tops, {r});
    loops.store(loops.real(0.0), totals, {r});
    eachFeature([&](Lanes l) { loops.store(loops.real(0.0, l.width), sums, {r, l.first}); });
  });
  firstKey = view.firstKey(b), visible = view.visibleKeys(b, rowEnd);
  Expr past = loops.index(pastTiles);
  if (pastTiles > 0)
    emitTiles(tileNumber(firstKey), past, /*ofPast=*/true);
  emitTiles(past, tileNumber(visible + loops.index(tile - 1)), /*ofPast=*/false);
  writeBlock();
}

void FlashKernel::emitTiles(Expr begin, Expr end, bool ofPast) {
  isPast = ofPast;
  mixer::SupportAttrInterface support = view.op.getSupport();
  loops.loop(begin, end, [&](Expr number) {
    keyBegin = firstToken(number);
    keyFirst = isPast ? max(keyBegin, firstKey) : keyBegin;
    keyEnd = min(keyBegin + loops.index(tile), visible);
    if (isPast)
      ring = view.ringSize(), place = view.placeOf(b, keyFirst);
    if (support.isFull() || support.isWholePast())
      return emitTile(number);
    Value mayContain = support.emitMayContain(
        loops.builder, loops.loc, view.alignedPosition(b, firstRow).value, view.alignedPosition(b, rowEnd).value,
        view.keyPosition(b, keyFirst).value, view.keyPosition(b, keyEnd).value, h.value);
    loops.when(loops.wrap(mayContain), [&]() { emitTile(number); });
  });
}

/// An element of the key or value at token `point.j` of the tile.
Expr FlashKernel::loadLane(const Operand &own, const Operand &past, Point point, int64_t width) {
  if (!isPast)
    return view.load(own, point, width);
  Expr there = place + (point.j - keyFirst);
  point.j = select(there < ring, there, there - ring);
  return view.load(past, point, width);
}

void FlashKernel::emitTile(Expr tileNumber) {
  Expr zero = loops.index(0), rows = rowEnd - firstRow;
  loops.loop(zero, rows, [&](Expr r) { scoreRows(r, tileNumber); }, rowBlock);
  loops.loop(zero, rows, [&](Expr r) { accumulateRows(r); }, rowBlock);
}

//===--- running softmax ------------------------------------------------------------------===//

void FlashKernel::updateRow(Expr r, Expr scores) {
  Expr before = loops.load(tops, {r}), top = max(before, reduceMax(scores));
  // A row that has seen nothing yet keeps its maximum of -infinity; 0 in its place makes all weights 0.
  Expr origin = select(top == lowest, loops.real(0.0), top);
  Expr factor = exp(before - origin), row = exp(scores - origin);
  loops.store(top, tops, {r});
  loops.store(factor, factors, {r});
  loops.store(fma(loops.load(totals, {r}), factor, reduceSum(row)), totals, {r});
  loops.store(row, weights, {r, loops.index(0)});
}

void FlashKernel::accumulateRows(Expr r) {
  eachFeature([&](Lanes l) {
    Expr feature = block.width == 0 ? block.first : block.first + l.first;
    Exprs rows;
    for (int64_t i = 0; i < rowBlock; ++i) {
      Expr row = r + loops.index(i);
      rows.push_back(loops.load(sums, {row, l.first}, l.width) * loops.load(factors, {row}));
    }
    rows = loops.loop(keyFirst - keyBegin, keyEnd - keyBegin, rows, [&](Expr lane, ArrayRef<Expr> carried) {
      Expr token = view.token(order, keyBegin + lane, view.keyTokens);
      Expr v = loadValue({b, {}, token, h, {}, feature}, l.width);
      Exprs next;
      for (int64_t i = 0; i < rowBlock; ++i)
        next.push_back(fma(loops.load(weights, {r + loops.index(i), lane}), v, carried[i]));
      return next;
    });
    for (int64_t i = 0; i < rowBlock; ++i)
      loops.store(rows[i], sums, {r + loops.index(i), l.first});
  });
}

void FlashKernel::writeBlock() {
  loops.loop(loops.index(0), rowEnd - firstRow, [&](Expr r) {
    Expr token = view.token(order, firstRow + r, view.queryTokens);
    Expr top = loops.load(tops, {r}), origin = select(top == lowest, loops.real(0.0), top);
    Expr total = loops.load(totals, {r}), epsilonFactor = exp(-origin);
    eachFeature([&](Lanes l) {
      Expr feature = block.width == 0 ? block.first : block.first + l.first;
      Expr result = view.normalise(loops.load(sums, {r, l.first}, l.width), total, epsilonFactor);
      view.store(result, view.output, {b, token, {}, h, {}, feature});
    });
  });
}

void emitFlash(MixView &view, int64_t chunk) {
  // A tile is a whole number of vectors, and at most what four rows of scores leave of the registers.
  int64_t tile = chunk > 0 ? std::min<int64_t>(llvm::alignTo(chunk, vectorLanes), 4 * vectorLanes) : 4 * vectorLanes;
  FlashKernel(view, tile).emit();
}

} // namespace heddle::kernels
