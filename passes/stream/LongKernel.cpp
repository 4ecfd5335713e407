#include "passes/stream/LongKernel.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace heddle {

Value widened(StreamEmitter &e, Value tensor, FloatType type) {
  if (getElementTypeOrSelf(tensor) == type)
    return tensor;
  mixer::TensorMath math(e.getLoc(), e);
  AffineMap all = e.getMultiDimIdentityMap(cast<RankedTensorType>(tensor.getType()).getRank());
  return math.generate(math.sizesOf(tensor), type, tensor, all,
                       [&](ImplicitLocOpBuilder &b, ValueRange at) { return mixer::widen(b, at[0], type); });
}

LongKernel::LongKernel(StreamEmitter &e, mixer::MixOp mix, std::optional<int64_t> taps, Value length)
    : e(e), heads(mix.getSizes().Ho) {
  Value original = mix.getTransportOperands().front();
  kernel = widened(e, taps ? e.value(original) : e.atLength(original, length), mix.getComputeType());
}

Value LongKernel::from(Value offset, OpFoldResult count) {
  Value all = getValueOrCreateConstantIndexOp(e, e.getLoc(), tensor::getMixedSize(e, e.getLoc(), kernel, 2));
  Value left = arith::SubIOp::create(e, all, offset);
  Value most = getValueOrCreateConstantIndexOp(e, e.getLoc(), count);
  return e.slice(kernel, 2, offset, Value(arith::MinSIOp::create(e, left, most)));
}

Value LongKernel::at(ImplicitLocOpBuilder &b, Value head, Value channel, Value lag) {
  auto type = cast<RankedTensorType>(kernel.getType());
  Value zero = arith::ConstantIndexOp::create(b, 0), length = b.createOrFold<tensor::DimOp>(kernel, 2);
  Value last = arith::SubIOp::create(b, length, Value(arith::ConstantIndexOp::create(b, 1)));
  Value nearest = arith::MaxSIOp::create(b, Value(arith::MinSIOp::create(b, lag, last)), zero);
  head = arith::DivUIOp::create(b, head, Value(arith::ConstantIndexOp::create(b, heads / type.getDimSize(0))));
  channel = type.getDimSize(1) == 1 ? zero : channel;
  Value tap = tensor::ExtractOp::create(b, kernel, ValueRange{head, channel, nearest});
  Value exists = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, lag, nearest);
  return arith::SelectOp::create(b, exists, tap, mixer::real(b, type.getElementType(), 0.0));
}

} // namespace heddle
