// Operators of the kernel language: one function per operator, for indices, reals and vectors of reals.
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/kernels/LoopBuilder.h"

using namespace mlir;

namespace heddle::kernels {

/// Gives both sides the width of the wider one.
static LoopBuilder &unify(Expr &lhs, Expr &rhs) {
  LoopBuilder &loops = *lhs.builder;
  int64_t width = std::max(lhs.width(), rhs.width());
  lhs = loops.broadcast(lhs, width);
  rhs = loops.broadcast(rhs, width);
  return loops;
}

static bool isReal(Expr x) { return isa<FloatType>(getElementTypeOrSelf(x.type())); }

template <typename RealOp, typename IntegerOp> static Expr binary(Expr lhs, Expr rhs) {
  LoopBuilder &loops = unify(lhs, rhs);
  if (isReal(lhs))
    return loops.wrap(loops.builder.createOrFold<RealOp>(loops.loc, lhs.value, rhs.value));
  return loops.wrap(loops.builder.createOrFold<IntegerOp>(loops.loc, lhs.value, rhs.value));
}

Expr operator+(Expr lhs, Expr rhs) { return binary<arith::AddFOp, arith::AddIOp>(lhs, rhs); }
Expr operator-(Expr lhs, Expr rhs) { return binary<arith::SubFOp, arith::SubIOp>(lhs, rhs); }
Expr operator*(Expr lhs, Expr rhs) { return binary<arith::MulFOp, arith::MulIOp>(lhs, rhs); }
Expr operator/(Expr lhs, Expr rhs) { return binary<arith::DivFOp, arith::DivUIOp>(lhs, rhs); }
Expr operator%(Expr lhs, Expr rhs) { return binary<arith::RemFOp, arith::RemUIOp>(lhs, rhs); }
Expr operator&(Expr lhs, Expr rhs) {
  return lhs.builder->wrap(lhs.builder->builder.createOrFold<arith::AndIOp>(lhs.builder->loc, lhs.value, rhs.value));
}
Expr operator|(Expr lhs, Expr rhs) {
  return lhs.builder->wrap(lhs.builder->builder.createOrFold<arith::OrIOp>(lhs.builder->loc, lhs.value, rhs.value));
}
Expr min(Expr lhs, Expr rhs) { return binary<arith::MinNumFOp, arith::MinSIOp>(lhs, rhs); }
Expr max(Expr lhs, Expr rhs) { return binary<arith::MaxNumFOp, arith::MaxSIOp>(lhs, rhs); }

template <typename Op> static Expr unary(Expr x) {
  return x.builder->wrap(Op::create(x.builder->builder, x.builder->loc, x.value));
}
Expr operator-(Expr x) { return unary<arith::NegFOp>(x); }
Expr exp(Expr x) { return unary<math::ExpOp>(x); }
Expr cos(Expr x) { return unary<math::CosOp>(x); }
Expr sin(Expr x) { return unary<math::SinOp>(x); }
Expr tanh(Expr x) { return unary<math::TanhOp>(x); }
Expr abs(Expr x) { return unary<math::AbsFOp>(x); }

static Expr compare(Expr lhs, Expr rhs, arith::CmpFPredicate real, arith::CmpIPredicate integer) {
  LoopBuilder &loops = unify(lhs, rhs);
  if (isReal(lhs))
    return loops.wrap(loops.builder.createOrFold<arith::CmpFOp>(loops.loc, real, lhs.value, rhs.value));
  return loops.wrap(loops.builder.createOrFold<arith::CmpIOp>(loops.loc, integer, lhs.value, rhs.value));
}
Expr operator<(Expr lhs, Expr rhs) { return compare(lhs, rhs, arith::CmpFPredicate::OLT, arith::CmpIPredicate::slt); }
Expr operator<=(Expr lhs, Expr rhs) { return compare(lhs, rhs, arith::CmpFPredicate::OLE, arith::CmpIPredicate::sle); }
Expr operator==(Expr lhs, Expr rhs) { return compare(lhs, rhs, arith::CmpFPredicate::OEQ, arith::CmpIPredicate::eq); }
Expr operator!=(Expr lhs, Expr rhs) { return compare(lhs, rhs, arith::CmpFPredicate::UNE, arith::CmpIPredicate::ne); }

Expr fma(Expr a, Expr b, Expr c) {
  LoopBuilder &loops = *a.builder;
  int64_t width = std::max({a.width(), b.width(), c.width()});
  return loops.wrap(math::FmaOp::create(loops.builder, loops.loc, loops.broadcast(a, width).value,
                                        loops.broadcast(b, width).value, loops.broadcast(c, width).value));
}

Expr select(Expr condition, Expr then, Expr otherwise) {
  LoopBuilder &loops = unify(then, otherwise);
  return loops.wrap(
      loops.builder.createOrFold<arith::SelectOp>(loops.loc, condition.value, then.value, otherwise.value));
}

static Expr reduce(Expr x, vector::CombiningKind kind) {
  if (x.width() == 0)
    return x;
  LoopBuilder &loops = *x.builder;
  return loops.wrap(
      vector::ReductionOp::create(loops.builder, loops.loc, kind, x.value, arith::FastMathFlags::reassoc));
}
Expr reduceSum(Expr x) { return reduce(x, vector::CombiningKind::ADD); }
Expr reduceMax(Expr x) { return reduce(x, vector::CombiningKind::MAXNUMF); }

/// One row of each two that swap blocks of `bit` lanes: the first keeps its even blocks and takes those of the second
/// behind them, the second keeps its odd blocks and takes those of the first in front of them.
static Expr exchange(Expr first, Expr second, int64_t bit, bool isFirst) {
  LoopBuilder &loops = *first.builder;
  int64_t width = first.width();
  SmallVector<int64_t> lanes;
  for (int64_t lane = 0; lane < width; ++lane)
    if (isFirst)
      lanes.push_back(lane & bit ? width + lane - bit : lane);
    else
      lanes.push_back(lane & bit ? width + lane : lane + bit);
  return loops.wrap(vector::ShuffleOp::create(loops.builder, loops.loc, first.value, second.value, lanes));
}

/// Swaps the blocks beside the diagonal at every size: 1 x 1 in squares of 2, then 2 x 2 in squares of 4, ..
Exprs transpose(Exprs rows) {
  int64_t count = rows.size();
  assert(rows.front().width() == count && llvm::isPowerOf2_64(count) && "expected a square of lanes");
  for (int64_t bit = 1; bit < count; bit *= 2)
    for (int64_t i = 0; i < count; ++i)
      if (!(i & bit)) {
        Expr first = rows[i], second = rows[i + bit];
        rows[i] = exchange(first, second, bit, /*isFirst=*/true);
        rows[i + bit] = exchange(first, second, bit, /*isFirst=*/false);
      }
  return rows;
}

} // namespace heddle::kernels
