// The loop of the passes that raise by probing: look at every place where a computation over tokens ends, cut out the
// region, probe it, and let the pass propose.
#ifndef HEDDLE_PASSES_RAISE_REGIONRAISE_H
#define HEDDLE_PASSES_RAISE_REGIONRAISE_H

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "passes/raise/Probe.h"
#include "passes/raise/Raiser.h"

namespace heddle {

/// What a pass makes of a region: a value for its output, and a name for the remark. A null value and a reason where it
/// makes nothing of it; a null value and no reason where the region does not concern the pass.
struct RegionProposal {
  mlir::Value replacement;
  std::string what, reason;
  int64_t length = 0; // at which the proof shows everything
};

struct RegionRaiseOptions {
  unsigned minInputs = 1, maxInputs = 1;
  int64_t length = 0; // tokens to probe with, at least, where they are free
  /// Whether a region is worth a probe; all are where it is empty.
  llvm::function_ref<bool(const TokenRegion &, const TokenAxes &)> concerns = nullptr;
  bool triesRows = false; // where nothing becomes of a region: whether to look at it from its nearest rows on
};

/// Fewer tokens are too few to tell a past from a future.
inline constexpr int64_t kFewestTokens = 6;

/// Marks an entry whose author has named its mixers: what stands between them hides none, and is not probed.
inline constexpr llvm::StringLiteral kNamedMixersAttr = "heddle.named_mixers";

/// Calls `propose` on every region with as many inputs as the options say; the builder stands in front of its output.
/// Returns true where something was raised.
bool raiseRegions(
    mlir::func::FuncOp entry, Raiser &raiser, const RegionRaiseOptions &options,
    llvm::function_ref<RegionProposal(mlir::ImplicitLocOpBuilder &, const TokenRegion &, const Probe &)> propose);

} // namespace heddle

#endif
