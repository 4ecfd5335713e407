#include "passes/kernels/FlatTokens.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace heddle::kernels {

FlatTokens::FlatTokens(MixView &view, const Operand &operand, bool isOutput) : view(view), operand(operand) {
  LoopBuilder &loops = view.loops;
  SmallVector<ReassociationIndices> groups = {{0}, {1}, {2, 3}};
  auto type = cast<MemRefType>(operand.memref.getType());
  if (operand.size(2) == view.sizes.Ho && type.isLastDimUnitStride() &&
      memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups)) {
    flat = memref::CollapseShapeOp::create(loops.builder, loops.loc, operand.memref, groups);
    return;
  }
  isPacked = true;
  int64_t channels = view.sizes.Ho * view.sizes.dv;
  flat = loops.buffer({loops.dim(operand.memref, 0), loops.dim(operand.memref, 1), loops.index(channels)});
  if (!isOutput)
    copy(/*toOperand=*/false);
}

void FlatTokens::copy(bool toOperand) {
  LoopBuilder &loops = view.loops;
  int64_t dv = view.sizes.dv;
  Exprs counts = {loops.dim(operand.memref, 0), loops.dim(operand.memref, 1), loops.index(view.sizes.Ho)};
  loops.kernel("mix_pack", counts, dv, [&](ArrayRef<Expr> at) {
    loops.loop(loops.index(0), loops.index(dv), [&](Expr d) {
      Point point = {at[0], at[1], at[1], at[2], {}, d};
      Exprs place = {at[0], at[1], at[2] * loops.index(dv) + d};
      if (toOperand)
        view.store(loops.load(flat, place), operand, point);
      else
        loops.store(view.load(operand, point), flat, place);
    });
  });
}

void FlatTokens::finish() {
  if (isPacked)
    copy(/*toOperand=*/true);
}

Expr FlatTokens::load(Expr b, Expr token, Expr channel, int64_t width) {
  Expr zero = view.loops.index(0);
  return view.loops.load(flat, {operand.size(0) == 1 ? zero : b, operand.size(1) == 1 ? zero : token, channel}, width);
}

void FlatTokens::store(Expr value, Expr b, Expr token, Expr channel) {
  view.loops.store(value, flat, {b, token, channel});
}

} // namespace heddle::kernels
