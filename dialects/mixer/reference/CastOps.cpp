// Casts of arith between integers and reals.
#include "dialects/mixer/reference/ScalarTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {
namespace {

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

} // namespace

void addCasts(ScalarTable &table) {
  addRow<arith::ExtFOp>(table, copyReal);
  addRow<arith::TruncFOp>(table, copyReal);
  addRow<arith::ExtSIOp>(table, extendSigned);
  addRow<arith::ExtUIOp>(table, extendUnsigned);
  addRow<arith::TruncIOp>(table, copyInteger);
  addRow<arith::IndexCastOp>(table, extendSigned);
  addRow<arith::IndexCastUIOp>(table, extendUnsigned);
  addRow<arith::SIToFPOp>(table, signedToReal);
  addRow<arith::UIToFPOp>(table, unsignedToReal);
  addRow<arith::FPToSIOp>(table, realToInteger);
  addRow<arith::FPToUIOp>(table, realToInteger);
}

} // namespace heddle
