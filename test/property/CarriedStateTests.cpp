// The laws of summaries: what a mixer carries from one range of tokens to the next, on random legal points of the
// template.
#include "dialects/mixer/reference/CarriedState.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "mlir/IR/Verifier.h"
#include "test/property/EachPoint.h"
#include "test/property/ExpectClose.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

// Double sums of a few hundred terms, reordered.
constexpr double reordering = 1e-11;

template <typename F> void forEachAffinePoint(F law) {
  forEachPoint([&](MixCase &point, uint64_t seed) {
    if (!point.hasRecurrentFace() || point.spec.hasCurrent || point.spec.hasInitialState)
      return;
    MixProblem<double> problem(point.mix(), point.operands());
    Random random(seed);
    int64_t batch = random.below(problem.sizes.B), head = random.below(problem.sizes.Hs);
    law(problem, AffineSequence(problem, batch, head), batch, head, random);
  });
}

ReferenceTensor flat(MLIRContext *context, const std::vector<double> &values) {
  return {Float64Type::get(context), {int64_t(values.size())}, values, {}};
}

TEST(CarriedState, chunkSizeNeverMatters) {
  forEachAffinePoint([](const MixProblem<double> &problem, const AffineSequence &sequence, int64_t batch, int64_t head,
                        Random &random) {
    std::vector<double> expected = evaluateRecurrent<double>(problem, {}).output;
    const mixer::MixSizes &sizes = problem.sizes;
    int64_t out = head * (sizes.Ho / sizes.Hs), begin = 0;
    bool reversed = problem.mix.getOrder() == mixer::Order::Reverse;
    AffineSummary prefix = sequence.identity();
    while (begin < sizes.T) {
      int64_t end = std::min(sizes.T, begin + random.between(1, 20));
      prefix = combine(prefix, sequence.summarise(begin, end));
      std::vector<double> read = sequence.read(end - 1, out, prefix.apply(sequence.zeroState()));
      int64_t token = tokenAt(end - 1, sizes.T, reversed);
      for (int64_t d = 0; d < sizes.dv; ++d)
        ASSERT_NEAR(expected[((batch * sizes.T + token) * sizes.Ho + out) * sizes.dv + d], read[d], 1e-10);
      begin = end;
    }
  });
}

TEST(CarriedState, combineIsAssociativeWithIdentity) {
  forEachAffinePoint([](const MixProblem<double> &problem, const AffineSequence &sequence, int64_t, int64_t,
                        Random &random) {
    int64_t end = problem.sizes.T, first = random.between(0, end), second = random.between(first, end);
    AffineSummary a = sequence.summarise(0, first), b = sequence.summarise(first, second),
                  c = sequence.summarise(second, end);
    AffineSummary left = combine(combine(a, b), c), right = combine(a, combine(b, c));
    mixer::MixOp mix = problem.mix;
    expectClose(flat(mix.getContext(), left.linear), flat(mix.getContext(), right.linear), reordering);
    expectClose(flat(mix.getContext(), left.offset), flat(mix.getContext(), right.offset), reordering);
    expectClose(flat(mix.getContext(), combine(sequence.identity(), b).offset), flat(mix.getContext(), b.offset), 0.0);
    expectClose(flat(mix.getContext(), combine(b, sequence.identity()).offset), flat(mix.getContext(), b.offset), 0.0);
  });
}

TEST(CarriedState, stepEqualsSummaryOfOneToken) {
  forEachAffinePoint(
      [](const MixProblem<double> &problem, const AffineSequence &sequence, int64_t, int64_t, Random &random) {
        int64_t position = random.below(problem.sizes.T);
        std::vector<double> state = sequence.summarise(0, position).apply(sequence.zeroState()), stepped = state;
        sequence.step(position, stepped);
        mixer::MixOp mix = problem.mix;
        expectClose(flat(mix.getContext(), sequence.summarise(position, position + 1).apply(state)),
                    flat(mix.getContext(), stepped), reordering);
      });
}

TEST(CarriedState, softmaxSummariesMergeInAnyOrder) {
  std::unique_ptr<MLIRContext> context = makeContext();
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    int64_t channels = random.between(1, 5);
    SmallVector<SoftmaxSummary> parts;
    for (int64_t n = random.between(3, 20); n > 0; --n) {
      SmallVector<double> value;
      for (int64_t d = 0; d < channels; ++d)
        value.push_back(random.uniform(-1, 1));
      parts.push_back(SoftmaxSummary::of(random.uniform(-50, 50), value));
    }
    SoftmaxSummary forward = SoftmaxSummary::identity(channels), backward = forward;
    for (size_t i = 0; i < parts.size(); ++i) {
      forward = combine(forward, parts[i]);
      backward = combine(parts[parts.size() - 1 - i], backward);
    }
    expectClose(flat(context.get(), forward.apply()), flat(context.get(), backward.apply()), 1e-13);
  }
}

} // namespace
