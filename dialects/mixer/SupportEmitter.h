// Index arithmetic with short names, shared by the supports that write themselves as code.
//
//   Emitter e{builder, loc};
//   return e.both(e.le(j, i), e.lt(e.sub(i, j), window));        // j <= i and i - j < window
#ifndef HEDDLE_DIALECTS_MIXER_SUPPORTEMITTER_H
#define HEDDLE_DIALECTS_MIXER_SUPPORTEMITTER_H

#include "dialects/mixer/Mixer.h"

namespace heddle::mixer {

struct Emitter {
  mlir::OpBuilder &builder;
  mlir::Location loc;

  mlir::Value index(int64_t value) const { return mlir::arith::ConstantIndexOp::create(builder, loc, value); }
  mlir::Value boolean(bool value) const { return mlir::arith::ConstantIntOp::create(builder, loc, value, 1); }
  mlir::Value word(uint64_t value) const {
    return mlir::arith::ConstantIntOp::create(builder, loc, builder.getI64Type(), static_cast<int64_t>(value));
  }
  mlir::Value add(mlir::Value a, mlir::Value b) const { return mlir::arith::AddIOp::create(builder, loc, a, b); }
  mlir::Value add(mlir::Value a, int64_t b) const { return b == 0 ? a : add(a, index(b)); }
  mlir::Value sub(mlir::Value a, mlir::Value b) const { return mlir::arith::SubIOp::create(builder, loc, a, b); }
  mlir::Value mul(mlir::Value a, int64_t b) const { return mlir::arith::MulIOp::create(builder, loc, a, index(b)); }
  mlir::Value compare(mlir::arith::CmpIPredicate predicate, mlir::Value a, mlir::Value b) const {
    return mlir::arith::CmpIOp::create(builder, loc, predicate, a, b);
  }
  mlir::Value le(mlir::Value a, mlir::Value b) const { return compare(mlir::arith::CmpIPredicate::sle, a, b); }
  mlir::Value le(mlir::Value a, int64_t b) const { return le(a, index(b)); }
  mlir::Value le(int64_t a, mlir::Value b) const { return le(index(a), b); }
  mlir::Value lt(mlir::Value a, mlir::Value b) const { return compare(mlir::arith::CmpIPredicate::slt, a, b); }
  mlir::Value lt(mlir::Value a, int64_t b) const { return lt(a, index(b)); }
  mlir::Value eq(mlir::Value a, int64_t b) const { return compare(mlir::arith::CmpIPredicate::eq, a, index(b)); }
  mlir::Value both(mlir::Value a, mlir::Value b) const { return mlir::arith::AndIOp::create(builder, loc, a, b); }
  mlir::Value either(mlir::Value a, mlir::Value b) const { return mlir::arith::OrIOp::create(builder, loc, a, b); }
  mlir::Value rem(mlir::Value a, int64_t b) const { return mlir::arith::RemSIOp::create(builder, loc, a, index(b)); }

  /// a / b for a >= 0.
  mlir::Value divide(mlir::Value a, int64_t b) const {
    return b == 1 ? a : mlir::arith::DivSIOp::create(builder, loc, a, index(b));
  }

  /// a / b rounded down for any a.
  mlir::Value floorDiv(mlir::Value a, int64_t b) const {
    if (b == 1)
      return a;
    mlir::Value lowered = mlir::arith::SelectOp::create(builder, loc, lt(a, 0), sub(a, index(b - 1)), a);
    return mlir::arith::DivSIOp::create(builder, loc, lowered, index(b));
  }

  /// least <= a <= most.
  mlir::Value within(mlir::Value a, int64_t least, int64_t most) const { return both(le(least, a), le(a, most)); }
};

/// A constant chosen by `selector`: `constants[n]` for `cases[n]`, `otherwise` for any other value.
mlir::Value emitSwitch(const Emitter &e, mlir::Value selector, llvm::ArrayRef<int64_t> cases,
                       llvm::ArrayRef<mlir::Attribute> constants, mlir::TypedAttr otherwise);

} // namespace heddle::mixer
#endif
