// RaiseLinearAttention: linear attention and state spaces from sums along tokens, decay masks and chunks.
#include "dialects/mixer/Mixer.h"
#include "passes/Passes.h"
#include "passes/raise/LinearMixer.h"
#include "passes/raise/RegionRaise.h"
#include "passes/raise/RowFactors.h"
#include "passes/raise/RowSums.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_RAISELINEARATTENTIONPASS
#include "passes/Passes.h.inc"

namespace {

std::string describe(const LinearMixer &mixer) {
  std::string text = mixer.step ? "a delta rule" : "linear attention";
  if (mixer.decayKind == DecayKind::Constant)
    text += " with a constant decay";
  else if (mixer.decayKind != DecayKind::None)
    text += " with a decay for each token";
  if (mixer.reach == Reach::Everywhere)
    text += " over all tokens";
  if (mixer.reach == Reach::Future || mixer.reach == Reach::StrictFuture)
    text += " from the last token on";
  return text;
}

RegionProposal proposeLinear(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  RegionProposal proposal{nullptr, "linear attention", "", 0};
  std::optional<LinearMixer> mixer = readLinearMixer(probe, proposal.reason);
  if (!mixer)
    return proposal;
  proposal.what = describe(*mixer);
  proposal.length = mixer->window.value_or(0) + 2;
  proposal.replacement = buildLinearMixer(b, *mixer, region.output);
  if (!proposal.replacement)
    proposal.reason = "an input has dimensions that a mixer has not";
  return proposal;
}

struct RaiseLinearAttentionPass : impl::RaiseLinearAttentionPassBase<RaiseLinearAttentionPass> {
  using RaiseLinearAttentionPassBase::RaiseLinearAttentionPassBase;

  void runOnOperation() override {
    FailureOr<ProofMode> mode = parseProofMode(verify, getOperation());
    if (failed(mode))
      return signalPassFailure();
    Raiser raiser(getOperation(), "raise-linear-attention", *mode);
    // Queries, keys, values, decays and the steps of a delta rule; at least two of them, else it is a fixed matrix.
    RegionRaiseOptions options{/*minInputs=*/2, /*maxInputs=*/5};
    options.triesRows = true;
    moveRowFactors(getOperation(), raiser);
    raiseRegions(getOperation(), raiser, options, proposeLinear);
    raiseRowSums(getOperation(), raiser);
  }
};

} // namespace
} // namespace heddle
