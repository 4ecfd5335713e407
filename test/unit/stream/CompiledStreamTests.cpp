// Compiled steps, call by call through the runtime, against the entry in the reference evaluator.
#include "StepCheck.h"

#include "compiler/pipeline/ImportModel.h"
#include "compiler/pipeline/Phases.h"
#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/stream/Names.h"
#include "test/property/CompiledModule.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace heddle;
using namespace heddle::test;

namespace {

constexpr double kSlack = 8; // other orders of summation than the plain loop's

struct Example {
  const char *name;
  int64_t block = 0;          // positions of a block of its convolutions, where they are to be computed so
  const char *text = nullptr; // a module in place of an example
};

// A kernel with a tap for each token so far, computed from positions.
constexpr const char *kKernelOfPositions = R"mlir(
  #shape = affine_map<()[b, t] -> (b, t, 1, 20)>
  func.func @forward(%x: tensor<?x?x1x20xf32> {heddle.name = "x", heddle.shape = #shape})
      -> (tensor<?x?x1x20xf32> {heddle.name = "y", heddle.shape = #shape}) attributes {heddle.symbols = ["B", "T"]} {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %b = tensor.dim %x, %c0 : tensor<?x?x1x20xf32>
    %t = tensor.dim %x, %c1 : tensor<?x?x1x20xf32>
    %init = tensor.empty(%b, %t) : tensor<?x?x1x20xf32>
    %blank = tensor.empty(%t) : tensor<1x20x?xf32>
    %kernel = linalg.generic {indexing_maps = [affine_map<(h, d, k) -> (h, d, k)>],
        iterator_types = ["parallel", "parallel", "parallel"]} outs(%blank : tensor<1x20x?xf32>) {
    ^bb0(%none: f32):
      %d = linalg.index 1 : index
      %k = linalg.index 2 : index
      %sum = arith.addi %d, %k : index
      %integer = arith.index_cast %sum : index to i64
      %number = arith.sitofp %integer : i64 to f32
      %tap = math.cos %number : f32
      linalg.yield %tap : f32
    } -> tensor<1x20x?xf32>
    %y = mixer.mix value(%x : tensor<?x?x1x20xf32>) transport(%kernel : tensor<1x20x?xf32>)
        outs(%init : tensor<?x?x1x20xf32>) {support = #mixer.causal, transport = #mixer.toeplitz,
        score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<?x?x1x20xf32>
    return %y : tensor<?x?x1x20xf32>
  })mlir";

class CompiledTest : public testing::TestWithParam<Example> {
protected:
  void SetUp() override {
    context = makeCompilerContext();
    module = GetParam().text ? parseSourceString<ModuleOp>(GetParam().text, context.get())
                             : importModel(std::string(HEDDLE_EXAMPLES "/") + GetParam().name + ".json", context.get());
    ASSERT_TRUE(module);
    if (int64_t block = GetParam().block)
      module->lookupSymbol<func::FuncOp>("forward")->setAttr(kConvolutionBlockAttr,
                                                             Builder(context.get()).getI64IntegerAttr(block));
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

  bool isRing(unsigned argument) {
    auto symbol = derived.step->getAttrOfType<IntegerAttr>(kRingAttr);
    auto shape = derived.step.getArgAttrOfType<AffineMapAttr>(argument, kShapeAttr);
    return symbol && shape.getValue().getResult(1) == getAffineSymbolExpr(symbol.getInt(), derived.step.getContext());
  }

  /// What NaN takes the place of in growing states: nothing; places that no row has seen, and those of rings that are
  /// not the last tokens; all of them in front of calls that enter no block of a convolution, or of those that do.
  enum class Poison { Nothing, Unseen, InsideOfBlocks, AtBorders };

  /// Whether a row that has seen so many tokens is at a place to be poisoned.
  bool isPoisoned(Poison poison, int64_t place, int64_t seen) const {
    if (poison == Poison::Unseen || place >= seen)
      return poison != Poison::Nothing && place >= seen;
    bool isBorder = GetParam().block && seen % GetParam().block == 0;
    return poison != Poison::Nothing && isBorder == (poison == Poison::AtBorders);
  }

  /// Visits the elements of growing states that are to be poisoned: (number of the state, element).
  void eachPoisoned(const ReferenceTensors &states, Poison poison, function_ref<void(size_t, int64_t)> visit) {
    unsigned first = derived.step.getNumArguments() - states.size();
    const std::vector<int64_t> &positions = states.front().integers;
    for (auto [number, state] : llvm::enumerate(states)) {
      if (!derived.step.getArgAttr(first + number, kAppendAttr))
        continue;
      int64_t rows = positions.size(), room = state.shape[1], features = state.size() / (rows * room);
      for (int64_t i = 0; i < state.size(); ++i) {
        int64_t row = i / (features * room), place = i / features % room, seen = positions[row];
        if (isRing(first + number)) {
          seen = std::min(seen, derived.step->getAttrOfType<IntegerAttr>(kRingTokensAttr).getInt());
          place = llvm::mod(place - (states[1].integers[row] - seen), room);
        }
        if (isPoisoned(poison, place, seen))
          visit(number, i);
      }
    }
  }

  /// All tokens, so many at a time; the first output. `uneven`: the second row begins anew behind the first calls.
  ReferenceTensor runSteps(ArrayRef<ReferenceTensor> inputs, ArrayRef<int64_t> symbols, int64_t length, int64_t chunk,
                           Poison poison = Poison::Nothing, bool uneven = false) {
    StepRunner shapes(derived.step, derived.tokens, symbols);
    ReferenceTensors states = shapes.initialStates(), parts;
    for (int64_t first = 0; first < length; first += chunk) {
      SmallVector<int64_t> sizes(symbols);
      sizes[derived.tokens] = std::min(chunk, length - first);
      ReferenceTensors arguments = shapes.inputsAt(inputs, first, sizes[derived.tokens]), results = resultsAt(sizes);
      if (uneven && first == chunk * ((3 + chunk - 1) / chunk))
        resetSecondRow(states, shapes.initialStates());
      size_t firstState = arguments.size(), firstNext = results.size() - states.size();
      llvm::append_range(arguments, states);
      eachPoisoned(states, poison, [&](size_t number, int64_t i) {
        arguments[firstState + number].data[i] = std::numeric_limits<double>::quiet_NaN();
      });
      EXPECT_EQ(compiled->run(arguments, results, "step"), "");
      parts.push_back(results.front());
      if (poison != Poison::Unseen) // what a call has seen stays as it was
        eachPoisoned(states, poison, [&](size_t number, int64_t i) {
          if (std::isnan(results[firstNext + number].data[i]))
            results[firstNext + number].data[i] = states[number].data[i];
        });
      states.assign(results.begin() + firstNext, results.end());
    }
    return concatAlong(parts, 1);
  }

  /// Steps of so many tokens each, and the entry in the reference evaluator.
  void expectEqualForward(int64_t length, ArrayRef<int64_t> chunks) {
    SmallVector<int64_t> symbols = derived.symbols(2, length);
    ReferenceTensors inputs = drawInputs(derived.forward, symbols, 1, kLargestInteger), expected, single;
    for (ReferenceTensor &input : inputs)
      roundToStorage(input);
    ASSERT_TRUE(succeeded(interpret(derived.forward, inputs, expected, Precision::Double)));
    ASSERT_TRUE(succeeded(interpret(derived.forward, inputs, single, Precision::Single)));
    Tolerance tolerance = Tolerance::of(expected.front(), single.front(), kSlack);
    for (int64_t chunk : chunks) {
      SCOPED_TRACE(std::to_string(length) + " tokens, " + std::to_string(chunk) + " at a time");
      Comparison comparison = compare(expected.front(), runSteps(inputs, symbols, length, chunk), tolerance.bound);
      EXPECT_TRUE(comparison.passes) << comparison.describe() << "; " << tolerance.reason;
    }
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

TEST_P(CompiledTest, StepsEqualForward) { expectEqualForward(/*length=*/25, {1, 3, 8, 9, 25}); }

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
      ReferenceTensor clean = runSteps(inputs, symbols, length, chunk, Poison::Nothing, uneven);
      EXPECT_EQ(clean.data, runSteps(inputs, symbols, length, chunk, Poison::Unseen, uneven).data);
    }
}

class CompiledConvolutionTest : public CompiledTest {};

// Work for each token: a step looks at what is kept where it enters a block, once in eight tokens, and nowhere else.
TEST_P(CompiledConvolutionTest, StepsInsideOfABlockTouchNothingKept) {
  constexpr int64_t length = 41, block = 8;
  SmallVector<int64_t> symbols = derived.symbols(2, length);
  ReferenceTensors inputs = drawInputs(derived.forward, symbols, 1, kLargestInteger);
  ReferenceTensor clean = runSteps(inputs, symbols, length, /*chunk=*/1);
  EXPECT_EQ(clean.data, runSteps(inputs, symbols, length, 1, Poison::InsideOfBlocks).data);
  // What a step that enters a block sees is all of it.
  ReferenceTensor blind = runSteps(inputs, symbols, length, 1, Poison::AtBorders);
  int64_t features = blind.size() / (2 * length);
  for (int64_t token = 0; token < length; ++token)
    EXPECT_EQ(std::isnan(blind.data[token * features]), token >= block) << "token " << token;
}

INSTANTIATE_TEST_SUITE_P(All, CompiledConvolutionTest, testing::Values(Example{"longconv", 8}), [](const auto &info) {
  return info.param.name + std::string("_blocks_of_") + std::to_string(info.param.block);
});

/// A window of 16 tokens: 15 are kept in a ring.
class WindowTest : public CompiledTest {};

TEST_P(WindowTest, GoesRound) {
  for (int64_t length : {1, 15, 16, 17, 31, 32, 33, 47, 48, 49})
    expectEqualForward(length, {1, 3, 14, 15, 16, 17, length});
}

INSTANTIATE_TEST_SUITE_P(Rings, WindowTest, testing::Values(Example{"attention-window"}));

INSTANTIATE_TEST_SUITE_P(All, CompiledTest,
                         testing::Values(Example{"attention"}, Example{"attention-alibi"}, Example{"attention-gqa"},
                                         Example{"expression"}, Example{"attention-sinks"}, Example{"attention-window"},
                                         Example{"gated-delta"}, Example{"gpt"}, Example{"hyena"}, Example{"hyena", 4},
                                         Example{"longconv", 2}, Example{"kernel-of-positions", 4, kKernelOfPositions},
                                         Example{"mamba"}, Example{"mamba2"}, Example{"rwkv4"}, Example{"s5"},
                                         Example{"sgconv"}, Example{"sgconv", 8}),
                         [](const auto &info) {
                           std::string name = info.param.name;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + (info.param.block ? "_blocks_of_" + std::to_string(info.param.block) : "");
                         });

} // namespace
