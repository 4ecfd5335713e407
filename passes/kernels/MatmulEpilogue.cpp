#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/IRMapping.h"
#include "passes/kernels/MatmulEmitter.h"

using namespace mlir;

namespace heddle::matmul {

/// `scalar` in all lanes.
static Value splat(OpBuilder &builder, Location loc, Value scalar) {
  return vector::BroadcastOp::create(builder, loc, VectorType::get(kLanes, scalar.getType()), scalar);
}

/// Behind the last stretch of k the sums of the panel are complete, and still in the cache.
void MatmulEmitter::emitEpilogue() {
  auto emitRows = [&] {
    forLoop(rowBegin, rowEnd, 1, [&](Value row) {
      for (int64_t part = 0; part < parts; ++part)
        emitEpiloguePart(row, part);
    });
  };
  int64_t depth = staticSize(c.k);
  if (!ShapedType::isDynamic(depth) && depth <= kStretch)
    return emitRows();
  Value isLast = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, kEnd, sizeOf(c.k));
  auto branch = scf::IfOp::create(builder, loc, isLast, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  emitRows();
}

/// The body of the elementwise operation on 16 columns of a row.
void MatmulEmitter::emitEpiloguePart(Value row, int64_t part) {
  Value point[] = {row, addConstant(ivs[c.n], part * kLanes)};
  auto load = [&](const Access &access) -> Value {
    if (access.isScalar())
      return splat(builder, loc, access.base);
    SmallVector<Value> indices = materializeIndices(builder, loc, access, point);
    if (access.usesLoop(Epilogue::column))
      return loadVector(access.base, indices, columnMask(part));
    return splat(builder, loc, memref::LoadOp::create(builder, loc, access.base, indices));
  };
  IRMapping vectors;
  linalg::GenericOp elementwise = epilogue->op;
  ArrayRef<Access> accesses = epilogue->space.accesses;
  for (auto [index, argument] : llvm::enumerate(elementwise.getRegionInputArgs()))
    if (!argument.use_empty())
      vectors.map(argument, index == epilogue->sum ? loadVector(c.out().base, outIndices(row, part), columnMask(part))
                                                   : load(accesses[index]));
  for (Operation &op : elementwise.getBody()->without_terminator()) {
    if (isa<arith::ConstantOp>(op))
      continue;
    for (Value operand : op.getOperands())
      if (!vectors.contains(operand))
        vectors.map(operand, splat(builder, loc, scalarOf(operand)));
    Operation *wide = builder.clone(op, vectors);
    for (OpResult result : wide->getResults())
      result.setType(VectorType::get(kLanes, result.getType()));
  }
  Value yielded = elementwise.getBody()->getTerminator()->getOperand(0);
  Value result = vectors.contains(yielded) ? vectors.lookup(yielded) : splat(builder, loc, scalarOf(yielded));
  storeVector(epilogue->out().base, materializeIndices(builder, loc, epilogue->out(), point), columnMask(part), result);
}

/// A scalar from outside of the body; a constant of the body is made again outside of it.
Value MatmulEmitter::scalarOf(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  return constant ? builder.clone(*constant)->getResult(0) : value;
}

} // namespace heddle::matmul
