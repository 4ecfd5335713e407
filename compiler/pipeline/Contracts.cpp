#include "compiler/pipeline/Contracts.h"

#include "dialects/mixer/Mixer.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace heddle {
namespace {

/// Runs `check` on every op; all failures are reported, not only the first.
LogicalResult checkAll(ModuleOp module, llvm::function_ref<LogicalResult(Operation *)> check) {
  bool ok = true;
  module.walk([&](Operation *op) { ok &= succeeded(check(op)); });
  return success(ok);
}

} // namespace

LogicalResult checkImport(ModuleOp module) {
  return checkAll(module, [](Operation *op) -> LogicalResult {
    if (auto unsupported = dyn_cast<mixer::UnsupportedOp>(op))
      return unsupported.emitError() << "operator '" << unsupported.getOperatorName() << "' is not supported";
    return success();
  });
}

LogicalResult checkForm(ModuleOp module) {
  return checkAll(module, [](Operation *op) -> LogicalResult {
    if (auto mix = dyn_cast<mixer::MixOp>(op); mix && !mix.getForm())
      return mix.emitError("form is missing, expected --heddle-pick-form to have chosen one");
    return success();
  });
}

LogicalResult checkTile(ModuleOp module) {
  return checkAll(module, [](Operation *op) -> LogicalResult {
    if (isa<mixer::MixerDialect, linalg::LinalgDialect>(op->getDialect()))
      return op->emitOpError("is left after the tile phase, expected a kernel");
    return success();
  });
}

LogicalResult checkLower(ModuleOp module) {
  return checkAll(module, [](Operation *op) -> LogicalResult {
    if (isa<ModuleOp>(op))
      return success();
    if (!isa<LLVM::LLVMDialect>(op->getDialect()))
      return op->emitOpError("is left after the lower phase, expected the LLVM dialect only");
    if (auto call = dyn_cast<LLVM::CallOp>(op))
      if (auto callee = call.getCallee();
          callee && (*callee == "malloc" || *callee == "aligned_alloc" || *callee == "free"))
        return op->emitOpError("calls the allocator, expected every buffer to live in the arena");
    return success();
  });
}

} // namespace heddle
