// Ops of arith and math on integers, signed and unsigned.
#include "dialects/mixer/reference/ScalarTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {
namespace {

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

void compareIntegers(const Instruction &n, Scalar *r) {
  auto operand = [&](unsigned i) {
    return APInt(n.width, integerOf(n, r, i), /*isSigned=*/false, /*implicitTrunc=*/true);
  };
  r[n.result].integer = arith::applyCmpPredicate(arith::CmpIPredicate(n.immediate), operand(0), operand(1));
}

} // namespace

void addIntegerOps(ScalarTable &table) {
  addRow<arith::AddIOp>(table, integers<addInts>);
  addRow<arith::SubIOp>(table, integers<subInts>);
  addRow<arith::MulIOp>(table, integers<mulInts>);
  addRow<arith::DivSIOp>(table, integers<divide>);
  addRow<arith::DivUIOp>(table, naturals<udiv>);
  addRow<arith::CeilDivSIOp>(table, integers<ceilDivide>);
  addRow<arith::CeilDivUIOp>(table, naturals<uceil>);
  addRow<arith::FloorDivSIOp>(table, integers<floorDivide>);
  addRow<arith::RemSIOp>(table, integers<remainder>);
  addRow<arith::RemUIOp>(table, naturals<urem>);
  addRow<arith::AndIOp>(table, integers<andInts>);
  addRow<arith::OrIOp>(table, integers<orInts>);
  addRow<arith::XOrIOp>(table, integers<xorInts>);
  addRow<arith::ShLIOp>(table, integers<shiftLeft>);
  addRow<arith::ShRSIOp>(table, integers<shiftRight>);
  addRow<arith::ShRUIOp>(table, naturals<ushr>);
  addRow<arith::MaxSIOp>(table, integers<maxInts>);
  addRow<arith::MaxUIOp>(table, naturals<umax>);
  addRow<arith::MinSIOp>(table, integers<minInts>);
  addRow<arith::MinUIOp>(table, naturals<umin>);
  addRow<arith::CmpIOp>(table, compareIntegers);
  addRow<math::IPowIOp>(table, integerPower);
  addRow<math::AbsIOp>(table, absolute);
}

} // namespace heddle
