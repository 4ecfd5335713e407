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

/// Numbers without a pattern in [-1, 1).
std::vector<double> noise(int64_t count, uint32_t state) {
  std::vector<double> numbers(count);
  for (double &number : numbers) {
    state = state * 1664525u + 1013904223u;
    number = state / 2147483648.0 - 1.0;
  }
  return numbers;
}

// Long enough for transforms; a prime has no radix.
TEST_F(MixTest, longSinesAreTheSumsThatLoopsAddUp) {
  constexpr int64_t count = 151;
  MixSpec spec = sequence(count, "#mixer.structured<sine>");
  spec.hasQuery = spec.hasKey = false;
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.full"));
  std::vector<double> values = noise(count, 1), expected(count);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < count; ++j)
      expected[i] += std::sin(2 * M_PI * double(i * j % count) / count) * values[j];
  expectNear(expected, run(spec, {values}));
}

TEST_F(MixTest, longConvolutionsAreTheSumsThatLoopsAddUp) {
  constexpr int64_t count = 151, taps = 200;
  for (int64_t center : {0, 20})
    for (bool isCausal : {true, false}) {
      MixSpec spec = sequence(count, center == 0 ? "#mixer.toeplitz" : "#mixer.toeplitz<center = 20>");
      spec.hasQuery = spec.hasKey = false;
      spec.kernelTaps = taps;
      spec.support = cast<mixer::SupportAttrInterface>(spec.parse(isCausal ? "#mixer.causal" : "#mixer.full"));
      std::vector<double> values = noise(count, 2), kernel = noise(taps, 3), expected(count);
      for (int64_t i = 0; i < count; ++i)
        for (int64_t j = 0; j < (isCausal ? i + 1 : count); ++j)
          if (int64_t tap = i - j + center; tap >= 0 && tap < taps)
            expected[i] += kernel[tap] * values[j];
      expectNear(expected, run(spec, {values, kernel}));
    }
}

// A transform would spread the last token to all others.
TEST_F(MixTest, longConvolutionsKeepWhatIsNotANumberToItself) {
  constexpr int64_t count = 151;
  MixSpec spec = sequence(count, "#mixer.toeplitz");
  spec.hasQuery = spec.hasKey = false;
  spec.kernelTaps = count;
  std::vector<double> values = noise(count, 2);
  values.back() = NAN;
  std::vector<double> output = run(spec, {values, noise(count, 3)});
  for (int64_t i = 0; i + 1 < count; ++i)
    EXPECT_FALSE(std::isnan(output[i])) << i;
  EXPECT_TRUE(std::isnan(output.back()));
}

} // namespace
