// Score and transport regions of `mixer.mix`, and the order in which everything is verified.
#include "dialects/mixer/MixerVerify.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

std::string typeList(TypeRange types) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << "(";
  llvm::interleaveComma(types, stream);
  stream << ")";
  return text;
}

LogicalResult verifyArguments(MixOp mix, StringRef what, Region &region, TypeRange expected) {
  TypeRange got = region.getArgumentTypes();
  if (llvm::equal(got, expected))
    return success();
  return mix.emitOpError() << "arguments of " << what << ", expected " << typeList(expected) << " but got "
                           << typeList(got);
}

LogicalResult verifyYield(MixOp mix, StringRef what, Region &region, Type expected) {
  auto yield = dyn_cast_if_present<YieldOp>(region.front().empty() ? nullptr : &region.front().back());
  TypeRange got = yield ? TypeRange(yield.getOperandTypes()) : TypeRange();
  if (got.size() == 1 && got.front() == expected)
    return success();
  return mix.emitOpError() << "mixer.yield of " << what << ", expected " << typeList(expected) << " but got "
                           << typeList(got);
}

bool isScalar(Type type) { return type.isIntOrIndexOrFloat(); }

/// The arguments of a transport region: the state, then every transport operand at one token.
SmallVector<Type> transportArguments(MixOp mix) {
  MixSizes sizes = mix.getSizes();
  SmallVector<Type> types = {RankedTensorType::get({sizes.B, sizes.Hs, sizes.dk, sizes.dv}, mix.getComputeType())};
  for (Value operand : mix.getTransportOperands()) {
    auto type = cast<ShapedType>(operand.getType());
    SmallVector<int64_t> shape(type.getShape());
    shape.erase(shape.begin() + 1);
    types.push_back(RankedTensorType::get(shape, type.getElementType()));
  }
  return types;
}

LogicalResult verifyForm(MixOp mix) {
  FormAttr form = mix.getFormAttr();
  if (!form)
    return success();
  SmallVector<FormKind> admitted = mix.admittedForms();
  if (llvm::is_contained(admitted, form.getKind()))
    return success();
  InFlightDiagnostic error = mix.emitOpError() << "form, expected one of "; // mix_c48
  llvm::interleaveComma(admitted, error, [&](FormKind kind) { error << stringifyFormKind(kind); });
  return error << " but got " << stringifyFormKind(form.getKind());
}

} // namespace

LogicalResult verifyScoreRegion(MixOp mix) {
  if (!mix.hasScoreRegion())
    return success();
  bool logKeys = mix.getLinear() && mix.getLinear().getLogKeys();
  if (!mix.getTransport().isAffine() || logKeys) // mix_c39
    return mix.emitOpError() << "score region, expected none with "
                             << (logKeys ? Attribute(mix.getScore()) : mix.getTransport()) << " but got one";
  Region &region = mix.getScoreRegion();
  Type score = mix.getComputeType(), index = IndexType::get(mix.getContext());
  if (failed(verifyArguments(mix, "score region", region, {score, index, index, index, index}))) // mix_c40
    return failure();
  if (failed(verifyYield(mix, "score region", region, score))) // mix_c41
    return failure();
  WalkResult walk = region.walk([&](Operation *op) {
    SmallVector<Type> types(op->getOperandTypes());
    llvm::append_range(types, op->getResultTypes());
    auto bad = llvm::find_if_not(types, isScalar);
    if (bad == types.end())
      return WalkResult::advance();
    mix.emitOpError() << "value in score region, expected a scalar but got " << *bad; // mix_c42
    return WalkResult::interrupt();
  });
  return failure(walk.wasInterrupted());
}

LogicalResult verifyTransportRegion(MixOp mix) {
  bool needed = isa<RegionAttr>(mix.getTransport());
  if (mix.hasTransportRegion() != needed) // mix_c43
    return mix.emitOpError() << "transport region, expected " << (needed ? "one" : "none") << " with "
                             << mix.getTransport() << " but got " << (needed ? "none" : "one");
  if (!needed)
    return success();
  if (!isa<TensorType>(mix.getValue().getType())) // mix_c44
    return mix.emitOpError()
           << "mixer with a transport region, expected tensors (it is expanded before bufferization) but got "
           << mix.getValue().getType();
  Region &region = mix.getTransportRegion();
  SmallVector<Type> arguments = transportArguments(mix);
  if (failed(verifyArguments(mix, "transport region", region, arguments))) // mix_c45
    return failure();
  if (failed(verifyYield(mix, "transport region", region, arguments.front()))) // mix_c46
    return failure();
  if (int64_t dk = mix.getSizes().dk; !mix.getQuery() && dk != 1) // mix_c47
    return mix.emitOpError() << "key features of the state without a query, expected 1 but got "
                             << (ShapedType::isDynamic(dk) ? "?" : std::to_string(dk));
  return success();
}

LogicalResult MixOp::verify() {
  if (getInits().empty()) // mix_c49
    return emitOpError() << "outs, expected the output and its final states but got none";
  if (!getSoftmax() && !getLinear()) // mix_c50
    return emitOpError() << "score, expected #mixer.linear or #mixer.softmax but got " << getScore();
  for (auto check : {verifyOperands, verifyShapes, verifySlots, verifyStates})
    if (failed(check(*this)))
      return failure();
  return verifyForm(*this);
}

LogicalResult MixOp::verifyRegions() {
  if (failed(verifyScoreRegion(*this)))
    return failure();
  return verifyTransportRegion(*this);
}

} // namespace heddle::mixer
