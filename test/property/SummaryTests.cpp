// The carried state as IR (MixerOpInterface's build methods) against the whole mixer and against the reference algebra,
// on random points of the template and on every transport by name.
#include "dialects/mixer/reference/CarriedState.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "mlir/IR/Verifier.h"
#include "test/property/EachPoint.h"
#include "test/property/ExpectClose.h"
#include "test/property/SummaryWriter.h"
#include <set>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;
using mixer::MixSummary;
using Tokens = SummaryWriter::Tokens;
using Write = SummaryWriter::Write;

namespace {

constexpr double reordering = 1e-10; // double sums of a few hundred terms, reordered
constexpr double constants = 1e-6;   // scales and the like, rounded to f32

SmallVector<ReferenceTensor> evaluateInstead(MixCase &point, Write write) {
  OwningOpRef<ModuleOp> module = returning(point, write);
  return succeeded(verify(*module)) ? evaluate(*module, point.inputs) : SmallVector<ReferenceTensor>();
}

/// [0, first), [first, second), [second, total), some of them empty now and then.
SmallVector<Tokens> threeRanges(int64_t total, Random &random) {
  int64_t first = random.between(0, total), second = random.between(first, total);
  return {{0, first}, {first, second}, {second, total}};
}

//===--- laws -----------------------------------------------------------------------------===//

// Steps over three ranges give the output of the whole; the state they leave is that of one step over all tokens.
void checkSteps(MixCase &point, ArrayRef<Tokens> ranges) {
  int64_t total = point.spec.tokens;
  SmallVector<ReferenceTensor> results = evaluateInstead(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
    SummaryWriter writer{b, mix, point.spec};
    SmallVector<Value> returned, whole = writer.step({0, total}, writer.initial()), state = writer.initial();
    for (Tokens range : ranges) {
      SmallVector<Value> after = writer.step(range, state);
      returned.push_back(after.front());
      state.assign(after.begin() + 1, after.end());
    }
    llvm::append_range(returned, whole);
    llvm::append_range(returned, state);
    return returned;
  });
  ASSERT_FALSE(results.empty());
  ReferenceTensor forward = point.run().front();
  bool isReversed = point.mix().getOrder() == mixer::Order::Reverse;
  for (auto [range, part] : llvm::zip(ranges, results)) {
    int64_t begin = isReversed ? total - range.end : range.begin;
    if (total > 1) // `slice` keeps dimensions of one token whole
      expectClose(slice(forward, 1, begin, begin + range.end - range.begin), part, reordering);
  }
  expectClose(forward, results[ranges.size()], reordering);
  ArrayRef<ReferenceTensor> states = ArrayRef(results).drop_front(ranges.size() + 1);
  for (size_t part = 0; part < states.size() / 2; ++part)
    expectClose(states[part], states[states.size() / 2 + part], reordering);
}

// Both groupings of three summaries, with identities around them, lead from the first state to the last.
void checkSummaries(MixCase &point, ArrayRef<Tokens> ranges) {
  size_t parts = point.mix().carriedState().parts.size();
  SmallVector<ReferenceTensor> results = evaluateInstead(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
    SummaryWriter writer{b, mix, point.spec};
    SmallVector<Value> returned = writer.step({0, point.spec.tokens}, writer.initial());
    returned.erase(returned.begin());
    MixSummary first = writer.summary(ranges[0]), second = writer.summary(ranges[1]), third = writer.summary(ranges[2]);
    MixSummary left = writer.combine(writer.combine(writer.combine(writer.identity(), first), second), third);
    MixSummary right = writer.combine(first, writer.combine(writer.combine(second, third), writer.identity()));
    llvm::append_range(returned, writer.apply(left, writer.initial()));
    llvm::append_range(returned, writer.apply(right, writer.initial()));
    llvm::append_range(returned, left.linear);
    llvm::append_range(returned, right.linear);
    return returned;
  });
  ASSERT_GE(results.size(), 3 * parts);
  for (size_t part = 0; part < 2 * parts; ++part)
    expectClose(results[part % parts], results[parts + part], reordering);
  ArrayRef<ReferenceTensor> linear = ArrayRef(results).drop_front(3 * parts);
  if (!linear.empty())
    expectClose(linear.front(), linear.back(), reordering);
}

// One range, applied to the state that another leaves: the reference algebra says what comes out.
void checkAgainstReference(MixCase &point, ArrayRef<Tokens> ranges) {
  SmallVector<ReferenceTensor> results = evaluateInstead(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
    SummaryWriter writer{b, mix, point.spec};
    return writer.apply(writer.summary(ranges[1]), writer.summary(ranges[2]).state);
  });
  ASSERT_FALSE(results.empty());
  MixProblem<double> problem(point.mix(), point.operands());
  const mixer::MixSizes &sizes = problem.sizes;
  for (int64_t batch = 0; batch < sizes.B; ++batch)
    for (int64_t head = 0; head < sizes.Hs; ++head) {
      AffineSequence sequence(problem, batch, head);
      AffineSummary one = sequence.summarise(ranges[1].begin, ranges[1].end);
      std::vector<double> expected = one.apply(sequence.summarise(ranges[2].begin, ranges[2].end).offset);
      for (int64_t row = 0; row < sequence.rows(); ++row) {
        int64_t at = (batch * sizes.Hs + head) * sequence.rows() + row;
        double scale = problem.hasLogKeys() ? std::exp(results.back().data[at]) : 1.0;
        for (int64_t column = 0; column < sequence.columns(); ++column) {
          const ReferenceTensor &part = results[column < sizes.dv ? 0 : 1];
          double got = scale * part.data[column < sizes.dv ? at * sizes.dv + column : at];
          double wanted = expected[row * sequence.columns() + column];
          ASSERT_NEAR(wanted, got, reordering * std::max(1.0, std::abs(wanted)));
        }
      }
    }
}

// Any order and grouping of the keys' ranges is the whole softmax.
void checkSoftmax(MixCase &point, ArrayRef<Tokens> ranges) {
  SmallVector<ReferenceTensor> results = evaluateInstead(point, [&](ImplicitLocOpBuilder &b, mixer::MixOp mix) {
    SummaryWriter writer{b, mix, point.spec};
    MixSummary first = writer.summary(ranges[0]), second = writer.summary(ranges[1]), third = writer.summary(ranges[2]);
    MixSummary forward = writer.combine(writer.combine(writer.combine(first, second), third), writer.identity());
    MixSummary backward = writer.combine(third, writer.combine(writer.identity(), writer.combine(second, first)));
    SmallVector<Value> returned = writer.apply(forward, {});
    llvm::append_range(returned, writer.apply(backward, {}));
    return returned;
  });
  ASSERT_EQ(results.size(), 2u);
  ReferenceTensor whole = point.run().front();
  expectClose(whole, results[0], constants);
  expectClose(whole, results[1], constants);
  expectClose(results[0], results[1], reordering);
}

/// Checks everything that the mixer's own answers promise; returns what it checked.
mixer::SummaryKind check(MixCase &point, Random &random) {
  mixer::MixOp mix = point.mix();
  mixer::SummaryKind kind = mix.carriedState().summary;
  EXPECT_EQ(mix.whyNotStreamed().empty(), !mix.stateTypes().empty()) << mix.whyNotStreamed();
  if (mix.whyNotStreamed().empty())
    checkSteps(point, threeRanges(point.spec.tokens, random));
  if (!mix.whyNotSummarised().empty())
    return mix.whyNotStreamed().empty() ? kind : mixer::SummaryKind::None;
  SmallVector<Tokens> ranges = threeRanges(mix.getSoftmax() ? point.spec.keys : point.spec.tokens, random);
  if (mix.getSoftmax()) {
    checkSoftmax(point, ranges);
  } else {
    checkSummaries(point, ranges);
    checkAgainstReference(point, ranges);
  }
  return kind;
}

TEST(Summaries, ofRandomMixers) {
  std::set<mixer::SummaryKind> seen;
  forEachPoint([&](MixCase &point, uint64_t seed) {
    Random random(seed);
    seen.insert(check(point, random));
  });
  if (environment("HEDDLE_POINTS", 200) >= 200)
    EXPECT_EQ(seen.size(), 5u) << "every kind of summary, and none";
}

//===--- by name --------------------------------------------------------------------------===//

TEST(Summaries, ofEveryTransportAndNorm) {
  std::unique_ptr<MLIRContext> context = makeContext();
  for (const NamedMixer &named : namedMixers)
    for (int64_t tokens : {1, 7, 13})
      for (bool isDynamic : {false, true}) {
        SCOPED_TRACE(std::string(named.transport) + " " + named.score + " " + named.norm + " " +
                     std::to_string(tokens));
        MixSpec spec = named.spec(context.get(), tokens);
        spec.dynamicTokens = spec.dynamicBatch = isDynamic;
        MixCase point(spec, tokens);
        Random random(tokens);
        EXPECT_NE(check(point, random), mixer::SummaryKind::None);
      }
}

// The decay of 200 tokens underflows as a factor, not as a logarithm: keys of e^150 still count behind it.
TEST(Summaries, ofLogKeysDoNotUnderflow) {
  std::unique_ptr<MLIRContext> context = makeContext();
  MixSpec spec = MixSpec::linear(context.get());
  spec.tokens = spec.keys = 4;
  spec.dk = spec.dv = 1;
  spec.transport = cast<mixer::TransportAttrInterface>(spec.parse("#mixer.scalar"));
  spec.score = spec.parse("#mixer.linear<log_keys = true>");
  spec.norm = cast<mixer::NormAttr>(spec.parse("#mixer.norm<running>"));
  MixCase point(spec, 1);
  MixArguments arguments = argumentsOf(spec);
  point.inputs[arguments.key].data = {900, 800, -900, -900};
  point.inputs[arguments.transport.front()].data = {-1, -400, -400, -400};
  checkSummaries(point, {{0, 1}, {1, 3}, {3, 4}});
  checkSteps(point, {{0, 1}, {1, 3}, {3, 4}});
}

TEST(Summaries, sayWhyThereIsNone) {
  std::unique_ptr<MLIRContext> context = makeContext();
  MixSpec spec = MixSpec::attention(context.get());
  auto answers = [](const MixSpec &spec) {
    MixCase point(spec, 1);
    return std::pair(point.mix().whyNotStreamed(), point.mix().whyNotSummarised());
  };
  auto starts = [](const std::string &text, StringRef start) { return StringRef(text).starts_with(start); };
  EXPECT_TRUE(starts(answers(spec).first, "score #mixer.softmax<scale = 5.000000e-01>: "));
  EXPECT_EQ(answers(spec).second, "");
  spec = MixSpec::linear(context.get());
  EXPECT_EQ(answers(spec).first, "");
  spec.hasSegments = true;
  EXPECT_EQ(answers(spec).first, "");
  EXPECT_TRUE(starts(answers(spec).second, "segments: "));
  spec.hasSegments = false;
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.window<left = 3, right = 0>"));
  EXPECT_TRUE(starts(answers(spec).second, "support #mixer.window<left = 3, right = 0>: "));
  spec = MixSpec::linear(context.get());
  spec.scoreBody = ScoreBody::Cap;
  EXPECT_TRUE(starts(answers(spec).first, "score_region: "));
  spec = MixSpec::linear(context.get());
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<bidirectional>"));
  EXPECT_TRUE(starts(answers(spec).first, "layout #mixer.layout<bidirectional>: "));
  spec = MixSpec::linear(context.get());
  spec.hasQuery = spec.hasKey = false;
  spec.transport = cast<mixer::TransportAttrInterface>(spec.parse("#mixer.toeplitz"));
  EXPECT_TRUE(starts(answers(spec).first, "transport #mixer.toeplitz: "));
  spec.transport = cast<mixer::TransportAttrInterface>(spec.parse("#mixer.region"));
  spec.stateBody = StateBody::Gate;
  spec.dk = 1;
  EXPECT_EQ(answers(spec).first, "");
  EXPECT_TRUE(starts(answers(spec).second, "transport #mixer.region: "));
}

} // namespace
