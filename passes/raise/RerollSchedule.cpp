#include "passes/raise/RerollSchedule.h"

#include "passes/raise/RerollCut.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

// How many iterations a row may wait: as far as a state may look back and still be carried itself.
constexpr int64_t kMostDelays = 4;

class Scheduler {
public:
  Scheduler(const UnrolledTable &table, RerollSchedule &schedule) : table(table), schedule(schedule) {}

  bool run() {
    if (!readsTokens() || !findShifts() || !carries())
      return false;
    order();
    findRange();
    return schedule.end - schedule.begin >= 2;
  }

private:
  template <typename Visit> void forEachRead(Visit visit) {
    for (unsigned row : schedule.rows)
      for (const UnrolledRead &read : table.rows[row].reads)
        visit(row, read);
  }

  bool readsTokens() {
    bool any = false;
    forEachRead([&](unsigned, const UnrolledRead &read) { any |= read.kind == UnrolledRead::Slice; });
    return any;
  }

  bool carries() {
    bool any = false;
    forEachRead([&](unsigned row, const UnrolledRead &read) {
      any |= read.kind == UnrolledRead::Row && schedule.carriedOver(row, read) > 0;
    });
    return any;
  }

  /// How many iterations after its own a row's slice lies: 0 for x[i], -1 for x[i-1]; what lies ahead counts as 0,
  /// since the loop may read it.
  int64_t lag(const MovingSlice &slice) {
    auto [stride, offset] = schedule.position(slice);
    int64_t extent = slice.sample.getSourceType().getDimSize(slice.dim);
    int64_t start = stride > 0 || ShapedType::isDynamic(extent) ? 0 : extent - slice.sample.getStaticSizes()[slice.dim];
    int64_t iterations = llvm::divideFloorSigned(offset - start, stride);
    return std::clamp<int64_t>(iterations, -table.iterations, 0);
  }

  /// A row can be computed as soon as the latest of what it reads is there. Fails where rows wait for each other, which
  /// happens in the wrong direction.
  bool findShifts() {
    constexpr int64_t unknown = std::numeric_limits<int64_t>::min();
    llvm::DenseMap<unsigned, int64_t> ready;
    for (unsigned row : schedule.rows)
      ready[row] = unknown;
    forEachRead([&](unsigned row, const UnrolledRead &read) {
      if (read.kind == UnrolledRead::Slice)
        ready[row] = std::max(ready[row], lag(table.slices[read.index]));
    });
    // Rows that no token reaches come last: they follow those that the tokens have placed.
    for (bool placeRest : {false, true}) {
      bool changed = true;
      for (size_t round = 0; changed; ++round) {
        if (round > schedule.rows.size() + 1)
          return false;
        changed = false;
        forEachRead([&](unsigned row, const UnrolledRead &read) {
          if (read.kind != UnrolledRead::Row || ready[read.index] == unknown)
            return;
          int64_t distance = schedule.reversed ? -read.distance : read.distance;
          if (ready[read.index] - distance > ready[row]) {
            ready[row] = ready[read.index] - distance;
            changed = true;
          }
        });
      }
      for (auto &[row, time] : ready)
        time = placeRest || time != unknown ? time : 0;
    }
    for (auto [row, time] : ready)
      schedule.shifts[row] = -time;
    delayOutputs();
    for (int64_t round = 0; round < kMostDelays; ++round)
      for (unsigned row : rowsToDelay(table, schedule))
        --schedule.shifts[row];
    return llvm::all_of(schedule.stacks, [&](const RowStack &stack) { return schedule.carriedOver(stack) >= 0; });
  }

  /// Rows that feed no state need not be computed before a stack or another such row wants them: what they read is
  /// carried instead, and there is less of it.
  void delayOutputs() {
    struct Use {
      unsigned user;
      int64_t distance;
    };
    llvm::DenseMap<unsigned, SmallVector<Use>> uses;
    llvm::DenseMap<unsigned, unsigned> waiting;
    forEachRead([&](unsigned row, const UnrolledRead &read) {
      if (read.kind != UnrolledRead::Row)
        return;
      uses[read.index].push_back({row, schedule.reversed ? -read.distance : read.distance});
      ++waiting[read.index];
    });
    llvm::DenseMap<unsigned, int64_t> leastShift;
    for (const RowStack &stack : schedule.stacks) {
      int64_t shift = schedule.reversed ? stack.read.distance : -stack.read.distance;
      auto [place, isNew] = leastShift.insert({stack.read.index, shift});
      place->second = std::max(place->second, shift);
    }
    SmallVector<unsigned> done;
    for (unsigned row : schedule.rows)
      if (!waiting.lookup(row))
        done.push_back(row);
    while (!done.empty()) {
      unsigned row = done.pop_back_val();
      std::optional<int64_t> least;
      if (auto stack = leastShift.find(row); stack != leastShift.end())
        least = stack->second;
      for (auto [user, distance] : uses[row])
        least = std::max(least.value_or(schedule.shifts[user] - distance), schedule.shifts[user] - distance);
      if (least)
        schedule.shifts[row] = std::min(schedule.shifts[row], *least);
      for (const UnrolledRead &read : table.rows[row].reads)
        if (read.kind == UnrolledRead::Row && --waiting[read.index] == 0)
          done.push_back(read.index);
    }
  }

  /// Rows behind those that they read in the same iteration.
  void order() {
    llvm::SetVector<unsigned> ordered;
    llvm::DenseSet<unsigned> entered;
    for (unsigned root : schedule.rows) {
      SmallVector<std::pair<unsigned, bool>> open{{root, false}};
      while (!open.empty()) {
        auto [row, isLeft] = open.pop_back_val();
        if (isLeft) {
          ordered.insert(row);
          continue;
        }
        if (!entered.insert(row).second)
          continue;
        open.push_back({row, true});
        for (const UnrolledRead &read : table.rows[row].reads)
          if (read.kind == UnrolledRead::Row && schedule.carriedOver(row, read) == 0)
            open.push_back({read.index, false});
      }
    }
    schedule.rows = ordered.takeVector();
  }

  void findRange() {
    schedule.begin = 0;
    schedule.end = schedule.iterations;
    for (unsigned row : schedule.rows) {
      const UnrolledRow &made = table.rows[row];
      int64_t low = schedule.reversed ? schedule.column(made.high) : made.low;
      int64_t high = schedule.reversed ? schedule.column(made.low) : made.high;
      int64_t shift = schedule.shifts[row];
      schedule.begin = std::max(schedule.begin, low - shift);
      // What a row would compute beyond the last iteration is dead.
      if (high < schedule.iterations - 1)
        schedule.end = std::min(schedule.end, high + 1 - shift);
    }
  }

  const UnrolledTable &table;
  RerollSchedule &schedule;
};

} // namespace

std::vector<RerollSchedule> scheduleRows(const UnrolledTable &table, ArrayRef<RowStack> stacks,
                                         ArrayRef<unsigned> roots) {
  llvm::EquivalenceClasses<unsigned> together;
  for (auto [index, row] : llvm::enumerate(table.rows)) {
    together.insert(index);
    for (const UnrolledRead &read : row.reads)
      if (read.kind == UnrolledRead::Row)
        together.unionSets(index, read.index);
  }
  llvm::MapVector<unsigned, RerollSchedule> groups;
  for (const RowStack &stack : stacks)
    groups[together.getLeaderValue(stack.read.index)].stacks.push_back(stack);
  for (unsigned root : roots)
    groups.insert({together.getLeaderValue(root), RerollSchedule()});
  for (unsigned row = 0; row < table.rows.size(); ++row)
    if (auto group = groups.find(together.getLeaderValue(row)); group != groups.end())
      group->second.rows.push_back(row);
  std::vector<RerollSchedule> schedules;
  for (auto &[leader, group] : groups)
    for (bool reversed : {false, true}) {
      RerollSchedule schedule = group;
      schedule.iterations = table.iterations;
      schedule.reversed = reversed;
      if (Scheduler(table, schedule).run()) {
        schedules.push_back(std::move(schedule));
        break;
      }
    }
  return schedules;
}

} // namespace heddle
