// Every example: its step equals it, or is refused for the reason that stands here.
#include "StepCheck.h"

#include "compiler/pipeline/Compile.h"
#include "compiler/pipeline/ImportModel.h"
#include "compiler/pipeline/Phases.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

struct Example {
  const char *name;
  const char *refusal = nullptr; // a part of the diagnostic
  int64_t lookAhead = 0;         // tokens that are allowed, and used
};

constexpr Example kExamples[] = {
    {"attention"},
    {"attention-alibi"},
    {"attention-bf16"},
    {"attention-gqa"},
    {"attention-t5", "support #mixer.full: a token sees tokens that follow"},
    {"attention-window"},
    {"attention-sinks"},
    {"delta"},
    {"gated-delta"},
    {"gla"},
    {"gpt"},
    {"hourglass"},
    {"linear-attention"},
    {"lru"},
    {"mamba"},
    {"mamba2"},
    {"retention"},
    {"rwkv4"},
    {"s4d"},
    {"s5"},
    {"sashimi"},
    {"sgconv"},
    {"longconv"},
    {"hyena"},
    {"attention-cross"},
    {"attention-documents"},
    {"attention-global", "a token sees tokens that follow"},
    {"expression"},
    {"fnet", "transport"},
    {"mamba-reverse", "visited from the last to the first"},
    {"mamba-stateful"},
    {"mlp-mixer", "weights of positions alone leave no state"},
    {"attention-ahead", "needs 2 tokens of look-ahead, 0 are allowed: --lookahead=2"},
    {"attention-ahead", nullptr, 2},
    {"sgconv-bidirectional", "needs 126 tokens of look-ahead, 125 are allowed: --lookahead=126", 125},
    {"sgconv-bidirectional", nullptr, 126},
    {"slots"},
};

class ExampleTest : public testing::TestWithParam<Example> {
protected:
  void SetUp() override {
    DialectRegistry registry;
    registerEverything(registry);
    context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
    module = importModel(std::string(HEDDLE_EXAMPLES "/") + GetParam().name + ".json", context.get());
    ASSERT_TRUE(module);
    PassManager pm(context.get());
    for (StringRef phase : {"simplify", "raise"})
      findPhase(phase)->build(pm, {});
    ASSERT_TRUE(succeeded(pm.run(*module)));
    derived = Derived::of(*module, GetParam().lookAhead);
  }

  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  Derived derived;
};

TEST_P(ExampleTest, StepsEqualForward) {
  if (const char *refusal = GetParam().refusal) {
    EXPECT_FALSE(derived.step);
    EXPECT_NE(derived.error.find(refusal), std::string::npos) << derived.error;
    return;
  }
  ASSERT_TRUE(derived.step) << derived.error;
  EXPECT_EQ(derived.latency(), GetParam().lookAhead);
  expectStepsEqualForward(derived, /*chunk=*/4, /*seed=*/1);
  expectCausal(derived, 7, 2);
  expectIndependentRows(derived, 3);
  expectOwnEnds(derived, 4);
}

INSTANTIATE_TEST_SUITE_P(All, ExampleTest, testing::ValuesIn(kExamples), [](const auto &info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name + (info.param.lookAhead ? "_" + std::to_string(info.param.lookAhead) + "_ahead" : "");
});

} // namespace
