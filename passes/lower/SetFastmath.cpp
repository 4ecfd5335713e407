// Which liberties LLVM may take with float arithmetic.
#include "passes/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace heddle {
#define GEN_PASS_DEF_SETFASTMATHPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;

namespace {

/// Comparisons and extrema decide where NaN goes, which no flag may change.
bool decidesNan(Operation *op) {
  return isa<arith::CmpFOp, arith::MinimumFOp, arith::MaximumFOp, arith::MinNumFOp, arith::MaxNumFOp, arith::SelectOp>(
      op);
}

struct SetFastmathPass : heddle::impl::SetFastmathPassBase<SetFastmathPass> {
  using SetFastmathPassBase::SetFastmathPassBase;

  void runOnOperation() override {
    using arith::FastMathFlags;
    auto flags = arith::FastMathFlagsAttr::get(&getContext(),
                                               FastMathFlags::reassoc | FastMathFlags::contract | FastMathFlags::nsz);
    getOperation()->walk([&](arith::ArithFastMathInterface op) {
      if (!decidesNan(op))
        op->setAttr(op.getFastMathAttrName(), flags);
    });
  }
};

} // namespace
