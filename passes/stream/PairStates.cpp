// Says which inputs of an entry are states, for an entry that gets no step.
#include "passes/Passes.h"
#include "passes/stream/StateTable.h"
#include "passes/stream/StreamSymbols.h"

namespace heddle {
#define GEN_PASS_DEF_PAIRSTATESPASS
#include "passes/Passes.h.inc"

using namespace mlir;

namespace {

struct PairStatesPass : impl::PairStatesPassBase<PairStatesPass> {
  using PairStatesPassBase::PairStatesPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>(entry);
    if (!forward)
      return;
    // Nobody has asked for a step: what cannot be paired is no error.
    ScopedDiagnosticHandler quiet(&getContext(), [](Diagnostic &) { return success(); });
    FailureOr<StatePairs> pairs = findStatePairs(forward, findTokenSymbol(forward, tokens), llvm::to_vector<4>(states));
    if (succeeded(pairs))
      writeStateTable(forward, *pairs);
  }
};

} // namespace
} // namespace heddle
