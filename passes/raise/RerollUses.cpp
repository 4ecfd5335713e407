#include "passes/raise/RerollUses.h"

#include "passes/raise/Reads.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

/// Ops that read replaced ops and that nothing else needs: they die with them, as the odd last iteration of a loop
/// does.
class Absorbed {
public:
  explicit Absorbed(const llvm::DenseSet<Operation *> &replaced) : replaced(replaced) {}

  bool contains(Operation *op, unsigned depth = 0) {
    if (replaced.contains(op))
      return true;
    auto [known, isNew] = answers.insert({op, false});
    if (!isNew || depth > kDeepest || !isMemoryEffectFree(op) || op->use_empty())
      return known->second;
    bool all = llvm::all_of(op->getUsers(), [&](Operation *user) { return contains(inBlock(user, op), depth + 1); });
    return answers[op] = all;
  }

  static Operation *inBlock(Operation *user, Operation *op) { return op->getBlock()->findAncestorOpInBlock(*user); }

private:
  static constexpr unsigned kDeepest = 64; // an odd iteration is not longer
  const llvm::DenseSet<Operation *> &replaced;
  llvm::DenseMap<Operation *, bool> answers;
};

} // namespace

SmallVector<Value> frontierOf(const UnrolledTable &table, const RerollSchedule &schedule) {
  llvm::SetVector<Value> values;
  for (unsigned row : schedule.rows)
    for (const UnrolledRead &read : table.rows[row].reads) {
      if (read.kind == UnrolledRead::Slice)
        values.insert(table.slices[read.index].sample.getSource());
      if (read.kind == UnrolledRead::Invariant)
        values.insert(table.invariants[read.index]);
    }
  return values.takeVector();
}

SmallVector<Value> neededBy(const UnrolledTable &table, const RerollSchedule &schedule, int64_t begin, int64_t end) {
  SmallVector<Value> values = frontierOf(table, schedule);
  for (unsigned row : schedule.rows)
    for (const UnrolledRead &read : table.rows[row].reads)
      if (read.kind == UnrolledRead::Slice) {
        Operation *slice = table.slices[read.index].sample;
        llvm::append_range(values, slice->getOperands());
      }
  for (const RowStack &stack : schedule.stacks) {
    tensor::InsertSliceOp last = stack.stack.last;
    values.push_back(stack.stack.base);
    llvm::append_range(values, last.getSizes());
    llvm::append_range(values, last.getOffsets());
    for (int64_t iteration = 0; iteration < begin; ++iteration)
      values.push_back(stack.stack.pieces[schedule.column(iteration)]);
  }
  return values;
}

SmallVector<Value> piecesOutside(const RerollSchedule &schedule, int64_t begin, int64_t end) {
  SmallVector<Value> values;
  for (const RowStack &stack : schedule.stacks)
    for (int64_t iteration = end; iteration < schedule.iterations; ++iteration)
      values.push_back(stack.stack.pieces[schedule.column(iteration)]);
  return values;
}

std::optional<SmallVector<WantedValue>> wantedOutside(const UnrolledTable &table, const RerollSchedule &schedule,
                                                      int64_t begin, int64_t end, const RerollLoop &loop,
                                                      const llvm::DenseSet<Operation *> &replaced) {
  Absorbed absorbed(replaced);
  SmallVector<WantedValue> wanted;
  for (unsigned row : schedule.rows)
    for (int64_t iteration = begin; iteration < end; ++iteration) {
      int64_t own = iteration + schedule.shifts.lookup(row);
      Operation *op = table.rows[row].opAt(schedule.column(own));
      if (!op)
        continue;
      for (OpResult result : op->getResults())
        if (llvm::any_of(result.getUsers(),
                         [&](Operation *user) { return !absorbed.contains(Absorbed::inBlock(user, op)); }))
          wanted.push_back({row, result.getResultNumber(), own, result});
    }
  bool areReachable = llvm::all_of(wanted, [&](const WantedValue &value) {
    auto type = dyn_cast<RankedTensorType>(value.original.getType());
    return loop.isFinal(value) || (type && type.hasStaticShape());
  });
  return areReachable ? std::optional(std::move(wanted)) : std::nullopt;
}

bool dependsOn(ArrayRef<Value> values, const llvm::DenseSet<Operation *> &ops) {
  Operation *first = nullptr;
  for (Operation *op : ops)
    if (!first || op->isBeforeInBlock(first))
      first = op;
  SmallVector<Value> open(values);
  llvm::DenseSet<Operation *> seen;
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || op->isBeforeInBlock(first) || !seen.insert(op).second)
      continue;
    if (ops.contains(op))
      return true;
    llvm::append_range(open, readsOf(op));
  }
  return false;
}

} // namespace heddle
