#include "passes/stream/GrowthProof.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/stream/StepRunner.h"
#include "passes/stream/StreamSymbols.h"

#include <numeric>

using namespace mlir;

namespace heddle {
namespace {

/// Calls of an entry in the reference evaluator, in which the states of one are handed to the next.
class Calls {
public:
  /// Some pair grows.
  Calls(func::FuncOp entry, const StatePairs &pairs) : entry(entry), pairs(pairs) {
    symbols.assign(entry->getAttrOfType<ArrayAttr>(kSymbolsAttr).size(), 2);
    for (const StatePair &pair : pairs)
      if (pair.past) {
        symbols[*pair.past] = 0;
        tokens = pair.tokens;
      }
  }

  /// Sizes of inputs that are no states.
  SmallVector<AffineExpr> inputSizes() {
    SmallVector<AffineExpr> sizes;
    for (unsigned input = 0; input < entry.getNumArguments(); ++input)
      if (!isState(input))
        llvm::append_range(sizes, shapeOf(input).getResults());
    return sizes;
  }
  bool dependsOnPast(AffineExpr size) {
    return llvm::any_of(pairs, [&](const StatePair &pair) { return pair.past && size.isFunctionOfSymbol(*pair.past); });
  }
  /// Whether a size is that of the past and of the tokens of a call.
  bool countsAll(AffineExpr size) {
    return llvm::any_of(pairs, [&](const StatePair &pair) {
      if (!pair.past)
        return false;
      AffineExpr all =
          getAffineSymbolExpr(*pair.past, size.getContext()) + getAffineSymbolExpr(tokens, size.getContext());
      return simplifyAffineExpr(size - all, 0, symbols.size()) == 0;
    });
  }

  /// The outputs of calls on the given numbers of tokens, those with tokens put together, then the states.
  FailureOr<ReferenceTensors> run(ArrayRef<int64_t> counts) {
    symbols[tokens] = std::accumulate(counts.begin(), counts.end(), int64_t(0));
    ReferenceTensors whole = drawInputs(entry, symbols, /*seed=*/1, /*largestInteger=*/1);
    for (const StatePair &pair : pairs)
      fill(whole[pair.input], pair.initial);
    SmallVector<ReferenceTensors> parts(entry.getNumResults());
    int64_t first = 0;
    for (int64_t count : counts) {
      ReferenceTensors inputs = whole, outputs;
      for (unsigned input = 0; input < inputs.size(); ++input)
        if (!isState(input))
          inputs[input] = partOf(whole[input], shapeOf(input), first, count);
      if (failed(interpret(entry, inputs, outputs, Precision::Double)))
        return failure();
      for (const StatePair &pair : pairs)
        whole[pair.input] = outputs[pair.output];
      for (auto [output, part] : llvm::zip_equal(outputs, parts))
        part.push_back(output);
      first += count;
    }
    ReferenceTensors joined;
    for (auto [number, part] : llvm::enumerate(parts)) {
      std::optional<TokenSize> at = tokenSize(entry.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr), tokens);
      joined.push_back(joinCalls(part, at ? std::optional(at->dim) : std::nullopt));
    }
    return joined;
  }

private:
  /// What a call on `count` tokens from `first` on is given of an input.
  ReferenceTensor partOf(ReferenceTensor part, AffineMap shape, int64_t first, int64_t count) {
    for (auto [dim, size] : llvm::enumerate(shape.getResults()))
      if (int64_t rate = multipleOf(size, tokens))
        part = sliceAlong(part, dim, first * rate, count * rate);
      else if (countsAll(size))
        part = sliceAlong(part, dim, 0, first + count);
    return part;
  }
  bool isState(unsigned input) {
    return llvm::any_of(pairs, [&](const StatePair &pair) { return pair.input == input; });
  }
  AffineMap shapeOf(unsigned input) {
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr);
    return shape ? shape.getValue() : AffineMap::get(entry.getContext());
  }
  static void fill(ReferenceTensor &tensor, double number) {
    Scalar value;
    if (tensor.isFloat())
      value.real = number;
    else
      value.integer = static_cast<int64_t>(number);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set(i, value);
  }

  func::FuncOp entry;
  const StatePairs &pairs;
  unsigned tokens = 0;
  SmallVector<int64_t> symbols;
};

} // namespace

bool hasInputsOfThePast(func::FuncOp entry, const StatePairs &pairs) {
  Calls calls(entry, pairs);
  return llvm::any_of(calls.inputSizes(), [&](AffineExpr size) { return calls.dependsOnPast(size); });
}

LogicalResult proveGrowth(func::FuncOp entry, const StatePairs &pairs) {
  Calls calls(entry, pairs);
  for (AffineExpr size : calls.inputSizes())
    if (calls.dependsOnPast(size) && !calls.countsAll(size))
      return entry.emitError("inputs have other sizes of the past than that of all tokens so far");
  FailureOr<ReferenceTensors> once = calls.run({5}), twice = calls.run({3, 2});
  if (failed(once) || failed(twice))
    return failure();
  for (auto [number, left, right] : llvm::enumerate(*once, *twice))
    if (Comparison comparison = compare(lastElements(left, right), right, 1e-7 * maxMagnitude(left));
        !comparison.passes)
      return entry.emitError() << "calls one after the other differ from one call in output '"
                               << outputName(entry, number) << "': " << comparison.describe();
  return success();
}

} // namespace heddle
