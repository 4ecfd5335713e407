// Sizes, carried states, admitted forms and costs of mixers.
#include "Supports.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace heddle;
using namespace heddle::test;
using namespace mlir;
using mixer::FormKind;
using mixer::MixOp;

namespace {

/// One parsed mixer and the module that holds it.
struct Mixer {
  OwningOpRef<ModuleOp> module;
  MixOp mix;
};

/// A mixer with query [2, T, 8, 16], key [2, T, 4, 16], value [2, T, 4, 32] and more operands after them.
Mixer parseMixer(const std::string &arguments, const std::string &operands, const std::string &slots,
                 bool withKey = true) {
  std::string query = "tensor<2x?x8x16xf32>", key = "tensor<2x?x4x16xf32>", value = "tensor<2x?x4x32xf32>";
  std::string out = withKey ? "tensor<2x?x8x32xf32>" : value;
  std::string text = "func.func @f(%q: " + query + ", %k: " + key + ", %v: " + value + ", %o: " + out + arguments +
                     ") {\n%r = mixer.mix ";
  if (withKey)
    text += "query(%q : " + query + ") key(%k : " + key + ") ";
  text += "value(%v : " + value + ") " + operands + " outs(%o : " + out + ") {" + slots + "} -> " + out + "\nreturn }";
  Mixer parsed{parseSourceString<ModuleOp>(text, mixerContext()), {}};
  EXPECT_TRUE(bool(parsed.module)) << text;
  if (parsed.module)
    parsed.module->walk([&](MixOp mix) { parsed.mix = mix; });
  return parsed;
}

const std::string kCausal = "support = #mixer.causal, ", kNoNorm = ", score = #mixer.linear, norm = #mixer.norm<none>";

using Kinds = SmallVector<FormKind>;

TEST(Sizes, HeadsAreSharedBothWays) {
  Mixer m = parseMixer(", %a: tensor<2x?x1xf32>", "transport(%a : tensor<2x?x1xf32>)",
                       kCausal + "transport = #mixer.scalar" + kNoNorm);
  mixer::MixSizes sizes = m.mix.getSizes();
  EXPECT_EQ(sizes.B, 2);
  EXPECT_TRUE(ShapedType::isDynamic(sizes.T));
  EXPECT_EQ(sizes.Hs, 4);
  EXPECT_EQ(sizes.Ho, 8);
  EXPECT_EQ(sizes.dk, 16);
  EXPECT_EQ(sizes.dv, 32);
  EXPECT_EQ(sizes.headOf(5, sizes.Hk), 2);
  EXPECT_EQ(sizes.headOf(7, sizes.Ht), 0);
  EXPECT_EQ(sizes.withDefaults(1, 100).S, 100);
}

TEST(Forms, FollowTheSlots) {
  std::string decay = ", %a: tensor<2x?x1xf32>", decayUse = "transport(%a : tensor<2x?x1xf32>)";
  std::string state = ", %s: tensor<2x4x16x32xf32>", stateUse = " state(%s : tensor<2x4x16x32xf32>)";
  auto forms = [](Mixer m) { return m.mix.admittedForms(); };
  EXPECT_EQ(
      forms(parseMixer(
          "", "",
          kCausal + "transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>")),
      (Kinds{FormKind::Dense, FormKind::Flash}));
  EXPECT_EQ(forms(parseMixer(decay, decayUse, kCausal + "transport = #mixer.scalar" + kNoNorm)),
            (Kinds{FormKind::Dense, FormKind::Recurrent, FormKind::Chunked}));
  EXPECT_EQ(forms(parseMixer(decay + state, decayUse + stateUse, kCausal + "transport = #mixer.scalar" + kNoNorm)),
            (Kinds{FormKind::Recurrent, FormKind::Chunked}));
  EXPECT_EQ(forms(parseMixer(decay, decayUse,
                             "support = #mixer.window<left = 3, right = 0>, transport = #mixer.scalar" + kNoNorm)),
            (Kinds{FormKind::Dense}));
  EXPECT_EQ(forms(parseMixer(", %a: tensor<4x16x16xf32>", "transport(%a : tensor<4x16x16xf32>)",
                             kCausal + "transport = #mixer.constant" + kNoNorm)),
            (Kinds{FormKind::Dense, FormKind::Recurrent}));
  EXPECT_EQ(
      forms(parseMixer(
          "", "",
          kCausal +
              "transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<row_sum>")),
      (Kinds{FormKind::Recurrent}));
  EXPECT_EQ(forms(parseMixer(", %w: tensor<1x1x9xf32>", "transport(%w : tensor<1x1x9xf32>)",
                             kCausal + "transport = #mixer.toeplitz" + kNoNorm, false)),
            (Kinds{FormKind::Direct, FormKind::Fft}));
}

// A state walks along one row of tokens, so a mixer with two has the forms that look at pairs alone, and one with a
// state has no second count: a static one is refused (C5), a dynamic one is the same count.
TEST(Forms, OfAStateNeedOneRowOfTokens) {
  std::string identity = "transport = #mixer.identity" + kNoNorm;
  EXPECT_EQ(parseMixer("", "", "support = #mixer.full, " + identity).mix.admittedForms(),
            (Kinds{FormKind::Dense, FormKind::Factored}));
  EXPECT_FALSE(parseMixer("", "", "support = #mixer.full, " + identity).mix.hasOneTokenAxis());
  EXPECT_TRUE(parseMixer("", "", kCausal + identity).mix.hasOneTokenAxis());
  std::string ids = ", %s: tensor<2x?xi32>", idsUse = "segments(%s : tensor<2x?xi32>)";
  EXPECT_EQ(parseMixer(ids, idsUse, "support = #mixer.full, " + identity).mix.admittedForms(),
            (Kinds{FormKind::Dense}));
  std::string text = R"(func.func @f(%q: tensor<1x2x1x4xf32>, %k: tensor<1x3x1x4xf32>) {
    %r = mixer.mix query(%q : tensor<1x2x1x4xf32>) key(%k : tensor<1x3x1x4xf32>) value(%k : tensor<1x3x1x4xf32>)
      outs(%q : tensor<1x2x1x4xf32>) {)" +
                     kCausal + identity + R"(} -> tensor<1x2x1x4xf32>
    return })";
  std::string message;
  ScopedDiagnosticHandler handler(mixerContext(), [&](Diagnostic &diagnostic) { message += diagnostic.str(); });
  EXPECT_FALSE(bool(parseSourceString<ModuleOp>(text, mixerContext())));
  EXPECT_NE(message.find("key tokens of key (dimension 1), expected 2 or 1 but got 3"), std::string::npos) << message;
}

TEST(State, HasTheSumAndTheMaximumWhereNeeded) {
  Mixer m = parseMixer(
      "", "",
      kCausal + "transport = #mixer.identity, score = #mixer.linear<log_keys = true>, norm = #mixer.norm<running>");
  mixer::CarriedState state = m.mix.carriedState();
  ASSERT_EQ(state.parts.size(), 3u);
  EXPECT_EQ(state.parts[0].type.getShape(), (ArrayRef<int64_t>{2, 4, 16, 32}));
  EXPECT_EQ(state.parts[1].name, "sum");
  EXPECT_EQ(state.parts[2].name, "max");
  EXPECT_LT(state.parts[2].initial, -1e300);
  EXPECT_EQ(state.summary, mixer::SummaryKind::Diagonal);
  Mixer attention = parseMixer(
      "", "",
      kCausal + "transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>");
  EXPECT_TRUE(attention.mix.stateTypes().empty());
}

TEST(Cost, CountsThePairsOfTheSupport) {
  auto cost = [](const std::string &support, FormKind kind) {
    Mixer m = parseMixer(
        "", "",
        "support = " + support +
            ", transport = #mixer.identity, score = #mixer.softmax<scale = 1.0>, norm = #mixer.norm<row_sum>");
    return m.mix.formCost(mixer::FormAttr::get(mixerContext(), kind, 0), m.mix.getSizes().withDefaults(2, 512));
  };
  double heads = 2 * 8;
  EXPECT_DOUBLE_EQ(cost("#mixer.full", FormKind::Flash).exps, heads * 512 * 512);
  EXPECT_NEAR(cost("#mixer.causal", FormKind::Flash).exps, heads * 512 * 513 / 2, heads * 512 * 2);
  EXPECT_NEAR(cost("#mixer.window<left = 63, right = 0>", FormKind::Flash).exps, heads * 512 * 60, heads * 512 * 8);
  EXPECT_LT(cost("#mixer.causal", FormKind::Flash).bytes, cost("#mixer.causal", FormKind::Dense).bytes);
}

TEST(Cost, EveryAdmittedFormHasOne) {
  Mixer m = parseMixer(", %a: tensor<2x?x1xf32>", "transport(%a : tensor<2x?x1xf32>)",
                       kCausal + "transport = #mixer.scalar" + kNoNorm);
  for (FormKind kind : m.mix.admittedForms()) {
    mixer::FormCost cost =
        m.mix.formCost(mixer::FormAttr::get(mixerContext(), kind, 0), m.mix.getSizes().withDefaults(2, 4096));
    EXPECT_GT(cost.flops, 0);
    EXPECT_GT(cost.bytes, 0);
    EXPECT_GE(cost.parallel, 1);
  }
}

} // namespace
