// Random points of the template: each has a step that equals it, or a reason why there is none.
#include "StepCheck.h"
#include "passes/lower/Names.h"
#include "passes/stream/Names.h"
#include "test/property/EachPoint.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

/// The point with open sizes, whose states are not handed from call to call already.
MixSpec opened(MixSpec spec) {
  spec.dynamicBatch = spec.dynamicTokens = true;
  spec.keys = spec.tokens;
  spec.hasInitialState = spec.hasPositions = false;
  spec.ringPlaces = 0;
  return spec;
}

/// The point without what looks ahead or says something of each pair of tokens.
MixSpec causal(MixSpec spec) {
  spec.layout = mixer::LayoutAttr::get(spec.context, mixer::Order::Forward, spec.layout.getAlign());
  spec.hasSegments &= !isa_and_nonnull<mixer::SoftmaxAttr>(spec.score) && spec.support.isWholePast();
  if (!spec.support.isCausal()) {
    Attribute past = mixer::CausalAttr::get(spec.context);
    Attribute parts[] = {spec.support, past};
    spec.support = cast<mixer::SupportAttrInterface>(isa<mixer::ToeplitzAttr>(Attribute(spec.transport))
                                                         ? past
                                                         : Attribute(mixer::AllOfAttr::get(spec.context, parts)));
  }
  if (isa<mixer::ToeplitzAttr>(Attribute(spec.transport)))
    spec.transport = cast<mixer::TransportAttrInterface>(Attribute(mixer::ToeplitzAttr::get(spec.context, 0)));
  if (auto softmax = dyn_cast_or_null<mixer::SoftmaxAttr>(spec.score);
      softmax && softmax.getBias() == mixer::BiasKind::Dense)
    spec.score = mixer::SoftmaxAttr::get(spec.context, softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::None);
  return spec;
}

// Why a causal point has no step: numbers for all pairs come in as an input, or depend on how many tokens there are;
// rows at their own positions share their keys; and a decaying memory of which a pair sees a part that is no window, or
// whose products it does not add up as they are.
constexpr const char *kNoStep[] = {
    "input has pairs of tokens",
    "weights of positions alone leave no state",
    "its keys or values are those of all rows of the batch",
    "a state holds the whole past and nothing else",
    "its keys are the same for all tokens, those that do not exist included",
    "segments: keys of other ids are hidden by a bias",
    "score_region: ",
};

void checkRefusal(const std::string &error, bool isCausal) {
  ASSERT_FALSE(error.empty());
  if (isCausal)
    EXPECT_TRUE(llvm::any_of(kNoStep, [&](const char *reason) { return error.find(reason) != std::string::npos; }))
        << error;
}

// Three of four points are causal: about 600, unless HEDDLE_POINTS says otherwise.
TEST(Stream, ofRandomMixers) {
  std::unique_ptr<MLIRContext> context = makeContext();
  uint64_t first = environment("HEDDLE_SEED", 1), points = environment("HEDDLE_POINTS", 800), derivedPoints = 0;
  for (uint64_t seed = first; seed < first + points; ++seed) {
    MixSpec spec = opened(randomMix(context.get(), seed));
    bool isCausal = seed % 4 != 0;
    MixCase point(isCausal ? causal(spec) : spec, seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + point.describe());
    Derived derived = Derived::of(*point.module);
    if (!derived.step) {
      checkRefusal(derived.error, isCausal);
      continue;
    }
    ++derivedPoints;
    expectStepsEqualForward(derived, /*chunk=*/4, seed);
    expectCausal(derived, /*length=*/6, seed);
    expectIndependentRows(derived, seed);
    if (HasFatalFailure())
      return;
  }
  if (points >= 800)
    EXPECT_GT(derivedPoints, 500u);
}

/// The point with a bound on what it sees of the tokens that follow.
MixSpec boundedAhead(MixSpec spec) {
  spec.layout = mixer::LayoutAttr::get(spec.context, mixer::Order::Forward, spec.layout.getAlign());
  spec.hasSegments = false;
  bool isToeplitz = isa<mixer::ToeplitzAttr>(Attribute(spec.transport));
  if (!spec.support.isCausal() && !isToeplitz) {
    Attribute near = mixer::WindowAttr::get(spec.context, 5, 3), parts[] = {spec.support, near};
    spec.support = cast<mixer::SupportAttrInterface>(Attribute(mixer::AllOfAttr::get(spec.context, parts)));
  }
  if (auto softmax = dyn_cast_or_null<mixer::SoftmaxAttr>(spec.score);
      softmax && softmax.getBias() == mixer::BiasKind::Dense)
    spec.score = mixer::SoftmaxAttr::get(spec.context, softmax.getScale(), softmax.getSoftCap(), mixer::BiasKind::None);
  return spec;
}

/// The dimension with tokens of a tensor of reals.
std::optional<int64_t> tokenDim(func::FuncOp forward, Type type, AffineMapAttr shape) {
  auto names = llvm::to_vector(forward->getAttrOfType<ArrayAttr>(kSymbolsAttr).getAsValueRange<StringAttr>());
  if (shape && isa<FloatType>(getElementTypeOrSelf(type)))
    for (auto [dim, size] : llvm::enumerate(shape.getValue().getResults()))
      if (auto symbol = dyn_cast<AffineSymbolExpr>(size); symbol && names[symbol.getPosition()] == "T")
        return dim;
  return std::nullopt;
}

/// `value` `distance` tokens ahead, with zeros behind the last one.
tensor::ExtractSliceOp shifted(ImplicitLocOpBuilder &b, Value value, int64_t dim, int64_t distance) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, b.getLoc(), value), longer = sizes;
  SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0)), ones(sizes.size(), b.getIndexAttr(1)), on = zeros;
  on[dim] = b.getIndexAttr(distance);
  longer[dim] = affine::makeComposedFoldedAffineApply(b, b.getLoc(), b.getAffineDimExpr(0) + distance, sizes[dim]);
  Value zero = arith::ConstantOp::create(b, b.getZeroAttr(type.getElementType()));
  Value padding = tensor::EmptyOp::create(b, longer, type.getElementType());
  padding = linalg::FillOp::create(b, zero, padding).getResult(0);
  Value padded = tensor::InsertSliceOp::create(b, value, padding, zeros, sizes, ones);
  return tensor::ExtractSliceOp::create(b, type, padded, on, sizes, ones);
}

/// Lets every input with tokens be read `distance` tokens ahead.
void readAhead(func::FuncOp forward, int64_t distance) {
  ImplicitLocOpBuilder b(forward.getLoc(), OpBuilder::atBlockBegin(&forward.getBody().front()));
  for (BlockArgument argument : forward.getArguments()) {
    auto shape = forward.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr);
    if (std::optional<int64_t> dim = tokenDim(forward, argument.getType(), shape)) {
      tensor::ExtractSliceOp ahead = shifted(b, argument, *dim, distance);
      argument.replaceAllUsesExcept(ahead, ahead.getSource().getDefiningOp());
    }
  }
  // Sizes are those of the argument itself.
  forward.walk([&](tensor::DimOp op) {
    if (auto ahead = op.getSource().getDefiningOp<tensor::ExtractSliceOp>())
      op.getSourceMutable().assign(ahead.getSource().getDefiningOp<tensor::InsertSliceOp>().getSource());
  });
}

/// Lets the outputs with tokens be those `distance` tokens ahead.
void returnAhead(func::FuncOp forward, int64_t distance) {
  Operation *end = forward.getBody().front().getTerminator();
  ImplicitLocOpBuilder b(forward.getLoc(), end);
  for (OpOperand &output : end->getOpOperands()) {
    auto shape = forward.getResultAttrOfType<AffineMapAttr>(output.getOperandNumber(), kShapeAttr);
    if (std::optional<int64_t> dim = tokenDim(forward, output.get().getType(), shape))
      output.set(shifted(b, output.get(), *dim, distance));
  }
}

// Why a bounded look-ahead has no step, beside what keeps causal points from having one.
constexpr const char *kNotAhead[] = {
    "a token sees tokens that follow, and all that it sees are kept at their positions",
    "a constant matrix changes the state at tokens that do not exist",
    "segments: ids are counted from a token",
    "as long as the sequence",
    "support: it hides taps of the kernel",
    "tokens that all rows share are read in front of the first one",
};

// Half of the points look ahead themselves, the others read inputs that do, or give outputs to what does.
TEST(Stream, ofRandomMixersThatLookAhead) {
  std::unique_ptr<MLIRContext> context = makeContext();
  uint64_t first = environment("HEDDLE_SEED", 1), points = environment("HEDDLE_POINTS", 400), derivedPoints = 0;
  for (uint64_t seed = first; seed < first + points; ++seed) {
    MixSpec spec = opened(randomMix(context.get(), seed));
    bool isAhead = seed % 2 == 0;
    MixCase point(isAhead ? boundedAhead(spec) : causal(spec), seed);
    if (!isAhead)
      (seed % 4 == 1 ? readAhead : returnAhead)(point.module->lookupSymbol<func::FuncOp>("forward"), 2);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + point.describe());
    Derived derived = Derived::of(*point.module, /*lookAhead=*/1000);
    if (!derived.step) {
      auto isReason = [&](const char *reason) { return derived.error.find(reason) != std::string::npos; };
      EXPECT_TRUE(llvm::any_of(kNoStep, isReason) || llvm::any_of(kNotAhead, isReason)) << derived.error;
      continue;
    }
    derivedPoints += derived.latency() > 0;
    expectStepsEqualForward(derived, /*chunk=*/4, seed);
    expectCausal(derived, /*length=*/6, seed);
    expectIndependentRows(derived, seed);
    expectOwnEnds(derived, seed);
    if (HasFatalFailure())
      return;
  }
  if (points >= 400)
    EXPECT_GT(derivedPoints, 150u);
}

/// The seed's convolution with more taps than a block has positions, centred where it may look ahead.
MixSpec longConvolution(MLIRContext *context, uint64_t seed, int64_t block) {
  MixSpec spec = opened(randomMix(context, seed));
  while (!isa<mixer::ToeplitzAttr>(Attribute(spec.transport)))
    spec = opened(randomMix(context, seed += 1000));
  spec.layout = mixer::LayoutAttr::get(context, mixer::Order::Forward, mixer::Align::Start);
  spec.kernelTaps = block + 1 + int64_t(seed % 13);
  int64_t center = seed % 3 == 0 ? std::min<int64_t>(5, spec.kernelTaps / 2) : 0;
  if (center == 0)
    spec.support = cast<mixer::SupportAttrInterface>(Attribute(mixer::CausalAttr::get(context)));
  else
    spec.support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(context)));
  spec.transport = cast<mixer::TransportAttrInterface>(Attribute(mixer::ToeplitzAttr::get(context, center)));
  return spec;
}

// Blocks of a few positions, which calls of all lengths enter, leave and leap over.
TEST(Stream, ofConvolutionsInBlocks) {
  std::unique_ptr<MLIRContext> context = makeContext();
  uint64_t first = environment("HEDDLE_SEED", 1), points = environment("HEDDLE_POINTS", 96), inBlocks = 0;
  for (uint64_t seed = first; seed < first + points; ++seed) {
    int64_t block = int64_t(1) << seed % 4;
    MixSpec spec = longConvolution(context.get(), seed, block);
    MixCase point(spec, seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", blocks of " + std::to_string(block) + ": " + point.describe());
    Builder builder(context.get());
    point.module->lookupSymbol<func::FuncOp>("forward")->setAttr(kConvolutionBlockAttr,
                                                                 builder.getI64IntegerAttr(block));
    Derived derived = Derived::of(*point.module, /*lookAhead=*/5);
    if (!derived.step) {
      checkRefusal(derived.error, /*isCausal=*/true);
      continue;
    }
    inBlocks += derived.step->hasAttr(kRingAttr);
    expectStepsEqualForward(derived, /*chunk=*/seed % 2 ? 4 : 11, seed);
    expectIndependentRows(derived, seed);
    expectOwnEnds(derived, seed);
    if (HasFatalFailure())
      return;
  }
  if (points >= 96)
    EXPECT_GT(inBlocks, 70u);
}

} // namespace
