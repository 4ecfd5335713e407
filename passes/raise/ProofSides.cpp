#include "passes/raise/ProofSides.h"

#include "passes/lower/Names.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/Reads.h"
#include "passes/raise/SizeShrinker.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

std::string placeOf(func::FuncOp entry, ArrayRef<int64_t> symbols) {
  std::string place = symbols.empty() ? "at the model's sizes" : "at";
  for (auto [i, size] : llvm::enumerate(symbols))
    place +=
        llvm::formatv(" {0}={1}", cast<StringAttr>(entry->getAttrOfType<ArrayAttr>(kSymbolsAttr)[i]).getValue(), size)
            .str();
  return place;
}

bool isWeight(Operation *op) {
  DenseElementsAttr splat;
  auto type = dyn_cast<RankedTensorType>(op->getResultTypes().front());
  return isa<arith::ConstantOp>(op) && type && isa<FloatType>(type.getElementType()) &&
         !(matchPattern(op, m_Constant(&splat)) && splat.isSplat());
}

} // namespace

llvm::SetVector<Value> weightsOf(ArrayRef<Value> values, ArrayRef<Value> frontier) {
  llvm::SetVector<Value> open(values.begin(), values.end()), weights;
  for (unsigned next = 0; next < open.size(); ++next) {
    Operation *op = open[next].getDefiningOp();
    if (!op || llvm::is_contained(frontier, open[next]) || open[next].getType().isIndex())
      continue;
    if (isWeight(op))
      weights.insert(open[next]);
    open.insert_range(readsOf(op));
  }
  return weights;
}

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
  SmallVector<Value> results(proposal.original), frontier(proposal.frontier);
  llvm::append_range(results, proposal.replacement);
  llvm::SetVector<Value> weights = weightsOf(proposal.original, proposal.frontier),
                         others = weightsOf(proposal.replacement, proposal.frontier);
  llvm::copy_if(weights, std::back_inserter(frontier), [&](Value weight) { return others.contains(weight); });
  Excerpt both = Excerpt::of(results, frontier, sizes);
  if (!both.function)
    return std::nullopt;
  SizeShrinker shrinker(both, proposal.length);
  if (!shrinker.run())
    return std::nullopt;
  unsigned count = proposal.original.size();
  return ProofSides{partOf(both, 0, count), partOf(both, count, proposal.replacement.size()),
                    placeOf(entry, symbols) + " with " + shrinker.sizes().str()};
}

bool ProofSides::isSame(const ProofSides &other) const {
  auto inputsOf = [](const ProofSides &sides) {
    SmallVector<Value> inputs = sides.original.inputs;
    llvm::append_range(inputs, sides.replacement.inputs);
    return inputs;
  };
  SmallVector<Value> mine = inputsOf(*this), theirs = inputsOf(other);
  return original.isSame(other.original) && replacement.isSame(other.replacement) && mine.size() == theirs.size() &&
         llvm::all_of(llvm::enumerate(mine), [&](auto each) {
           auto [place, input] = each;
           return llvm::find(mine, input) - mine.begin() == llvm::find(theirs, theirs[place]) - theirs.begin();
         });
}

} // namespace heddle
