// What a graph demands of its symbols: that one equals something else, or lies in a range.
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/onnx_model.pb.h"

using namespace mlir;

namespace heddle::onnx {

// A sequence that is split into chunks: its length in chunks takes the place of its length.
bool GraphImporter::fixMultiple(Dim size) {
  if (pending)
    return true;
  g.simplify(size).walk([&](AffineExpr part) {
    auto quotient = dyn_cast<AffineBinaryOpExpr>(part);
    if (pending || !quotient || quotient.getKind() != AffineExprKind::FloorDiv)
      return;
    // Rounded up, it is spelled -((-symbol) floordiv n).
    Dim dividend = quotient.getLHS();
    if (!isa<AffineSymbolExpr>(dividend))
      dividend = g.simplify(-dividend);
    if (!isa<AffineSymbolExpr>(dividend) || !isa<AffineConstantExpr>(quotient.getRHS()))
      return;
    std::string name = g.describe(dividend), divisor = g.describe(quotient.getRHS());
    pending = {name, FixedSymbol{divisor + " * " + name + "_by_" + divisor, g.location()}};
  });
  return pending.has_value();
}

bool GraphImporter::fixSymbol(Dim a, Dim b) {
  if (pending)
    return true;
  a = g.simplify(a), b = g.simplify(b);
  if (!isa<AffineSymbolExpr>(a) || (isa<AffineSymbolExpr>(b) && g.describe(b) > g.describe(a)))
    std::swap(a, b);
  auto symbol = dyn_cast<AffineSymbolExpr>(a);
  if (symbol && b.isFunctionOfSymbol(symbol.getPosition()))
    return fixMultiple(b);
  if (!symbol || bounds(b).high < 1)
    return false;
  pending = {g.describe(a), FixedSymbol{g.describe(b), g.location()}};
  return true;
}

// Value of an expression where one symbol has the given value and the others are 0.
static int64_t evaluateAt(Dim dim, unsigned symbol, int64_t value, unsigned symbolCount) {
  SmallVector<AffineExpr> replacements;
  for (unsigned position = 0; position < symbolCount; ++position)
    replacements.push_back(getAffineConstantExpr(position == symbol ? value : 0, dim.getContext()));
  return cast<AffineConstantExpr>(dim.replaceSymbols(replacements)).getValue();
}

// The smallest value of the only symbol from which on a difference with rounded quotients is not negative, by
// bisection.
bool GraphImporter::raiseToNonNegative(Dim difference, unsigned symbol) {
  auto holdsAbove = [&](int64_t low) {
    SmallVector<AffineExpr> replacements;
    for (unsigned position = 0; position < symbolRanges.size(); ++position)
      replacements.push_back(getAffineSymbolExpr(position, g.context()) + (position == symbol ? low : 0));
    return bounds(g.simplify(difference.replaceSymbols(replacements))).low >= 0;
  };
  int64_t fails = 0, holds = 1 << 12; // a symbol is at least 1, so one that is raised by `low` is above it
  if (!holdsAbove(holds))
    return false;
  while (holds - fails > 1) {
    int64_t middle = (fails + holds) / 2;
    (holdsAbove(middle) ? holds : fails) = middle;
  }
  Interval &range = symbolRanges[symbol];
  range.low = std::max(range.low, holds + 1);
  return range.low <= range.high;
}

// The difference as a line over its only symbol: where it crosses zero is the bound.
bool GraphImporter::requireAtLeast(Dim a, Dim b) {
  Dim difference = g.simplify(a - b);
  if (bounds(difference).low >= 0)
    return true;
  SmallVector<unsigned> used;
  for (unsigned position = 0; position < symbolRanges.size(); ++position)
    if (difference.isFunctionOfSymbol(position))
      used.push_back(position);
  bool isLine = true;
  difference.walk([&](AffineExpr part) {
    isLine &= part.getKind() == AffineExprKind::Add || part.getKind() == AffineExprKind::Mul ||
              isa<AffineSymbolExpr, AffineConstantExpr>(part);
  });
  if (used.size() == 1 && !isLine)
    return raiseToNonNegative(difference, used[0]);
  if (used.size() != 1 || !difference.isPureAffine())
    return false;
  int64_t at0 = evaluateAt(difference, used[0], 0, symbolRanges.size());
  int64_t slope = evaluateAt(difference, used[0], 1, symbolRanges.size()) - at0;
  Interval &range = symbolRanges[used[0]];
  if (slope > 0)
    range.low = std::max(range.low, llvm::divideCeilSigned(-at0, slope));
  else
    range.high = std::min(range.high, llvm::divideFloorSigned(at0, -slope));
  return range.low <= range.high;
}

// An output that is declared to be as long as an input, but has as many rows as the graph reads of that input by their
// numbers: a trace of that length.
void GraphImporter::fixTracedLength(const ValueInfoProto &output, ArrayRef<Dim> computed) {
  const TensorShapeProto &declared = output.type().tensor_type().shape();
  if (declared.dim_size() != static_cast<int>(computed.size()))
    return;
  for (auto [dimension, size] : llvm::zip(declared.dim(), computed)) {
    auto symbol = llvm::find(sizes.symbols, dimension.dim_param());
    auto rows = dyn_cast<AffineConstantExpr>(size);
    unsigned position = symbol - sizes.symbols.begin();
    if (rows && symbol != sizes.symbols.end() && rows.getValue() > 1 && symbolRanges[position].low == rows.getValue())
      fixSymbol(getAffineSymbolExpr(position, g.context()), size);
  }
}

} // namespace heddle::onnx
