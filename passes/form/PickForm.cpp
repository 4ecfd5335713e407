// Chooses the execution form of every mixer. Writes the choice, changes nothing else.
#include "passes/Passes.h"
#include "passes/form/FormEstimate.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_PICKFORMPASS
#include "passes/Passes.h.inc"

namespace {

std::string describe(const FormEstimate &estimate) {
  return llvm::formatv("{0}: {1:f3} ms, {2:e2} flops, {3:e2} bytes, {4:e2} exps",
                       stringifyFormKind(estimate.form.getKind()), estimate.seconds * 1e3, estimate.cost.flops,
                       estimate.cost.bytes, estimate.cost.exps)
      .str();
}

void explain(Operation *mixer, const FormEstimate &chosen, ArrayRef<FormEstimate> estimates) {
  Location loc = mixer->getLoc();
  std::string name = stringifyFormKind(chosen.form.getKind()).str() + "-form";
  remark::passed(loc, remark::RemarkOpts::name(name).category("mixer-pick-form")) << describe(chosen);
  for (const FormEstimate &estimate : estimates) {
    if (estimate.form == chosen.form)
      continue;
    std::string rejected = stringifyFormKind(estimate.form.getKind()).str() + "-form";
    remark::missed(loc, remark::RemarkOpts::name(rejected).category("mixer-pick-form")) << describe(estimate);
  }
}

struct PickFormPass : impl::PickFormPassBase<PickFormPass> {
  using PickFormPassBase::PickFormPassBase;

  void runOnOperation() override {
    std::optional<mixer::FormKind> forced = mixer::symbolizeFormKind(force);
    if (!force.empty() && !forced) {
      getOperation()->emitError()
          << "form `" << force
          << "`, expected dense, flash, recurrent, chunked, direct, fft or factored but got an unknown name";
      return signalPassFailure();
    }
    MachineModel model;
    if (!machine.empty()) {
      llvm::Expected<MachineModel> read = readMachineModel(machine);
      if (!read) {
        getOperation()->emitError() << llvm::toString(read.takeError());
        return signalPassFailure();
      }
      model = *read;
    }
    WalkResult walk = getOperation()->walk([&](mixer::MixerOpInterface mixer) {
      return succeeded(pick(mixer, forced, model)) ? WalkResult::advance() : WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      signalPassFailure();
  }

  LogicalResult pick(mixer::MixerOpInterface mixer, std::optional<mixer::FormKind> forced, const MachineModel &model) {
    SmallVector<FormEstimate> estimates =
        estimateForms(mixer, mixer.getSizes().withDefaults(batch, tokens), chunk, model);
    const FormEstimate *chosen = estimates.begin();
    if (forced)
      chosen =
          llvm::find_if(estimates, [&](const FormEstimate &estimate) { return estimate.form.getKind() == *forced; });
    if (chosen == estimates.end())
      return rejectForced(mixer, *forced);
    mixer->setAttr("form", chosen->form);
    explain(mixer, *chosen, estimates);
    return success();
  }

  LogicalResult rejectForced(mixer::MixerOpInterface mixer, mixer::FormKind forced) {
    InFlightDiagnostic error = mixer->emitOpError() << "form, expected one of ";
    llvm::interleaveComma(mixer.admittedForms(), error,
                          [&](mixer::FormKind kind) { error << stringifyFormKind(kind); });
    return error << " but got " << stringifyFormKind(forced);
  }
};

} // namespace
} // namespace heddle
