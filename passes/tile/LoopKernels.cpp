#include "passes/tile/LoopKernels.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace heddle {

namespace {

/// Emits one kernel. `ivs` holds the current value of every loop, filled from the outside in.
class KernelEmitter {
public:
  KernelEmitter(OpBuilder &builder, Location loc, const IterationSpace &space, const LoopSchedule &schedule,
                const ScalarBody &body, const LoopKernelOptions &options)
      : builder(builder), loc(loc), space(space), schedule(schedule), body(body), options(options),
        ivs(space.loops.size()) {}

  void emit();

private:
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value sizeOf(unsigned loop) { return getValueOrCreateConstantIndexOp(builder, loc, space.loops[loop].size); }
  int64_t workPerTask() const;
  std::pair<Value, Value> blockRange(unsigned loop, Value index, int64_t block);

  void emitTasks(llvm::function_ref<void(ValueRange)> emitTask);
  void emitSequential(ArrayRef<unsigned> loops, llvm::function_ref<void()> emitInside);
  void emitTaskBody();
  void emitCrossed();
  void emitInner(llvm::function_ref<void()> emitPoint);
  void emitPoint();
  void emitScalarReduction();
  void emitLaneReduction();
  SmallVector<Value> emitReductionLoops(ArrayRef<unsigned> loops, ValueRange accumulators);

  Value loadOperand(const Access &access);
  SmallVector<Value> loadOperands(ValueRange accumulators);
  void storeOutputs(ValueRange values);

  OpBuilder &builder;
  Location loc;
  const IterationSpace &space;
  const LoopSchedule &schedule;
  const ScalarBody &body;
  const LoopKernelOptions &options;
  SmallVector<Value> ivs;
  Value innerBegin, innerEnd; // the range of the innermost loop in this task
  Value crossBegin, crossEnd; // that of the crossing loop
};

//===--- tasks ----------------------------------------------------------------------------===//

int64_t KernelEmitter::workPerTask() const {
  constexpr int64_t unknownTrips = 256;
  SmallVector<unsigned> inside(schedule.sequential);
  inside.append(schedule.reductions);
  int64_t innerTrips = schedule.innerBlock;
  if (!innerTrips && schedule.inner)
    innerTrips = space.estimateTrips(*schedule.inner, unknownTrips) * (schedule.cross ? kCrossTile : 1);
  return space.estimateTrips(inside, unknownTrips) * std::max<int64_t>(innerTrips, 1) * options.flopsPerPoint;
}

void KernelEmitter::emitTasks(llvm::function_ref<void(ValueRange)> emitTask) {
  SmallVector<Value> counts;
  for (unsigned loop : schedule.tasks)
    counts.push_back(sizeOf(loop));
  if (schedule.innerBlock)
    counts.push_back(arith::CeilDivSIOp::create(builder, loc, sizeOf(*schedule.inner), constant(schedule.innerBlock)));
  if (schedule.cross)
    counts.push_back(arith::CeilDivSIOp::create(builder, loc, sizeOf(*schedule.cross), constant(kCrossTile)));
  if (counts.empty())
    counts.push_back(constant(1));
  SmallVector<Value> zeros(counts.size(), constant(0)), ones(counts.size(), constant(1));
  if (!options.parallel) {
    scf::buildLoopNest(builder, loc, zeros, counts, ones,
                       [&](OpBuilder &, Location, ValueRange taskIvs) { emitTask(taskIvs); });
    return;
  }
  auto parallel = scf::ParallelOp::create(builder, loc, zeros, counts, ones);
  parallel->setAttr("heddle.kernel", builder.getStringAttr(options.kernelName));
  parallel->setAttr("heddle.work", builder.getI64IntegerAttr(workPerTask()));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(parallel.getBody());
  emitTask(parallel.getInductionVars());
}

/// From `index * block` to one block further, or to the end of the loop.
std::pair<Value, Value> KernelEmitter::blockRange(unsigned loop, Value index, int64_t block) {
  Value begin = arith::MulIOp::create(builder, loc, index, constant(block));
  Value end = arith::AddIOp::create(builder, loc, begin, constant(block));
  return {begin, arith::MinSIOp::create(builder, loc, end, sizeOf(loop))};
}

void KernelEmitter::emit() {
  emitTasks([&](ValueRange taskIvs) {
    for (auto [loop, iv] : llvm::zip(schedule.tasks, taskIvs))
      ivs[loop] = iv;
    if (schedule.inner) {
      innerBegin = constant(0);
      innerEnd = sizeOf(*schedule.inner);
    }
    if (schedule.innerBlock)
      std::tie(innerBegin, innerEnd) = blockRange(*schedule.inner, taskIvs.back(), schedule.innerBlock);
    if (schedule.cross)
      std::tie(crossBegin, crossEnd) = blockRange(*schedule.cross, taskIvs.back(), kCrossTile);
    emitSequential(schedule.sequential, [&] { emitTaskBody(); });
  });
}

void KernelEmitter::emitSequential(ArrayRef<unsigned> loops, llvm::function_ref<void()> emitInside) {
  if (loops.empty())
    return emitInside();
  auto loop = scf::ForOp::create(builder, loc, constant(0), sizeOf(loops.front()), constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  ivs[loops.front()] = loop.getInductionVar();
  emitSequential(loops.drop_front(), emitInside);
}

void KernelEmitter::emitTaskBody() {
  if (!schedule.inner)
    return emitPoint();
  if (schedule.cross)
    return emitCrossed();
  if (space.loops[*schedule.inner].isReduction)
    return emitScalarReduction();
  if (!schedule.reductions.empty())
    return emitLaneReduction();
  emitInner([&] { emitPoint(); });
}

void KernelEmitter::emitCrossed() {
  Value blocks = arith::CeilDivSIOp::create(builder, loc, sizeOf(*schedule.inner), constant(kCrossTile));
  auto blockLoop = scf::ForOp::create(builder, loc, constant(0), blocks, constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(blockLoop.getBody());
  std::tie(innerBegin, innerEnd) = blockRange(*schedule.inner, blockLoop.getInductionVar(), kCrossTile);
  auto crossLoop = scf::ForOp::create(builder, loc, crossBegin, crossEnd, constant(1));
  builder.setInsertionPointToStart(crossLoop.getBody());
  ivs[*schedule.cross] = crossLoop.getInductionVar();
  emitInner([&] { emitPoint(); });
}

void KernelEmitter::emitInner(llvm::function_ref<void()> emitInside) {
  auto loop = scf::ForOp::create(builder, loc, innerBegin, innerEnd, constant(1));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  ivs[*schedule.inner] = loop.getInductionVar();
  emitInside();
}

//===--- points ---------------------------------------------------------------------------===//

Value KernelEmitter::loadOperand(const Access &access) {
  if (access.isScalar())
    return access.base;
  return memref::LoadOp::create(builder, loc, access.base, materializeIndices(builder, loc, access, ivs));
}

/// One value per operand: loaded, or taken from `accumulators` for the outputs of a reduction. Operands that the body
/// ignores stay null.
SmallVector<Value> KernelEmitter::loadOperands(ValueRange accumulators) {
  SmallVector<Value> values;
  for (auto [index, access] : llvm::enumerate(space.accesses)) {
    if (index >= space.numInputs && !accumulators.empty())
      values.push_back(accumulators[index - space.numInputs]);
    else
      values.push_back(options.usedOperands[index] ? loadOperand(access) : Value());
  }
  return values;
}

void KernelEmitter::storeOutputs(ValueRange values) {
  for (auto [access, value] : llvm::zip_equal(space.outputs(), values))
    memref::StoreOp::create(builder, loc, value, access.base, materializeIndices(builder, loc, access, ivs));
}

void KernelEmitter::emitPoint() { storeOutputs(body(builder, loc, ivs, loadOperands({}))); }

//===--- reductions -----------------------------------------------------------------------===//

/// Loops carrying the accumulators; returns their last values.
SmallVector<Value> KernelEmitter::emitReductionLoops(ArrayRef<unsigned> loops, ValueRange accumulators) {
  if (loops.empty())
    return body(builder, loc, ivs, loadOperands(accumulators));
  auto loop = scf::ForOp::create(builder, loc, constant(0), sizeOf(loops.front()), constant(1), accumulators);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  ivs[loops.front()] = loop.getInductionVar();
  scf::YieldOp::create(builder, loc, emitReductionLoops(loops.drop_front(), loop.getRegionIterArgs()));
  return llvm::to_vector_of<Value>(loop.getResults());
}

void KernelEmitter::emitScalarReduction() {
  SmallVector<Value> initial;
  for (const Access &access : space.outputs())
    initial.push_back(loadOperand(access));
  SmallVector<unsigned> loops(schedule.reductions);
  loops.push_back(*schedule.inner);
  storeOutputs(emitReductionLoops(loops, initial));
}

void KernelEmitter::emitLaneReduction() {
  int64_t lanes = schedule.innerBlock ? schedule.innerBlock : space.loops[*schedule.inner].staticSize();
  SmallVector<Value> accumulators;
  for (const Access &access : space.outputs())
    accumulators.push_back(
        memref::AllocaOp::create(builder, loc, MemRefType::get({lanes}, access.type().getElementType())));
  auto lane = [&] { return arith::SubIOp::create(builder, loc, ivs[*schedule.inner], innerBegin).getResult(); };
  auto loadLanes = [&] {
    return llvm::map_to_vector(accumulators,
                               [&](Value acc) -> Value { return memref::LoadOp::create(builder, loc, acc, lane()); });
  };
  auto storeLanes = [&](ValueRange values) {
    for (auto [acc, value] : llvm::zip_equal(accumulators, values))
      memref::StoreOp::create(builder, loc, value, acc, lane());
  };

  emitInner([&] {
    storeLanes(llvm::map_to_vector(space.outputs(), [&](const Access &access) { return loadOperand(access); }));
  });
  emitSequential(schedule.reductions,
                 [&] { emitInner([&] { storeLanes(body(builder, loc, ivs, loadOperands(loadLanes()))); }); });
  emitInner([&] { storeOutputs(loadLanes()); });
}

} // namespace

void emitLoopKernel(OpBuilder &builder, Location loc, const IterationSpace &space, const LoopSchedule &schedule,
                    const ScalarBody &body, const LoopKernelOptions &options) {
  KernelEmitter(builder, loc, space, schedule, body, options).emit();
}

} // namespace heddle
