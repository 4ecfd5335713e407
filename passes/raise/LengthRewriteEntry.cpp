// What an entry says about its sizes: read before they are rewritten, and written again.
#include "passes/raise/LengthRewrite.h"

#include "passes/lower/Names.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

using Var = DimClasses::Var;

/// Writes classes in terms of the symbols as the arguments' shapes tell.
void LengthRewrite::describeRoots(AffineExpr size) {
  roots[token.root] = size - token.offset;
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr);
    for (int64_t dim = 0; type && shape && dim < type.getRank(); ++dim) {
      auto [root, offset] = classes.find(classes.of(argument, dim));
      if (type.isDynamicDim(dim) && !roots.contains(root))
        roots[root] = shape.getValue().getResult(dim) - offset;
    }
  }
}

/// Finds a dimension for each symbol.
bool LengthRewrite::findSymbols() {
  symbolValues.assign(symbols, Value());
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr);
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
      Var var = classes.of(argument, dim);
      AffineExpr size = classes.find(var).root == token.root ? exprOf(var)
                        : shape                              ? shape.getValue().getResult(dim)
                                                             : nullptr;
      auto symbol = dyn_cast_if_present<AffineSymbolExpr>(size);
      if (symbol && !symbolValues[symbol.getPosition()])
        symbolValues[symbol.getPosition()] = tensor::DimOp::create(builder, entry.getLoc(), argument, dim);
    }
  }
  return llvm::all_of(symbolValues, [](Value value) { return value; });
}

/// Null where the value is no tensor, or a size is none of the symbols'.
AffineMapAttr LengthRewrite::shapeOf(Value tensor) const {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  if (!type)
    return nullptr;
  SmallVector<AffineExpr> sizes;
  for (int64_t dim = 0; dim < type.getRank(); ++dim) {
    sizes.push_back(exprOf(classes.of(tensor, dim)));
    if (!sizes.back())
      return nullptr;
  }
  return AffineMapAttr::get(AffineMap::get(0, symbols, sizes, entry.getContext()));
}

void LengthRewrite::describeEntry(StringRef name, int64_t most) {
  Builder attributes(entry.getContext());
  SmallVector<Attribute> names;
  if (auto known = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    llvm::append_range(names, known);
  names.push_back(attributes.getStringAttr(name));
  entry->setAttr(kSymbolsAttr, attributes.getArrayAttr(names));
  SmallVector<int64_t> ranges;
  if (auto known = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges"))
    llvm::append_range(ranges, known.asArrayRef());
  while (ranges.size() < 2 * (symbols - 1))
    ranges.append({1, std::numeric_limits<int64_t>::max()});
  ranges.append({smallest, most});
  entry->setAttr("heddle.symbol_ranges", attributes.getDenseI64ArrayAttr(ranges));
}

} // namespace heddle
