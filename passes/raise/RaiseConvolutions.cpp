// RaiseConvolutions: long convolutions from products of spectra, wide filters and Toeplitz matrices.
#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"
#include "passes/Passes.h"
#include "passes/raise/ConvolutionKernel.h"
#include "passes/raise/RegionRaise.h"
#include "passes/raise/ShortFilter.h"
#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_RAISECONVOLUTIONSPASS
#include "passes/Passes.h.inc"

namespace {

/// `mixed` [batch, token, head, feature] and what the region adds to it. Null where that differs between tokens.
Value withOffset(ImplicitLocOpBuilder &b, Value mixed, const PositionMatrix &matrix, const Probe &probe) {
  if (!probe.hasOffset())
    return mixed;
  std::optional<std::vector<double>> offset = matrix.offset(probe);
  if (!offset)
    return nullptr;
  auto whole = cast<RankedTensorType>(mixed.getType());
  Type element = whole.getElementType();
  SmallVector<Attribute> values;
  for (double value : matrix.allRows(*offset, 1, whole.getDimSize(2), whole.getDimSize(3)))
    values.push_back(b.getFloatAttr(element, value));
  auto type = RankedTensorType::get({whole.getDimSize(2), whole.getDimSize(3)}, element);
  Value constant = arith::ConstantOp::create(b, DenseElementsAttr::get(type, values));
  mixer::TensorMath math(b.getLoc(), b);
  return math.generate(
      math.sizesOf(mixed), element, {mixed, constant}, {math.select(4, {0, 1, 2, 3}), math.select(4, {2, 3})},
      [](ImplicitLocOpBuilder &body, ValueRange at) -> Value { return arith::AddFOp::create(body, at[0], at[1]); });
}

RegionProposal proposeConvolution(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  RegionProposal proposal{nullptr, "a long convolution", "", 0};
  std::optional<PositionMatrix> matrix = PositionMatrix::of(probe);
  if (!matrix || matrix->outputComponents || contractedDim(matrix->input))
    return proposal;
  std::optional<ConvolutionKernel> kernel = ConvolutionKernel::of(*matrix, probe);
  if (!kernel || kernel->count <= kShortTaps || kernel->isGeometric())
    return proposal;
  auto type = cast<RankedTensorType>(region.output.getType());
  bool isWholeLength = kernel->count - kernel->center >= matrix->tokens || kernel->center >= matrix->tokens - 1;
  bool isFixed = !type.isDynamicDim(matrix->dims.token) || !isWholeLength;
  Value taps =
      isFixed ? constantKernel(b, *kernel, *matrix, type) : kernelInRegion(b, *kernel, *matrix, region, probe.sizes());
  proposal.what = llvm::formatv("a long convolution of {0} taps", kernel->count).str();
  if (!taps) {
    proposal.reason = "the kernel changes with the length, and no tensor is the kernel";
    return proposal;
  }
  MLIRContext *context = b.getContext();
  const Influence &input = matrix->input;
  auto chosen = [&](std::optional<int64_t> dim) { return dim ? input.inputDim(*dim) : std::nullopt; };
  Value value =
      toSlots(b, input.input,
              {chosen(matrix->dims.batch), input.tokenDim, chosen(matrix->dims.head), chosen(matrix->dims.feature)});
  Value init = emptyOutput(b, matrix->dims, region.output, {&input});
  if (!value || !init) {
    proposal.reason = "the input has dimensions that a mixer has not";
    return proposal;
  }
  Attribute support = kernel->center ? Attribute(mixer::FullAttr::get(context)) : mixer::CausalAttr::get(context);
  Value mixed = buildPositionMixer(b, value, init, taps, support, mixer::ToeplitzAttr::get(context, kernel->center));
  mixed = withOffset(b, mixed, *matrix, probe);
  if (!mixed) {
    proposal.reason = "what is added to the convolution differs between tokens";
    return proposal;
  }
  proposal.replacement =
      fromSlots(b, mixed, {matrix->dims.batch, matrix->dims.token, matrix->dims.head, matrix->dims.feature}, type);
  proposal.length = type.isDynamicDim(matrix->dims.token) && !isWholeLength ? kernel->count + 1 : 0;
  return proposal;
}

/// Taps of the widest filter of the entry: loops that are summed over and shift what is read.
int64_t widestFilter(func::FuncOp entry) {
  auto isShift = [](AffineExpr expr) { return !isa<AffineDimExpr, AffineConstantExpr>(expr); };
  int64_t widest = 0;
  for (auto op : entry.getOps<linalg::LinalgOp>()) {
    bool isFilter =
        llvm::any_of(op.getIndexingMapsArray(), [&](AffineMap map) { return llvm::any_of(map.getResults(), isShift); });
    for (auto [range, kind] : llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
      if (isFilter && kind == utils::IteratorType::reduction)
        widest = std::max(widest, range);
  }
  return widest;
}

struct RaiseConvolutionsPass : impl::RaiseConvolutionsPassBase<RaiseConvolutionsPass> {
  using RaiseConvolutionsPassBase::RaiseConvolutionsPassBase;

  void runOnOperation() override {
    FailureOr<ProofMode> mode = parseProofMode(verify, getOperation());
    if (failed(mode))
      return signalPassFailure();
    Raiser raiser(getOperation(), "raise-convolutions", *mode);
    RegionRaiseOptions options;
    // All taps of a filter show where there are more tokens than it has.
    options.length = widestFilter(getOperation()) + 1;
    options.concerns = isNoShortFilter;
    raiseRegions(getOperation(), raiser, options, proposeConvolution);
  }
};

} // namespace
} // namespace heddle
