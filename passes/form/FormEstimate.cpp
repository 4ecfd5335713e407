#include "passes/form/FormEstimate.h"

using namespace mlir;
using heddle::mixer::FormKind;

namespace heddle {
namespace {

/// What the kernel of a form reaches of the peak.
double reachedShare(FormKind kind) {
  switch (kind) {
  case FormKind::Dense: // one pair at a time
    return 0.03;
  case FormKind::Flash:
    return 0.65;
  case FormKind::Recurrent: // two walks over the state for each token
    return 0.55;
  case FormKind::Chunked:
    return 0.7;
  case FormKind::Direct:
    return 0.8;
  case FormKind::Fft: // bound by loads and stores between passes
    return 0.2;
  case FormKind::Factored: // two contractions
    return 0.6;
  }
  return 1;
}

/// Default tile lengths: a flash tile balances the rescaling of sums against scores that stay in L1; a chunk of a
/// recurrence is one vector of pairs, as passes over the state are cheap.
int64_t defaultChunk(FormKind kind) { return kind == FormKind::Flash ? 64 : kind == FormKind::Chunked ? 16 : 0; }

double seconds(FormKind kind, const mixer::FormCost &cost, const MachineModel &machine) {
  double used = std::clamp(cost.parallel, 1.0, machine.cores);
  double compute = cost.flops / (machine.gflops * 1e9 * reachedShare(kind) * used);
  double exponentials = cost.exps / (machine.gexps * 1e9 * used);
  bool cached = cost.bytes <= machine.cacheBytes * used;
  double bandwidth =
      cached ? machine.cacheBandwidth * used : std::min(machine.memoryBandwidth * used, machine.memoryBandwidthAll);
  double fork = used > 1 ? machine.forkJoin * 1e-6 : 0;
  return std::max(compute, cost.bytes / (bandwidth * 1e9)) + exponentials + fork;
}

} // namespace

SmallVector<FormEstimate> estimateForms(mixer::MixerOpInterface mixer, const mixer::MixSizes &sizes, int64_t chunk,
                                        const MachineModel &machine) {
  SmallVector<FormEstimate> estimates;
  for (FormKind kind : mixer.admittedForms()) {
    int64_t length = defaultChunk(kind) != 0 && chunk > 0 ? chunk : defaultChunk(kind);
    auto form = mixer::FormAttr::get(mixer->getContext(), kind, length);
    mixer::FormCost cost = mixer.formCost(form, sizes);
    estimates.push_back({form, cost, seconds(kind, cost, machine)});
  }
  llvm::sort(estimates, [](const auto &a, const auto &b) { return a.seconds < b.seconds; });
  return estimates;
}

} // namespace heddle
