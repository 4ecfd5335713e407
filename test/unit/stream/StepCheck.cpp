#include "StepCheck.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/Passes.h"
#include "passes/lower/Names.h"
#include "passes/stream/Names.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Pass/PassManager.h"
#include <gtest/gtest.h>

using namespace mlir;

namespace heddle::test {
namespace {

constexpr double kReordering = 1e-9; // double sums of a few hundred terms, reordered

SmallVector<int64_t> equalChunks(int64_t length, int64_t chunk) {
  SmallVector<int64_t> chunks;
  for (int64_t left = length; left > 0; left -= chunk)
    chunks.push_back(std::min(left, chunk));
  return chunks;
}

ReferenceTensors evaluate(func::FuncOp function, ArrayRef<ReferenceTensor> inputs) {
  ReferenceTensors outputs;
  EXPECT_TRUE(succeeded(interpret(function, inputs, outputs, Precision::Double)));
  return outputs;
}

/// Elements [first, first + count) of a tensor, counted in what one of the symbol of the tokens stands for.
ReferenceTensor cut(const ReferenceTensor &tensor, TokenSize at, int64_t first, int64_t count) {
  return sliceAlong(tensor, at.dim, first * at.rate, count * at.rate);
}

} // namespace

int64_t Derived::latency(unsigned output) const {
  auto late = func::FuncOp(step).getResultAttrOfType<IntegerAttr>(output, kLatencyAttr);
  return late ? late.getInt() : 0;
}

int64_t Derived::latency() const {
  auto late = func::FuncOp(step)->getAttrOfType<IntegerAttr>(kLatencyAttr);
  return late ? late.getInt() : 0;
}

int64_t Derived::block() const { return tokensPerBlock(forward, tokens); }

Derived Derived::of(ModuleOp module, int64_t lookAhead) {
  Derived derived;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    if (derived.error.empty())
      derived.error = diagnostic.str();
    return success();
  });
  PassManager pm(module.getContext());
  DeriveStreamPassOptions options;
  options.verify = "off";
  options.lookAhead = lookAhead;
  pm.addPass(createDeriveStreamPass(options));
  if (failed(pm.run(module)))
    return derived;
  derived.forward = module.lookupSymbol<func::FuncOp>("forward");
  derived.step = module.lookupSymbol<func::FuncOp>("step");
  derived.tokens = derived.step->getAttrOfType<IntegerAttr>(kTokensAttr).getInt();
  return derived;
}

SmallVector<int64_t> Derived::symbols(int64_t rows, int64_t count) {
  SmallVector<int64_t> sizes;
  for (auto [number, name] : llvm::enumerate(forward->getAttrOfType<ArrayAttr>(kSymbolsAttr))) {
    StringRef symbol = cast<StringAttr>(name).getValue();
    sizes.push_back(symbol == "B" ? rows : number == tokens ? count : 3);
  }
  return symbolsOfStep(step, sizes, /*capacity=*/count);
}

void expectStepsEqualForward(Derived &derived, int64_t chunk, uint64_t seed) {
  for (int64_t length : {int64_t(1), int64_t(2), chunk, 2 * chunk + 1, 3 * chunk + 1}) {
    SmallVector<int64_t> symbols = derived.symbols(2, length + derived.lateBlocks());
    StepRunner runner(derived.step, derived.tokens, symbols);
    ReferenceTensors inputs = drawInputs(derived.forward, symbols, seed, kLargestInteger),
                     expected = evaluate(derived.forward, runner.inputsAt(inputs, 0, length));
    for (int64_t size : {int64_t(1), int64_t(3), chunk, chunk + 1}) {
      SCOPED_TRACE(std::to_string(length) + " tokens, " + std::to_string(size) + " at a time");
      ReferenceTensors states = runner.initialStates();
      FailureOr<ReferenceTensors> actual = runner.runToEnd(inputs, equalChunks(length, size), states);
      ASSERT_TRUE(succeeded(actual));
      for (auto [left, right] : llvm::zip_equal(expected, *actual)) {
        Comparison comparison = compare(left, right, kReordering * std::max(1.0, maxMagnitude(left)));
        ASSERT_TRUE(comparison.passes) << comparison.describe();
      }
    }
  }
}

void expectCausal(Derived &derived, int64_t length, uint64_t seed) {
  SmallVector<int64_t> symbols = derived.symbols(2, 2 * length);
  ReferenceTensors inputs = drawInputs(derived.forward, symbols, seed, kLargestInteger);
  ReferenceTensors others = drawInputs(derived.forward, symbols, seed + 1, kLargestInteger), mixed;
  for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(inputs, others))) {
    auto [first, second] = pair;
    std::optional<TokenSize> at =
        tokenSize(derived.forward.getArgAttrOfType<AffineMapAttr>(number, kShapeAttr), derived.tokens);
    mixed.push_back(!at ? first : concatAlong({cut(first, *at, 0, length), cut(second, *at, length, length)}, at->dim));
  }
  ReferenceTensors expected = evaluate(derived.forward, inputs), actual = evaluate(derived.forward, mixed);
  for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(expected, actual))) {
    auto [left, right] = pair;
    int64_t late = derived.latency(number);
    if (std::optional<TokenSize> at =
            tokenSize(derived.forward.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr), derived.tokens)) {
      int64_t known = std::max<int64_t>(0, length * at->rate - late);
      EXPECT_TRUE(compare(sliceAlong(left, at->dim, 0, known), sliceAlong(right, at->dim, 0, known), 0).passes);
    }
  }
}

namespace {

/// The row of every tensor that has rows.
ReferenceTensors rowOf(func::FuncOp function, ArrayRef<ReferenceTensor> tensors, unsigned symbol, int64_t row,
                       bool isResult, unsigned first = 0) {
  ReferenceTensors result;
  for (auto [number, tensor] : llvm::enumerate(tensors)) {
    auto shape = isResult ? function.getResultAttrOfType<AffineMapAttr>(first + number, kShapeAttr)
                          : function.getArgAttrOfType<AffineMapAttr>(first + number, kShapeAttr);
    std::optional<TokenSize> at = tokenSize(shape, symbol);
    result.push_back(at ? sliceAlong(tensor, at->dim, row, 1) : tensor);
  }
  return result;
}

} // namespace

void expectIndependentRows(Derived &derived, uint64_t seed) {
  auto names = derived.step->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  auto found = llvm::find_if(names, [](Attribute name) { return cast<StringAttr>(name).getValue() == "B"; });
  if (found == names.end())
    return;
  unsigned rows = found - names.begin(), numInputs = derived.forward.getNumArguments();
  // An operand that all rows share has one tail, so they stand at one position.
  for (unsigned number = numInputs; number < derived.step.getNumArguments(); ++number)
    if (!tokenSize(derived.step.getArgAttrOfType<AffineMapAttr>(number, kShapeAttr), rows))
      return;
  // Two rows, the second of which begins three tokens later: its state is reset in between.
  SmallVector<int64_t> both = derived.symbols(2, 8), one = derived.symbols(1, 8);
  StepRunner together(derived.step, derived.tokens, both), alone(derived.step, derived.tokens, one);
  ReferenceTensors inputs = drawInputs(derived.forward, both, seed, kLargestInteger), outputs, outputsAlone;
  ReferenceTensors states = together.initialStates();
  ASSERT_TRUE(succeeded(together.run(together.inputsAt(inputs, 0, 3), states, outputs)));
  ReferenceTensors initial = alone.initialStates(), kept = rowOf(derived.step, states, rows, 0, false, numInputs);
  for (size_t number = 0; number < states.size(); ++number)
    states[number] = concatAlong({kept[number], initial[number]}, 0);
  ASSERT_TRUE(succeeded(together.run(together.inputsAt(inputs, 3, 5), states, outputs)));
  for (int64_t row : {0, 1}) {
    ReferenceTensors own = rowOf(derived.step, inputs, rows, row, false), statesAlone = alone.initialStates();
    if (row == 0)
      ASSERT_TRUE(succeeded(alone.run(alone.inputsAt(own, 0, 3), statesAlone, outputsAlone)));
    ASSERT_TRUE(succeeded(alone.run(alone.inputsAt(own, 3, 5), statesAlone, outputsAlone)));
    ReferenceTensors expected = rowOf(derived.step, outputs, rows, row, true);
    for (auto [left, right] : llvm::zip_equal(expected, outputsAlone))
      EXPECT_TRUE(compare(left, right, 0).passes) << "row " << row;
  }
}

void expectOwnEnds(Derived &derived, uint64_t seed) {
  constexpr int64_t lengths[] = {5, 8};
  auto names = derived.step->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  auto found = llvm::find_if(names, [](Attribute name) { return cast<StringAttr>(name).getValue() == "B"; });
  if (found == names.end() || derived.latency() == 0)
    return;
  unsigned rows = found - names.begin();
  int64_t fed = lengths[1] + derived.lateBlocks();
  SmallVector<int64_t> both = derived.symbols(2, fed), one = derived.symbols(1, fed);
  StepRunner runner(derived.step, derived.tokens, both);
  ReferenceTensors inputs = drawInputs(derived.forward, both, seed, kLargestInteger), states = runner.initialStates();
  unsigned first = derived.step.getNumArguments() - states.size();
  for (auto [number, state] : llvm::enumerate(states))
    for (int64_t row = 0; derived.step.getArgAttr(first + number, kEndAttr) && row < 2; ++row)
      state.set(row, Scalar{.integer = lengths[row] * derived.block()});
  FailureOr<ReferenceTensors> outputs = runner.runChunks(inputs, equalChunks(fed, 3), states);
  ASSERT_TRUE(succeeded(outputs));
  for (int64_t row : {0, 1}) {
    ReferenceTensors whole = rowOf(derived.step, inputs, rows, row, false);
    ReferenceTensors expected = evaluate(derived.forward, runner.inputsAt(whole, 0, lengths[row]));
    ReferenceTensors actual = rowOf(derived.step, *outputs, rows, row, true);
    for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(expected, actual))) {
      auto [left, right] = pair;
      std::optional<TokenSize> at =
          tokenSize(derived.forward.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr), derived.tokens);
      ReferenceTensor known = at ? sliceAlong(right, at->dim, derived.latency(number), lengths[row] * at->rate) : right;
      Comparison comparison = compare(left, known, kReordering * std::max(1.0, maxMagnitude(left)));
      EXPECT_TRUE(comparison.passes) << "row " << row << ": " << comparison.describe();
    }
  }
}

} // namespace heddle::test
