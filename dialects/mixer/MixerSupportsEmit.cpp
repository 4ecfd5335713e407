// Supports as code: the same predicates as MixerSupports.cpp on index values.
//
// Key positions and tile bounds of keys are never negative, query positions may be (queries aligned at the end of fewer
// keys); only divisions of query positions pay for rounding down. Lists become ranges compared one by one while they
// are few, and an scf.index_switch beyond: LLVM turns it into a table or a search tree, and no constant buffer is
// needed.
#include "dialects/mixer/SupportEmitter.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

/// Half-open runs of consecutive numbers in an increasing list.
SmallVector<std::pair<int64_t, int64_t>> runsOf(ArrayRef<int64_t> positions) {
  SmallVector<std::pair<int64_t, int64_t>> runs;
  for (int64_t position : positions) {
    if (!runs.empty() && runs.back().second == position)
      ++runs.back().second;
    else
      runs.push_back({position, position + 1});
  }
  return runs;
}

constexpr size_t kMostCompared = 8; // runs that are compared one by one

/// True when `value` is one of the increasing `positions`.
Value emitMember(const Emitter &e, ArrayRef<int64_t> positions, Value value) {
  auto runs = runsOf(positions);
  if (runs.size() > kMostCompared) {
    SmallVector<Attribute> yes(positions.size(), e.builder.getBoolAttr(true));
    return emitSwitch(e, value, positions, yes, e.builder.getBoolAttr(false));
  }
  Value member = e.boolean(false);
  for (auto [begin, end] : runs)
    member = e.either(member, e.within(value, begin, end - 1));
  return member;
}

/// False only when no member of `positions` lies in [begin, end).
Value emitMayMeet(const Emitter &e, ArrayRef<int64_t> positions, Value begin, Value end) {
  auto runs = runsOf(positions);
  if (runs.size() > kMostCompared) // one run around all of them keeps the code small
    runs = {{positions.front(), positions.back() + 1}};
  Value meets = e.boolean(false);
  for (auto [low, high] : runs)
    meets = e.either(meets, e.both(e.lt(begin, high), e.lt(e.index(low), end)));
  return meets;
}

} // namespace

//===--- full, causal, block-causal ---===//

#define CONTAINS(Name) Value Name::emitContains(OpBuilder &builder, Location loc, Value i, Value j, Value head) const
#define MAY_CONTAIN(Name)                                                                                              \
  Value Name::emitMayContain(OpBuilder &builder, Location loc, Value i0, Value i1, Value j0, Value j1, Value head) const

CONTAINS(FullAttr) { return Emitter{builder, loc}.boolean(true); }
MAY_CONTAIN(FullAttr) { return Emitter{builder, loc}.boolean(true); }

CONTAINS(CausalAttr) { return Emitter{builder, loc}.le(j, i); }
MAY_CONTAIN(CausalAttr) { return Emitter{builder, loc}.lt(j0, i1); }

CONTAINS(BlockCausalAttr) {
  Emitter e{builder, loc};
  return e.le(e.mul(e.divide(j, getBlock()), getBlock()), i); // the key's block begins at or before i
}
MAY_CONTAIN(BlockCausalAttr) {
  Emitter e{builder, loc};
  return e.lt(e.mul(e.divide(j0, getBlock()), getBlock()), i1);
}

//===--- bands, sinks, global positions ---===//

/// False only when no difference j - i of the tile lies in [-left, right].
static Value emitBandMayContain(const Emitter &e, int64_t left, int64_t right, Value i0, Value i1, Value j0, Value j1) {
  return e.both(e.lt(e.sub(i0, j1), left), e.le(e.sub(j0, i1), right - 1));
}

CONTAINS(WindowAttr) {
  Emitter e{builder, loc};
  return e.within(e.sub(j, i), -getLeft(), getRight());
}
MAY_CONTAIN(WindowAttr) { return emitBandMayContain({builder, loc}, getLeft(), getRight(), i0, i1, j0, j1); }

CONTAINS(DilatedAttr) {
  Emitter e{builder, loc};
  Value difference = e.sub(j, i);
  return e.both(e.within(difference, -getLeft(), getRight()), e.eq(e.rem(difference, getStep()), 0));
}
MAY_CONTAIN(DilatedAttr) { return emitBandMayContain({builder, loc}, getLeft(), getRight(), i0, i1, j0, j1); }

CONTAINS(SinksAttr) { return Emitter{builder, loc}.lt(j, getCount()); }
MAY_CONTAIN(SinksAttr) { return Emitter{builder, loc}.lt(j0, getCount()); }

CONTAINS(GlobalAttr) {
  Emitter e{builder, loc};
  return e.either(emitMember(e, getPositions(), i), emitMember(e, getPositions(), j));
}
MAY_CONTAIN(GlobalAttr) {
  Emitter e{builder, loc};
  return e.either(emitMayMeet(e, getPositions(), i0, i1), emitMayMeet(e, getPositions(), j0, j1));
}

//===--- groups, grids ---===//

CONTAINS(GroupsAttr) {
  Emitter e{builder, loc};
  Value begin = e.mul(e.divide(e.add(j, getShift()), getSize()), getSize()); // first member of the key's group, shifted
  return e.within(e.sub(e.add(i, getShift()), begin), 0, getSize() - 1);
}
MAY_CONTAIN(GroupsAttr) {
  Emitter e{builder, loc};
  Value rowLow = e.floorDiv(e.add(i0, getShift()), getSize()),
        rowHigh = e.floorDiv(e.add(i1, getShift() - 1), getSize());
  Value colLow = e.divide(e.add(j0, getShift()), getSize()), colHigh = e.divide(e.add(j1, getShift() - 1), getSize());
  return e.both(e.le(rowLow, colHigh), e.le(colLow, rowHigh));
}

CONTAINS(Window2DAttr) {
  Emitter e{builder, loc};
  Value rowI = e.floorDiv(i, getWidth()), rowJ = e.divide(j, getWidth());
  Value colI = e.sub(i, e.mul(rowI, getWidth())), colJ = e.sub(j, e.mul(rowJ, getWidth()));
  return e.both(e.within(e.sub(rowI, rowJ), -getRows(), getRows()), e.within(e.sub(colI, colJ), -getCols(), getCols()));
}
MAY_CONTAIN(Window2DAttr) {
  Emitter e{builder, loc};
  Value rowLow = e.floorDiv(i0, getWidth()), rowHigh = e.floorDiv(e.add(i1, -1), getWidth());
  Value colLow = e.divide(j0, getWidth()), colHigh = e.divide(e.add(j1, -1), getWidth());
  return e.both(e.le(e.sub(rowLow, colHigh), getRows()), e.le(e.sub(colLow, rowHigh), getRows()));
}

} // namespace heddle::mixer
