#include "passes/tile/LoopKernels.h"

using namespace mlir;

namespace heddle {

namespace {

// Below this many points a task costs more to start than to run, so outer loops move into it.
constexpr int64_t kMinTaskPoints = 512;
// The points of one task where a long contiguous loop is split.
constexpr int64_t kPointwiseBlock = 1024;
constexpr int64_t kMaxUnsplitInner = 4096;
// Accumulators of a lane reduction: 1 KB of f32 stay in the first-level cache beside the operands.
constexpr int64_t kLaneBlock = 256;
// What an unknown trip count stands for in estimates.
constexpr int64_t kUnknownTrips = 256;

/// How well `loop` serves as the innermost one: unit strides count for it, other strides against it.
int scoreInner(const IterationSpace &space, unsigned loop) {
  int score = 0;
  for (auto [index, access] : llvm::enumerate(space.accesses)) {
    if (!access.usesLoop(loop))
      continue;
    bool isOutput = index >= space.numInputs;
    score += access.unitStrideLoop() == loop ? (isOutput ? 3 : 2) : -2;
  }
  int64_t size = space.loops[loop].staticSize();
  return !ShapedType::isDynamic(size) && size < 4 ? score - 3 : score;
}

std::optional<unsigned> chooseInner(const IterationSpace &space) {
  std::optional<unsigned> best;
  for (unsigned loop = 0; loop < space.loops.size(); ++loop)
    if (!best || scoreInner(space, loop) >= scoreInner(space, *best))
      best = loop;
  return best;
}

/// The loop along which an operand is contiguous that jumps along the innermost loop: both together stay in few cache
/// lines when they advance in squares.
std::optional<unsigned> findCross(const IterationSpace &space, unsigned inner) {
  auto isLong = [&](unsigned loop) {
    int64_t size = space.loops[loop].staticSize();
    return ShapedType::isDynamic(size) || size >= kCrossTile;
  };
  for (const Access &access : space.accesses) {
    std::optional<unsigned> unit = access.unitStrideLoop();
    if (unit && unit != inner && access.usesLoop(inner) && isLong(*unit) && isLong(inner))
      return unit;
  }
  return std::nullopt;
}

/// Moves static loops from the tasks into them until one task is worth starting.
void coarsenTasks(const IterationSpace &space, LoopSchedule &schedule) {
  auto pointsPerTask = [&] {
    SmallVector<unsigned> inside(schedule.sequential);
    inside.append(schedule.reductions);
    if (schedule.inner)
      inside.push_back(*schedule.inner);
    return space.estimateTrips(inside, kUnknownTrips);
  };
  while (schedule.tasks.size() > 1 && pointsPerTask() < kMinTaskPoints &&
         !ShapedType::isDynamic(space.loops[schedule.tasks.back()].staticSize()))
    schedule.sequential.insert(schedule.sequential.begin(), schedule.tasks.pop_back_val());
}

/// Splits the innermost loop where it is long or the only source of parallel work.
void blockInner(const IterationSpace &space, LoopSchedule &schedule) {
  const LoopInfo &inner = space.loops[*schedule.inner];
  if (inner.isReduction)
    return;
  int64_t size = inner.staticSize();
  bool hasLanes = !schedule.reductions.empty();
  bool isLong = ShapedType::isDynamic(size) || size > (hasLanes ? kPointwiseBlock : kMaxUnsplitInner);
  bool isOnlyParallelLoop = space.estimateTrips(schedule.tasks, kUnknownTrips) == 1;
  int64_t block = hasLanes ? kLaneBlock : kPointwiseBlock;
  if (isLong || (isOnlyParallelLoop && size > block))
    schedule.innerBlock = block;
}

} // namespace

/// Whether an output has an element for each trip of a reduction loop: a producer that fusion has joined to a reduction
/// and whose own result is still used.
static bool storesInsideReduction(const IterationSpace &space) {
  return llvm::any_of(space.loopsOfKind(/*reduction=*/true), [&](unsigned loop) {
    return llvm::any_of(space.outputs(), [&](const Access &output) { return output.usesLoop(loop); });
  });
}

LoopSchedule chooseSchedule(const IterationSpace &space) {
  LoopSchedule schedule;
  // No accumulators then: every point loads and stores all outputs.
  if (storesInsideReduction(space)) {
    schedule.tasks = space.loopsOfKind(/*reduction=*/false);
    schedule.sequential = space.loopsOfKind(/*reduction=*/true);
    return schedule;
  }
  // One value per row: a task each, so that it can join a kernel over the same rows.
  if (space.loops.size() == 1 && !space.loops[0].isReduction && ShapedType::isDynamic(space.loops[0].staticSize())) {
    schedule.tasks = {0};
    return schedule;
  }
  schedule.inner = chooseInner(space);
  if (schedule.inner && space.loopsOfKind(/*reduction=*/true).empty())
    schedule.cross = findCross(space, *schedule.inner);
  for (unsigned loop = 0; loop < space.loops.size(); ++loop) {
    if (loop == schedule.inner || loop == schedule.cross)
      continue;
    (space.loops[loop].isReduction ? schedule.reductions : schedule.tasks).push_back(loop);
  }
  if (!schedule.inner || schedule.cross)
    return schedule;
  coarsenTasks(space, schedule);
  blockInner(space, schedule);
  return schedule;
}

} // namespace heddle
