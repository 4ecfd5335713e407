#include "passes/raise/ProofSides.h"

#include "passes/lower/Names.h"
#include "passes/raise/EvaluationCost.h"
#include "passes/raise/LengthRewrite.h"
#include "passes/raise/Raiser.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

// Prime, and different for each length, so that no two sizes are equal by chance.
constexpr int64_t kSmallLengths[] = {13, 17, 19, 23};

std::string placeOf(func::FuncOp entry, ArrayRef<int64_t> symbols) {
  std::string place = symbols.empty() ? "at the model's sizes" : "at";
  for (auto [i, size] : llvm::enumerate(symbols))
    place +=
        llvm::formatv(" {0}={1}", cast<StringAttr>(entry->getAttrOfType<ArrayAttr>(kSymbolsAttr)[i]).getValue(), size)
            .str();
  return place;
}

/// A function whose static lengths become symbols, one after the other.
class Shrinker {
public:
  Shrinker(Excerpt &both, const Proposal &proposal) : both(both), function(both.function), proposal(proposal) {}

  bool run() {
    describe();
    while (lengths.size() < std::size(kSmallLengths) && shrinkOne())
      ;
    return !lengths.empty();
  }

  /// The results from `begin` on as a function of its own.
  Excerpt part(unsigned begin, unsigned count) {
    Excerpt result;
    result.module = both.module->clone();
    result.function = *result.module->getOps<func::FuncOp>().begin();
    result.inputs = both.inputs;
    Operation *terminator = result.function.getBody().front().getTerminator();
    SmallVector<Value> all(terminator->getOperands());
    terminator->setOperands(ArrayRef(all).slice(begin, count));
    result.function.removeResAttrsAttr();
    result.function.setFunctionType(FunctionType::get(function.getContext(), result.function.getArgumentTypes(),
                                                      TypeRange(terminator->getOperandTypes())));
    eraseUnused(all);
    ConcreteSizes sizes(result.function, lengths);
    for (BlockArgument argument : result.function.getArguments())
      result.shapes.push_back(isa<RankedTensorType>(argument.getType()) ? *sizes.shape(argument)
                                                                        : SmallVector<int64_t>());
    for (Operation &op : result.function.getBody().front().without_terminator())
      result.operations += evaluationCost(&op, sizes);
    return result;
  }

  std::string place;

private:
  /// Shapes of the arguments as those of an entry without symbols.
  void describe() {
    Builder builder(function.getContext());
    for (auto [number, shape] : llvm::enumerate(both.shapes)) {
      SmallVector<AffineExpr> sizes;
      for (int64_t size : shape)
        sizes.push_back(builder.getAffineConstantExpr(size));
      if (isa<RankedTensorType>(function.getArgumentTypes()[number]))
        function.setArgAttr(number, kShapeAttr, AffineMapAttr::get(AffineMap::get(0, 0, sizes, function.getContext())));
    }
    function->setAttr(kSymbolsAttr, builder.getArrayAttr({}));
  }

  /// The largest static length of an argument along which something mixes or runs, and that no op needs.
  std::optional<DimClasses::Var> largestLength(DimClasses &classes, ArrayRef<DimClasses::Var> tokens) const {
    std::optional<DimClasses::Var> largest;
    for (BlockArgument argument : both.function.getBody().getArguments()) {
      auto type = dyn_cast<RankedTensorType>(argument.getType());
      for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
        DimClasses::Var var = classes.of(argument, dim), root = classes.find(var).root;
        bool isLength = llvm::any_of(tokens, [&](DimClasses::Var token) { return classes.find(token).root == root; });
        bool isFree = isLength && !type.isDynamicDim(dim) && !classes.isPinned(root) && !classes.productOf(root);
        if (isFree && (!largest || classes.size(var) > classes.size(*largest)))
          largest = var;
      }
    }
    return largest;
  }

  bool shrinkOne() {
    SmallVector<DimClasses::Var> tokens;
    DimClasses classes = classifyDims(function, tokens);
    std::optional<DimClasses::Var> var = largestLength(classes, tokens);
    int64_t small = std::max(kSmallLengths[lengths.size()], proposal.length);
    if (!var || small >= classes.size(*var))
      return false;
    int64_t size = classes.size(*var);
    LengthRewrite rewrite(function, classes, *var);
    if (failed(rewrite.run(llvm::formatv("n{0}", lengths.size()).str())))
      return false;
    // A margin that ops cut off is shorter than what they leave.
    small = std::min(size, std::max(small, 2 * rewrite.least()));
    lengths.push_back(small);
    place += llvm::formatv("{0} {1} for {2}", lengths.size() == 1 ? " with" : " and", small, size).str();
    return small < size;
  }

  Excerpt &both;
  func::FuncOp function;
  const Proposal &proposal;
  SmallVector<int64_t> lengths; // values of the symbols
};

} // namespace

std::optional<ProofSides> ProofSides::of(func::FuncOp entry, const Proposal &proposal, ArrayRef<int64_t> symbols) {
  ConcreteSizes sizes(entry, symbols);
  ProofSides sides{Excerpt::of(proposal.original, proposal.frontier, sizes),
                   Excerpt::of(proposal.replacement, proposal.frontier, sizes), placeOf(entry, symbols)};
  if (!sides.original.function || !sides.replacement.function)
    return std::nullopt;
  return sides;
}

std::optional<ProofSides> ProofSides::smaller(func::FuncOp entry, const Proposal &proposal, ArrayRef<int64_t> symbols) {
  ConcreteSizes sizes(entry, symbols);
  SmallVector<Value> results(proposal.original);
  llvm::append_range(results, proposal.replacement);
  Excerpt both = Excerpt::of(results, proposal.frontier, sizes);
  Shrinker shrinker(both, proposal);
  if (!both.function || !shrinker.run() || failed(verify(*both.module)))
    return std::nullopt;
  unsigned count = proposal.original.size();
  return ProofSides{shrinker.part(0, count), shrinker.part(count, proposal.replacement.size()),
                    placeOf(entry, symbols) + shrinker.place};
}

} // namespace heddle
