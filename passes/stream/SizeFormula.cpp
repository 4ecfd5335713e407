#include "passes/stream/SizeFormula.h"

#include "passes/lower/Names.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace heddle {

bool SizeFormula::isConstant() const {
  return product == 0 && llvm::all_of(slopes, [](int64_t slope) { return slope == 0; });
}

int64_t SizeFormula::multipleOf(unsigned symbol) const {
  for (auto [number, slope] : llvm::enumerate(slopes))
    if (number != symbol && slope != 0)
      return 0;
  return product == 0 ? slopes[symbol] : 0;
}

SizeFormulas::SizeFormulas(func::FuncOp entry, unsigned tokens, std::optional<unsigned> rows)
    : tokens(tokens), rows(rows) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  count = names ? names.size() : 0;
  auto within = [&](unsigned symbol, int64_t size) {
    return ranges ? std::clamp(size, ranges[2 * symbol], ranges[2 * symbol + 1]) : size;
  };
  SmallVector<int64_t> base, near, far;
  for (unsigned symbol = 0; symbol < count; ++symbol) {
    // A step from the base must stay within the range.
    base.push_back(within(symbol, within(symbol, 12 + symbol) - 1));
    near.push_back(within(symbol, 3 + symbol));
    far.push_back(within(symbol, 211 + 2 * symbol));
  }
  points.push_back(base);
  for (unsigned symbol = 0; symbol < count; ++symbol) {
    points.push_back(base);
    ++points.back()[symbol];
  }
  points.push_back(base);
  if (rows) {
    ++points.back()[*rows];
    ++points.back()[tokens];
  }
  points.push_back(near);
  points.push_back(far);
  for (ArrayRef<int64_t> point : points)
    samples.emplace_back(entry, point);
}

int64_t SizeFormulas::evaluate(const SizeFormula &formula, ArrayRef<int64_t> point) const {
  int64_t size = formula.constant + (rows ? formula.product * point[*rows] * point[tokens] : 0);
  for (auto [slope, value] : llvm::zip_equal(formula.slopes, point))
    size += slope * value;
  return size;
}

AffineExpr SizeFormulas::toExpr(const SizeFormula &formula, MLIRContext *context) const {
  AffineExpr sum = getAffineConstantExpr(formula.constant, context);
  for (auto [number, slope] : llvm::enumerate(formula.slopes))
    if (slope != 0)
      sum = sum + getAffineSymbolExpr(number, context) * slope;
  if (formula.product != 0)
    sum = sum + getAffineSymbolExpr(*rows, context) * getAffineSymbolExpr(tokens, context) * formula.product;
  return sum;
}

std::optional<SizeFormula> SizeFormulas::fit(Measure measure) {
  SmallVector<int64_t> sizes;
  for (size_t point = 0; point < points.size(); ++point) {
    std::optional<int64_t> size = measure(at(point));
    if (!size)
      return std::nullopt;
    sizes.push_back(*size);
  }
  SizeFormula formula;
  for (unsigned symbol = 0; symbol < count; ++symbol)
    formula.slopes.push_back(sizes[1 + symbol] - sizes[0]);
  if (rows) {
    formula.product = sizes[1 + count] - sizes[1 + *rows] - sizes[1 + tokens] + sizes[0];
    formula.slopes[*rows] -= formula.product * points[0][tokens];
    formula.slopes[tokens] -= formula.product * points[0][*rows];
  }
  formula.constant = sizes[0] - evaluate(formula, points[0]);
  for (auto [point, size] : llvm::zip_equal(points, sizes))
    if (evaluate(formula, point) != size)
      return std::nullopt;
  return formula;
}

std::optional<SizeFormula> SizeFormulas::of(Value tensor, int64_t dim) {
  return fit([&](ConcreteSizes &sizes) { return sizes.size(tensor, dim); });
}

bool SizeFormulas::variesWithTokens(Value tensor, int64_t dim) {
  std::optional<int64_t> base = at(0).size(tensor, dim), step = at(1 + tokens).size(tensor, dim);
  return !base || base != step;
}

std::optional<SizeFormula> SizeFormulas::of(OpFoldResult scalar) {
  return fit([&](ConcreteSizes &sizes) { return sizes.value(scalar); });
}

} // namespace heddle
