// Supports as code: the same predicates as MixerSupports.cpp on index values.
//
// Key positions and tile bounds of keys are never negative, query positions may be (queries aligned at the end of fewer
// keys); only divisions of query positions pay for rounding down. Lists become ranges compared one by one while they
// are few, and an scf.index_switch beyond: LLVM turns it into a table or a search tree, and no constant buffer is
// needed.
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

/// Index arithmetic with short names.
struct Emitter {
  OpBuilder &builder;
  Location loc;

  Value index(int64_t value) const { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value boolean(bool value) const { return arith::ConstantIntOp::create(builder, loc, value, 1); }
  Value word(uint64_t value) const {
    return arith::ConstantIntOp::create(builder, loc, builder.getI64Type(), static_cast<int64_t>(value));
  }
  Value add(Value a, Value b) const { return arith::AddIOp::create(builder, loc, a, b); }
  Value add(Value a, int64_t b) const { return b == 0 ? a : add(a, index(b)); }
  Value sub(Value a, Value b) const { return arith::SubIOp::create(builder, loc, a, b); }
  Value mul(Value a, int64_t b) const { return arith::MulIOp::create(builder, loc, a, index(b)); }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) const {
    return arith::CmpIOp::create(builder, loc, predicate, a, b);
  }
  Value le(Value a, Value b) const { return compare(arith::CmpIPredicate::sle, a, b); }
  Value le(Value a, int64_t b) const { return le(a, index(b)); }
  Value le(int64_t a, Value b) const { return le(index(a), b); }
  Value lt(Value a, Value b) const { return compare(arith::CmpIPredicate::slt, a, b); }
  Value lt(Value a, int64_t b) const { return lt(a, index(b)); }
  Value eq(Value a, int64_t b) const { return compare(arith::CmpIPredicate::eq, a, index(b)); }
  Value both(Value a, Value b) const { return arith::AndIOp::create(builder, loc, a, b); }
  Value either(Value a, Value b) const { return arith::OrIOp::create(builder, loc, a, b); }
  Value rem(Value a, int64_t b) const { return arith::RemSIOp::create(builder, loc, a, index(b)); }

  /// a / b for a >= 0.
  Value divide(Value a, int64_t b) const { return b == 1 ? a : arith::DivSIOp::create(builder, loc, a, index(b)); }

  /// a / b rounded down for any a.
  Value floorDiv(Value a, int64_t b) const {
    if (b == 1)
      return a;
    Value lowered = arith::SelectOp::create(builder, loc, lt(a, 0), sub(a, index(b - 1)), a);
    return arith::DivSIOp::create(builder, loc, lowered, index(b));
  }

  /// least <= a <= most.
  Value within(Value a, int64_t least, int64_t most) const { return both(le(least, a), le(a, most)); }
};

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

/// A constant chosen by `selector`, `otherwise` for a value that is not listed.
Value emitSwitch(const Emitter &e, Value selector, ArrayRef<int64_t> cases, ArrayRef<Attribute> constants,
                 TypedAttr otherwise) {
  auto choice =
      scf::IndexSwitchOp::create(e.builder, e.loc, TypeRange{otherwise.getType()}, selector, cases, cases.size());
  OpBuilder::InsertionGuard guard(e.builder);
  auto fill = [&](Region &region, Attribute constant) {
    e.builder.createBlock(&region);
    Value value = arith::ConstantOp::create(e.builder, e.loc, cast<TypedAttr>(constant));
    scf::YieldOp::create(e.builder, e.loc, value);
  };
  fill(choice.getDefaultRegion(), otherwise);
  for (auto [region, constant] : llvm::zip_equal(choice.getCaseRegions(), constants))
    fill(region, constant);
  return choice.getResult(0);
}

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

//===--- block lists: one 64-bit word per query block and 64 key blocks ---===//

namespace {
struct BlockWords {
  int64_t wordsPerRow = 1;
  SmallVector<int64_t> keys; // row * wordsPerRow + word, for words that are not zero
  SmallVector<Attribute> words;
};
} // namespace

static BlockWords wordsOf(BlockListAttr list, Builder &builder) {
  BlockWords table;
  int64_t most = list.getBlocks().empty() ? 0 : *llvm::max_element(list.getBlocks());
  table.wordsPerRow = most / 64 + 1;
  std::map<int64_t, uint64_t> words;
  for (size_t row = 0; row + 1 < list.getOffsets().size(); ++row)
    for (int64_t at = list.getOffsets()[row]; at < list.getOffsets()[row + 1]; ++at)
      words[row * table.wordsPerRow + list.getBlocks()[at] / 64] |= uint64_t(1) << (list.getBlocks()[at] % 64);
  for (auto [key, word] : words) {
    table.keys.push_back(key);
    table.words.push_back(builder.getI64IntegerAttr(static_cast<int64_t>(word)));
  }
  return table;
}

/// Word `word` (0 <= word < wordsPerRow) of query block `row`; zero for a row that is not listed.
static Value emitWord(const Emitter &e, const BlockWords &table, Value row, Value word) {
  Value key = e.add(e.mul(row, table.wordsPerRow), word);
  return emitSwitch(e, key, table.keys, table.words, e.builder.getI64IntegerAttr(0));
}

CONTAINS(BlockListAttr) {
  Emitter e{builder, loc};
  BlockWords table = wordsOf(*this, builder);
  Value column = e.divide(j, getBlock()), word = e.divide(column, 64);
  Value bits = emitWord(e, table, e.floorDiv(i, getBlock()), word);
  Value shift = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), e.rem(column, 64));
  Value bit = arith::AndIOp::create(builder, loc, arith::ShRUIOp::create(builder, loc, bits, shift), e.word(1));
  return e.both(e.lt(word, table.wordsPerRow), e.compare(arith::CmpIPredicate::ne, bit, e.word(0)));
}

/// The word with bits [low, high) set, low and high clamped to [0, 64].
static Value emitMask(const Emitter &e, Value low, Value high) {
  Type i64 = e.builder.getI64Type();
  auto below = [&](Value bound) -> Value { // bits [0, bound); a shift by 64 would be undefined
    Value clamped = arith::MaxSIOp::create(e.builder, e.loc, bound, e.index(0));
    Value small = arith::MinSIOp::create(e.builder, e.loc, clamped, e.index(63));
    Value shift = arith::IndexCastOp::create(e.builder, e.loc, i64, small);
    Value one = arith::ShLIOp::create(e.builder, e.loc, e.word(1), shift);
    Value bits = arith::SubIOp::create(e.builder, e.loc, one, e.word(1));
    return arith::SelectOp::create(e.builder, e.loc, e.le(64, bound), e.word(~uint64_t(0)), bits);
  };
  return arith::XOrIOp::create(e.builder, e.loc, below(high), below(low));
}

MAY_CONTAIN(BlockListAttr) {
  Emitter e{builder, loc};
  BlockWords table = wordsOf(*this, builder);
  Value zero = e.index(0), one = e.index(1);
  Value rowBegin = e.floorDiv(i0, getBlock()), rowEnd = e.add(e.floorDiv(e.add(i1, -1), getBlock()), 1);
  Value colBegin = e.divide(j0, getBlock()), colEnd = e.add(e.divide(e.add(j1, -1), getBlock()), 1);
  auto scanWords = [&](OpBuilder &, Location, Value at, ValueRange found) {
    auto words = scf::ForOp::create(builder, loc, zero, e.index(table.wordsPerRow), one, found,
                                    [&](OpBuilder &, Location, Value word, ValueRange sofar) {
                                      Value base = e.mul(word, 64);
                                      Value mask = emitMask(e, e.sub(colBegin, base), e.sub(colEnd, base));
                                      Value hit =
                                          arith::AndIOp::create(builder, loc, emitWord(e, table, at, word), mask);
                                      Value any = e.compare(arith::CmpIPredicate::ne, hit, e.word(0));
                                      scf::YieldOp::create(builder, loc, e.either(sofar[0], any));
                                    });
    scf::YieldOp::create(builder, loc, words.getResults());
  };
  return scf::ForOp::create(builder, loc, rowBegin, rowEnd, one, ValueRange{e.boolean(false)}, scanWords).getResult(0);
}

} // namespace heddle::mixer
