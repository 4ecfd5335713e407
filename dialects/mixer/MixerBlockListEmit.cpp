// Block lists as code: one 64-bit word per query block and 64 key blocks, chosen by a switch.
#include "dialects/mixer/SupportEmitter.h"

using namespace mlir;

namespace heddle::mixer {

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

Value BlockListAttr::emitContains(OpBuilder &builder, Location loc, Value i, Value j, Value head) const {
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

Value BlockListAttr::emitMayContain(OpBuilder &builder, Location loc, Value i0, Value i1, Value j0, Value j1,
                                    Value head) const {
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
