// Symbolic dimensions: canonical forms, comparison, printing, and their values in the entry.
#include "frontends/GraphBuilder.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

Dim GraphBuilder::dim(StringRef symbol) {
  for (auto [position, name] : llvm::enumerate(symbols))
    if (name == symbol)
      return getAffineSymbolExpr(position, context());
  emitError() << "dimension '" << symbol << "' is unknown, expected one of: " << llvm::join(symbols, ", ");
  return {};
}

Dim GraphBuilder::dim(int64_t size) { return getAffineConstantExpr(size, context()); }

Shape GraphBuilder::shape(ArrayRef<int64_t> sizes) {
  Shape result;
  for (int64_t size : sizes)
    result.push_back(dim(size));
  return result;
}

// Factors of a product, flattened; a canonical order makes T*B and B*T one expression.
static void collectFactors(AffineExpr expr, SmallVectorImpl<AffineExpr> &factors, int64_t &coefficient) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    coefficient *= constant.getValue();
    return;
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (binary && binary.getKind() == AffineExprKind::Mul) {
    collectFactors(binary.getLHS(), factors, coefficient);
    collectFactors(binary.getRHS(), factors, coefficient);
    return;
  }
  factors.push_back(expr);
}

static std::string print(AffineExpr expr, ArrayRef<std::string> symbols, bool nested);

// 8*n + 8 as n + 1, and 8 times more in the coefficient: sums in products are comparable then.
static AffineExpr withoutCommonFactor(AffineExpr factor, int64_t &coefficient, unsigned symbolCount) {
  int64_t common = factor.getKind() == AffineExprKind::Add ? factor.getLargestKnownDivisor() : 1;
  if (common <= 1)
    return factor;
  coefficient *= common;
  return simplifyAffineExpr(factor.floorDiv(common), 0, symbolCount);
}

// Products that MLIR does not reorder because they are only semi-affine (a symbol times a symbol).
static AffineExpr sortProducts(AffineExpr expr, ArrayRef<std::string> symbols) {
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return expr;
  AffineExpr lhs = sortProducts(binary.getLHS(), symbols), rhs = sortProducts(binary.getRHS(), symbols);
  AffineExpr rebuilt = getAffineBinaryOpExpr(binary.getKind(), lhs, rhs);
  if (binary.getKind() != AffineExprKind::Mul || isa<AffineConstantExpr>(lhs) || isa<AffineConstantExpr>(rhs))
    return rebuilt;
  SmallVector<AffineExpr> factors;
  int64_t coefficient = 1;
  collectFactors(rebuilt, factors, coefficient);
  for (AffineExpr &factor : factors)
    factor = withoutCommonFactor(factor, coefficient, symbols.size());
  llvm::sort(factors, [&](AffineExpr a, AffineExpr c) { return print(a, symbols, true) < print(c, symbols, true); });
  AffineExpr result = factors.front();
  for (AffineExpr factor : ArrayRef(factors).drop_front())
    result = result * factor;
  return result * coefficient;
}

Dim GraphBuilder::simplify(Dim dim) {
  if (!dim || isa<AffineConstantExpr>(dim) || isa<AffineSymbolExpr>(dim))
    return dim;
  AffineExpr sorted = sortProducts(dim, symbols);
  return sortProducts(simplifyAffineExpr(sorted, 0, symbols.size()), symbols);
}

Dim GraphBuilder::product(ArrayRef<Dim> dims) {
  Dim result = dim(1);
  for (Dim factor : dims)
    result = result * factor;
  return simplify(result);
}

// Operands of sums and of other operators are parenthesised where they need it.
static std::string print(AffineExpr expr, ArrayRef<std::string> symbols, bool nested) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return std::to_string(constant.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbol.getPosition() < symbols.size() ? symbols[symbol.getPosition()] : "?";
  auto binary = llvm::cast<AffineBinaryOpExpr>(expr);
  if (binary.getKind() == AffineExprKind::Add) {
    std::string sum = print(binary.getLHS(), symbols, false);
    std::string rest = print(binary.getRHS(), symbols, false);
    sum += (rest.front() == '-' ? "" : "+") + rest;
    return nested ? "(" + sum + ")" : sum;
  }
  const char *sign = binary.getKind() == AffineExprKind::Mul        ? "*"
                     : binary.getKind() == AffineExprKind::FloorDiv ? " floordiv "
                     : binary.getKind() == AffineExprKind::CeilDiv  ? " ceildiv "
                                                                    : " mod ";
  return print(binary.getLHS(), symbols, true) + sign + print(binary.getRHS(), symbols, true);
}

std::string GraphBuilder::describe(Dim dim) const { return dim ? print(dim, symbols, false) : "?"; }

std::string GraphBuilder::describe(ArrayRef<Dim> shape) const {
  std::string text = "[";
  for (auto [index, dim] : llvm::enumerate(shape))
    text += (index ? ", " : "") + describe(dim);
  return text + "]";
}

Value GraphBuilder::symbolValue(unsigned symbol) {
  if (!symbolValues[symbol])
    emitError() << "dimension '" << symbols[symbol] << "' has no value: no input declared so far has it as a dimension";
  return symbolValues[symbol];
}

Value GraphBuilder::dimValue(Dim dim) {
  dim = simplify(dim);
  if (auto symbol = dyn_cast<AffineSymbolExpr>(dim))
    return symbolValue(symbol.getPosition());
  Value &value = derivedDims[describe(dim)];
  if (value)
    return value;
  OpBuilder top(context());
  lastDimOp ? top.setInsertionPointAfter(lastDimOp) : top.setInsertionPointToStart(&func.front());
  if (auto constant = dyn_cast<AffineConstantExpr>(dim)) {
    value = arith::ConstantIndexOp::create(top, loc, constant.getValue());
  } else {
    SmallVector<Value> operands;
    SmallVector<AffineExpr> replacements;
    for (unsigned symbol = 0; symbol < symbols.size(); ++symbol) {
      replacements.push_back(getAffineSymbolExpr(operands.size(), context()));
      if (!dim.isFunctionOfSymbol(symbol))
        continue;
      Value operand = symbolValue(symbol);
      if (!operand)
        return {};
      operands.push_back(operand);
    }
    AffineMap map = AffineMap::get(0, operands.size(), dim.replaceSymbols(replacements));
    value = affine::AffineApplyOp::create(top, loc, map, operands);
  }
  lastDimOp = value.getDefiningOp();
  return value;
}

OpFoldResult GraphBuilder::dimOrAttr(Dim dim) {
  dim = simplify(dim);
  if (auto constant = dyn_cast<AffineConstantExpr>(dim))
    return b.getIndexAttr(constant.getValue());
  return dimValue(dim);
}

std::optional<Shape> GraphBuilder::broadcastShapes(ArrayRef<Shape> shapes) {
  size_t rank = 0;
  for (const Shape &shape : shapes)
    rank = std::max(rank, shape.size());
  Shape result(rank, dim(1));
  Dim one = dim(1);
  for (size_t axis = 0; axis < rank; ++axis) {
    for (const Shape &shape : shapes) {
      if (axis + shape.size() < rank)
        continue;
      Dim size = shape[axis + shape.size() - rank];
      if (size == one || sameDim(size, result[axis]))
        continue;
      if (result[axis] != one) {
        auto diagnostic = emitError() << "shapes do not broadcast: dimension " << axis << " is "
                                      << describe(result[axis]) << " and " << describe(size)
                                      << ", expected equal sizes or 1; got";
        for (const Shape &each : shapes)
          diagnostic << " " << describe(each);
        return std::nullopt;
      }
      result[axis] = simplify(size);
    }
  }
  return result;
}

} // namespace heddle
