#include "passes/kernels/MatmulKernel.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/kernels/MatmulEmitter.h"

using namespace mlir;

namespace heddle::matmul {

// Row counts of the register tiles, largest first: 8 x 3 accumulators leave registers for the panel and a broadcast.
static constexpr int64_t kTileRows[] = {8, 4, 1};
static constexpr int64_t kTaskRows = 128;
static constexpr int64_t kTaskPanels = 4;

//===--- tasks and blocks -------------------------------------------------------------------===//

void MatmulEmitter::forLoop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> emitBody) {
  auto loop = scf::ForOp::create(builder, loc, begin, end, constant(step));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(loop.getBody());
  emitBody(loop.getInductionVar());
}

scf::ParallelOp MatmulEmitter::emitTaskLoop() {
  SmallVector<Value> counts;
  for (unsigned loop : c.outer)
    counts.push_back(sizeOf(loop));
  counts.push_back(c.m ? ceilDiv(sizeOf(*c.m), kTaskRows) : constant(1));
  counts.push_back(ceilDiv(sizeOf(c.n), kPanelWidth * kTaskPanels));
  SmallVector<Value> zeros(counts.size(), constant(0)), ones(counts.size(), constant(1));
  auto parallel = scf::ParallelOp::create(builder, loc, zeros, counts, ones);

  auto bounded = [&](int64_t size, int64_t bound) {
    return ShapedType::isDynamic(size) ? bound : std::min(size, bound);
  };
  int64_t points = bounded(staticRows(), kTaskRows) * bounded(staticSize(c.n), kPanelWidth * kTaskPanels);
  int64_t depth = c.space.estimateTrips(c.k, /*dynamicSize=*/kStretch);
  parallel->setAttr("heddle.kernel", builder.getStringAttr("matmul"));
  parallel->setAttr("heddle.work", builder.getI64IntegerAttr(2 * points * depth));
  return parallel;
}

void MatmulEmitter::emit() {
  scf::ParallelOp parallel = emitTaskLoop();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(parallel.getBody());
  emitTask(parallel.getInductionVars());
}

void MatmulEmitter::emitTask(ValueRange taskIvs) {
  for (auto [loop, iv] : llvm::zip(c.outer, taskIvs))
    ivs[loop] = iv;
  Value rowBlock = taskIvs.drop_back().back(), columnBlock = taskIvs.back();
  rowBegin = mul(rowBlock, kTaskRows);
  rowEnd = c.m ? min(addConstant(rowBegin, kTaskRows), sizeOf(*c.m)) : constant(1);
  panelBegin = mul(columnBlock, kTaskPanels);
  panelEnd = min(addConstant(panelBegin, kTaskPanels), ceilDiv(sizeOf(c.n), kPanelWidth));
  if (packsPanel())
    stackPanel = memref::AllocaOp::create(builder, loc, MemRefType::get({kStretch, kPanelWidth}, builder.getF32Type()),
                                          builder.getI64IntegerAttr(64));
  emitStretches();
}

void MatmulEmitter::emitStretches() {
  Value depth = sizeOf(c.k);
  int64_t staticDepth = staticSize(c.k);
  auto emitPanels = [&] { forLoop(panelBegin, panelEnd, 1, [&](Value panel) { emitPanel(panel); }); };
  if (!ShapedType::isDynamic(staticDepth) && staticDepth <= kStretch) {
    kBegin = constant(0);
    kEnd = depth;
    return emitPanels();
  }
  // An empty sum still runs one stretch, which writes the zeros of a fill that joined the kernel.
  Value end = arith::MaxSIOp::create(builder, loc, depth, constant(1));
  forLoop(constant(0), end, kStretch, [&](Value begin) {
    kBegin = begin;
    kEnd = min(addConstant(begin, kStretch), depth);
    emitPanels();
  });
}

void MatmulEmitter::emitPanel(Value panel) {
  panelIndex = panel;
  ivs[c.n] = mul(panel, kPanelWidth);
  int64_t columns = staticSize(c.n), rest = columns % kPanelWidth;
  if (ShapedType::isDynamic(columns) || rest == 0)
    return emitColumns(ShapedType::isDynamic(columns) ? columns : kPanelWidth);
  if (columns < kPanelWidth)
    return emitColumns(columns);
  Value isLast = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, panel, constant(columns / kPanelWidth));
  auto branch = scf::IfOp::create(builder, loc, isLast, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emitColumns(rest);
  builder.setInsertionPointToStart(branch.elseBlock());
  emitColumns(kPanelWidth);
}

/// The panel, of which this many columns exist. Where that is a constant, parts without any cost nothing.
void MatmulEmitter::emitColumns(int64_t columns) {
  bool isDynamic = ShapedType::isDynamic(columns);
  parts = isDynamic ? kPanelParts : llvm::divideCeil(columns, kLanes);
  masks.clear();
  if (isDynamic || columns % kLanes != 0) {
    Value left = isDynamic ? sub(sizeOf(c.n), ivs[c.n]) : constant(columns);
    for (int64_t part = 0; part < parts; ++part) {
      bool isWhole = !isDynamic && (part + 1) * kLanes <= columns;
      masks.push_back(isWhole ? Value()
                              : vector::CreateMaskOp::create(builder, loc, VectorType::get(kLanes, builder.getI1Type()),
                                                             sub(left, constant(part * kLanes))));
    }
  }
  if (packsPanel())
    packPanel();
  emitTiles();
  if (epilogue)
    emitEpilogue();
}

/// Covers the rows of the task with the largest tiles that fit, then the smaller ones.
void MatmulEmitter::emitTiles() {
  Value begin = rowBegin;
  int64_t left = staticRows();
  for (int64_t rows : kTileRows) {
    if (!ShapedType::isDynamic(left) && left < rows)
      continue;
    bool isLast = rows == 1 || (!ShapedType::isDynamic(left) && left % rows == 0);
    Value whole = arith::DivSIOp::create(builder, loc, sub(rowEnd, begin), constant(rows));
    Value end = isLast ? rowEnd : add(begin, mul(whole, rows));
    forLoop(begin, end, rows, [&](Value row) { emitTile(rows, row); });
    if (isLast)
      return;
    begin = end;
    left = ShapedType::isDynamic(left) ? left : left % rows;
  }
}

} // namespace heddle::matmul

void heddle::emitMatmulKernel(OpBuilder &builder, Location loc, const Contraction &contraction, bool startFromZero,
                              const Epilogue *epilogue) {
  matmul::MatmulEmitter(builder, loc, contraction, startFromZero, epilogue).emit();
}
