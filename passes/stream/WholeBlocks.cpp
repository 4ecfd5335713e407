#include "passes/stream/WholeBlocks.h"

#include "passes/lower/Names.h"
#include "passes/stream/SizeFormula.h"

#include <numeric>

using namespace mlir;

namespace heddle {
namespace {

constexpr int64_t kMostTokens = 4096;
// Divisible by every block that is looked for: 2^12 * 3^2 * 5^2 * 7 * 11 * 13.
constexpr int64_t kAllBlocks = 922521600;
// Sizes are compared at these numbers of blocks.
constexpr int64_t kBlocks[] = {3, 4, 5, 9};

/// The sizes of an entry at some numbers of blocks, all other symbols being small.
class BlockSizes {
public:
  BlockSizes(func::FuncOp entry, unsigned tokens, int64_t block) : block(block) {
    SmallVector<int64_t> symbols(entry->getAttrOfType<ArrayAttr>(kSymbolsAttr).size(), 2);
    for (int64_t count : kBlocks) {
      symbols[tokens] = count * block;
      samples.emplace_back(entry, symbols);
    }
  }

  /// By how much a size grows with each block, where that is always the same; empty also where data decide it.
  std::optional<int64_t> slope(Value tensor, int64_t dim) {
    SmallVector<int64_t> sizes;
    for (ConcreteSizes &sample : samples)
      if (std::optional<int64_t> size = sample.size(tensor, dim))
        sizes.push_back(*size);
    if (sizes.size() != samples.size())
      return std::nullopt;
    int64_t slope = sizes[1] - sizes[0];
    bool isLinear = sizes[2] - sizes[1] == slope && sizes[3] - sizes[2] == 4 * slope;
    return isLinear ? std::optional(slope) : std::nullopt;
  }

  int64_t block;

private:
  std::vector<ConcreteSizes> samples;
};

/// The symbol's values, as numbers of blocks.
void limitBlocks(func::FuncOp copy, unsigned tokens, int64_t block) {
  auto ranges = copy->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  if (!ranges)
    return;
  SmallVector<int64_t> all(ranges.asArrayRef());
  all[2 * tokens] = llvm::divideCeilSigned(all[2 * tokens], block);
  if (int64_t &most = all[2 * tokens + 1]; most != std::numeric_limits<int64_t>::max())
    most /= block;
  copy->setAttr("heddle.symbol_ranges", DenseI64ArrayAttr::get(copy.getContext(), all));
}

/// Results are described by what their sizes are at whole blocks.
void describeResults(func::FuncOp copy, const StreamSymbols &symbols) {
  SizeFormulas sizes(copy, symbols.tokens, symbols.rows);
  Operation *end = copy.getBody().front().getTerminator();
  for (auto [number, output] : llvm::enumerate(end->getOperands())) {
    auto shape = copy.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr);
    if (!shape)
      continue;
    SmallVector<AffineExpr> exprs(shape.getValue().getResults());
    for (auto [dim, expr] : llvm::enumerate(exprs))
      if (std::optional<SizeFormula> formula = sizes.of(output, dim))
        expr = sizes.toExpr(*formula, copy.getContext());
    AffineMap map = AffineMap::get(0, shape.getValue().getNumSymbols(), exprs, copy.getContext());
    copy.setResultAttr(number, kShapeAttr, AffineMapAttr::get(map));
  }
}

} // namespace

int64_t findBlock(func::FuncOp entry, unsigned tokens) {
  std::optional<BlockSizes> sizes(std::in_place, entry, tokens, /*block=*/1);
  BlockSizes all(entry, tokens, kAllBlocks);
  auto visit = [&](Value tensor) {
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
      if (!type.isDynamicDim(dim) || sizes->slope(tensor, dim))
        continue;
      // The share of an element that a token is, in lowest terms, is over the block.
      std::optional<int64_t> slope = all.slope(tensor, dim);
      int64_t block = slope ? std::lcm(sizes->block, kAllBlocks / std::gcd(*slope, kAllBlocks)) : 0;
      if (block == 0 || block > kMostTokens)
        continue;
      if (BlockSizes wider(entry, tokens, block); wider.slope(tensor, dim))
        sizes.emplace(std::move(wider));
    }
  };
  for (Operation &op : entry.getBody().front())
    llvm::for_each(op.getResults(), visit);
  return sizes->block;
}

void countBlocks(func::FuncOp copy, const StreamSymbols &symbols, int64_t block) {
  Builder builder(copy.getContext());
  SmallVector<Attribute> names(copy->getAttrOfType<ArrayAttr>(kSymbolsAttr).getValue());
  std::string name = (cast<StringAttr>(names[symbols.tokens]).getValue() + "_by_" + Twine(block)).str();
  while (llvm::is_contained(names, builder.getStringAttr(name)))
    name += "_";
  names[symbols.tokens] = builder.getStringAttr(name);
  copy->setAttr(kSymbolsAttr, builder.getArrayAttr(names));
  AffineExpr symbol = builder.getAffineSymbolExpr(symbols.tokens);
  for (unsigned input = 0; input < copy.getNumArguments(); ++input)
    if (auto shape = copy.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr)) {
      AffineMap map = shape.getValue().replace(symbol, symbol * block, 0, shape.getValue().getNumSymbols());
      copy.setArgAttr(input, kShapeAttr, AffineMapAttr::get(map));
    }
  limitBlocks(copy, symbols.tokens, block);
  describeResults(copy, symbols);
}

} // namespace heddle
