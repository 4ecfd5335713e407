// RaiseAttention: softmax attention in elementwise ops and contractions becomes mixer.mix with a named support.
#include "dialects/mixer/Mixer.h"
#include "passes/Passes.h"
#include "passes/lower/Names.h"
#include "passes/raise/ProbeAttention.h"
#include "passes/raise/Raiser.h"
#include "passes/raise/Reads.h"
#include "passes/raise/ScorePlan.h"
#include "passes/raise/SinkColumn.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_RAISEATTENTIONPASS
#include "passes/Passes.h.inc"

namespace {

/// The values of an entry that depend on no data; sizes do not count as data.
class FixedValues {
public:
  explicit FixedValues(func::FuncOp entry) {
    for (Operation &op : entry.getBody().front()) {
      bool isSize = isa<tensor::DimOp, tensor::EmptyOp>(op);
      if (isSize || llvm::all_of(readsOf(&op), [&](Value read) { return fixed.contains(read); }))
        fixed.insert(op.result_begin(), op.result_end());
    }
  }

  bool contains(Value value) const { return fixed.contains(value); }

private:
  llvm::DenseSet<Value> fixed;
};

bool hasExponential(Operation *op) {
  auto structured = dyn_cast_if_present<linalg::LinalgOp>(op);
  return structured && !structured.getBlock()->getOps<math::ExpOp>().empty();
}

/// The sum that a softmax divides by.
bool isSumOfExponentials(Operation *op) {
  auto sum = dyn_cast_if_present<linalg::LinalgOp>(op);
  if (!sum || !sum.getNumReductionLoops())
    return false;
  return hasExponential(sum) || (sum.getNumDpsInputs() == 1 && hasExponential(sum.getDpsInputs()[0].getDefiningOp()));
}

struct RaiseAttentionPass : impl::RaiseAttentionPassBase<RaiseAttentionPass> {
  using RaiseAttentionPassBase::RaiseAttentionPassBase;

  void runOnOperation() override {
    func::FuncOp entry = getOperation();
    FailureOr<ProofMode> mode = parseProofMode(verify, entry);
    if (failed(mode))
      return signalPassFailure();
    if (entry.isExternal())
      return;
    Raiser raiser(entry, "raise-attention", *mode);
    // First what is put together from several or cut into chunks: by themselves, its parts would be mixers too, over
    // gathered keys.
    raiseHidden(raiser, [](ArrayRef<Value> sums, const TokenAxes &axes) {
      return sums.size() > 1 || (sums.size() == 1 && axes.hasParts(sums.front()));
    });
    raiseMatches(raiser);
    raiseHidden(raiser, [](ArrayRef<Value> sums, const TokenAxes &) { return !sums.empty(); });
  }

private:
  /// Attention that shows only in what a region does, in regions whose sums of exponentials are of interest.
  void raiseHidden(Raiser &raiser, llvm::function_ref<bool(ArrayRef<Value>, const TokenAxes &)> isOfInterest) {
    llvm::DenseSet<Value> all;
    for (Operation &op : getOperation().getBody().front())
      if (isSumOfExponentials(&op))
        all.insert(op.getResult(0));
    auto concerns = [&](const TokenRegion &region, const TokenAxes &axes) {
      return isOfInterest(llvm::filter_to_vector(region.inner, [&](Value value) { return all.contains(value); }), axes);
    };
    if (!all.empty())
      raiseRegions(getOperation(), raiser, {/*minInputs=*/3, /*maxInputs=*/3, /*length=*/0, concerns},
                   proposeProbedAttention);
  }

  /// Attention that shows in a pair of contractions.
  void raiseMatches(Raiser &raiser) {
    SmallVector<Operation *> contractions;
    for (Operation &op : getOperation().getBody().front())
      if (auto structured = dyn_cast<linalg::LinalgOp>(op); structured && structured.getNumReductionLoops())
        contractions.push_back(&op);
    std::optional<FixedValues> fixed;
    // Last first: what a raise erases stands in front of it.
    while (!contractions.empty()) {
      Operation *contraction = contractions.pop_back_val();
      if (raise(contraction->getResult(0), raiser, fixed))
        contractions = remaining(contractions, getOperation());
    }
  }

  /// The ops of the list that are still there.
  static SmallVector<Operation *> remaining(ArrayRef<Operation *> ops, func::FuncOp entry) {
    llvm::DenseSet<Operation *> alive;
    for (Operation &op : entry.getBody().front())
      alive.insert(&op);
    return llvm::to_vector(llvm::make_filter_range(ops, [&](Operation *op) { return alive.contains(op); }));
  }

  /// Symbols take different primes, so that sizes equal by chance are rare.
  static SmallVector<int64_t> distinctSizes(func::FuncOp entry) {
    auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
    auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
    constexpr int64_t primes[] = {23, 37, 41, 43, 47, 53, 59, 61};
    SmallVector<int64_t> sizes;
    for (size_t i = 0; names && i < names.size(); ++i) {
      int64_t size = primes[i % std::size(primes)];
      sizes.push_back(ranges ? std::clamp(size, ranges[2 * i], ranges[2 * i + 1]) : size);
    }
    return sizes;
  }

  bool raise(Value contraction, Raiser &raiser, std::optional<FixedValues> &fixed) {
    std::optional<MaskUse> tried;
    for (MaskUse use : {MaskUse::Support, MaskUse::SupportOrMean, MaskUse::Bias, MaskUse::Score}) {
      if (tried && use <= *tried)
        continue;
      ConcreteSizes sizes(getOperation(), distinctSizes(getOperation()));
      Axes axes(sizes);
      ElementExprs exprs(axes);
      std::optional<AttentionMatch> match = matchAttention(exprs, contraction);
      if (!match)
        return false;
      if (!fixed)
        fixed.emplace(getOperation());
      tried = use;
      SmallVector<Value> frontier = frontierOf(*match, *fixed);
      SinkToken sink;
      if (match->sink) {
        if (!sink.prependTo(exprs, *match))
          return false;
        fixed.emplace(getOperation());
      }
      bool isRaised = propose(exprs, *match, frontier, raiser, *fixed, *tried);
      if (isRaised || match->sink)
        fixed.reset();
      if (isRaised)
        return true;
    }
    return false;
  }

  /// Query, key, value and whatever data the scores read.
  static SmallVector<Value> frontierOf(const AttentionMatch &match, const FixedValues &fixed) {
    SmallVector<Value> frontier{match.query.value, match.key.value, match.value.value};
    for (Expr scores : {match.scores, match.sink})
      if (scores)
        ElementExprs::any(scores, [&](Expr expr) {
          if (expr->kind == ElementExpr::Kind::Leaf && expr != match.product && !fixed.contains(expr->value))
            frontier.push_back(expr->value);
          return false;
        });
    return frontier;
  }

  /// Builds and proves one proposal. `use` becomes the last that need not be tried again.
  bool propose(ElementExprs &exprs, const AttentionMatch &match, ArrayRef<Value> frontier, Raiser &raiser,
               const FixedValues &fixed, MaskUse &use) {
    auto isFixed = [&](Value value) { return fixed.contains(value); };
    Location loc = match.output.getLoc();
    std::string problem;
    std::optional<ScorePlan> plan = ScorePlanner(getOperation(), exprs, match, isFixed).plan(use, problem);
    if (!plan) {
      // Why a bias is no attention was said, and the scores of pairs may be data.
      if (use != MaskUse::Score)
        raiser.leave(loc, "attention", problem);
      use = MaskUse::Score;
      return false;
    }
    // Without a mask there is one way alone.
    use = plan->hasMask ? plan->use : MaskUse::Score;
    Value mixed = buildAttention(exprs, match, *plan);
    if (!mixed) {
      raiser.leave(loc, "attention", "its heads are shared in an order that the mixer does not have");
      return false;
    }
    std::string what;
    llvm::raw_string_ostream(what) << "attention with support " << Attribute(plan->support.support);
    return raiser.apply(loc, what, {frontier, match.output, mixed, lengthToSee(plan->support.support)});
  }
};

} // namespace
} // namespace heddle
