// Long convolutions: o_i = sum over j of kernel[i - j] v_j.
//
//   K taps                       new token c is token K - 1 + c of the kept and the new ones together, so the kernel's
//   centre
//                                moves to K - 1
//   a tap for each token so far, all values are kept, up to a capacity, and the kernel is evaluated at its length
//   computed from positions
#include "passes/stream/KeptTokens.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

class ConvolutionRule : public StreamRule {
public:
  bool handles(Operation *op) const override {
    auto mix = dyn_cast<MixOp>(op);
    return mix && isa<mixer::ToeplitzAttr>(mix.getTransport());
  }
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

Value kernelOf(MixOp mix) { return mix.getTransportOperands().front(); }

int64_t tapsOf(MixOp mix) { return cast<RankedTensorType>(kernelOf(mix).getType()).getDimSize(2); }

int64_t centerOf(MixOp mix) { return cast<mixer::ToeplitzAttr>(mix.getTransport()).getCenter(); }

/// The values that new outputs are computed from.
Span valuesOf(MixOp mix, const StreamDemand &demand) {
  Span own = demand.newest(mix.getResult(0)) + centerOf(mix);
  return {own.low + 1 - tapsOf(mix), own.high};
}

TypedAttr zeroOf(Value values) {
  Type element = getElementTypeOrSelf(values);
  return cast<TypedAttr>(Builder(element.getContext()).getZeroAttr(element));
}

/// Whether the kernel has a tap for each token so far, each decided by its place alone.
bool isAsLongAsSequence(MixOp mix, TokenFlow &flow) {
  Value kernel = kernelOf(mix);
  return flow.isTokens(kernel) && flow.of(kernel).isPositions() && flow.tokenAxis(kernel).dim == 2 &&
         flow.tokenAxis(kernel).isPlain();
}

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (mix.getOrder() != mixer::Order::Forward)
    return "layout: the tokens are visited from the last to the first";
  if (isAsLongAsSequence(mix, flow) && centerOf(mix) > 0)
    return llvm::formatv("transport: its kernel, as long as the sequence, has {0} taps on tokens that follow",
                         centerOf(mix));
  if (isAsLongAsSequence(mix, flow))
    return whyNotKept(mix, flow);
  if (centerOf(mix) > 0 && !mix.getSupport().isFull())
    return "support: it hides taps of the kernel";
  if (flow.isTokens(kernelOf(mix)) || ShapedType::isDynamic(tapsOf(mix)))
    return "transport: its kernel depends on the tokens, or on how many there are";
  std::optional<TokenAxis> value = flow.axis(mix.getValue()), output = flow.axis(mix.getOutputInit());
  if (!value || !output || value->dim != 1 || value->merged || value->extra != 0 || output->extra != 0)
    return "its output has other tokens than its values";
  return {};
}

void ConvolutionRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  Flow joined = flow.join(op, {mix.getValue(), kernelOf(mix)});
  if (joined.kind == Flow::Refused || (joined.kind != Flow::Tokens && !flow.axis(mix.getOutputInit())))
    return flow.setResults(op, joined);
  std::string reason = whyRefused(mix, flow);
  flow.setResults(op, reason.empty() ? TokenFlow::mixed(op, joined, centerOf(mix)) : TokenFlow::refuse(op, reason));
}

void ConvolutionRule::demand(Operation *op, StreamDemand &demand) const {
  auto mix = cast<MixOp>(op);
  if (isAsLongAsSequence(mix, demand.flow))
    demand.needAll(mix.getValue(), op, "value");
  else
    demand.need(mix.getValue(), valuesOf(mix, demand), op, zeroOf(mix.getValue()), "value");
}

/// The kernel of K taps on the last tokens.
Value convolveTail(StreamEmitter &e, MixOp mix) {
  int64_t depth = tapsOf(mix) - 1;
  Value values = e.batched(e.piece(mix.getValue(), valuesOf(mix, e.demand), zeroOf(mix.getValue())));
  Value output = tensor::EmptyOp::create(e, e.sizesOf(mix.getResult(0), Span()), getElementTypeOrSelf(mix.getValue()));
  auto transport = cast<mixer::TransportAttrInterface>(Attribute(mixer::ToeplitzAttr::get(e.getContext(), depth)));
  auto support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(e.getContext())));
  auto step = MixOp::create(e, TypeRange(output.getType()), Value(), Value(), values, e.value(kernelOf(mix)), Value(),
                            Value(), Value(), ValueRange(), output, mix.getLayout(), support, transport, mix.getScore(),
                            mix.getNorm(), mixer::FormAttr());
  return step.getResult(0);
}

/// A kernel of as many taps as values are kept, on all of them.
Value convolveAll(StreamEmitter &e, MixOp mix) {
  Value kernel = e.atLength(kernelOf(mix), tensor::getMixedSize(e, e.getLoc(), e.grown(mix.getValue()), 1));
  auto type = cast<RankedTensorType>(kernel.getType());
  int64_t share = mix.getSizes().Ho / type.getDimSize(0);
  Value last =
      arith::SubIOp::create(e, Value(tensor::DimOp::create(e, kernel, 2)), Value(arith::ConstantIndexOp::create(e, 1)));
  return mixKept(e, mix, [&](ImplicitLocOpBuilder &b, const KeptPair &pair) -> Value {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value head = arith::DivUIOp::create(b, pair.head, Value(arith::ConstantIndexOp::create(b, share)));
    Value channel = type.getDimSize(1) == 1 ? zero : pair.channel;
    Value lag = arith::SubIOp::create(b, pair.query, pair.key);
    Value tap = arith::MinSIOp::create(b, Value(arith::MaxSIOp::create(b, lag, zero)), last);
    return tensor::ExtractOp::create(b, kernel, ValueRange{head, channel, tap});
  });
}

void ConvolutionRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  e.define(mix.getResult(0), Piece{isAsLongAsSequence(mix, e.flow) ? convolveAll(e, mix) : convolveTail(e, mix)});
}

} // namespace

const StreamRule &convolutionRule() {
  static const ConvolutionRule rule;
  return rule;
}

} // namespace heddle
