#include "passes/lower/MemoryFormula.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;

namespace heddle {
namespace {

/// Factors of a product by printed name, sorted: the same product is the same key.
using Monomial = std::vector<std::string>;
using Polynomial = std::map<Monomial, int64_t>;

Polynomial multiply(const Polynomial &lhs, const Polynomial &rhs) {
  Polynomial product;
  for (auto &[left, a] : lhs)
    for (auto &[right, b] : rhs) {
      Monomial factors = left;
      factors.insert(factors.end(), right.begin(), right.end());
      llvm::sort(factors);
      product[factors] += a * b;
    }
  return product;
}

std::string print(const Polynomial &polynomial);

/// In parentheses unless it is one word.
std::string printOperand(const Polynomial &polynomial) {
  std::string text = print(polynomial);
  return StringRef(text).find_first_of(" *-") == StringRef::npos ? text : "(" + text + ")";
}

/// Whether a polynomial is at most 0 for all values of the symbols; may answer false when it is.
bool isNegative(const Polynomial &polynomial) {
  return llvm::all_of(polynomial, [](auto &term) { return term.second <= 0; });
}

/// Names of the symbols decide the order of the terms, so a formula reads the same wherever it is printed.
Polynomial toPolynomial(AffineExpr expr, ArrayRef<StringRef> symbols) {
  if (auto number = dyn_cast<AffineConstantExpr>(expr))
    return {{{}, number.getValue()}};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    unsigned position = symbol.getPosition();
    return {{{position < symbols.size() ? symbols[position].str() : "s" + std::to_string(position)}, 1}};
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Polynomial lhs = toPolynomial(binary.getLHS(), symbols), rhs = toPolynomial(binary.getRHS(), symbols);
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    for (auto &[factors, coefficient] : rhs)
      lhs[factors] += coefficient;
    return lhs;
  case AffineExprKind::Mul:
    return multiply(lhs, rhs);
  default: {
    // (-a) floordiv b is -(a ceildiv b): the term is not negative, only its coefficient is.
    bool isNegated = expr.getKind() != AffineExprKind::Mod && isNegative(lhs);
    bool roundsUp = (expr.getKind() == AffineExprKind::CeilDiv) != isNegated;
    std::string word = expr.getKind() == AffineExprKind::Mod ? " mod " : roundsUp ? " ceildiv " : " floordiv ";
    if (isNegated)
      lhs = multiply(lhs, {{{}, -1}});
    return {{{"(" + printOperand(lhs) + word + printOperand(rhs) + ")"}, isNegated ? -1 : 1}};
  }
  }
}

std::string print(const Polynomial &polynomial) {
  std::string text;
  for (auto &[factors, coefficient] : polynomial) {
    if (coefficient == 0)
      continue;
    text += text.empty() ? (coefficient < 0 ? "-" : "") : (coefficient < 0 ? " - " : " + ");
    bool hasNumber = std::abs(coefficient) != 1 || factors.empty();
    text += hasNumber ? std::to_string(std::abs(coefficient)) : "";
    text += hasNumber && !factors.empty() ? "*" : "";
    text += llvm::join(factors, "*");
  }
  return text.empty() ? "0" : text;
}

} // namespace

/// Whether a quotient in the expression may be of either sign: that of a difference.
static bool hasOpenSign(AffineExpr expr) {
  bool isOpen = false;
  expr.walk([&](AffineExpr part) {
    if (part.getKind() != AffineExprKind::FloorDiv && part.getKind() != AffineExprKind::CeilDiv)
      return;
    Polynomial dividend = toPolynomial(cast<AffineBinaryOpExpr>(part).getLHS(), {});
    bool hasNegative = llvm::any_of(dividend, [](auto &term) { return term.second < 0; });
    isOpen |= hasNegative && !isNegative(dividend);
  });
  return isOpen;
}

bool isAtLeast(AffineExpr large, AffineExpr small) {
  if (large != small && (hasOpenSign(large) || hasOpenSign(small)))
    return false;
  Polynomial difference = toPolynomial(large, {});
  for (auto &[factors, coefficient] : toPolynomial(small, {}))
    difference[factors] -= coefficient;
  return llvm::all_of(difference, [](auto &term) { return term.second >= 0; });
}

AffineExpr alignSize(AffineExpr size, int64_t alignment) {
  if (llvm::all_of(toPolynomial(size, {}), [&](auto &term) { return term.second % alignment == 0; }))
    return size;
  return size.ceilDiv(alignment) * alignment;
}

double evaluateSize(AffineExpr size, ArrayRef<int64_t> symbols) {
  if (auto number = dyn_cast<AffineConstantExpr>(size))
    return number.getValue();
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(size);
  double lhs = evaluateSize(binary.getLHS(), symbols), rhs = evaluateSize(binary.getRHS(), symbols);
  switch (size.getKind()) {
  case AffineExprKind::Add:
    return lhs + rhs;
  case AffineExprKind::Mul:
    return lhs * rhs;
  case AffineExprKind::CeilDiv:
    return std::ceil(lhs / rhs);
  case AffineExprKind::FloorDiv:
    return std::floor(lhs / rhs);
  default:
    return lhs - std::floor(lhs / rhs) * rhs;
  }
}

std::string printSize(AffineExpr size, ArrayRef<StringRef> symbols) { return print(toPolynomial(size, symbols)); }

std::string printArena(ArrayRef<AffineMap> slots, ArrayRef<StringRef> symbols) {
  // Slots of one size are one term with a factor.
  Polynomial total;
  for (AffineMap slot : slots) {
    if (slot.getNumResults() == 1) {
      for (auto &[factors, coefficient] : toPolynomial(slot.getResult(0), symbols))
        total[factors] += coefficient;
      continue;
    }
    std::string sizes =
        llvm::join(llvm::map_range(slot.getResults(), [&](AffineExpr size) { return printSize(size, symbols); }), ", ");
    total[{"max(" + sizes + ")"}] += 1;
  }
  return print(total);
}

} // namespace heddle
