// --heddle-expand-reshapes: upstream's memref.expand_shape lowering derives at most one dynamic size per group from the
// source; a group such as B*T -> (B, T) has two. The op carries both, so it can say everything itself.
#include "passes/Passes.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_EXPANDRESHAPESPASS
#include "passes/Passes.h.inc"

namespace {

bool hasGroupWithTwoDynamicSizes(memref::ExpandShapeOp op) {
  auto type = cast<MemRefType>(op.getResultType());
  return llvm::any_of(op.getReassociationIndices(), [&](const ReassociationIndices &group) {
    return llvm::count_if(group, [&](int64_t dim) { return type.isDynamicDim(dim); }) > 1;
  });
}

OpFoldResult multiply(OpBuilder &builder, Location loc, OpFoldResult a, OpFoldResult b) {
  auto staticA = getConstantIntValue(a), staticB = getConstantIntValue(b);
  if (staticA && staticB)
    return builder.getIndexAttr(*staticA * *staticB);
  auto materialize = [&](OpFoldResult value) {
    auto attr = dyn_cast<Attribute>(value);
    return attr ? arith::ConstantIndexOp::create(builder, loc, cast<IntegerAttr>(attr).getInt()).getResult()
                : cast<Value>(value);
  };
  return arith::MulIOp::create(builder, loc, materialize(a), materialize(b)).getResult();
}

/// Row-major strides of `sizes`.
SmallVector<OpFoldResult> rowMajorStrides(OpBuilder &builder, Location loc, ArrayRef<OpFoldResult> sizes) {
  SmallVector<OpFoldResult> strides(sizes.size(), builder.getIndexAttr(1));
  for (int64_t dim = static_cast<int64_t>(sizes.size()) - 2; dim >= 0; --dim)
    strides[dim] = multiply(builder, loc, strides[dim + 1], sizes[dim + 1]);
  return strides;
}

struct ExpandReshapesPass : impl::ExpandReshapesPassBase<ExpandReshapesPass> {
  void runOnOperation() override {
    SmallVector<memref::ExpandShapeOp> work;
    getOperation().walk([&](memref::ExpandShapeOp op) {
      if (hasGroupWithTwoDynamicSizes(op))
        work.push_back(op);
    });
    for (memref::ExpandShapeOp op : work)
      if (failed(expand(op)))
        return signalPassFailure();
  }

  LogicalResult expand(memref::ExpandShapeOp op) {
    auto type = cast<MemRefType>(op.getResultType());
    if (!type.getLayout().isIdentity())
      return op.emitOpError("expected a contiguous result but got ") << type;
    OpBuilder builder(op);
    SmallVector<OpFoldResult> sizes = op.getMixedOutputShape();
    auto view = memref::ReinterpretCastOp::create(builder, op.getLoc(), type, op.getSrc(), builder.getIndexAttr(0),
                                                  sizes, rowMajorStrides(builder, op.getLoc(), sizes));
    op.replaceAllUsesWith(view.getResult());
    op.erase();
    return success();
  }
};

} // namespace
} // namespace heddle
