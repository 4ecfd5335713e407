// Long convolutions: o_i = sum over j of kernel[i - j] v_j.
//
//   K taps                       new token c is token K - 1 + c of the kept and the new ones together, so the kernel's
//                                centre moves to K - 1
//   many taps, K                 K - 1 values are kept in a ring, and are convolved block by block
//   a tap for each token so far  the same with all values, up to a capacity
#include "passes/stream/BlockedConvolution.h"
#include "passes/stream/KeptTokens.h"

#include "passes/stream/Names.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

// A kernel of more taps is convolved in blocks: fewer are gone over as fast as a block is.
constexpr int64_t kLongKernel = 256;

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
  return flow.isTokens(kernel) && flow.of(kernel).isPositions() && flow.hasTokensOf(kernel, 2, mix.getOutputInit());
}

std::optional<int64_t> givenBlock(MixOp mix) {
  auto given = mix->getParentOfType<func::FuncOp>()->getAttrOfType<IntegerAttr>(kConvolutionBlockAttr);
  return given ? std::optional(given.getInt()) : std::nullopt;
}

/// Whether it is convolved block by block. Outputs come as late as the newest value that they see: a centre moves them
/// alone.
bool isInBlocks(MixOp mix, TokenFlow &flow) {
  if (isAsLongAsSequence(mix, flow))
    return true;
  if (flow.tokenAxis(mix.getValue()).rate != flow.block) // rings have places for the tokens that rows count
    return false;
  int64_t late = flow.of(mix.getResult(0)).delay() - flow.of(mix.getValue()).delay();
  return tapsOf(mix) > givenBlock(mix).value_or(kLongKernel) && late == centerOf(mix) && whyNotKept(mix, flow).empty();
}

/// How many tokens meet a value.
std::optional<int64_t> reachOf(MixOp mix, TokenFlow &flow) {
  if (!isAsLongAsSequence(mix, flow))
    return tapsOf(mix);
  auto ranges = mix->getParentOfType<func::FuncOp>()->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  int64_t most = ranges ? ranges[2 * flow.sizes.tokens + 1] : std::numeric_limits<int64_t>::max();
  bool isLimited = most != std::numeric_limits<int64_t>::max();
  return isLimited ? std::optional(most * flow.tokenAxis(mix.getValue()).rate) : std::nullopt;
}

std::string whyRefused(MixOp mix, TokenFlow &flow) {
  if (std::optional<int64_t> block = givenBlock(mix); block && !(*block > 0 && llvm::isPowerOf2_64(*block)))
    return llvm::formatv("{0}, expected a power of two but got {1}", kConvolutionBlockAttr, *block);
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
  if (!flow.hasTokensOf(mix.getValue(), 1, mix.getOutputInit()))
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
  else if (isInBlocks(mix, demand.flow))
    demand.needRing(mix.getValue(), tapsOf(mix) - 1, op, "value");
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

Value convolveInBlocks(StreamEmitter &e, MixOp mix) {
  std::optional<int64_t> taps = isAsLongAsSequence(mix, e.flow) ? std::nullopt : std::optional(tapsOf(mix));
  int64_t block = givenBlock(mix).value_or(convolutionBlock(reachOf(mix, e.flow)));
  remark::passed(mix.getLoc(), remark::RemarkOpts::name("long-convolution").category("derive-stream"))
      << llvm::formatv("{0} in blocks of {1} positions",
                       taps ? std::to_string(*taps) + " taps" : "a tap for each token", block)
             .str();
  return convolveBlocks(e, mix, taps, block);
}

void ConvolutionRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  e.define(mix.getResult(0), Piece{isInBlocks(mix, e.flow) ? convolveInBlocks(e, mix) : convolveTail(e, mix)});
}

} // namespace

const StreamRule &convolutionRule() {
  static const ConvolutionRule rule;
  return rule;
}

} // namespace heddle
