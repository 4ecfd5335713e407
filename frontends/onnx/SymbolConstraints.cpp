// What a graph demands of its symbols: that one equals something else, or lies in a range.
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/onnx_model.pb.h"
#include <numeric>

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
    fixDivisible(dividend, cast<AffineConstantExpr>(quotient.getRHS()).getValue());
  });
  return pending.has_value();
}

bool GraphImporter::fixDivisible(Dim size, int64_t divisor) {
  if (pending)
    return true;
  size = g.simplify(size);
  int64_t shared = std::gcd(size.getLargestKnownDivisor(), divisor);
  Dim symbol = g.simplify(size.floorDiv(size.getLargestKnownDivisor()));
  if (!isa<AffineSymbolExpr>(symbol) || shared == divisor)
    return false;
  std::string name = g.describe(symbol), factor = std::to_string(divisor / shared);
  pending = {name, FixedSymbol{factor + " * " + name + "_by_" + factor, g.location()}};
  return true;
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

// The only rounded quotient of an expression, and the only symbol, a multiple of which it divides; null where there are
// others.
static std::pair<AffineBinaryOpExpr, AffineSymbolExpr> onlyQuotient(Dim dim) {
  AffineBinaryOpExpr quotient(nullptr);
  AffineSymbolExpr symbol(nullptr);
  bool isOnly = true;
  dim.walk([&](AffineExpr part) {
    if (part.getKind() == AffineExprKind::FloorDiv) {
      isOnly &= !quotient || quotient == part;
      quotient = cast<AffineBinaryOpExpr>(part);
    } else if (auto each = dyn_cast<AffineSymbolExpr>(part)) {
      isOnly &= !symbol || symbol == each;
      symbol = each;
    }
    isOnly &= part.getKind() != AffineExprKind::Mod && part.getKind() != AffineExprKind::CeilDiv;
  });
  bool isQuotient =
      isOnly && quotient && symbol && quotient.getLHS().isPureAffine() && isa<AffineConstantExpr>(quotient.getRHS());
  return {isQuotient ? quotient : AffineBinaryOpExpr(nullptr), symbol};
}

// A trace with as many chunks as there were: the length has to be one of as many.
//   -((-s) floordiv 64) = 1    q = (-s) floordiv 64 = -1    -64 <= -s <= -1
bool GraphImporter::limitToEqual(Dim a, Dim b) {
  Dim difference = g.simplify(a - b);
  auto [quotient, symbol] = onlyQuotient(difference);
  // A branch may be taken for other sizes.
  if (!quotient || g.isNested())
    return false;
  unsigned position = symbol.getPosition(), all = symbolRanges.size();
  Dim line = difference.replace(quotient, getAffineSymbolExpr(all, g.context()));
  if (!line.isPureAffine() || line.isFunctionOfSymbol(position))
    return false;
  int64_t base = evaluateAt(line, all, 0, all + 1), slope = evaluateAt(line, all, 1, all + 1) - base;
  int64_t start = evaluateAt(quotient.getLHS(), position, 0, all);
  int64_t step = evaluateAt(quotient.getLHS(), position, 1, all) - start;
  int64_t divisor = cast<AffineConstantExpr>(quotient.getRHS()).getValue();
  if (slope == 0 || base % slope != 0 || divisor < 1 || step == 0)
    return false;
  int64_t least = -base / slope * divisor - start, most = least + divisor - 1; // of step * symbol
  if (step < 0)
    std::tie(least, most, step) = std::tuple(-most, -least, -step);
  Interval &range = symbolRanges[position];
  Interval within{std::max(range.low, llvm::divideCeilSigned(least, step)),
                  std::min(range.high, llvm::divideFloorSigned(most, step))};
  if (within.low > within.high)
    return false;
  if (within.low != range.low || within.high != range.high)
    limitedAt.insert_or_assign(position, g.location());
  range = within;
  return true;
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
