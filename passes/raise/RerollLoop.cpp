#include "passes/raise/RerollLoop.h"

#include "passes/raise/RerollBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

RerollLoop::RerollLoop(const UnrolledTable &table, const RerollSchedule &schedule, int64_t begin, int64_t end)
    : table(table), schedule(schedule), begin(begin), end(end) {
  for (unsigned row : schedule.rows)
    for (const UnrolledRead &read : table.rows[row].reads)
      if (read.kind == UnrolledRead::Row)
        noteCarried(read, schedule.carriedOver(row, read));
  for (const RowStack &stack : schedule.stacks)
    noteCarried(stack.read, schedule.carriedOver(stack));
}

void RerollLoop::noteCarried(const UnrolledRead &read, int64_t back) {
  for (int64_t each = 1; each <= back; ++each)
    if (llvm::none_of(carriedValues, [&](const CarriedValue &known) {
          return known.row == read.index && known.result == read.result && known.back == each;
        }))
      carriedValues.push_back({read.index, read.result, each});
}

bool RerollLoop::isInBounds() const {
  for (unsigned row : schedule.rows)
    for (const UnrolledRead &read : table.rows[row].reads) {
      if (read.kind != UnrolledRead::Slice)
        continue;
      const MovingSlice &slice = table.slices[read.index];
      auto [stride, offset] = schedule.position(slice);
      int64_t shift = schedule.shifts.lookup(row), extent = slice.sample.getSourceType().getDimSize(slice.dim);
      int64_t size = slice.sample.getStaticSizes()[slice.dim];
      for (int64_t iteration : {begin + shift, end - 1 + shift}) {
        int64_t start = stride * iteration + offset;
        if (start < 0 || (!ShapedType::isDynamic(extent) && start + size > extent))
          return false;
      }
    }
  return true;
}

Value RerollLoop::knownInit(const CarriedValue &value) const {
  return schedule.valueAt(table, value.row, value.result, begin - value.back + schedule.shifts.lookup(value.row));
}

llvm::DenseSet<Operation *> RerollLoop::replacedOps() const {
  llvm::DenseSet<Operation *> ops;
  for (unsigned row : schedule.rows)
    for (int64_t iteration = begin; iteration < end; ++iteration) {
      int64_t own = iteration + schedule.shifts.lookup(row);
      if (Operation *op = table.rows[row].opAt(schedule.column(own)))
        ops.insert(op);
    }
  for (const RowStack &stack : schedule.stacks)
    ops.insert(stack.stack.inserts.begin(), stack.stack.inserts.end());
  return ops;
}

Value RerollLoop::writePieces(OpBuilder &builder, const Stack &stack, Value into, int64_t from, int64_t to) const {
  for (int64_t iteration = from; iteration < to; ++iteration) {
    int64_t column = schedule.column(iteration);
    into = stack.insert(builder, stack.last.getLoc(), stack.pieces[column], into,
                        builder.getIndexAttr(stack.first + stack.step * column));
  }
  return into;
}

/// A tensor with the values of all iterations along a new first dimension.
static Value emptyFor(OpBuilder &builder, Location loc, Type type, int64_t count) {
  SmallVector<int64_t> shape{count};
  llvm::append_range(shape, cast<RankedTensorType>(type).getShape());
  return tensor::EmptyOp::create(builder, loc, shape, getElementTypeOrSelf(type));
}

void RerollLoop::build(OpBuilder &builder, Location loc, ArrayRef<Value> inits, ArrayRef<WantedValue> wanted) {
  SmallVector<Value> starts(inits);
  for (const RowStack &stack : schedule.stacks)
    starts.push_back(writePieces(builder, stack.stack, stack.stack.base, 0, begin));
  SmallVector<CollectedValue> collected;
  for (const WantedValue &value : wanted)
    if (!isFinal(value) && llvm::none_of(collected, [&](const CollectedValue &known) { return known.isOf(value); })) {
      collected.push_back({value.row, value.result});
      starts.push_back(emptyFor(builder, loc, value.original.getType(), end - begin));
    }
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0), one = arith::ConstantIndexOp::create(builder, loc, 1);
  Value count = arith::ConstantIndexOp::create(builder, loc, end - begin);
  RerollBody body(table, schedule, begin, end, builder);
  auto loop = scf::ForOp::create(builder, loc, zero, count, one, starts,
                                 [&](OpBuilder &inside, Location, Value position, ValueRange arguments) {
                                   body.build(inside, loc, position, arguments, carriedValues, collected);
                                 });
  SmallVector<Value> results(loop.getResults());
  unsigned number = carriedValues.size();
  for (const RowStack &stack : schedule.stacks) {
    originals.push_back(stack.stack.last);
    replacements.push_back(writePieces(builder, stack.stack, results[number++], end, table.iterations));
  }
  for (const WantedValue &value : wanted) {
    originals.push_back(value.original);
    replacements.push_back(isFinal(value) ? results[*finalOf(value)] : Value());
    if (replacements.back())
      continue;
    auto place = llvm::find_if(collected, [&](const CollectedValue &known) { return known.isOf(value); });
    int64_t iteration = value.iteration - schedule.shifts.lookup(value.row) - begin;
    replacements.back() = tokenOf(builder, loc, results[number + (place - collected.begin())],
                                  cast<RankedTensorType>(value.original.getType()), builder.getIndexAttr(iteration));
  }
}

std::optional<unsigned> RerollLoop::finalOf(const WantedValue &value) const {
  for (auto [index, carried] : llvm::enumerate(carriedValues))
    if (carried.row == value.row && carried.result == value.result &&
        end - carried.back + schedule.shifts.lookup(value.row) == value.iteration)
      return index;
  return std::nullopt;
}

} // namespace heddle
