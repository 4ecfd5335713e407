// The proof of a length on a model that is small in all other sizes.
#include "passes/lower/Names.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/LengthProof.h"
#include "passes/raise/LengthRewrite.h"
#include "passes/raise/ProofSides.h"
#include "passes/raise/SizeShrinker.h"

#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace heddle {
namespace {

// Sizes of other symbols than the length.
constexpr int64_t kOtherSymbols = 2;

/// Dimensions of `values` that are symbols where those of `originals` are numbers; values count from `first` on.
void addFreed(ValueRange originals, ValueRange values, unsigned first, SmallVectorImpl<SizeShrinker::Dim> &dims) {
  for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(originals, values))) {
    auto before = dyn_cast<RankedTensorType>(std::get<0>(pair).getType());
    auto after = dyn_cast<RankedTensorType>(std::get<1>(pair).getType());
    for (int64_t dim = 0; before && dim < before.getRank(); ++dim)
      if (!before.isDynamicDim(dim) && after.isDynamicDim(dim))
        dims.push_back({first + unsigned(number), dim});
  }
}

class SmallModel {
public:
  SmallModel(func::FuncOp original, func::FuncOp freed) {
    SmallVector<Value> results = resultsOf(original);
    auto names = original->getAttrOfType<ArrayAttr>(kSymbolsAttr);
    ConcreteSizes sizes(original, SmallVector<int64_t>(names ? names.size() : 0, kOtherSymbols));
    excerpt = Excerpt::of(results, weightsOf(results, {}).getArrayRef(), sizes);
    SmallVector<Value> before, after;
    for (Value input : excerpt.inputs) {
      auto argument = dyn_cast<BlockArgument>(input);
      before.push_back(input);
      after.push_back(argument ? Value(freed.getArgument(argument.getArgNumber())) : input);
    }
    addFreed(before, after, 0, lengths);
    addFreed(results, resultsOf(freed), before.size(), lengths);
  }

  LengthVerdict prove(int64_t length, ProofMode mode) {
    LengthVerdict none{false, "the proof would exceed the budget of --verify-raises=cheap"};
    if (!excerpt.function)
      return none;
    SizeShrinker shrinker(excerpt, /*length=*/0, lengths);
    if (!shrinker.run())
      return none;
    OwningOpRef<func::FuncOp> symbolic = cast<func::FuncOp>(excerpt.function->clone());
    SmallVector<DimClasses::Var> tokens;
    DimClasses classes = classifyDims(*symbolic, tokens);
    std::optional<DimClasses::Var> token;
    for (auto [value, dim] : lengths)
      if (value < excerpt.inputs.size() && excerpt.shapes[value][dim] == length && !token)
        token = classes.of(symbolic->getArgument(value), dim);
    if (!token || classes.isPinned(classes.find(*token).root))
      return none;
    LengthRewrite rewrite(*symbolic, classes, *token);
    if (failed(rewrite.run("T")) || failed(verify(*symbolic)))
      return none;
    LengthVerdict verdict = proveLength(excerpt.function, *symbolic, length, {rewrite.least()}, mode);
    verdict.reason += " with " + shrinker.sizes().str();
    return verdict;
  }

private:
  static SmallVector<Value> resultsOf(func::FuncOp function) {
    return SmallVector<Value>(function.getBody().front().getTerminator()->getOperands());
  }

  Excerpt excerpt;
  SmallVector<SizeShrinker::Dim> lengths;
};

} // namespace

LengthVerdict proveSmallLength(func::FuncOp original, func::FuncOp freed, int64_t length, ProofMode mode) {
  ScopedDiagnosticHandler silent(original.getContext(), [](Diagnostic &) { return success(); });
  return SmallModel(original, freed).prove(length, mode);
}

} // namespace heddle
