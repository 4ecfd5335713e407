// Operations on two literals: floats, integers without a symbol, and sizes.
#include "frontends/onnx/operators/Folding.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

static std::optional<double> binaryValue(Binary kind, double a, double b) {
  switch (kind) {
  case Binary::Add:
    return a + b;
  case Binary::Sub:
    return a - b;
  case Binary::Mul:
    return a * b;
  case Binary::Div:
    return a / b;
  case Binary::Pow:
    return std::pow(a, b);
  case Binary::Min:
    return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b);
  case Binary::Max:
    return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b);
  default:
    return std::nullopt;
  }
}

static std::optional<int64_t> integerPower(int64_t base, int64_t exponent) {
  if (exponent < 0 || exponent > 64)
    return std::nullopt;
  int64_t result = 1;
  for (int64_t i = 0; i < exponent; ++i)
    if (llvm::MulOverflow(result, base, result))
      return std::nullopt;
  return result;
}

// Integers without a symbol; nothing where the operator is undefined or overflows.
static std::optional<int64_t> binaryInteger(Binary kind, int64_t a, int64_t b) {
  int64_t result;
  bool divides = b != 0 && !(a == std::numeric_limits<int64_t>::min() && b == -1);
  switch (kind) {
  case Binary::Add:
    return llvm::AddOverflow(a, b, result) ? std::nullopt : std::optional(result);
  case Binary::Sub:
    return llvm::SubOverflow(a, b, result) ? std::nullopt : std::optional(result);
  case Binary::Mul:
    return llvm::MulOverflow(a, b, result) ? std::nullopt : std::optional(result);
  case Binary::Div:
    return divides ? std::optional(a / b) : std::nullopt;
  case Binary::Mod:
    return divides ? std::optional(a % b + (a % b != 0 && (a % b < 0) != (b < 0) ? b : 0)) : std::nullopt;
  case Binary::Pow:
    return integerPower(a, b);
  case Binary::Min:
    return std::min(a, b);
  case Binary::Max:
    return std::max(a, b);
  case Binary::And:
    return a & b;
  case Binary::Or:
    return a | b;
  case Binary::Xor:
    return a ^ b;
  }
  return std::nullopt;
}

// Sizes: what stays an affine expression, or is decided by the bounds of the symbols.
static std::optional<Dim> binaryDim(Binary kind, Dim a, Dim b) {
  auto divisor = dyn_cast<AffineConstantExpr>(b);
  bool dividesDown = divisor && divisor.getValue() > 0 && bounds(a).low >= 0; // truncation and floor agree
  Interval difference = bounds(a - b);
  switch (kind) {
  case Binary::Add:
    return a + b;
  case Binary::Sub:
    return a - b;
  case Binary::Mul:
    return a * b;
  case Binary::Div:
    return dividesDown ? std::optional(a.floorDiv(b)) : bounds(b).low > 0 ? wholeQuotient(a, b) : std::nullopt;
  case Binary::Mod:
    return divisor && divisor.getValue() > 0 ? std::optional(a % b) : std::nullopt;
  case Binary::Min:
  case Binary::Max:
    if (difference.low >= 0)
      return kind == Binary::Max ? a : b;
    if (difference.high <= 0)
      return kind == Binary::Max ? b : a;
    return std::nullopt;
  default:
    return std::nullopt;
  }
}

std::optional<Element> foldBinary(Binary kind, Element a, Element b, Type type) {
  if (isa<FloatType>(type)) {
    std::optional<double> value = binaryValue(kind, a.real, b.real);
    if (!value)
      return std::nullopt;
    return Element{Dim(), *value};
  }
  std::optional<int64_t> left = constantOf(a), right = constantOf(b);
  if (left && right) {
    std::optional<int64_t> value = binaryInteger(kind, *left, *right);
    if (!value)
      return std::nullopt;
    return integerElement(*value, type.getContext());
  }
  std::optional<Dim> dim = binaryDim(kind, a.dim, b.dim);
  if (!dim)
    return std::nullopt;
  return Element{*dim};
}

} // namespace heddle::onnx
