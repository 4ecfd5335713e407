// Random points of the template: each has a step that equals it, or a reason why there is none.
#include "StepCheck.h"
#include "test/property/EachPoint.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

/// The point with open sizes.
MixSpec opened(MixSpec spec) {
  spec.dynamicBatch = spec.dynamicTokens = true;
  spec.keys = spec.tokens;
  spec.hasPositions = false;
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

TEST(Stream, ofRandomMixers) {
  std::unique_ptr<MLIRContext> context = makeContext();
  uint64_t first = environment("HEDDLE_SEED", 1), points = environment("HEDDLE_POINTS", 200), derivedPoints = 0;
  for (uint64_t seed = first; seed < first + points; ++seed) {
    MixSpec spec = opened(randomMix(context.get(), seed));
    MixCase point(seed % 4 ? causal(spec) : spec, seed);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + point.describe());
    Derived derived = Derived::of(*point.module);
    if (!derived.step) {
      ASSERT_FALSE(derived.error.empty());
      continue;
    }
    ++derivedPoints;
    expectStepsEqualForward(derived, /*chunk=*/4, seed);
    if (HasFatalFailure())
      return;
  }
  if (points >= 200)
    EXPECT_GT(derivedPoints, points / 2);
}

} // namespace
