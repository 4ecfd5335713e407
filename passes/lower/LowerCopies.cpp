// Copies between memrefs that are not dense become loops: the code then needs no copy routine at run time.
#include "passes/Passes.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace heddle {
#define GEN_PASS_DEF_LOWERCOPIESPASS
#include "passes/Passes.h.inc"
} // namespace heddle

using namespace mlir;

namespace {

bool isDense(Value memref) { return cast<MemRefType>(memref.getType()).getLayout().isIdentity(); }

void lowerToLoops(memref::CopyOp copy) {
  OpBuilder builder(copy);
  Location loc = copy.getLoc();
  Value zero = arith::ConstantIndexOp::create(builder, loc, 0), one = arith::ConstantIndexOp::create(builder, loc, 1);
  SmallVector<Value> lower, upper, steps;
  for (int64_t dim = 0; dim < cast<MemRefType>(copy.getSource().getType()).getRank(); ++dim) {
    lower.push_back(zero);
    upper.push_back(builder.createOrFold<memref::DimOp>(loc, copy.getSource(), dim));
    steps.push_back(one);
  }
  scf::buildLoopNest(builder, loc, lower, upper, steps, [&](OpBuilder &nested, Location nestedLoc, ValueRange indices) {
    Value element = memref::LoadOp::create(nested, nestedLoc, copy.getSource(), indices);
    memref::StoreOp::create(nested, nestedLoc, element, copy.getTarget(), indices);
  });
  copy.erase();
}

struct LowerCopiesPass : heddle::impl::LowerCopiesPassBase<LowerCopiesPass> {
  using LowerCopiesPassBase::LowerCopiesPassBase;

  void runOnOperation() override {
    SmallVector<memref::CopyOp> copies;
    getOperation()->walk([&](memref::CopyOp copy) {
      if (!isDense(copy.getSource()) || !isDense(copy.getTarget()))
        copies.push_back(copy);
    });
    llvm::for_each(copies, lowerToLoops);
  }
};

} // namespace
