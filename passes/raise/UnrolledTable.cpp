#include "passes/raise/UnrolledTable.h"

#include "passes/raise/Alike.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

// How many rows an op may be in. Its own and a few that are shifted is what loops need; without a bound, a trace that
// never repeats would be walked along each of its paths.
constexpr size_t kMostPlaces = 4;

Operation *UnrolledRow::opAt(int64_t iteration) const {
  if (iteration >= 0 && iteration < int64_t(ops.size()))
    return ops[iteration];
  return beyond.lookup(iteration);
}

Value UnrolledRow::valueAt(unsigned result, int64_t iteration) const {
  if (Operation *op = opAt(iteration))
    return op->getResult(result);
  return odd.lookup({result, iteration});
}

UnrolledTable::Range UnrolledTable::around(Range range, llvm::function_ref<bool(int64_t)> holds) const {
  Range result{middle, middle};
  while (result.low > range.low && holds(result.low - 1))
    --result.low;
  while (result.high < range.high && holds(result.high + 1))
    ++result.high;
  return result;
}

std::optional<UnrolledRead> UnrolledTable::add(ArrayRef<Value> values) {
  unsigned before = rows.size();
  Range range{0, iterations - 1};
  std::optional<UnrolledRead> read = classify(Values(values), range);
  if (read && readPending())
    return read;
  pending.clear();
  removeRowsFrom(before);
  return std::nullopt;
}

bool UnrolledTable::readPending() {
  while (!pending.empty()) {
    Pending next = pending.pop_back_val();
    for (const Values &values : next.reads) {
      Range range{rows[next.row].low, rows[next.row].high};
      std::optional<UnrolledRead> read = classify(values, range);
      if (!read)
        return false;
      rows[next.row].reads.push_back(*read);
      rows[next.row].low = range.low;
      rows[next.row].high = range.high;
    }
  }
  return true;
}

std::optional<UnrolledRead> UnrolledTable::classify(const Values &values, Range &range) {
  Value sample = values[middle], next = values[middle + 1];
  if (sample == next) {
    range = around(range, [&](int64_t i) { return values[i] == sample; });
    if (!isEnough(range))
      return std::nullopt;
    invariants.push_back(sample);
    return UnrolledRead{UnrolledRead::Invariant, unsigned(invariants.size() - 1)};
  }
  if (!next || sample.getType() != next.getType())
    return std::nullopt;
  if (std::optional<UnrolledRead> slice = classifySlice(values, range))
    return slice;
  if (matchPattern(sample, m_Constant())) {
    range = around(range, [&](int64_t i) {
      return values[i] && values[i].getType() == sample.getType() && matchPattern(values[i], m_Constant());
    });
    if (!isEnough(range))
      return std::nullopt;
    UnrolledConstant constant{sample.getType(), range.low, {}};
    for (int64_t i = range.low; i <= range.high; ++i)
      matchPattern(values[i], m_Constant(&constant.values.emplace_back()));
    constants.push_back(std::move(constant));
    return UnrolledRead{UnrolledRead::Constant, unsigned(constants.size() - 1)};
  }
  if (std::optional<UnrolledRead> known = classifyRow(values, range))
    return known;
  return addRow(values, range);
}

std::optional<UnrolledRead> UnrolledTable::classifySlice(const Values &values, Range &range) {
  auto sample = values[middle].getDefiningOp<tensor::ExtractSliceOp>();
  auto next = values[middle + 1].getDefiningOp<tensor::ExtractSliceOp>();
  if (!sample || !next || sample.getSource() != next.getSource())
    return std::nullopt;
  ArrayRef<int64_t> from = sample.getStaticOffsets(), to = next.getStaticOffsets();
  int64_t dim = llvm::mismatch(from, to).first - from.begin();
  if (dim == int64_t(from.size()) || ShapedType::isDynamic(from[dim]) || ShapedType::isDynamic(to[dim]))
    return std::nullopt;
  int64_t stride = to[dim] - from[dim], offset = from[dim] - stride * middle;
  range = around(range, [&](int64_t i) {
    auto slice = values[i] ? values[i].getDefiningOp<tensor::ExtractSliceOp>() : nullptr;
    if (!slice || slice.getSource() != sample.getSource() || slice.getType() != sample.getType() ||
        slice.getMixedSizes() != sample.getMixedSizes() || slice.getMixedStrides() != sample.getMixedStrides())
      return false;
    SmallVector<int64_t> expected(sample.getStaticOffsets());
    expected[dim] = stride * i + offset;
    return slice.getStaticOffsets() == ArrayRef(expected) && slice.getOffsets() == sample.getOffsets();
  });
  if (!isEnough(range))
    return std::nullopt;
  slices.push_back({sample, dim, stride, offset});
  return UnrolledRead{UnrolledRead::Slice, unsigned(slices.size() - 1)};
}

std::optional<UnrolledRead> UnrolledTable::classifyRow(const Values &values, Range &range) {
  auto sample = dyn_cast<OpResult>(values[middle]);
  if (!sample)
    return std::nullopt;
  for (auto [index, place] : places.lookup(sample.getOwner())) {
    UnrolledRow &row = rows[index];
    unsigned result = sample.getResultNumber();
    int64_t distance = middle - place, known = 0;
    Range alike = around(range, [&](int64_t i) {
      Value there = row.valueAt(result, i - distance);
      known += there != nullptr;
      return values[i] && (!there || there == values[i]);
    });
    // A row that says nothing about most iterations is another one.
    if (!isEnough(alike) || known < iterations / 2 - 1)
      continue;
    for (int64_t i = alike.low; i <= alike.high; ++i)
      if (!row.valueAt(result, i - distance))
        row.odd[{result, i - distance}] = values[i];
    range = alike;
    return UnrolledRead{UnrolledRead::Row, index, result, distance};
  }
  return std::nullopt;
}

std::optional<UnrolledRead> UnrolledTable::addRow(const Values &values, Range &range) {
  auto sample = dyn_cast<OpResult>(values[middle]);
  if (!sample || places.lookup(sample.getOwner()).size() >= kMostPlaces)
    return std::nullopt;
  UnrolledRow row;
  row.ops.resize(iterations);
  SmallVector<Values> reads;
  Range whole = range;
  auto isAlike = [&](int64_t i) {
    auto value = dyn_cast_if_present<OpResult>(values[i]);
    if (!value || value.getResultNumber() != sample.getResultNumber())
      return false;
    std::optional<SmallVector<Value>> same = readsWhereAlike(sample.getOwner(), value.getOwner());
    // What a body captures may be one value here and two there.
    if (!same || same->size() != reads.size())
      return false;
    row.ops[i] = value.getOwner();
    for (auto [read, list] : llvm::zip_equal(*same, reads))
      list[i] = read;
    return true;
  };
  row.values = *readsWhereAlike(sample.getOwner(), sample.getOwner());
  reads.assign(row.values.size(), Values(iterations));
  if (!isAlike(middle))
    return std::nullopt;
  range = around(range, isAlike);
  if (!isEnough(range))
    return std::nullopt;
  row.low = range.low;
  row.high = range.high;
  for (int64_t i = whole.low; i <= whole.high; ++i)
    if (values[i] && !row.ops[i])
      row.odd[{sample.getResultNumber(), i}] = values[i];
  unsigned index = rows.size();
  for (int64_t i = range.low; i <= range.high; ++i)
    places[row.ops[i]].push_back({index, i});
  rows.push_back(std::move(row));
  pending.push_back({index, std::move(reads)});
  return UnrolledRead{UnrolledRead::Row, index, sample.getResultNumber(), 0};
}

void UnrolledTable::extend(unsigned index, int64_t iteration) {
  UnrolledRow &row = rows[index];
  auto isExpected = [&](const UnrolledRead &read, Value value) {
    if (read.kind == UnrolledRead::Row)
      return value == rows[read.index].valueAt(read.result, iteration - read.distance);
    if (read.kind == UnrolledRead::Invariant)
      return value == invariants[read.index];
    auto slice = value.getDefiningOp<tensor::ExtractSliceOp>();
    if (read.kind != UnrolledRead::Slice || !slice)
      return false;
    const MovingSlice &moving = slices[read.index];
    return slice.getSource() == moving.sample.getSource() &&
           slice.getStaticOffset(moving.dim) == moving.stride * iteration + moving.offset;
  };
  for (const UnrolledRead &read : row.reads) {
    Value known =
        read.kind == UnrolledRead::Row ? rows[read.index].valueAt(read.result, iteration - read.distance) : Value();
    if (!known)
      continue;
    for (Operation *user : known.getUsers()) {
      std::optional<SmallVector<Value>> reads = readsWhereAlike(sampleOf(row), user);
      if (!reads || reads->size() != row.reads.size() ||
          !llvm::all_of(llvm::zip_equal(row.reads, *reads),
                        [&](auto pair) { return isExpected(std::get<0>(pair), std::get<1>(pair)); }))
        continue;
      row.beyond[iteration] = user;
      return;
    }
  }
}

void UnrolledTable::replace(llvm::function_ref<Value(Value)> current) {
  for (Value &value : invariants)
    value = current(value);
  for (UnrolledRow &row : rows)
    for (auto &[place, value] : row.odd)
      value = current(value);
}

void UnrolledTable::removeRowsFrom(unsigned first) {
  for (auto &[op, list] : places)
    llvm::erase_if(list, [&](auto place) { return place.first >= first; });
  rows.resize(first);
}

} // namespace heddle
