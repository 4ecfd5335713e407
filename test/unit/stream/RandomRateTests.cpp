// Random nests of pooled blocks with random mixers inside: each has a step that equals it, a whole number of blocks at
// a time. Some of them look ahead.
#include "StepCheck.h"
#include "test/property/EachPoint.h"

#include "compiler/pipeline/Compile.h"
#include "compiler/pipeline/ImportModel.h"
#include "compiler/pipeline/Phases.h"
#include "passes/stream/Names.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include <fstream>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

// Of 8 features. The last ones see a bounded past.
constexpr const char *kBlocks[] = {
    R"({"type": "mixer", "preset": "attention", "heads": 2, "rotary": {}})",
    R"({"type": "mixer", "preset": "attention", "heads": 2, "alibi": true})",
    R"({"type": "mixer", "preset": "retention", "heads": 2})",
    R"({"type": "mixer", "preset": "mamba", "states": 2})",
    R"({"type": "mixer", "preset": "gated_delta", "heads": 2})",
    R"({"type": "mixer", "preset": "lru", "states": 4})",
    R"({"type": "mixer", "preset": "longconv", "max_tokens": 200})",
    R"({"type": "positions", "max_tokens": 200})",
    R"({"type": "mixer", "preset": "attention", "heads": 2, "support": {"window": {"left": 3}}, "rotary": {}})",
    R"({"type": "short_conv", "taps": 3})",
    R"({"type": "mlp", "hidden": 8})",
};

// They see tokens that follow.
constexpr const char *kAhead[] = {
    R"({"type": "mixer", "preset": "attention", "heads": 2, "support": {"window": {"left": 3, "right": 2}}, "rotary": {}})",
    R"({"type": "mixer", "preset": "attention", "heads": 2, "support": {"window": {"left": 0, "right": 1}}})",
};

/// Writes random blocks and how many tokens they need together.
class RandomRates {
public:
  RandomRates(uint64_t seed, bool looksAhead) : random(seed), looksAhead(looksAhead) {}

  std::string blocks(int depth, int64_t &block) {
    std::string text;
    for (int64_t count = 1 + below(2), i = 0; i < count; ++i)
      text += residual(one()) + ", ";
    int64_t own = 1;
    if (depth > 0)
      text += residual(pooled(depth, own)) + ", ";
    if (depth > 1 && below(3) == 0) {
      int64_t other = 1;
      text += residual(pooled(1, other)) + ", ";
      own = std::lcm(own, other);
    }
    block = own;
    return text + residual(one());
  }

private:
  static std::string residual(const std::string &block) {
    return R"({"type": "residual", "blocks": [{"type": "rms_norm"}, )" + block + "]}";
  }

  const char *one() {
    return looksAhead && below(3) == 0 ? kAhead[below(std::size(kAhead))] : kBlocks[below(std::size(kBlocks))];
  }

  std::string pooled(int depth, int64_t &block) {
    int64_t stride = 2 + below(3), inner = 1;
    std::string inside = blocks(depth - 1, inner);
    block = stride * inner;
    return llvm::formatv(R"({{"type": "pooled", "stride": {0}, "pool": "{1}", "shift": {2}, "blocks": [{3}]})", stride,
                         below(2) ? "mean" : "linear", below(2) ? "true" : "false", inside)
        .str();
  }

  int64_t below(int64_t count) { return std::uniform_int_distribution<int64_t>(0, count - 1)(random); }
  std::mt19937_64 random;
  bool looksAhead;
};

OwningOpRef<ModuleOp> importText(const std::string &blocks, MLIRContext *context) {
  std::string path = testing::TempDir() + "random-rates.json";
  std::ofstream(path) << R"({"heddle": 1, "symbols": ["B", "T"], "inputs": [{"name": "x", "shape": ["B", "T", 8]}], )"
                      << R"("weights": {"random": {"seed": 1}}, "blocks": [)" << blocks << "]}";
  OwningOpRef<ModuleOp> module = importModel(path, context);
  PassManager pm(context);
  for (StringRef phase : {"simplify", "raise"})
    findPhase(phase)->build(pm, {});
  return module && succeeded(pm.run(*module)) ? std::move(module) : nullptr;
}

TEST(Stream, ofRandomRates) {
  DialectRegistry registry;
  registerEverything(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  uint64_t first = environment("HEDDLE_SEED", 1), points = environment("HEDDLE_POINTS", 32), late = 0;
  for (uint64_t seed = first; seed < first + points; ++seed) {
    int64_t block = 1;
    std::string blocks = RandomRates(seed, /*looksAhead=*/seed % 4 == 0).blocks(/*depth=*/1 + int(seed / 2 % 2), block);
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + blocks);
    OwningOpRef<ModuleOp> module = importText(blocks, &context);
    ASSERT_TRUE(module);
    if (seed % 3 == 0) // long convolutions in blocks of a few positions of their rate
      module->lookupSymbol<func::FuncOp>("forward")->setAttr(kConvolutionBlockAttr,
                                                             Builder(&context).getI64IntegerAttr(2));
    Derived derived = Derived::of(*module, /*lookAhead=*/1000);
    ASSERT_TRUE(derived.step) << derived.error;
    EXPECT_TRUE(seed % 4 == 0 || derived.latency() == 0);
    ASSERT_EQ(derived.step->getAttrOfType<IntegerAttr>(kBlockAttr).getInt(), block);
    expectStepsEqualForward(derived, /*chunk=*/2, seed);
    expectCausal(derived, /*length=*/2, seed);
    expectIndependentRows(derived, seed);
    expectOwnEnds(derived, seed);
    late += derived.latency() > 0;
    if (HasFailure())
      return;
  }
  if (points >= 32)
    EXPECT_GT(late, 3u);
}

} // namespace
