#include "passes/stream/BlockBorders.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace heddle {

using mixer::TensorMath;

/// The bits below a power of two are a remainder that is not negative.
Value BlockBorders::startOf(ImplicitLocOpBuilder &b, Value position) {
  Value mask = arith::ConstantIndexOp::create(b, -block);
  return arith::AndIOp::create(b, position, mask);
}

BlockBorders::Call BlockBorders::callAt(ImplicitLocOpBuilder &b, Value position) {
  Value start = startOf(b, position), inside = arith::SubIOp::create(b, position, start);
  Value zero = arith::ConstantIndexOp::create(b, 0), size = arith::ConstantIndexOp::create(b, block);
  Value count = getValueOrCreateConstantIndexOp(b, b.getLoc(), e.tokens(rate));
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, inside, zero);
  Value behind = arith::AddIOp::create(b, inside, count);
  Value goesOn = arith::CmpIOp::create(b, arith::CmpIPredicate::sgt, behind, size);
  return {position, inside, start, arith::AddIOp::create(b, position, count), arith::OrIOp::create(b, isFirst, goesOn)};
}

BlockBorders::Call BlockBorders::callOf(ImplicitLocOpBuilder &b) {
  Value seen = e.position(b, e.hasRows() ? linalg::IndexOp::create(b, 0).getResult() : Value(), rate);
  return callAt(b, first == 0 ? seen : arith::AddIOp::create(b, seen, Value(arith::ConstantIndexOp::create(b, first))));
}

Value BlockBorders::entering() {
  return TensorMath(e.getLoc(), e)
      .elementwise(e.rowPositions(rate, first), [&](ImplicitLocOpBuilder &b, ValueRange at) -> Value {
        Value isEntering = callAt(b, arith::IndexCastOp::create(b, b.getIndexType(), at[0])).isEntering;
        Value none = arith::ConstantOp::create(b, b.getI64IntegerAttr(0));
        return arith::SelectOp::create(b, isEntering, at[0], none);
      });
}

Value BlockBorders::farthest(Value entering) {
  Value none = arith::ConstantOp::create(e, e.getI64IntegerAttr(0));
  Value zero = tensor::FromElementsOp::create(e, RankedTensorType::get({}, e.getI64Type()), none);
  auto larger = [](ImplicitLocOpBuilder &b, ValueRange at) -> Value { return arith::MaxSIOp::create(b, at[0], at[1]); };
  Value most =
      TensorMath(e.getLoc(), e)
          .accumulate(zero, AffineMap::get(1, 0, e.getContext()), entering, e.getMultiDimIdentityMap(1), larger);
  return arith::IndexCastOp::create(e, e.getIndexType(), Value(tensor::ExtractOp::create(e, most, ValueRange())));
}

} // namespace heddle
