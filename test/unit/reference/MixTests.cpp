// mixer.mix against values worked out by hand: one small case per slot value whose meaning could be misread.
#include "test/unit/reference/MixTest.h"

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

TEST_F(MixTest, identityIsARunningSum) { expectNear({1, 3, 6}, run(sequence(3), {{1, 1, 1}, {1, 1, 1}, {1, 2, 3}})); }

TEST_F(MixTest, reverseVisitsFromTheEnd) {
  MixSpec spec = sequence(3);
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<reverse>"));
  expectNear({6, 5, 3}, run(spec, {{1, 1, 1}, {1, 1, 1}, {1, 2, 3}}));
}

TEST_F(MixTest, bidirectionalCountsTheDiagonalOnce) {
  MixSpec spec = sequence(3, "#mixer.scalar");
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<bidirectional>"));
  // Forward pass: 1, 2.5, 4.25. Later tokens, decayed by the tokens on the way back: 1.75, 1.5, 0.
  expectNear({2.75, 4, 4.25}, run(spec, {{1, 1, 1}, {1, 1, 1}, {1, 2, 3}, {half, half, half}}));
}

TEST_F(MixTest, alignEndLetsTheLastQuerySeeTheLastKey) {
  MixSpec spec = sequence(1);
  spec.keys = 3;
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.window<left = 9, right = 0>"));
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<forward, align = end>"));
  expectNear({6}, run(spec, {{1}, {1, 1, 1}, {1, 2, 3}}));
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<forward>"));
  expectNear({1}, run(spec, {{1}, {1, 1, 1}, {1, 2, 3}}));
}

// Two queries at positions 1 and 2 of three keys. The relative bias sees those positions, the dense one rows 0 and 1.
TEST_F(MixTest, alignEndMovesDistancesButNotADenseBias) {
  MixSpec spec = MixSpec::attention(context.get());
  spec.tokens = 2;
  spec.keys = 3;
  spec.dk = spec.dv = 1;
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<forward, align = end>"));
  double two = std::log(2.0);
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = alibi>");
  expectNear({2.0 / 3, 1.0 / 3.5}, run(spec, {{0, 0}, {0, 0, 0}, {0, 1, 0}, {two}}));
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = dense>");
  expectNear({2.0 / 3, 1.0 / 4}, run(spec, {{0, 0}, {0, 0, 0}, {0, 1, 0}, {0, two, 0, 0, 0, two}}));
}

// Two rows of one query, at positions 0 and 2 of a buffer for four keys.
TEST_F(MixTest, positionsSayWhereARowStands) {
  MixSpec spec = sequence(1);
  spec.batch = 2;
  spec.keys = 4;
  spec.hasPositions = true;
  std::vector<std::vector<double>> data = {{1, 1}, {1, 1, 1, 1, 1, 1, 1, 1}, {1, 2, 3, 9, 1, 2, 3, 9}, {0, 2}};
  expectNear({1, 6}, run(spec, data));
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.window<left = 1, right = 0>"));
  expectNear({1, 5}, run(spec, data));
  spec.scoreBody = ScoreBody::Parity; // half of the score for odd i + j
  expectNear({1, 4}, run(spec, data));
  spec.scoreBody = ScoreBody::None;
  spec.support = cast<mixer::SupportAttrInterface>(spec.parse("#mixer.groups<2, shift = 0>"));
  data.back() = {1, 5};
  expectNear({3, 0}, run(spec, data));
}

// The places of a ring of three go round: the last token is at place 0, the one before at place 2.
TEST_F(MixTest, aPastIsARing) {
  MixSpec spec = sequence(1);
  spec.hasPositions = true;
  spec.ringPlaces = 3;
  auto at = [&](int64_t position, StringRef support) {
    spec.support = cast<mixer::SupportAttrInterface>(spec.parse(support));
    return run(spec, {{1}, {1}, {9}, {double(position)}, {1, 1, 1}, {1, 2, 3}, {4}});
  };
  expectNear({13}, at(2, "#mixer.window<left = 2, right = 0>"));
  expectNear({10}, at(1, "#mixer.window<left = 2, right = 0>"));
  expectNear({9}, at(0, "#mixer.window<left = 2, right = 0>"));
  expectNear({10}, at(7, "#mixer.window<left = 1, right = 0>"));
  expectNear({9}, at(2, "#mixer.all_of<#mixer.causal, #mixer.groups<2, shift = 0>>"));
  expectNear({10}, at(3, "#mixer.all_of<#mixer.causal, #mixer.groups<2, shift = 0>>"));
}

// Two queries at positions 1 and 2 of three keys: as above, the dense bias sees rows 0 and 1.
TEST_F(MixTest, positionsMoveDistancesButNotADenseBias) {
  MixSpec spec = MixSpec::attention(context.get());
  spec.tokens = 2;
  spec.keys = 3;
  spec.dk = spec.dv = 1;
  spec.hasPositions = true;
  double two = std::log(2.0);
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = alibi>");
  expectNear({2.0 / 3, 1.0 / 3.5}, run(spec, {{0, 0}, {0, 0, 0}, {0, 1, 0}, {two}, {1}}));
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = relative>");
  spec.distances = 3;
  expectNear({1.0 / 3, 2.0 / 5}, run(spec, {{0, 0}, {0, 0, 0}, {0, 1, 0}, {two, 0, 0}, {1}}));
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = dense>");
  expectNear({2.0 / 3, 1.0 / 4}, run(spec, {{0, 0}, {0, 0, 0}, {0, 1, 0}, {0, two, 0, 0, 0, two}, {1}}));
}

TEST_F(MixTest, reverseCountsADenseBiasFromTheEnd) {
  MixSpec spec = MixSpec::attention(context.get());
  spec.tokens = spec.keys = 2;
  spec.dk = spec.dv = 1;
  spec.layout = cast<mixer::LayoutAttr>(spec.parse("#mixer.layout<reverse>"));
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = dense>");
  // Token 0 is position 1: it sees position 0 (token 1) with bias[1][0] and itself with bias[1][1].
  expectNear({2.0 / 3, 1}, run(spec, {{0, 0}, {0, 0}, {0, 1}, {0, 9, std::log(2.0), 0}}));
}

TEST_F(MixTest, tokenCountsThatDisagreeAreAnError) {
  MixSpec spec = sequence(2, "#mixer.scalar");
  spec.dynamicTokens = true;
  MixCase point(spec, 1);
  point.inputs[argumentsOf(spec).value].shape[1] = 3;
  point.inputs[argumentsOf(spec).value].data.resize(3);
  std::string message;
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) { message += diagnostic.str(); });
  EXPECT_TRUE(point.run().empty());
  EXPECT_NE(message.find("key tokens of operand 2, expected 2 but got 3"), std::string::npos) << message;
}

TEST_F(MixTest, softmaxWithoutKeysIsZero) {
  MixSpec spec = MixSpec::attention(context.get());
  spec.tokens = spec.keys = 2;
  spec.dk = spec.dv = 1;
  spec.support =
      cast<mixer::SupportAttrInterface>(spec.parse("#mixer.block_list<1, offsets = [0, 0, 1], blocks = [0]>"));
  expectNear({0, 5}, run(spec, {{1, 1}, {1, 1}, {5, 6}}));
}

TEST_F(MixTest, softmaxBiases) {
  MixSpec spec = MixSpec::attention(context.get());
  spec.tokens = spec.keys = 2;
  spec.dk = spec.dv = 1;
  double two = std::log(2.0);
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = alibi>");
  expectNear({0, 2.0 / 3}, run(spec, {{0, 0}, {0, 0}, {0, 1}, {two}}));
  spec.score = spec.parse("#mixer.softmax<scale = 1.0, bias = relative>");
  spec.distances = 3;
  expectNear({0, 1.0 / 3}, run(spec, {{0, 0}, {0, 0}, {0, 1}, {two, 0, 9}}));
}

TEST_F(MixTest, currentTokenIsReadBeforeTheUpdate) {
  MixSpec spec = sequence(3, "#mixer.scalar");
  spec.hasCurrent = true;
  // o_t = S_{t-1} + 10 v_t: the decay of token t acts on the state only afterwards.
  expectNear({10, 21, 32.5}, run(spec, {{1, 1, 1}, {1, 1, 1}, {1, 2, 3}, {half, half, half}, {10}}));
}

TEST_F(MixTest, currentTokenOfADeltaRuleKeepsItsStepSize) {
  MixSpec spec = sequence(2, "#mixer.delta");
  spec.hasCurrent = true;
  // S_1 = 0.5 * 4; each token is read as 10 * 0.5 v before it is written.
  expectNear({20, 37}, run(spec, {{1, 1}, {1, 1}, {4, 7}, {0.5, 0.5}, {10}}));
}

TEST_F(MixTest, gateOfADeltaRuleActsAfterTheCurrentToken) {
  MixSpec spec = sequence(2, "#mixer.delta<gated = true>");
  spec.hasCurrent = true;
  // Every token is read as 10 b v, and token 1 reads S_0 = 0.5 * 4 without its own gate.
  expectNear({20, 37}, run(spec, {{1, 1}, {1, 1}, {4, 7}, {0.5, 0.5}, {half, half}, {10}}));
}

TEST_F(MixTest, largeLogKeysDoNotOverflow) {
  MixSpec spec = sequence(2);
  spec.score = spec.parse("#mixer.linear<log_keys = true>");
  spec.norm = cast<mixer::NormAttr>(spec.parse("#mixer.norm<row_sum>"));
  expectNear({3, 4}, run(spec, {{1, 1}, {2000, 2000}, {3, 5}}));
}

TEST_F(MixTest, segmentsDropTheState) {
  MixSpec spec = sequence(4);
  spec.hasSegments = spec.hasInitialState = spec.hasFinalState = true;
  expectNear({101, 103, 3, 7}, run(spec, {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 2, 3, 4}, {0, 0, 1, 1}, {100}}));
  EXPECT_EQ(results[1].data, Rows{7});
  expectNear({1, 3, 6, 10}, run(spec, {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 2, 3, 4}, {1, 1, 1, 1}, {100}}));
}

TEST_F(MixTest, headsAreSharedByBlocks) {
  MixSpec spec = sequence(1);
  spec.queryHeads = 4;
  spec.keyHeads = 2;
  spec.valueHeads = 1;
  expectNear({10, 10, 20, 20}, run(spec, {{1, 1, 1, 1}, {1, 2}, {10}}));
}

TEST_F(MixTest, regionTransportReadsTheOnlyRow) {
  MixSpec spec = sequence(3, "#mixer.region");
  spec.hasQuery = spec.hasKey = false;
  spec.stateBody = StateBody::Gate;
  spec.hasInitialState = true;
  expectNear({4, 2, 1}, run(spec, {{0, 0, 0}, {0.5, 0.5, 0.5}, {8}}));
}

TEST_F(MixTest, scoreRegionSeesPositions) {
  MixSpec spec = sequence(2);
  spec.scoreBody = ScoreBody::Parity;
  expectNear({1, 2.5}, run(spec, {{1, 1}, {1, 1}, {1, 2}}));
}

TEST_F(MixTest, halfStorageRoundsTheOutputOnlyInSingle) {
  MixSpec spec = sequence(1);
  spec.type = BFloat16Type::get(context.get());
  MixCase point(spec, 1);
  for (ReferenceTensor &tensor : point.inputs)
    tensor.data = {1.0078125};
  double cube = 1.0078125 * 1.0078125 * 1.0078125;
  EXPECT_DOUBLE_EQ(point.run()[0].data[0], cube);
  EXPECT_EQ(point.run(Precision::Single)[0].data[0], 1.0234375);
}

} // namespace
