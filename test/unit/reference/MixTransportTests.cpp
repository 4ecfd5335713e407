// Transports of mixer.mix against values worked out by hand.
#include "test/unit/reference/MixTest.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

TEST_F(MixTest, scalarDecaysWhatCameBefore) {
  expectNear({1, 2.5, 4.25}, run(sequence(3, "#mixer.scalar"), {{1, 1, 1}, {1, 1, 1}, {1, 2, 3}, {half, half, half}}));
}

TEST_F(MixTest, elementwiseFactoredMultipliesStepAndRate) {
  MixSpec spec = sequence(2, "#mixer.elementwise<factored = true>");
  expectNear({1, 2.25}, run(spec, {{1, 1}, {1, 1}, {1, 2}, {1, 2}, {half}}));
}

TEST_F(MixTest, complexStateRotates) {
  // A quarter turn per token: the real part of 1, i * 1 + 1, i * (i + 1) + 1 = i.
  expectNear({1, 1, 0}, run(sequence(3, "#mixer.complex_diagonal"),
                            {{1, 0, 1, 0, 1, 0}, {1, 0, 1, 0, 1, 0}, {1, 1, 1}, {0, 0, 0}, {M_PI_2, M_PI_2, M_PI_2}}));
}

TEST_F(MixTest, complexReadoutDoesNotConjugate) {
  // q = i, S = i: Re(i * i) = -1.
  expectNear({-1}, run(sequence(1, "#mixer.complex_diagonal"), {{0, 1}, {0, 1}, {1}, {0}, {0}}));
}

TEST_F(MixTest, deltaReplacesWhatTheKeyHeld) {
  // b = 1 and k = 1: the new value replaces the old one; b = 0.5 meets it half way.
  expectNear({4, 7}, run(sequence(2, "#mixer.delta"), {{1, 1}, {1, 1}, {4, 7}, {1, 1}}));
  expectNear({2, 4.5}, run(sequence(2, "#mixer.delta"), {{1, 1}, {1, 1}, {4, 7}, {0.5, 0.5}}));
}

TEST_F(MixTest, gatedDeltaDecaysTheStateButNotTheUpdate) {
  expectNear({4, 7}, run(sequence(2, "#mixer.delta<gated = true>"), {{1, 1}, {1, 1}, {4, 7}, {1, 1}, {half, half}}));
  expectNear({2, 4},
             run(sequence(2, "#mixer.delta<gated = true>"), {{1, 1}, {1, 1}, {4, 7}, {0.5, 0.5}, {half, half}}));
}

TEST_F(MixTest, constantMatrixActsFromTheLeft) {
  MixSpec spec = sequence(2, "#mixer.constant");
  spec.dk = 2;
  // A = [[0, 1], [0, 0]] moves the second entry up; q reads the first.
  expectNear({0, 5}, run(spec, {{1, 0, 1, 0}, {0, 1, 0, 1}, {5, 6}, {0, 1, 0, 0}}));
}

TEST_F(MixTest, toeplitzIndexesByLag) {
  MixSpec spec = sequence(3, "#mixer.toeplitz");
  spec.hasQuery = spec.hasKey = false;
  spec.kernelTaps = 2;
  expectNear({10, 21, 32}, run(spec, {{1, 2, 3}, {10, 1}}));
  spec.transport = cast<mixer::TransportAttrInterface>(spec.parse("#mixer.toeplitz<center = 1>"));
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.full"));
  expectNear({21, 32, 3}, run(spec, {{1, 2, 3}, {10, 1}}));
}

TEST_F(MixTest, cosineIsTheRealPartOfTheFourierTransform) {
  MixSpec spec = sequence(4, "#mixer.structured<cosine>");
  spec.hasQuery = spec.hasKey = false;
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.full"));
  expectNear({10, -2, -2, -2}, run(spec, {{1, 2, 3, 4}}));
}

} // namespace
