// RaiseTokenMatrices: sums along tokens, Fourier transforms of tokens, dense layers across tokens.
#include "dialects/mixer/Mixer.h"
#include "passes/Passes.h"
#include "passes/raise/FeatureTransforms.h"
#include "passes/raise/ForwardSlices.h"
#include "passes/raise/PositionMatrix.h"
#include "passes/raise/RegionRaise.h"
#include "passes/raise/ShortFilter.h"
#include "passes/raise/TokenMajor.h"
#include "passes/raise/TokenTransform.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_RAISETOKENMATRICESPASS
#include "passes/Passes.h.inc"

namespace {

/// A sum along tokens, weighted with the powers of a decay or not, or a Fourier transform.
RegionProposal proposeMatrix(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  std::string why;
  std::optional<LinearMixer> sum = readLinearMixer(probe, why);
  if (!sum)
    return proposeTransform(b, region, probe);
  RegionProposal proposal{buildLinearMixer(b, *sum, region.output), "a sum along tokens", "",
                          sum->window.value_or(0) + 2};
  if (!proposal.replacement)
    proposal.reason = "the input has dimensions that a mixer has not";
  return proposal;
}

/// A product whose summed loop runs over tokens of one factor, the other being a matrix without tokens.
struct DenseLayer {
  Value tokens, weight;
  Slots weightSlots; // [head, row, column]
};

std::optional<DenseLayer> denseLayerOf(linalg::LinalgOp op, const TokenAxes &axes) {
  if (!linalg::isaContractionOpInterface(op))
    return std::nullopt;
  Value left = op.getDpsInputs()[0], right = op.getDpsInputs()[1];
  bool isLeft = axes.rowDim(left) && !axes.hasTokens(right);
  if (!isLeft && (!axes.rowDim(right) || axes.hasTokens(left)))
    return std::nullopt;
  DenseLayer layer{isLeft ? left : right, isLeft ? right : left, Slots(3, std::nullopt)};
  AffineMap tokens = op.getIndexingMapsArray()[isLeft ? 0 : 1], weights = op.getIndexingMapsArray()[isLeft ? 1 : 0];
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  unsigned summed = cast<AffineDimExpr>(tokens.getResult(*axes.rowDim(layer.tokens))).getPosition();
  if (kinds[summed] != utils::IteratorType::reduction || op.getNumReductionLoops() != 1)
    return std::nullopt;
  for (auto [dim, expr] : llvm::enumerate(weights.getResults())) {
    int64_t slot = expr == getAffineDimExpr(summed, op.getContext()) ? 2 : tokens.getResultPosition(expr) ? 0 : 1;
    if (layer.weightSlots[slot])
      return std::nullopt;
    layer.weightSlots[slot] = dim;
  }
  return layer.weightSlots[1] ? std::optional(layer) : std::nullopt;
}

class DenseLayers {
public:
  DenseLayers(func::FuncOp entry, Raiser &raiser)
      : entry(entry), raiser(raiser), symbols(exampleSizes(entry)), axes(entry, 1, symbols) {}

  void raise() {
    SmallVector<linalg::LinalgOp> products;
    for (auto op : entry.getOps<linalg::LinalgOp>())
      if (denseLayerOf(op, axes))
        products.push_back(op);
    for (linalg::LinalgOp op : products)
      raiseLayer(op, *denseLayerOf(op, axes));
  }

private:
  void raiseLayer(linalg::LinalgOp op, const DenseLayer &layer) {
    ConcreteSizes sizes(entry, symbols);
    TokenRegion region = regionAround(op->getResult(0), layer.tokens, axes);
    if (!axes.rowDim(region.output))
      return;
    std::optional<Probe> probe = Probe::of(region, axes, sizes);
    std::optional<PositionMatrix> matrix = probe ? PositionMatrix::of(*probe) : std::nullopt;
    if (!matrix || probe->hasOffset() || matrix->outputComponents || contractedDim(matrix->input))
      return;
    ImplicitLocOpBuilder b(op.getLoc(), entry.getContext());
    b.setInsertionPointAfterValue(region.output);
    auto chosen = [&](std::optional<int64_t> dim) { return dim ? matrix->input.inputDim(*dim) : std::nullopt; };
    Value value = toSlots(
        b, matrix->input.input,
        {chosen(matrix->dims.batch), matrix->input.tokenDim, chosen(matrix->dims.head), chosen(matrix->dims.feature)});
    Value init = emptyOutput(b, matrix->dims, region.output, {&matrix->input});
    Value weight = toSlots(b, layer.weight, layer.weightSlots);
    if (!value || !init || !weight)
      return;
    Value mixed = buildPositionMixer(b, value, init, weight, mixer::FullAttr::get(b.getContext()),
                                     mixer::StructuredAttr::get(b.getContext(), mixer::StructuredKind::Dense));
    Value replacement =
        fromSlots(b, mixed, {matrix->dims.batch, matrix->dims.token, matrix->dims.head, matrix->dims.feature},
                  cast<RankedTensorType>(region.output.getType()));
    if (raiser.apply(op.getLoc(), "a dense layer across tokens",
                     {{matrix->input.input, layer.weight}, {region.output}, {replacement}}))
      axes.replace(region.output, replacement);
  }

  func::FuncOp entry;
  Raiser &raiser;
  SmallVector<int64_t> symbols;
  TokenAxes axes;
};

struct RaiseTokenMatricesPass : impl::RaiseTokenMatricesPassBase<RaiseTokenMatricesPass> {
  using RaiseTokenMatricesPassBase::RaiseTokenMatricesPassBase;

  void runOnOperation() override {
    FailureOr<ProofMode> mode = parseProofMode(verify, getOperation());
    if (failed(mode))
      return signalPassFailure();
    Raiser raiser(getOperation(), "raise-token-matrices", *mode);
    if (failed(forwardSlices(getOperation())))
      return signalPassFailure();
    lowerFeatureTransforms(getOperation(), raiser);
    RegionRaiseOptions options;
    options.concerns = isNoShortFilter;
    raiseRegions(getOperation(), raiser, options, proposeMatrix);
    DenseLayers(getOperation(), raiser).raise();
  }
};

} // namespace
} // namespace heddle
