// Replaces every `mixer.mix` on memrefs by the loops of the form that it carries, and every `mixer.append` by its own.
#include "passes/Passes.h"
#include "passes/kernels/Kernels.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_EXPANDMIXPASS
#include "passes/Passes.h.inc"

namespace {

void emitForm(kernels::MixView &view, mixer::FormAttr form) {
  switch (form.getKind()) {
  case mixer::FormKind::Dense:
    return view.op.getSoftmax() ? kernels::emitDenseSoftmax(view) : kernels::emitDenseLinear(view);
  case mixer::FormKind::Flash:
    return kernels::emitFlash(view, form.getChunk());
  case mixer::FormKind::Recurrent:
    return kernels::emitRecurrent(view);
  case mixer::FormKind::Chunked:
    return kernels::emitChunked(view, form.getChunk());
  case mixer::FormKind::Direct:
    return kernels::emitDirect(view);
  case mixer::FormKind::Fft:
    return kernels::emitFft(view);
  case mixer::FormKind::Factored:
    llvm_unreachable("is contractions in front of buffers");
  }
}

LogicalResult expand(mixer::MixOp mix) {
  if (!isa<MemRefType>(mix.getValue().getType()))
    return mix.emitOpError() << "operands, expected memrefs but got " << mix.getValue().getType()
                             << "; run --heddle-bufferize first";
  mixer::FormAttr form = mix.getFormAttr();
  if (!form)
    return mix.emitOpError("form, expected one of the admitted forms but got none; run --heddle-pick-form first");
  if (form.getKind() == mixer::FormKind::Factored)
    return mix.emitOpError("form, expected one of buffers but got factored; run --heddle-expand-factored first");
  OpBuilder builder(mix);
  kernels::LoopBuilder loops(builder, mix.getLoc(), mix.getComputeType());
  kernels::MixView view(loops, mix);
  emitForm(view, form);
  mix.erase();
  return success();
}

LogicalResult expand(mixer::AppendOp append) {
  if (!isa<MemRefType>(append.getInit().getType()))
    return append.emitOpError() << "operands, expected memrefs but got " << append.getInit().getType()
                                << "; run --heddle-bufferize first";
  OpBuilder builder(append);
  kernels::LoopBuilder loops(builder, append.getLoc(), builder.getF32Type());
  kernels::emitAppend(loops, append);
  append.erase();
  return success();
}

struct ExpandMixPass : impl::ExpandMixPassBase<ExpandMixPass> {
  void runOnOperation() override {
    SmallVector<mixer::MixOp> mixers;
    SmallVector<mixer::AppendOp> appends;
    getOperation()->walk([&](mixer::MixOp mix) { mixers.push_back(mix); });
    getOperation()->walk([&](mixer::AppendOp append) { appends.push_back(append); });
    for (mixer::MixOp mix : mixers)
      if (failed(expand(mix)))
        return signalPassFailure();
    for (mixer::AppendOp append : appends)
      if (failed(expand(append)))
        return signalPassFailure();
  }
};

} // namespace
} // namespace heddle
