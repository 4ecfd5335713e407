// Ops of arith and math whose result or operand is a real number.
#include "dialects/mixer/reference/ScalarTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

template <double (*F)(double)> void unary(const Instruction &n, Scalar *r) { r[n.result].real = F(realOf(n, r, 0)); }

double maximum(double a, double b) { return a != a ? a : b != b ? b : std::fmax(a, b); }
double minimum(double a, double b) { return a != a ? a : b != b ? b : std::fmin(a, b); }
double rsqrt(double x) { return 1.0 / std::sqrt(x); }
double roundEven(double x) { return std::nearbyint(x); }
double negate(double x) { return -x; }

template <double (*F)(double, double)> void binary(const Instruction &n, Scalar *r) {
  r[n.result].real = F(realOf(n, r, 0), realOf(n, r, 1));
}
double addReals(double a, double b) { return a + b; }
double subReals(double a, double b) { return a - b; }
double mulReals(double a, double b) { return a * b; }
double divReals(double a, double b) { return a / b; }

void fma(const Instruction &n, Scalar *r) {
  r[n.result].real = std::fma(realOf(n, r, 0), realOf(n, r, 1), realOf(n, r, 2));
}
void clamp(const Instruction &n, Scalar *r) {
  r[n.result].real = minimum(maximum(realOf(n, r, 0), realOf(n, r, 1)), realOf(n, r, 2));
}
void realPower(const Instruction &n, Scalar *r) {
  r[n.result].real = std::pow(realOf(n, r, 0), double(integerOf(n, r, 1)));
}
template <bool (*F)(double)> void predicate(const Instruction &n, Scalar *r) {
  r[n.result].integer = F(realOf(n, r, 0));
}
bool isNan(double x) { return std::isnan(x); }
bool isInf(double x) { return std::isinf(x); }
bool isFinite(double x) { return std::isfinite(x); }

void compareReals(const Instruction &n, Scalar *r) {
  r[n.result].integer =
      arith::applyCmpPredicate(arith::CmpFPredicate(n.immediate), APFloat(realOf(n, r, 0)), APFloat(realOf(n, r, 1)));
}

void addArithmetic(ScalarTable &table) {
  addRow<arith::AddFOp>(table, binary<addReals>);
  addRow<arith::SubFOp>(table, binary<subReals>);
  addRow<arith::MulFOp>(table, binary<mulReals>);
  addRow<arith::DivFOp>(table, binary<divReals>);
  addRow<arith::RemFOp>(table, binary<std::fmod>);
  addRow<arith::NegFOp>(table, unary<negate>);
  addRow<arith::MaximumFOp>(table, binary<maximum>);
  addRow<arith::MinimumFOp>(table, binary<minimum>);
  addRow<arith::MaxNumFOp>(table, binary<std::fmax>);
  addRow<arith::MinNumFOp>(table, binary<std::fmin>);
  addRow<arith::CmpFOp>(table, compareReals);
}

void addExponentials(ScalarTable &table) {
  addRow<math::ExpOp>(table, unary<std::exp>);
  addRow<math::Exp2Op>(table, unary<std::exp2>);
  addRow<math::ExpM1Op>(table, unary<std::expm1>);
  addRow<math::LogOp>(table, unary<std::log>);
  addRow<math::Log2Op>(table, unary<std::log2>);
  addRow<math::Log10Op>(table, unary<std::log10>);
  addRow<math::Log1pOp>(table, unary<std::log1p>);
  addRow<math::PowFOp>(table, binary<std::pow>);
  addRow<math::FPowIOp>(table, realPower);
  addRow<math::SqrtOp>(table, unary<std::sqrt>);
  addRow<math::RsqrtOp>(table, unary<rsqrt>);
  addRow<math::CbrtOp>(table, unary<std::cbrt>);
  addRow<math::ErfOp>(table, unary<std::erf>);
  addRow<math::ErfcOp>(table, unary<std::erfc>);
}

void addTrigonometry(ScalarTable &table) {
  addRow<math::SinOp>(table, unary<std::sin>);
  addRow<math::CosOp>(table, unary<std::cos>);
  addRow<math::TanOp>(table, unary<std::tan>);
  addRow<math::AsinOp>(table, unary<std::asin>);
  addRow<math::AcosOp>(table, unary<std::acos>);
  addRow<math::AtanOp>(table, unary<std::atan>);
  addRow<math::Atan2Op>(table, binary<std::atan2>);
  addRow<math::SinhOp>(table, unary<std::sinh>);
  addRow<math::CoshOp>(table, unary<std::cosh>);
  addRow<math::TanhOp>(table, unary<std::tanh>);
  addRow<math::AsinhOp>(table, unary<std::asinh>);
  addRow<math::AcoshOp>(table, unary<std::acosh>);
  addRow<math::AtanhOp>(table, unary<std::atanh>);
}

void addRounding(ScalarTable &table) {
  addRow<math::AbsFOp>(table, unary<std::fabs>);
  addRow<math::CeilOp>(table, unary<std::ceil>);
  addRow<math::FloorOp>(table, unary<std::floor>);
  addRow<math::RoundOp>(table, unary<std::round>);
  addRow<math::RoundEvenOp>(table, unary<roundEven>);
  addRow<math::TruncOp>(table, unary<std::trunc>);
  addRow<math::CopySignOp>(table, binary<std::copysign>);
  addRow<math::ClampFOp>(table, clamp);
  addRow<math::FmaOp>(table, fma);
  addRow<math::IsNaNOp>(table, predicate<isNan>);
  addRow<math::IsInfOp>(table, predicate<isInf>);
  addRow<math::IsFiniteOp>(table, predicate<isFinite>);
}

} // namespace

void addRealOps(ScalarTable &table) {
  addArithmetic(table);
  addExponentials(table);
  addTrigonometry(table);
  addRounding(table);
}

} // namespace heddle
