// Reshape: the requested sizes resolved against those of the input, for all values of the symbols.
#include "frontends/onnx/operators/Movement.h"
#include <numeric>

using namespace mlir;

namespace heddle::onnx {

// Factors of a product of sizes: numbers together, symbols and sums apart.
static void collectFactors(Dim dim, SmallVectorImpl<Dim> &factors, int64_t &number) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(dim);
  if (auto constant = dyn_cast<AffineConstantExpr>(dim)) {
    number *= constant.getValue();
  } else if (binary && binary.getKind() == AffineExprKind::Mul) {
    collectFactors(binary.getLHS(), factors, number);
    collectFactors(binary.getRHS(), factors, number);
  } else {
    factors.push_back(dim);
  }
}

// A quotient of products: what is left of both after equal symbols and sums have gone.
struct Quotient {
  SmallVector<Dim> factors;
  int64_t number = 1, divisor = 1;

  bool isExact(NodeReader &node) const {
    return divisor != 0 && (node.g.product(factors) * number).getLargestKnownDivisor() % divisor == 0;
  }
};

// Empty where the divisor has a symbol or a sum that the total does not have.
static std::optional<Quotient> divide(NodeReader &node, Dim total, Dim divisor) {
  Quotient quotient;
  SmallVector<Dim> remove;
  collectFactors(total, quotient.factors, quotient.number);
  collectFactors(divisor, remove, quotient.divisor);
  for (Dim each : remove) {
    auto found = llvm::find_if(quotient.factors, [&](Dim factor) { return node.g.sameDim(factor, each); });
    if (found == quotient.factors.end())
      return std::nullopt;
    quotient.factors.erase(found);
  }
  return quotient;
}

// total / divisor where it is exact for all values of the symbols.
static std::optional<Dim> divideExactly(NodeReader &node, Dim total, Dim divisor) {
  std::optional<Quotient> quotient = divide(node, total, divisor);
  if (!quotient || !quotient->isExact(node))
    return std::nullopt;
  return node.g.simplify((node.g.product(quotient->factors) * quotient->number).floorDiv(quotient->divisor));
}

// A sequence in blocks of a known size: the last symbol that is left must be divisible by what the numbers do not have.
static bool fixBlocks(NodeReader &node, Dim total, Dim divisor) {
  std::optional<Quotient> quotient = divide(node, total, divisor);
  if (!quotient || quotient->factors.empty() || quotient->divisor < 1 || quotient->number < 1)
    return false;
  return node.fixDivisible(quotient->factors.back(), quotient->divisor / std::gcd(quotient->number, quotient->divisor));
}

// Whether a symbol of the sizes in front of the -1 has been fixed. Exporters spell sizes that are kept with those of
// another tensor: where the rest cannot be found otherwise, they are taken to be equal.
static bool keepsLeadingSizes(NodeReader &node, const Shape &from, ArrayRef<Dim> requested) {
  for (auto [have, want] : llvm::zip(from, requested)) {
    if (want == node.g.dim(-1))
      return false;
    if (!node.g.sameDim(have, want))
      return isa<AffineSymbolExpr>(want) && !node.unify(have, want);
  }
  return false;
}

// The requested shape with 0 (keep) and -1 (the rest) resolved.
static std::optional<Shape> resolveShape(NodeReader &node, const Shape &from, ArrayRef<Dim> requested, bool allowZero) {
  Shape result;
  std::optional<size_t> rest;
  for (auto [axis, size] : llvm::enumerate(requested)) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    int64_t number = constant ? constant.getValue() : 1;
    if (number < -1 || (number == -1 && rest) || (number == 0 && !allowZero && axis >= from.size())) {
      node.error() << "shape " << node.g.describe(requested) << " for an input of shape " << node.g.describe(from)
                   << ", expected sizes, at most one -1, and 0 only for a dimension that the input has";
      return std::nullopt;
    }
    if (number == -1)
      rest = axis;
    bool keeps = number == 0 && !allowZero;
    result.push_back(number == -1 ? node.g.dim(1) : keeps ? from[axis] : size);
  }
  if (!node.checkSizes(result))
    return std::nullopt;
  if (!rest)
    return result;
  Dim total = node.g.product(from), others = node.g.product(result);
  std::optional<Dim> size = divideExactly(node, total, others);
  if (!size && !keepsLeadingSizes(node, from, requested) && !node.fixMultiple(others) &&
      !fixBlocks(node, total, others)) {
    node.error() << "shape " << node.g.describe(requested) << " for an input of shape " << node.g.describe(from)
                 << ", expected sizes that divide its " << node.g.describe(total) << " elements";
  }
  if (!size)
    return std::nullopt;
  result[*rest] = *size;
  return result;
}

// Whether both shapes have as many elements. Where one symbol separates the counts, it is fixed.
static bool sameElementCount(NodeReader &node, const Shape &from, const Shape &to) {
  Dim have = node.g.product(from), want = node.g.product(to);
  if (node.g.sameDim(have, want))
    return true;
  for (auto [dividend, divisor] : {std::pair(from, to), std::pair(to, from)})
    for (Dim &size : divisor) {
      if (!isa<AffineSymbolExpr>(size))
        continue;
      Dim symbol = std::exchange(size, node.g.dim(1));
      std::optional<Dim> value = divideExactly(node, node.g.product(dividend), node.g.product(divisor));
      if (value && isa<AffineConstantExpr>(*value))
        return node.unify(symbol, *value);
      size = symbol;
    }
  if (node.fixMultiple(want) || node.fixMultiple(have))
    return false;
  node.error() << "shape " << node.g.describe(to) << " for an input of shape " << node.g.describe(from)
               << ", expected the same number of elements but got " << node.g.describe(want) << " and "
               << node.g.describe(have);
  return false;
}

static std::optional<Shape> reshapeTarget(NodeReader &node) {
  bool allowZero = node.flag("allowzero", false);
  std::optional<SmallVector<Dim>> requested = node.dims(1, "shape");
  if (!requested)
    return std::nullopt;
  Shape from = node.shape(0);
  std::optional<Shape> target = resolveShape(node, from, *requested, allowZero);
  if (!target || !sameElementCount(node, from, *target))
    return std::nullopt;
  return target;
}

static Results convertReshape(NodeReader &node) {
  std::optional<Shape> target = reshapeTarget(node);
  return target ? Results{node.g.reshape(node.tensor(0), *target)} : Results();
}

static Literals foldReshape(NodeReader &node) {
  if (!node.literal(0))
    return {};
  return withShape(node, reshapeTarget(node));
}

void registerReshape(OpTable &table) { table.add({{"Reshape", 5, convertReshape, foldReshape}}); }

} // namespace heddle::onnx
