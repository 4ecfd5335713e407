#include "passes/raise/RegionRaise.h"

#include "passes/raise/RegionMemo.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

// Ops that the walks of a pass may visit for each op of the entry, so that time stays linear in their number.
constexpr int64_t kVisitsPerOp = 16;

using Propose = function_ref<RegionProposal(ImplicitLocOpBuilder &, const TokenRegion &, const Probe &)>;

/// A region that is a mixer already, and views of it.
bool isMixer(const TokenRegion &region) {
  Value at = region.output;
  while (at && isa_and_present<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(at.getDefiningOp()))
    at = at.getDefiningOp()->getOperand(0);
  return at.getDefiningOp<mixer::MixOp>() != nullptr;
}

class Sweep {
public:
  Sweep(func::FuncOp entry, Raiser &raiser, const RegionRaiseOptions &options, Propose propose)
      : entry(entry), raiser(raiser), options(options), propose(propose), symbols(exampleSizes(entry, options.length)),
        visits(kVisitsPerOp * llvm::range_size(entry.getBody().front())) {}

  /// Tokens along dimension `tokenDim` of the arguments.
  bool run(int64_t tokenDim) {
    TokenAxes axes(entry, tokenDim, symbols);
    if (axes.tokens() < kFewestTokens)
      return false;
    bool hasRaised = false;
    // From the end: what ends later holds more, and a sum alone is less than the mixer that it is a part of. What a
    // raise erases lies in front of it and is noted.
    SmallVector<Value> outputs(axes.outputs());
    for (Value output : llvm::reverse(outputs))
      if (!replaced.contains(output))
        hasRaised |= visit(output, axes);
    return hasRaised;
  }

  /// What the sweep cost: counts that do not depend on the machine.
  void report() {
    if (looks == 0)
      return;
    std::string text = llvm::formatv("{0} regions, {1} of them like others, {2} probed with {3} operations", looks,
                                     repeats, probes, int64_t(operations));
    raiser.note(entry.getLoc(), "probes", text);
  }

private:
  bool visit(Value output, TokenAxes &axes) {
    return visit(output, axes, RegionExtent::Whole) || (options.triesRows && visit(output, axes, RegionExtent::Rows));
  }

  bool visit(Value output, TokenAxes &axes, RegionExtent extent) {
    ConcreteSizes sizes(entry, symbols);
    std::optional<TokenRegion> region = regionOf(output, axes, sizes, visits, extent);
    if (!region || isMixer(*region))
      return false;
    visits -= region->inner.size() + region->frontier.size();
    if (region->frontier.size() < options.minInputs || region->frontier.size() > options.maxInputs ||
        (options.concerns && !options.concerns(*region, axes)))
      return false;
    ImplicitLocOpBuilder builder(region->output.getLoc(), entry.getContext());
    builder.setInsertionPointAfterValue(region->output);
    RegionProposal proposal = proposalFor(builder, *region, axes, sizes);
    if (!proposal.replacement) {
      if (!proposal.reason.empty())
        raiser.leave(region->output.getLoc(), proposal.what, proposal.reason);
      return false;
    }
    Value raised = proposal.replacement;
    bool holds = raiser.apply(region->output.getLoc(), proposal.what,
                              {region->frontier, {region->output}, {raised}, proposal.length});
    if (!holds)
      return false;
    axes.replace(region->output, raised);
    replaced.insert(region->output);
    replaced.insert_range(region->inner);
    return true;
  }

  /// As for an equal region before, or as a probe says.
  RegionProposal proposalFor(ImplicitLocOpBuilder &builder, const TokenRegion &region, const TokenAxes &axes,
                             ConcreteSizes &sizes) {
    RegionMemo::Key key = RegionMemo::keyOf(region, axes, sizes);
    if (!key.excerpt.function)
      return {};
    ++looks;
    if (std::optional<RegionProposal> known = memo.find(builder, key)) {
      ++repeats;
      return *known;
    }
    RegionProposal proposal;
    if (std::optional<Probe> probe = Probe::of(region, axes, sizes)) {
      proposal = propose(builder, region, *probe);
      ++probes;
      operations += probe->operations();
    }
    memo.add(std::move(key), proposal);
    return proposal;
  }

  func::FuncOp entry;
  Raiser &raiser;
  RegionRaiseOptions options;
  Propose propose;
  SmallVector<int64_t> symbols;
  llvm::DenseSet<Value> replaced;
  RegionMemo memo;
  int64_t visits, looks = 0, repeats = 0, probes = 0;
  double operations = 0;
};

} // namespace

bool raiseRegions(func::FuncOp entry, Raiser &raiser, const RegionRaiseOptions &options, Propose propose) {
  if (entry->hasAttr(kNamedMixersAttr))
    return false;
  Sweep sweep(entry, raiser, options, propose);
  // By custom tokens come behind the batch, now and then in front of it.
  bool hasRaised = sweep.run(1) || sweep.run(0);
  sweep.report();
  return hasRaised;
}

} // namespace heddle
