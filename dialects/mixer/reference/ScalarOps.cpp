// One table row per scalar op of arith and math.
// Longer than other files: the rows belong in one place, each beside its function.
#include "dialects/mixer/reference/ScalarProgram.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include <cmath>
#include <limits>

using namespace mlir;

namespace heddle {
namespace {

using Table = llvm::StringMap<Instruction::Function>;

double realOf(const Instruction &n, const Scalar *r, unsigned i) { return r[n.operands[i]].real; }
int64_t integerOf(const Instruction &n, const Scalar *r, unsigned i) { return r[n.operands[i]].integer; }
uint64_t unsignedOf(const Instruction &n, const Scalar *r, unsigned i) {
  uint64_t value = integerOf(n, r, i);
  return n.width >= 64 ? value : value & ((uint64_t(1) << n.width) - 1);
}

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

// Division by zero is undefined in arith; the evaluator answers 0 and never traps.
int64_t divide(int64_t a, int64_t b) { return b == 0 ? 0 : b == -1 ? int64_t(-uint64_t(a)) : a / b; }
int64_t remainder(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }
int64_t floorDivide(int64_t a, int64_t b) { return divide(a, b) - (remainder(a, b) != 0 && (a < 0) != (b < 0)); }
int64_t ceilDivide(int64_t a, int64_t b) { return divide(a, b) + (remainder(a, b) != 0 && (a < 0) == (b < 0)); }
int64_t addInts(int64_t a, int64_t b) { return int64_t(uint64_t(a) + uint64_t(b)); }
int64_t subInts(int64_t a, int64_t b) { return int64_t(uint64_t(a) - uint64_t(b)); }
int64_t mulInts(int64_t a, int64_t b) { return int64_t(uint64_t(a) * uint64_t(b)); }
int64_t andInts(int64_t a, int64_t b) { return a & b; }
int64_t orInts(int64_t a, int64_t b) { return a | b; }
int64_t xorInts(int64_t a, int64_t b) { return a ^ b; }
int64_t maxInts(int64_t a, int64_t b) { return std::max(a, b); }
int64_t minInts(int64_t a, int64_t b) { return std::min(a, b); }
int64_t shiftLeft(int64_t a, int64_t b) { return b < 0 || b > 63 ? 0 : int64_t(uint64_t(a) << b); }
int64_t shiftRight(int64_t a, int64_t b) { return a >> std::clamp<int64_t>(b, 0, 63); }
template <int64_t (*F)(int64_t, int64_t)> void integers(const Instruction &n, Scalar *r) {
  r[n.result].integer = F(integerOf(n, r, 0), integerOf(n, r, 1));
}

uint64_t udiv(uint64_t a, uint64_t b) { return b == 0 ? 0 : a / b; }
uint64_t urem(uint64_t a, uint64_t b) { return b == 0 ? 0 : a % b; }
uint64_t uceil(uint64_t a, uint64_t b) { return udiv(a, b) + (urem(a, b) != 0); }
uint64_t umax(uint64_t a, uint64_t b) { return std::max(a, b); }
uint64_t umin(uint64_t a, uint64_t b) { return std::min(a, b); }
uint64_t ushr(uint64_t a, uint64_t b) { return b > 63 ? 0 : a >> b; }
template <uint64_t (*F)(uint64_t, uint64_t)> void naturals(const Instruction &n, Scalar *r) {
  r[n.result].integer = int64_t(F(unsignedOf(n, r, 0), unsignedOf(n, r, 1)));
}

// Casts.
void copyReal(const Instruction &n, Scalar *r) { r[n.result].real = realOf(n, r, 0); }
void copyInteger(const Instruction &n, Scalar *r) { r[n.result].integer = integerOf(n, r, 0); }
int64_t signExtended(const Instruction &n, const Scalar *r) { // i1 is kept as 0 or 1, as signed it is 0 or -1
  return n.width == 1 ? -integerOf(n, r, 0) : integerOf(n, r, 0);
}
void extendSigned(const Instruction &n, Scalar *r) { r[n.result].integer = signExtended(n, r); }
void extendUnsigned(const Instruction &n, Scalar *r) { r[n.result].integer = int64_t(unsignedOf(n, r, 0)); }
void signedToReal(const Instruction &n, Scalar *r) { r[n.result].real = double(signExtended(n, r)); }
void unsignedToReal(const Instruction &n, Scalar *r) { r[n.result].real = double(unsignedOf(n, r, 0)); }
void realToInteger(const Instruction &n, Scalar *r) { // saturates where C++ would be undefined
  double value = realOf(n, r, 0);
  constexpr double limit = 9223372036854774784.0;
  r[n.result].integer = value != value ? 0 : int64_t(std::clamp(value, -limit, limit));
}

void select(const Instruction &n, Scalar *r) { r[n.result] = integerOf(n, r, 0) ? r[n.operands[1]] : r[n.operands[2]]; }
void fma(const Instruction &n, Scalar *r) {
  r[n.result].real = std::fma(realOf(n, r, 0), realOf(n, r, 1), realOf(n, r, 2));
}
void clamp(const Instruction &n, Scalar *r) {
  r[n.result].real = minimum(maximum(realOf(n, r, 0), realOf(n, r, 1)), realOf(n, r, 2));
}
void realPower(const Instruction &n, Scalar *r) {
  r[n.result].real = std::pow(realOf(n, r, 0), double(integerOf(n, r, 1)));
}
void integerPower(const Instruction &n, Scalar *r) {
  int64_t base = integerOf(n, r, 0), exponent = integerOf(n, r, 1), value = 1;
  if (exponent < 0)
    value = base == 1 ? 1 : base == -1 ? (exponent % 2 ? -1 : 1) : 0;
  for (; exponent > 0; exponent >>= 1, base = mulInts(base, base))
    if (exponent & 1)
      value = mulInts(value, base);
  r[n.result].integer = value;
}
void absolute(const Instruction &n, Scalar *r) { r[n.result].integer = std::abs(integerOf(n, r, 0)); }

template <bool (*F)(double)> void predicate(const Instruction &n, Scalar *r) {
  r[n.result].integer = F(realOf(n, r, 0));
}
bool isNan(double x) { return std::isnan(x); }
bool isInf(double x) { return std::isinf(x); }
bool isFinite(double x) { return std::isfinite(x); }

bool compareReals(arith::CmpFPredicate predicate, double a, double b) {
  bool unordered = a != a || b != b;
  switch (predicate) {
  case arith::CmpFPredicate::AlwaysFalse:
    return false;
  case arith::CmpFPredicate::OEQ:
    return !unordered && a == b;
  case arith::CmpFPredicate::OGT:
    return a > b;
  case arith::CmpFPredicate::OGE:
    return a >= b;
  case arith::CmpFPredicate::OLT:
    return a < b;
  case arith::CmpFPredicate::OLE:
    return a <= b;
  case arith::CmpFPredicate::ONE:
    return !unordered && a != b;
  case arith::CmpFPredicate::ORD:
    return !unordered;
  case arith::CmpFPredicate::UEQ:
    return unordered || a == b;
  case arith::CmpFPredicate::UGT:
    return unordered || a > b;
  case arith::CmpFPredicate::UGE:
    return unordered || a >= b;
  case arith::CmpFPredicate::ULT:
    return unordered || a < b;
  case arith::CmpFPredicate::ULE:
    return unordered || a <= b;
  case arith::CmpFPredicate::UNE:
    return unordered || a != b;
  case arith::CmpFPredicate::UNO:
    return unordered;
  case arith::CmpFPredicate::AlwaysTrue:
    return true;
  }
  llvm_unreachable("all predicates are listed");
}

bool compareIntegers(arith::CmpIPredicate predicate, int64_t a, int64_t b, uint64_t ua, uint64_t ub) {
  switch (predicate) {
  case arith::CmpIPredicate::eq:
    return a == b;
  case arith::CmpIPredicate::ne:
    return a != b;
  case arith::CmpIPredicate::slt:
    return a < b;
  case arith::CmpIPredicate::sle:
    return a <= b;
  case arith::CmpIPredicate::sgt:
    return a > b;
  case arith::CmpIPredicate::sge:
    return a >= b;
  case arith::CmpIPredicate::ult:
    return ua < ub;
  case arith::CmpIPredicate::ule:
    return ua <= ub;
  case arith::CmpIPredicate::ugt:
    return ua > ub;
  case arith::CmpIPredicate::uge:
    return ua >= ub;
  }
  llvm_unreachable("all predicates are listed");
}

void compareReal(const Instruction &n, Scalar *r) {
  r[n.result].integer = compareReals(arith::CmpFPredicate(n.immediate), realOf(n, r, 0), realOf(n, r, 1));
}
// i1 operands compare as 0 and -1 when signed.
void compareInteger(const Instruction &n, Scalar *r) {
  int64_t a = integerOf(n, r, 0), b = integerOf(n, r, 1);
  if (n.width == 1)
    a = -a, b = -b;
  r[n.result].integer =
      compareIntegers(arith::CmpIPredicate(n.immediate), a, b, unsignedOf(n, r, 0), unsignedOf(n, r, 1));
}

//===--- the table ------------------------------------------------------------------------===//

template <typename Op> void add(Table &table, Instruction::Function function) {
  table[Op::getOperationName()] = function;
}

void addArithmetic(Table &table) {
  add<arith::AddFOp>(table, binary<addReals>);
  add<arith::SubFOp>(table, binary<subReals>);
  add<arith::MulFOp>(table, binary<mulReals>);
  add<arith::DivFOp>(table, binary<divReals>);
  add<arith::RemFOp>(table, binary<std::fmod>);
  add<arith::NegFOp>(table, unary<negate>);
  add<arith::MaximumFOp>(table, binary<maximum>);
  add<arith::MinimumFOp>(table, binary<minimum>);
  add<arith::MaxNumFOp>(table, binary<std::fmax>);
  add<arith::MinNumFOp>(table, binary<std::fmin>);
  add<arith::CmpFOp>(table, compareReal);
  add<arith::SelectOp>(table, select);
}

void addIntegerArithmetic(Table &table) {
  add<arith::AddIOp>(table, integers<addInts>);
  add<arith::SubIOp>(table, integers<subInts>);
  add<arith::MulIOp>(table, integers<mulInts>);
  add<arith::DivSIOp>(table, integers<divide>);
  add<arith::DivUIOp>(table, naturals<udiv>);
  add<arith::CeilDivSIOp>(table, integers<ceilDivide>);
  add<arith::CeilDivUIOp>(table, naturals<uceil>);
  add<arith::FloorDivSIOp>(table, integers<floorDivide>);
  add<arith::RemSIOp>(table, integers<remainder>);
  add<arith::RemUIOp>(table, naturals<urem>);
  add<arith::AndIOp>(table, integers<andInts>);
  add<arith::OrIOp>(table, integers<orInts>);
  add<arith::XOrIOp>(table, integers<xorInts>);
  add<arith::ShLIOp>(table, integers<shiftLeft>);
  add<arith::ShRSIOp>(table, integers<shiftRight>);
  add<arith::ShRUIOp>(table, naturals<ushr>);
  add<arith::MaxSIOp>(table, integers<maxInts>);
  add<arith::MaxUIOp>(table, naturals<umax>);
  add<arith::MinSIOp>(table, integers<minInts>);
  add<arith::MinUIOp>(table, naturals<umin>);
  add<arith::CmpIOp>(table, compareInteger);
}

void addCasts(Table &table) {
  add<arith::ExtFOp>(table, copyReal);
  add<arith::TruncFOp>(table, copyReal);
  add<arith::ExtSIOp>(table, extendSigned);
  add<arith::ExtUIOp>(table, extendUnsigned);
  add<arith::TruncIOp>(table, copyInteger);
  add<arith::IndexCastOp>(table, extendSigned);
  add<arith::IndexCastUIOp>(table, extendUnsigned);
  add<arith::SIToFPOp>(table, signedToReal);
  add<arith::UIToFPOp>(table, unsignedToReal);
  add<arith::FPToSIOp>(table, realToInteger);
  add<arith::FPToUIOp>(table, realToInteger);
}

void addExponentials(Table &table) {
  add<math::ExpOp>(table, unary<std::exp>);
  add<math::Exp2Op>(table, unary<std::exp2>);
  add<math::ExpM1Op>(table, unary<std::expm1>);
  add<math::LogOp>(table, unary<std::log>);
  add<math::Log2Op>(table, unary<std::log2>);
  add<math::Log10Op>(table, unary<std::log10>);
  add<math::Log1pOp>(table, unary<std::log1p>);
  add<math::PowFOp>(table, binary<std::pow>);
  add<math::FPowIOp>(table, realPower);
  add<math::IPowIOp>(table, integerPower);
  add<math::SqrtOp>(table, unary<std::sqrt>);
  add<math::RsqrtOp>(table, unary<rsqrt>);
  add<math::CbrtOp>(table, unary<std::cbrt>);
  add<math::ErfOp>(table, unary<std::erf>);
  add<math::ErfcOp>(table, unary<std::erfc>);
}

void addTrigonometry(Table &table) {
  add<math::SinOp>(table, unary<std::sin>);
  add<math::CosOp>(table, unary<std::cos>);
  add<math::TanOp>(table, unary<std::tan>);
  add<math::AsinOp>(table, unary<std::asin>);
  add<math::AcosOp>(table, unary<std::acos>);
  add<math::AtanOp>(table, unary<std::atan>);
  add<math::Atan2Op>(table, binary<std::atan2>);
  add<math::SinhOp>(table, unary<std::sinh>);
  add<math::CoshOp>(table, unary<std::cosh>);
  add<math::TanhOp>(table, unary<std::tanh>);
  add<math::AsinhOp>(table, unary<std::asinh>);
  add<math::AcoshOp>(table, unary<std::acosh>);
  add<math::AtanhOp>(table, unary<std::atanh>);
}

void addRest(Table &table) {
  add<math::AbsFOp>(table, unary<std::fabs>);
  add<math::AbsIOp>(table, absolute);
  add<math::CeilOp>(table, unary<std::ceil>);
  add<math::FloorOp>(table, unary<std::floor>);
  add<math::RoundOp>(table, unary<std::round>);
  add<math::RoundEvenOp>(table, unary<roundEven>);
  add<math::TruncOp>(table, unary<std::trunc>);
  add<math::CopySignOp>(table, binary<std::copysign>);
  add<math::ClampFOp>(table, clamp);
  add<math::FmaOp>(table, fma);
  add<math::IsNaNOp>(table, predicate<isNan>);
  add<math::IsInfOp>(table, predicate<isInf>);
  add<math::IsFiniteOp>(table, predicate<isFinite>);
}

const Table &scalarTable() {
  static const Table table = [] {
    Table rows;
    addArithmetic(rows);
    addIntegerArithmetic(rows);
    addCasts(rows);
    addExponentials(rows);
    addTrigonometry(rows);
    addRest(rows);
    return rows;
  }();
  return table;
}

bool isNumber(Type type) { return type.isIntOrIndexOrFloat(); }

} // namespace

std::optional<Instruction> translateScalarOp(Operation *op, Precision precision) {
  auto row = scalarTable().find(op->getName().getStringRef());
  if (row == scalarTable().end() || op->getNumResults() != 1)
    return std::nullopt;
  Type type = getElementTypeOrSelf(op->getResult(0));
  Type operandType = getElementTypeOrSelf(op->getOperand(0));
  if (!isNumber(type) || !isNumber(operandType))
    return std::nullopt;
  Instruction instruction;
  instruction.run = row->second;
  instruction.type = type;
  instruction.finish = finishOf(type, precision);
  if (operandType.isIntOrIndex())
    instruction.width = integerWidth(operandType);
  if (auto compare = dyn_cast<arith::CmpFOp>(op))
    instruction.immediate = int64_t(compare.getPredicate());
  if (auto compare = dyn_cast<arith::CmpIOp>(op))
    instruction.immediate = int64_t(compare.getPredicate());
  return instruction;
}

} // namespace heddle
