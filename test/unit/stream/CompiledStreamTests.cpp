// Compiled steps, call by call through the runtime, against the entry in the reference evaluator.
#include "StepCheck.h"

#include "compiler/pipeline/ImportModel.h"
#include "compiler/pipeline/Phases.h"
#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "test/property/CompiledModule.h"

#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

constexpr double kSlack = 8; // other orders of summation than the plain loop's

class CompiledTest : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    context = makeCompilerContext();
    module = importModel(std::string(HEDDLE_EXAMPLES "/") + GetParam() + ".json", context.get());
    ASSERT_TRUE(module);
    CompileOptions options;
    options.entries = {"forward", "step"};
    std::string error;
    compiled = CompiledModule::compile(*module, options, /*threads=*/2, error);
    ASSERT_TRUE(compiled) << error;
    PassManager pm(context.get());
    for (StringRef phase : {"simplify", "raise"})
      findPhase(phase)->build(pm, {});
    ASSERT_TRUE(succeeded(pm.run(*module)));
    derived = Derived::of(*module);
    ASSERT_TRUE(derived.step) << derived.error;
  }

  ReferenceTensors resultsAt(ArrayRef<int64_t> symbols) {
    ReferenceTensors results;
    for (auto [number, type] : llvm::enumerate(derived.step.getResultTypes())) {
      auto shape = derived.step.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr);
      results.push_back(ReferenceTensor::zeros(getElementTypeOrSelf(type), shapeAt(shape.getValue(), symbols)));
    }
    return results;
  }

  /// NaN in all places of growing states that no row has seen.
  void poisonUnseen(ReferenceTensors &states) {
    unsigned first = derived.step.getNumArguments() - states.size();
    const std::vector<int64_t> &positions = states.front().integers;
    for (auto [number, state] : llvm::enumerate(states)) {
      if (!derived.step.getArgAttr(first + number, kAppendAttr))
        continue;
      int64_t rows = positions.size(), room = state.shape[1], features = state.size() / (rows * room);
      for (int64_t i = 0; i < state.size(); ++i)
        if (i / features % room >= positions[i / (features * room)])
          state.data[i] = std::numeric_limits<double>::quiet_NaN();
    }
  }

  /// All tokens, so many at a time; the first output. `uneven`: the second row begins anew behind the first calls.
  ReferenceTensor runSteps(ArrayRef<ReferenceTensor> inputs, ArrayRef<int64_t> symbols, int64_t length, int64_t chunk,
                           bool poison = false, bool uneven = false) {
    StepRunner shapes(derived.step, derived.tokens, symbols);
    ReferenceTensors states = shapes.initialStates(), parts;
    for (int64_t first = 0; first < length; first += chunk) {
      SmallVector<int64_t> sizes(symbols);
      sizes[derived.tokens] = std::min(chunk, length - first);
      ReferenceTensors arguments = shapes.inputsAt(inputs, first, sizes[derived.tokens]), results = resultsAt(sizes);
      if (uneven && first == chunk * ((3 + chunk - 1) / chunk))
        resetSecondRow(states, shapes.initialStates());
      if (poison)
        poisonUnseen(states);
      llvm::append_range(arguments, states);
      EXPECT_EQ(compiled->run(arguments, results, "step"), "");
      parts.push_back(results.front());
      states.assign(results.end() - states.size(), results.end());
    }
    return concatAlong(parts, 1);
  }

  static void resetSecondRow(ReferenceTensors &states, const ReferenceTensors &initial) {
    for (auto [state, fresh] : llvm::zip_equal(states, initial))
      for (int64_t i = state.size() / 2; i < state.size(); ++i)
        state.set(i, fresh.get(i));
  }

  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<CompiledModule> compiled;
  Derived derived;
};

TEST_P(CompiledTest, StepsEqualForward) {
  constexpr int64_t length = 25;
  SmallVector<int64_t> symbols = derived.symbols(2, length);
  ReferenceTensors inputs = drawInputs(derived.forward, symbols, 1, kLargestInteger), expected, single;
  for (ReferenceTensor &input : inputs)
    roundToStorage(input);
  ASSERT_TRUE(succeeded(interpret(derived.forward, inputs, expected, Precision::Double)));
  ASSERT_TRUE(succeeded(interpret(derived.forward, inputs, single, Precision::Single)));
  Tolerance tolerance = Tolerance::of(expected.front(), single.front(), kSlack);
  for (int64_t chunk : {1, 3, 8, 9, 25}) {
    SCOPED_TRACE(std::to_string(chunk) + " at a time");
    Comparison comparison = compare(expected.front(), runSteps(inputs, symbols, length, chunk), tolerance.bound);
    EXPECT_TRUE(comparison.passes) << comparison.describe() << "; " << tolerance.reason;
  }
}

// What a buffer holds behind the position of a row is never seen, bit for bit, whichever row stands where.
TEST_P(CompiledTest, UnseenPlacesMeanNothing) {
  constexpr int64_t length = 25;
  SmallVector<int64_t> symbols = derived.symbols(2, length);
  ReferenceTensors inputs = drawInputs(derived.forward, symbols, 1, kLargestInteger);
  for (ReferenceTensor &input : inputs)
    roundToStorage(input);
  for (int64_t chunk : {1, 3, 9})
    for (bool uneven : {false, true}) {
      SCOPED_TRACE(std::to_string(chunk) + " at a time");
      ReferenceTensor clean = runSteps(inputs, symbols, length, chunk, /*poison=*/false, uneven);
      EXPECT_EQ(clean.data, runSteps(inputs, symbols, length, chunk, /*poison=*/true, uneven).data);
    }
}

INSTANTIATE_TEST_SUITE_P(All, CompiledTest,
                         testing::Values("attention", "attention-alibi", "attention-gqa", "expression",
                                         "attention-sinks", "attention-window", "gated-delta", "gpt", "hyena", "mamba",
                                         "mamba2", "rwkv4", "s5", "sgconv"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

} // namespace
