// Flash form: softmax with a running maximum over tiles of keys.
//
//   for each block of queries:   m = -inf, l = 0, o = 0
//     for each tile of keys that the support may see:
//       s = score(q . k)                                        (4 rows x tile, in registers)
//       m' = max(m, row max of s);  p = exp(s - m');  l = l exp(m - m') + sum of p
//       o = o exp(m - m') + p . v                               (4 rows x 64 features, in registers)
//     o / (l + epsilon exp(-m))
//
// Keys are packed once as tiles [dk, tile], so that the scores of a row lie side by side in a vector. Supports other
// than full and whole past, biases by table, segments and score regions pass over the scores of a row one by one.
//
// With positions, keys are a buffer of which calls fill more and more. What no query may see is neither packed nor
// read, so that work follows the position and what the buffer holds behind it means nothing. A call of a few tokens
// reads the keys where they lie: packing them would cost as much as the scores.
//
// A past has tiles of its own, in front of those of the call's keys: token k is in tile k / tile + pastTiles, k < 0
// being one of the past. Tiles follow distances, not places, so that how a ring is turned changes no digit.
#ifndef HEDDLE_PASSES_KERNELS_FLASHKERNEL_H
#define HEDDLE_PASSES_KERNELS_FLASHKERNEL_H

#include "passes/kernels/Kernels.h"
#include <limits>

namespace heddle::kernels {

class FlashKernel {
public:
  FlashKernel(MixView &view, int64_t tile)
      : view(view), loops(view.loops), order(view.sweeps().front()), tile(tile),
        pastTiles(llvm::divideCeil(view.op.getPastTokens(), tile)), band(bandOf(view)),
        lowest(loops.real(-std::numeric_limits<double>::infinity())) {}
  void emit();

private:
  static constexpr int64_t rowBlock = 4; // rows whose scores or sums share the registers

  Expr packedTiles();
  void packKeys();
  void packTile(Expr batch, Expr keyHead, Expr number);
  void emitBlock(Expr b, Expr h, Expr firstRow, Lanes features);
  void emitTiles(Expr begin, Expr end, bool ofPast);
  void emitTile(Expr tileNumber);
  void scoreRows(Expr r, Expr tileNumber);
  Exprs packedScores(Expr r, Expr tileNumber);
  Exprs unpackedScores(Expr r);
  Expr product(Expr r, Expr keyToken);
  Expr finishScores(Expr scores, Expr r, Expr own);
  Expr maskLanes(Expr scores, Expr own);
  Expr scoreOneByOne(Expr scores, Expr r, Expr own);
  void updateRow(Expr r, Expr scores);
  void accumulateRows(Expr r);
  void writeBlock();
  void eachFeature(llvm::function_ref<void(Lanes)> body) {
    loops.lanes(std::max<int64_t>(block.width, 1), 4 * vectorLanes, body);
  }
  bool isOneByOne();
  /// How far back a row sees, where it sees all that is no further: its lanes of a tile are a range.
  static std::optional<int64_t> bandOf(MixView &view);
  Expr tileNumber(Expr token) { return (token + loops.index(pastTiles * tile)) / loops.index(tile); }
  Expr firstToken(Expr tileNumber) { return (tileNumber - loops.index(pastTiles)) * loops.index(tile); }
  Expr loadKey(Point point, int64_t width) { return loadLane(view.key, view.pastKey, point, width); }
  Expr loadValue(Point point, int64_t width) { return loadLane(view.value, view.pastValue, point, width); }
  Expr loadLane(const Operand &own, const Operand &past, Point point, int64_t width);
  Expr hasFewQueries() { return view.queryTokens <= loops.index(rowBlock); }
  int64_t rowsPerBlock(int64_t features);
  Expr clampedToken(Expr row) { return view.token(order, min(row, view.queryTokens - 1), view.queryTokens); }

  MixView &view;
  LoopBuilder &loops;
  Sweep order;
  int64_t tile, pastTiles;
  std::optional<int64_t> band;
  Expr lowest;
  mlir::Value keys; // [B|1, Hk, tiles, dk, tile]
  // The block of queries under construction.
  Expr b, h, firstRow, rowEnd;
  Expr firstKey, visible;          // the key tokens that the block may see
  Expr keyBegin, keyFirst, keyEnd; // those of a tile: its first lane, and of which lanes there are keys
  bool isPast = false;             // the tile is one of the past
  Expr place, ring;                // of `keyFirst` there, and how many places there are
  Lanes block;
  mlir::Value sums, weights, tops, totals, factors; // [rows, features], [rows, tile], [rows] three times
};

} // namespace heddle::kernels

#endif
