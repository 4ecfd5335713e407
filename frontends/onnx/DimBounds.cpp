// What is known of sizes for all values of their symbols: bounds, order, and whole quotients.
#include "frontends/onnx/Literal.h"
#include "llvm/Support/MathExtras.h"
#include <numeric>

using namespace mlir;

namespace heddle::onnx {

static constexpr int64_t unboundedLow = std::numeric_limits<int64_t>::min();
static constexpr int64_t unboundedHigh = std::numeric_limits<int64_t>::max();

static bool isUnbounded(int64_t value) { return value == unboundedLow || value == unboundedHigh; }

static int64_t addBound(int64_t a, int64_t b, int64_t unbounded) {
  int64_t sum;
  if (isUnbounded(a) || isUnbounded(b) || llvm::AddOverflow(a, b, sum))
    return unbounded;
  return sum;
}

// A bound times a bound; 0 * unbounded is 0, the sign decides the side of an unbounded product.
static int64_t mulBound(int64_t a, int64_t b) {
  if (a == 0 || b == 0)
    return 0;
  int64_t product;
  if (isUnbounded(a) || isUnbounded(b) || llvm::MulOverflow(a, b, product))
    return (a < 0) == (b < 0) ? unboundedHigh : unboundedLow;
  return product;
}

static Interval mulInterval(Interval a, Interval b) {
  int64_t corners[] = {mulBound(a.low, b.low), mulBound(a.low, b.high), mulBound(a.high, b.low),
                       mulBound(a.high, b.high)};
  return {*std::min_element(std::begin(corners), std::end(corners)),
          *std::max_element(std::begin(corners), std::end(corners))};
}

static int64_t divideBound(int64_t value, int64_t divisor, bool ceil) {
  if (isUnbounded(value))
    return value;
  return ceil ? llvm::divideCeilSigned(value, divisor) : llvm::divideFloorSigned(value, divisor);
}

// Bounds from those of the operands, each taken by itself.
static Interval boundsOfParts(Dim dim) {
  if (auto constant = dyn_cast<AffineConstantExpr>(dim))
    return {constant.getValue(), constant.getValue()};
  auto binary = dyn_cast<AffineBinaryOpExpr>(dim);
  if (!binary)
    return {1, unboundedHigh};
  Interval lhs = boundsOfParts(binary.getLHS()), rhs = boundsOfParts(binary.getRHS());
  if (binary.getKind() == AffineExprKind::Add)
    return {addBound(lhs.low, rhs.low, unboundedLow), addBound(lhs.high, rhs.high, unboundedHigh)};
  if (binary.getKind() == AffineExprKind::Mul)
    return mulInterval(lhs, rhs);
  if (rhs.low != rhs.high || rhs.low <= 0)
    return {unboundedLow, unboundedHigh};
  if (binary.getKind() == AffineExprKind::Mod)
    return {0, rhs.low - 1};
  bool ceil = binary.getKind() == AffineExprKind::CeilDiv;
  return {divideBound(lhs.low, rhs.low, ceil), divideBound(lhs.high, rhs.low, ceil)};
}

namespace {
// The one symbol of an expression and the number after which its remainders repeat.
struct Period {
  unsigned symbol = 0;
  int64_t length = 1;
};
} // namespace

static bool isDivision(AffineExpr expr) {
  return expr.getKind() == AffineExprKind::Mod || expr.getKind() == AffineExprKind::FloorDiv ||
         expr.getKind() == AffineExprKind::CeilDiv;
}

// Nothing without divisions, with several symbols, and for periods that take long to go through.
static std::optional<Period> periodOf(Dim dim) {
  constexpr int64_t longest = 512;
  std::optional<unsigned> symbol;
  bool isPeriodic = true;
  Period period;
  dim.walk([&](AffineExpr part) {
    if (auto each = dyn_cast<AffineSymbolExpr>(part)) {
      isPeriodic &= symbol.value_or(each.getPosition()) == each.getPosition();
      symbol = each.getPosition();
    } else if (isDivision(part)) {
      auto divisor = dyn_cast<AffineConstantExpr>(cast<AffineBinaryOpExpr>(part).getRHS());
      bool isSmall = divisor && divisor.getValue() > 0 && divisor.getValue() <= longest;
      isPeriodic &= isSmall;
      period.length = isSmall ? std::lcm(period.length, divisor.getValue()) : 1;
      isPeriodic &= period.length <= longest;
    }
  });
  if (!symbol || !isPeriodic || period.length == 1)
    return std::nullopt;
  period.symbol = *symbol;
  return period;
}

// A length that is rounded up to whole chunks is at least the length: that shows where remainders are told apart.
//   s + (8 - s mod 8) mod 8 - s    with s = 8q, 8q - 1, .. 8q - 7:    0, 1, .. 7
Interval bounds(Dim dim) {
  Interval rough = boundsOfParts(dim);
  std::optional<Period> period = periodOf(dim);
  if (!period)
    return rough;
  Interval exact{unboundedHigh, unboundedLow};
  SmallVector<AffineExpr> replacements;
  for (unsigned position = 0; position <= period->symbol; ++position)
    replacements.push_back(getAffineSymbolExpr(position, dim.getContext()));
  Dim quotient = replacements.back();
  for (int64_t missing = 0; missing < period->length; ++missing) {
    replacements.back() = quotient * period->length - missing;
    Dim part = simplifyAffineExpr(dim.replaceSymbols(replacements), 0, replacements.size());
    bool divides = false;
    part.walk([&](AffineExpr each) { divides |= isDivision(each); });
    if (divides)
      return rough;
    Interval range = boundsOfParts(part);
    exact = {std::min(exact.low, range.low), std::max(exact.high, range.high)};
  }
  return {std::max(rough.low, exact.low), std::min(rough.high, exact.high)};
}

std::optional<Dim> wholeQuotient(Dim dividend, Dim divisor) {
  // Larger than what sizes are rounded to, and small enough for a product of several.
  constexpr int64_t large = (1 << 14) + 27;
  SmallVector<AffineExpr> sample;
  auto sampleSymbols = [&](AffineExpr part) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(part))
      while (sample.size() <= symbol.getPosition())
        sample.push_back(getAffineConstantExpr(large + 2 * static_cast<int64_t>(sample.size()), part.getContext()));
  };
  dividend.walk(sampleSymbols);
  divisor.walk(sampleSymbols);
  auto above = dyn_cast<AffineConstantExpr>(dividend.replaceSymbols(sample));
  auto below = dyn_cast<AffineConstantExpr>(divisor.replaceSymbols(sample));
  if (!above || !below || below.getValue() <= 0)
    return std::nullopt;
  Dim quotient = getAffineConstantExpr(above.getValue() / below.getValue(), dividend.getContext());
  Dim rest = simplifyAffineExpr(dividend - divisor * quotient, 0, sample.size());
  return rest == getAffineConstantExpr(0, dividend.getContext()) ? std::optional(quotient) : std::nullopt;
}

std::optional<int> compareDims(Dim a, Dim b, unsigned symbolCount) {
  Interval difference = bounds(simplifyAffineExpr(a - b, 0, symbolCount));
  if (difference.low == 0 && difference.high == 0)
    return 0;
  if (difference.low > 0)
    return 1;
  if (difference.high < 0)
    return -1;
  return std::nullopt;
}

} // namespace heddle::onnx
