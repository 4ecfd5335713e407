#include "passes/kernels/MatmulKernel.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace heddle {

namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kHalves = kPanelWidth / kLanes;
// Row counts of the register tiles, largest first: 8 x 2 accumulators leave registers for the panel and a broadcast.
constexpr int64_t kTileRows[] = {8, 4, 1};
constexpr int64_t kTaskRows = 128;
constexpr int64_t kTaskPanels = 4;
// A packed stretch of this many k is 32 KB.
constexpr int64_t kStretch = 256;
// Fewer rows than this do not pay for packing a panel.
constexpr int64_t kMinRowsToPack = 8;

/// Emits one kernel; members are the values of the loops around the point of insertion.
class MatmulEmitter {
public:
  MatmulEmitter(OpBuilder &builder, Location loc, const Contraction &contraction, bool startFromZero)
      : builder(builder), loc(loc), c(contraction), startFromZero(startFromZero), ivs(c.space.loops.size()) {}

  void emit();

private:
  // small arithmetic
  Value constant(int64_t value) { return arith::ConstantIndexOp::create(builder, loc, value); }
  Value sizeOf(unsigned loop) { return getValueOrCreateConstantIndexOp(builder, loc, c.space.loops[loop].size); }
  Value add(Value a, Value b) { return arith::AddIOp::create(builder, loc, a, b); }
  Value addConstant(Value a, int64_t b) { return b ? add(a, constant(b)) : a; }
  Value mul(Value a, int64_t b) { return arith::MulIOp::create(builder, loc, a, constant(b)); }
  Value sub(Value a, Value b) { return arith::SubIOp::create(builder, loc, a, b); }
  Value min(Value a, Value b) { return arith::MinSIOp::create(builder, loc, a, b); }
  Value ceilDiv(Value a, int64_t b) { return arith::CeilDivSIOp::create(builder, loc, a, constant(b)); }
  int64_t staticSize(unsigned loop) const { return c.space.loops[loop].staticSize(); }
  int64_t staticRows() const { return c.m ? staticSize(*c.m) : 1; }
  void forLoop(Value begin, Value end, int64_t step, llvm::function_ref<void(Value)> emitBody);

  // structure, from the outside in
  scf::ParallelOp emitTaskLoop();
  void emitTask(ValueRange taskIvs);
  void emitStretches();
  void emitPanel(Value panel);
  void emitTiles();
  void emitTile(int64_t rows, Value row);

  // data
  bool packsPanel() const;
  bool masksColumns() const { return ShapedType::isDynamic(staticSize(c.n)) || staticSize(c.n) % kPanelWidth != 0; }
  Value columnMask(int64_t half) { return masks.empty() ? Value() : masks[half]; }
  void packPanel();
  Value loadPanel(Value k, int64_t half);
  Value loadRhs(Value k, int64_t half);
  Value loadLhs(Value row, Value k);
  Value toF32(Value value);
  Value loadVector(Value base, ValueRange indices, Value mask);
  SmallVector<Value> outIndices(Value row, int64_t half);
  Value loadTile(Value row, int64_t half);
  void storeTile(Value row, int64_t half, Value value);

  OpBuilder &builder;
  Location loc;
  const Contraction &c;
  bool startFromZero;
  SmallVector<Value> ivs;
  Value rowBegin, rowEnd, panelBegin, panelEnd; // of this task
  Value kBegin, kEnd;                           // of this stretch
  Value panelIndex, stackPanel;                 // of this panel
  SmallVector<Value> masks;                     // columns of this panel that exist, by half
};

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
  masks.clear();
  if (masksColumns()) {
    Value left = sub(sizeOf(c.n), ivs[c.n]);
    for (int64_t half = 0; half < kHalves; ++half)
      masks.push_back(vector::CreateMaskOp::create(builder, loc, VectorType::get(kLanes, builder.getI1Type()),
                                                   sub(left, constant(half * kLanes))));
  }
  if (packsPanel())
    packPanel();
  emitTiles();
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

//===--- the register tile ----------------------------------------------------------------===//

void MatmulEmitter::emitTile(int64_t rows, Value row) {
  SmallVector<Value> tile;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t half = 0; half < kHalves; ++half)
      tile.push_back(loadTile(addConstant(row, r), half));

  auto loop = scf::ForOp::create(builder, loc, kBegin, kEnd, constant(1), tile);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    SmallVector<Value> panel, next;
    for (int64_t half = 0; half < kHalves; ++half)
      panel.push_back(loadPanel(k, half));
    for (int64_t r = 0; r < rows; ++r) {
      Value lhs = vector::BroadcastOp::create(builder, loc, panel[0].getType(), loadLhs(addConstant(row, r), k));
      for (int64_t half = 0; half < kHalves; ++half)
        next.push_back(
            vector::FMAOp::create(builder, loc, lhs, panel[half], loop.getRegionIterArgs()[r * kHalves + half]));
    }
    scf::YieldOp::create(builder, loc, next);
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t half = 0; half < kHalves; ++half)
      storeTile(addConstant(row, r), half, loop.getResult(r * kHalves + half));
}

Value MatmulEmitter::toF32(Value value) {
  Type f32 = builder.getF32Type();
  if (getElementTypeOrSelf(value) == f32)
    return value;
  auto vector = dyn_cast<VectorType>(value.getType());
  return arith::ExtFOp::create(builder, loc, vector ? Type(vector.clone(f32)) : f32, value);
}

Value MatmulEmitter::loadVector(Value base, ValueRange indices, Value mask) {
  auto type = VectorType::get(kLanes, cast<MemRefType>(base.getType()).getElementType());
  if (!mask)
    return vector::LoadOp::create(builder, loc, type, base, indices);
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  return vector::MaskedLoadOp::create(builder, loc, type, base, indices, mask, zero);
}

Value MatmulEmitter::loadLhs(Value row, Value k) {
  if (c.m)
    ivs[*c.m] = row;
  ivs[c.k] = k;
  return toF32(memref::LoadOp::create(builder, loc, c.lhs().base, materializeIndices(builder, loc, c.lhs(), ivs)));
}

SmallVector<Value> MatmulEmitter::outIndices(Value row, int64_t half) {
  SmallVector<Value> point = ivs;
  if (c.m)
    point[*c.m] = row;
  point[c.k] = kBegin; // the output does not depend on k
  point[c.n] = addConstant(ivs[c.n], half * kLanes);
  return materializeIndices(builder, loc, c.out(), point);
}

Value MatmulEmitter::loadTile(Value row, int64_t half) {
  auto type = VectorType::get(kLanes, builder.getF32Type());
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  auto first = getConstantIntValue(kBegin);
  if (startFromZero && first)
    return zero;
  Value old = loadVector(c.out().base, outIndices(row, half), columnMask(half));
  if (!startFromZero)
    return old;
  Value isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, kBegin, constant(0));
  return arith::SelectOp::create(builder, loc, isFirst, zero, old);
}

void MatmulEmitter::storeTile(Value row, int64_t half, Value value) {
  if (Value mask = columnMask(half))
    vector::MaskedStoreOp::create(builder, loc, c.out().base, outIndices(row, half), mask, value);
  else
    vector::StoreOp::create(builder, loc, value, c.out().base, outIndices(row, half));
}

//===--- the panel of the right operand -----------------------------------------------------===//

bool MatmulEmitter::packsPanel() const {
  if (c.rhsLayout == RhsLayout::Panels)
    return false;
  int64_t rows = staticRows();
  return c.rhsLayout == RhsLayout::Strided || ShapedType::isDynamic(rows) || rows >= kMinRowsToPack;
}

/// Columns of rhs at k, read where they lie.
Value MatmulEmitter::loadRhs(Value k, int64_t half) {
  SmallVector<Value> point = ivs;
  if (c.m)
    point[*c.m] = rowBegin; // rhs does not depend on the row
  point[c.k] = k;
  point[c.n] = addConstant(ivs[c.n], half * kLanes);
  return toF32(loadVector(c.rhs().base, materializeIndices(builder, loc, c.rhs(), point), columnMask(half)));
}

Value MatmulEmitter::loadPanel(Value k, int64_t half) {
  Value column = constant(half * kLanes);
  if (c.rhsLayout == RhsLayout::Panels)
    return toF32(loadVector(c.rhs().base, {panelIndex, k, column}, Value()));
  if (stackPanel)
    return loadVector(stackPanel, {sub(k, kBegin), column}, Value());
  return loadRhs(k, half);
}

/// Copies the stretch of the panel to the stack as [k, 32] in f32. Columns that do not exist keep whatever was there:
/// they only reach lanes that are never stored.
void MatmulEmitter::packPanel() {
  if (c.rhsLayout == RhsLayout::RowMajor) {
    forLoop(kBegin, kEnd, 1, [&](Value k) {
      for (int64_t half = 0; half < kHalves; ++half)
        vector::StoreOp::create(builder, loc, loadRhs(k, half), stackPanel,
                                ValueRange{sub(k, kBegin), constant(half * kLanes)});
    });
    return;
  }
  Value columns = min(sub(sizeOf(c.n), ivs[c.n]), constant(kPanelWidth));
  forLoop(constant(0), columns, 1, [&](Value column) {
    forLoop(kBegin, kEnd, 1, [&](Value k) {
      SmallVector<Value> point = ivs;
      if (c.m)
        point[*c.m] = rowBegin;
      point[c.k] = k;
      point[c.n] = add(ivs[c.n], column);
      Value element =
          memref::LoadOp::create(builder, loc, c.rhs().base, materializeIndices(builder, loc, c.rhs(), point));
      memref::StoreOp::create(builder, loc, toF32(element), stackPanel, ValueRange{sub(k, kBegin), column});
    });
  });
}

} // namespace

void emitMatmulKernel(OpBuilder &builder, Location loc, const Contraction &contraction, bool startFromZero) {
  MatmulEmitter(builder, loc, contraction, startFromZero).emit();
}

} // namespace heddle
