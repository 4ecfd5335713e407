// Long convolutions: a kernel of K taps on the new tokens and the K - 1 in front of them.
//
//   o_i = sum over j of kernel[i - j] v_j       new token c is token K - 1 + c of the kept and the new ones together,
//                                               so the kernel's centre moves to K - 1
#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"

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

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (mix.getOrder() != mixer::Order::Forward)
    return "layout: the tokens are visited from the last to the first";
  if (int64_t center = cast<mixer::ToeplitzAttr>(mix.getTransport()).getCenter(); center > 0)
    return llvm::formatv("transport: its kernel has {0} taps on tokens that follow", center);
  if (flow.isTokens(kernelOf(mix)) || ShapedType::isDynamic(tapsOf(mix)))
    return "transport: its kernel is as long as the sequence";
  std::optional<TokenAxis> value = flow.axis(mix.getValue()), output = flow.axis(mix.getOutputInit());
  if (!value || !output || value->dim != 1 || value->merged || value->extra != 0 || output->extra != 0)
    return "its output has other tokens than its values";
  return {};
}

void ConvolutionRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  Flow joined = TokenFlow::needPast(op, flow.join(op, {mix.getValue(), kernelOf(mix)}));
  if (joined.kind == Flow::Refused || (joined.kind != Flow::Tokens && !flow.axis(mix.getOutputInit())))
    return flow.setResults(op, joined);
  std::string reason = whyRefused(mix, flow);
  flow.setResults(op, reason.empty() ? Flow{Flow::Tokens, 0} : TokenFlow::refuse(op, reason));
}

void ConvolutionRule::demand(Operation *op, StreamDemand &demand) const {
  auto mix = cast<MixOp>(op);
  demand.needPast(mix.getValue(), tapsOf(mix) - 1, op, "value");
}

void ConvolutionRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  int64_t depth = tapsOf(mix) - 1;
  Value values = e.piece(mix.getValue(), {-depth, 0}).value;
  Value output = tensor::EmptyOp::create(e, e.sizesOf(mix.getResult(0), Span()), getElementTypeOrSelf(mix.getValue()));
  auto transport = cast<mixer::TransportAttrInterface>(Attribute(mixer::ToeplitzAttr::get(e.getContext(), depth)));
  auto support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(e.getContext())));
  auto step = MixOp::create(e, TypeRange(output.getType()), Value(), Value(), values, e.value(kernelOf(mix)), Value(),
                            Value(), Value(), ValueRange(), output, mix.getLayout(), support, transport, mix.getScore(),
                            mix.getNorm(), mixer::FormAttr());
  e.define(mix.getResult(0), Piece{step.getResult(0)});
}

} // namespace

const StreamRule &convolutionRule() {
  static const ConvolutionRule rule;
  return rule;
}

} // namespace heddle
