// Random points of the template: each has a step that equals it, or a reason why there is none.
#include "StepCheck.h"
#include "test/property/EachPoint.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

/// The point with open sizes, whose states are not handed from call to call already.
MixSpec opened(MixSpec spec) {
  spec.dynamicBatch = spec.dynamicTokens = true;
  spec.keys = spec.tokens;
  spec.hasInitialState = spec.hasPositions = false;
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

} // namespace
