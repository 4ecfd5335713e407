#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/kernels/MatmulEmitter.h"

using namespace mlir;

namespace heddle::matmul {

// Fewer rows than this do not pay for packing a panel.
static constexpr int64_t kMinRowsToPack = 8;

//===--- the register tile ----------------------------------------------------------------===//

void MatmulEmitter::emitTile(int64_t rows, Value row) {
  SmallVector<Value> tile;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t part = 0; part < parts; ++part)
      tile.push_back(loadTile(addConstant(row, r), part));

  auto loop = scf::ForOp::create(builder, loc, kBegin, kEnd, constant(1), tile);
  {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(loop.getBody());
    Value k = loop.getInductionVar();
    SmallVector<Value> panel, next;
    for (int64_t part = 0; part < parts; ++part)
      panel.push_back(loadPanel(k, part));
    for (int64_t r = 0; r < rows; ++r) {
      Value lhs = vector::BroadcastOp::create(builder, loc, panel[0].getType(), loadLhs(addConstant(row, r), k));
      for (int64_t part = 0; part < parts; ++part)
        next.push_back(
            vector::FMAOp::create(builder, loc, lhs, panel[part], loop.getRegionIterArgs()[r * parts + part]));
    }
    scf::YieldOp::create(builder, loc, next);
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t part = 0; part < parts; ++part)
      storeTile(addConstant(row, r), part, loop.getResult(r * parts + part));
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

SmallVector<Value> MatmulEmitter::outIndices(Value row, int64_t part) {
  SmallVector<Value> point = ivs;
  if (c.m)
    point[*c.m] = row;
  point[c.k] = kBegin; // the output does not depend on k
  point[c.n] = addConstant(ivs[c.n], part * kLanes);
  return materializeIndices(builder, loc, c.out(), point);
}

Value MatmulEmitter::loadTile(Value row, int64_t part) {
  auto type = VectorType::get(kLanes, builder.getF32Type());
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(type));
  auto first = getConstantIntValue(kBegin);
  if (startFromZero && first)
    return zero;
  Value old = loadVector(c.out().base, outIndices(row, part), columnMask(part));
  if (!startFromZero)
    return old;
  Value isFirst = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, kBegin, constant(0));
  return arith::SelectOp::create(builder, loc, isFirst, zero, old);
}

void MatmulEmitter::storeVector(Value base, ValueRange indices, Value mask, Value value) {
  if (mask)
    vector::MaskedStoreOp::create(builder, loc, base, indices, mask, value);
  else
    vector::StoreOp::create(builder, loc, value, base, indices);
}

void MatmulEmitter::storeTile(Value row, int64_t part, Value value) {
  storeVector(c.out().base, outIndices(row, part), columnMask(part), value);
}

//===--- the panel of the right operand -----------------------------------------------------===//

bool MatmulEmitter::packsPanel() const {
  if (c.rhsLayout == RhsLayout::Panels)
    return false;
  int64_t rows = staticRows();
  return c.rhsLayout == RhsLayout::Strided || ShapedType::isDynamic(rows) || rows >= kMinRowsToPack;
}

/// Columns of rhs at k, read where they lie.
Value MatmulEmitter::loadRhs(Value k, int64_t part) {
  SmallVector<Value> point = ivs;
  if (c.m)
    point[*c.m] = rowBegin; // rhs does not depend on the row
  point[c.k] = k;
  point[c.n] = addConstant(ivs[c.n], part * kLanes);
  return toF32(loadVector(c.rhs().base, materializeIndices(builder, loc, c.rhs(), point), columnMask(part)));
}

Value MatmulEmitter::loadPanel(Value k, int64_t part) {
  Value column = constant(part * kLanes);
  if (c.rhsLayout == RhsLayout::Panels)
    return toF32(loadVector(c.rhs().base, {panelIndex, k, column}, Value()));
  if (stackPanel)
    return loadVector(stackPanel, {sub(k, kBegin), column}, Value());
  return loadRhs(k, part);
}

/// Copies the stretch of the panel to the stack as [k, 32] in f32. Columns that do not exist keep whatever was there:
/// they only reach lanes that are never stored.
void MatmulEmitter::packPanel() {
  if (c.rhsLayout == RhsLayout::RowMajor) {
    forLoop(kBegin, kEnd, 1, [&](Value k) {
      for (int64_t part = 0; part < parts; ++part)
        vector::StoreOp::create(builder, loc, loadRhs(k, part), stackPanel,
                                ValueRange{sub(k, kBegin), constant(part * kLanes)});
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

} // namespace heddle::matmul
