#include "passes/raise/SizeShrinker.h"

#include "passes/lower/Names.h"
#include "passes/raise/EvaluationCost.h"
#include "passes/raise/LengthRewrite.h"
#include "passes/raise/Raiser.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

// Prime, and different for each dimension, so that no two sizes are equal by chance. Lengths need room for pasts and
// futures, features do not.
constexpr int64_t kSmallLengths[] = {13, 17, 19, 23};
constexpr int64_t kSmallSizes[] = {5, 7, 3, 11, 29, 31};

/// Shapes and cost of an excerpt from its function, whose sizes are all known.
void measure(Excerpt &excerpt) {
  ConcreteSizes sizes(excerpt.function, {});
  excerpt.shapes.clear();
  for (BlockArgument argument : excerpt.function.getArguments())
    excerpt.shapes.push_back(isa<RankedTensorType>(argument.getType()) ? *sizes.shape(argument)
                                                                       : SmallVector<int64_t>());
  excerpt.operations = 0;
  for (Operation &op : excerpt.function.getBody().front().without_terminator())
    excerpt.operations += evaluationCost(&op, sizes);
}

} // namespace

/// Shapes of the arguments as those of an entry without symbols.
void SizeShrinker::describe() {
  Builder builder(excerpt.function.getContext());
  for (auto [number, shape] : llvm::enumerate(excerpt.shapes)) {
    SmallVector<AffineExpr> sizes;
    for (int64_t size : shape)
      sizes.push_back(builder.getAffineConstantExpr(size));
    if (isa<RankedTensorType>(excerpt.function.getArgumentTypes()[number]))
      excerpt.function.setArgAttr(number, kShapeAttr,
                                  AffineMapAttr::get(AffineMap::get(0, 0, sizes, builder.getContext())));
  }
  excerpt.function->setAttr(kSymbolsAttr, builder.getArrayAttr({}));
}

/// Static sizes that no op needs: lengths first, then by size.
SmallVector<SizeShrinker::Candidate> SizeShrinker::candidates(DimClasses &classes,
                                                              ArrayRef<DimClasses::Var> tokens) const {
  llvm::DenseSet<DimClasses::Var> lengthRoots, seen;
  for (DimClasses::Var token : tokens)
    lengthRoots.insert(classes.find(token).root);
  SmallVector<Candidate> found;
  auto include = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
      DimClasses::Var var = classes.of(value, dim), root = classes.find(var).root;
      bool isFree = !type.isDynamicDim(dim) && !classes.isPinned(root) && !classes.productOf(root);
      if (isFree && seen.insert(root).second)
        found.push_back({var, lengthRoots.contains(root), type.getDimSize(dim)});
    }
  };
  llvm::for_each(excerpt.function.getArguments(), include);
  for (Operation &op : excerpt.function.getBody().front())
    llvm::for_each(op.getResults(), include);
  llvm::sort(found, [](const Candidate &left, const Candidate &right) {
    return std::tuple(left.isLength, left.size, right.var) > std::tuple(right.isLength, right.size, left.var);
  });
  return found;
}

bool SizeShrinker::shrink(DimClasses &classes, const Candidate &candidate) {
  unsigned &count = candidate.isLength ? lengths : others;
  ArrayRef<int64_t> choice = candidate.isLength ? ArrayRef(kSmallLengths) : ArrayRef(kSmallSizes);
  if (count == choice.size())
    return false;
  LengthRewrite rewrite(excerpt.function, classes, candidate.var);
  // A margin that ops cut off is shorter than what they leave.
  int64_t small = std::max({choice[count], candidate.isLength ? length : 0, 2 * rewrite.least()});
  if (small >= candidate.size || llvm::is_contained(made, candidate.size) || failed(rewrite.resize(small)))
    return false;
  ++count;
  made.push_back(small);
  text += llvm::formatv("{0}{1} for {2}", text.empty() ? "" : " and ", small, candidate.size).str();
  return true;
}

bool SizeShrinker::shrinkOne() {
  SmallVector<DimClasses::Var> tokens;
  SmallVector<Value> values(excerpt.function.getArguments());
  llvm::append_range(values, excerpt.function.getBody().front().getTerminator()->getOperands());
  auto isFixed = llvm::map_to_vector(fixed, [&](Dim each) { return std::pair(values[each.value], each.dim); });
  DimClasses classes = classifyDims(excerpt.function, tokens, Tables::Pin, isFixed);
  return llvm::any_of(candidates(classes, tokens),
                      [&](const Candidate &candidate) { return shrink(classes, candidate); });
}

bool SizeShrinker::run() {
  describe();
  while (shrinkOne())
    ;
  if (text.empty() || failed(verify(*excerpt.module)))
    return false;
  measure(excerpt);
  return true;
}

Excerpt partOf(const Excerpt &excerpt, unsigned begin, unsigned count) {
  Excerpt result;
  result.module = cast<ModuleOp>(excerpt.module.get()->clone());
  result.function = *result.module->getOps<func::FuncOp>().begin();
  result.inputs = excerpt.inputs;
  Operation *terminator = result.function.getBody().front().getTerminator();
  SmallVector<Value> all(terminator->getOperands());
  terminator->setOperands(ArrayRef(all).slice(begin, count));
  result.function.removeResAttrsAttr();
  result.function.setFunctionType(FunctionType::get(result.function.getContext(), result.function.getArgumentTypes(),
                                                    TypeRange(terminator->getOperandTypes())));
  eraseUnused(all);
  measure(result);
  return result;
}

} // namespace heddle
