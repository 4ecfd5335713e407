// Operands and shapes of `mixer.mix`.
#include "dialects/mixer/MixerVerify.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

ShapedType shaped(Value value) { return cast<ShapedType>(value.getType()); }

/// Name of the slot that `operand` fills, for messages.
std::string nameOf(MixOp mix, OpOperand &operand) {
  static constexpr StringLiteral names[] = {"query",   "key",           "value",     "transport operand", "bias",
                                            "current", "segments",      "positions", "past key",          "past value",
                                            "places",  "initial state", "init"};
  unsigned number = operand.getOperandNumber();
  for (unsigned segment = 0; segment < std::size(names); ++segment) {
    auto [begin, size] = mix.getODSOperandIndexAndLength(segment);
    if (number < begin || number >= begin + size)
      continue;
    bool variadic = segment == 3 || segment >= 11;
    return variadic ? (names[segment] + " " + Twine(number - begin)).str() : names[segment].str();
  }
  llvm_unreachable("every operand belongs to a segment");
}

std::string countName(int64_t count) { return ShapedType::isDynamic(count) ? "?" : std::to_string(count); }

bool mayEqual(int64_t a, int64_t b) { return a == b || ShapedType::isDynamic(a) || ShapedType::isDynamic(b); }

/// What one dimension may be: `exact`, or also 1 when `orOne`.
struct Expected {
  int64_t exact;
  bool orOne;
  bool accepts(int64_t size) const { return mayEqual(size, exact) || (orOne && size == 1); }
  std::string str() const { return countName(exact) + (orOne && exact != 1 ? " or 1" : ""); }
};

/// Checks the dimensions of one operand against the sizes of the mixer, role by role.
struct ShapeCheck {
  mutable MixOp mix; // a handle: asking it changes nothing
  MixSizes sizes;
  OpOperand &operand;
  int64_t keyWidth; // features of query and key: twice dk for complex states

  ShapeCheck(MixOp mix, OpOperand &operand) : mix(mix), sizes(mix.getSizes()), operand(operand) {
    keyWidth = sizes.dk * (mix.getTransport().isComplex() ? 2 : 1);
  }

  bool is(Value value) const { return operand.get() == value; }
  bool isOutput() const { return &operand == mix.getDpsInitOperand(0); }
  bool isTransport() const { return nameOf(mix, operand).rfind("transport", 0) == 0; }
  bool isSlot(StringRef slot) const { return nameOf(mix, operand) == slot; }
  int64_t places() const {
    int64_t ofKey = shaped(mix.getPastKey()).getDimSize(1), ofValue = shaped(mix.getPastValue()).getDimSize(1);
    return ofKey == 1 ? ofValue : ofKey;
  }

  LogicalResult checkLayout(); // rank, and what must be static
  LogicalResult checkDims();   // every dimension by its role
  LogicalResult checkHeads(unsigned dim, int64_t size);
  LogicalResult checkDim(unsigned dim, DimRole role, int64_t size);
  LogicalResult expect(unsigned dim, int64_t size, StringRef what, Expected expected);
};

LogicalResult ShapeCheck::expect(unsigned dim, int64_t size, StringRef what, Expected expected) {
  if (expected.accepts(size))
    return success();
  return mix.emitOpError() << what << " of " << nameOf(mix, operand) << " (dimension " << dim << "), expected "
                           << expected.str() << " but got " << countName(size);
}

LogicalResult ShapeCheck::checkHeads(unsigned dim, int64_t size) {
  if (isOutput()) // mix_c7
    return expect(dim, size, "heads", {sizes.Ho, false});
  if (isSlot("bias")) // mix_c7
    return expect(dim, size, "heads", {sizes.Ho, true});
  if (isSlot("current")) // mix_c7
    return expect(dim, size, "heads", {sizes.Hs, true});
  if (isSlot("past key") || isSlot("past value")) // mix_c56
    return expect(dim, size, "heads", {isSlot("past key") ? sizes.Hk : sizes.Hv, false});
  int64_t shared = isSlot("query") ? sizes.Ho : sizes.Hs;
  if (shared % size != 0) // mix_c6
    return mix.emitOpError() << "heads of " << nameOf(mix, operand) << " (dimension " << dim
                             << "), expected a divisor of " << shared << " but got " << size;
  return success();
}

LogicalResult ShapeCheck::checkDim(unsigned dim, DimRole role, int64_t size) {
  bool table = isa<ToeplitzAttr>(mix.getTransport()) && isTransport();
  bool matrix = isa<StructuredAttr>(mix.getTransport()) && isTransport();
  bool orOne = !isOutput() && !isSlot("segments") && !matrix;
  switch (role) {
  case DimRole::Batch: // mix_c4
    return expect(dim, size, "batch", {sizes.B, orOne});
  case DimRole::QueryToken: // mix_c5
    return expect(dim, size, "query tokens", {sizes.T, orOne});
  case DimRole::KeyToken:                           // mix_c5
    if (isSlot("past key") || isSlot("past value")) // mix_c56
      return expect(dim, size, "places", {ShapedType::isDynamic(places()) ? size : places(), true});
    return expect(dim, size, "key tokens", {sizes.S, orOne});
  case DimRole::Head:
    return checkHeads(dim, size);
  case DimRole::KeyFeature: // mix_c8
    return expect(dim, size, "key features", {isTransport() ? sizes.dk : keyWidth, false});
  case DimRole::ValueFeature: // mix_c9
    return expect(dim, size, "value features", {sizes.dv, table});
  case DimRole::Position:
    return success();
  }
  llvm_unreachable("every role has a rule");
}

LogicalResult ShapeCheck::checkLayout() {
  SmallVector<DimRole> roles = mix.getDimRoles(operand);
  ShapedType type = shaped(operand.get());
  bool open = isa<RegionAttr>(mix.getTransport()) && isTransport(); // the region alone knows dimensions 2 and up
  int64_t rank = roles.size();
  if (open ? type.getRank() < rank : type.getRank() != rank) // mix_c2
    return mix.emitOpError() << "rank of " << nameOf(mix, operand) << ", expected " << (open ? "at least " : "") << rank
                             << " but got " << type.getRank();
  for (auto [dim, role] : llvm::enumerate(roles)) {
    int64_t size = type.getDimSize(dim);
    bool counted = role == DimRole::Head || role == DimRole::KeyFeature || role == DimRole::ValueFeature;
    if (counted && (ShapedType::isDynamic(size) || size < 1)) // mix_c3
      return mix.emitOpError() << "dimension " << dim << " of " << nameOf(mix, operand)
                               << ", expected a static positive size but got " << countName(size);
  }
  return success();
}

LogicalResult ShapeCheck::checkDims() {
  for (auto [dim, role] : llvm::enumerate(mix.getDimRoles(operand)))
    if (failed(checkDim(dim, role, shaped(operand.get()).getDimSize(dim))))
      return failure();
  return success();
}

/// States have their exact types checked by verifyStates.
bool isState(MixOp mix, OpOperand &operand) {
  unsigned number = operand.getOperandNumber();
  auto [begin, size] = mix.getODSOperandIndexAndLength(11);
  return (number >= begin && number < begin + size) ||
         (mix.isDpsInit(&operand) && &operand != mix.getDpsInitOperand(0));
}

LogicalResult verifyElementTypes(MixOp mix) {
  Type element = shaped(mix.getValue()).getElementType();
  if (!element.isF16() && !element.isBF16() && !element.isF32() && !element.isF64()) // mix_c10
    return mix.emitOpError() << "element type of value, expected f16, bf16, f32 or f64 but got " << element;
  for (OpOperand &operand : mix->getOpOperands()) {
    if (isState(mix, operand))
      continue;
    std::string name = nameOf(mix, operand);
    Type type = shaped(operand.get()).getElementType();
    if (name == "segments" || name == "positions" || name == "places") {
      bool isWide = name != "segments" && type.isInteger(64);
      if (!type.isInteger(32) && !isWide) // mix_c12
        return mix.emitOpError() << "element type of " << name << ", expected i32"
                                 << (name != "segments" ? " or i64" : "") << " but got " << type;
      continue;
    }
    bool side = name == "bias" || name == "current" || name.rfind("transport", 0) == 0;
    Type compute = mix.getComputeType();
    if (type != element && !(side && type == compute)) { // mix_c11
      InFlightDiagnostic error = mix.emitOpError() << "element type of " << name << ", expected " << element;
      if (side && compute != element)
        error << " or " << compute;
      return error << " but got " << type;
    }
  }
  return success();
}

} // namespace

LogicalResult verifyOperands(MixOp mix) {
  bool tensors = isa<TensorType>(mix.getValue().getType());
  for (OpOperand &operand : mix->getOpOperands())
    if (isa<TensorType>(operand.get().getType()) != tensors) // mix_c1
      return mix.emitOpError() << nameOf(mix, operand) << ", expected a " << (tensors ? "tensor" : "memref")
                               << " like value but got " << operand.get().getType();
  if (failed(verifyElementTypes(mix)))
    return failure();

  TransportAttrInterface transport = mix.getTransport();
  if (!isa<RegionAttr>(transport)) {
    for (auto [name, value] : {std::pair("query", mix.getQuery()), std::pair("key", mix.getKey())})
      if (bool(value) != transport.usesQueryKey()) // mix_c13
        return mix.emitOpError() << name << ", expected " << (value ? "none" : "one") << " with " << transport
                                 << " but got " << (value ? "one" : "none");
  }
  size_t count = mix.getTransportOperands().size(), needed = transport.getNumOperands();
  if (!isa<RegionAttr>(transport) && count != needed) // mix_c14
    return mix.emitOpError() << "transport operands of " << transport << ", expected " << needed << " but got "
                             << count;
  BiasKind bias = mix.getSoftmax() ? mix.getSoftmax().getBias() : BiasKind::None;
  if (bool(mix.getBias()) != (bias != BiasKind::None)) // mix_c15
    return mix.emitOpError() << "bias operand, expected " << (mix.getBias() ? "none" : "one") << " with bias kind "
                             << stringifyBiasKind(bias) << " but got " << (mix.getBias() ? "one" : "none");
  return success();
}

LogicalResult verifyShapes(MixOp mix) {
  for (OpOperand &operand : mix->getOpOperands())
    if (!isState(mix, operand) && failed(ShapeCheck(mix, operand).checkLayout()))
      return failure();
  if (mix.getTransport().isComplex())
    if (int64_t width = shaped(mix.getKey()).getDimSize(3); width % 2 != 0) // mix_c16
      return mix.emitOpError()
             << "key features of a complex transport, expected an even number (real block, imaginary block) "
                "but got "
             << width;
  for (OpOperand &operand : mix->getOpOperands())
    if (!isState(mix, operand) && failed(ShapeCheck(mix, operand).checkDims()))
      return failure();
  return success();
}

} // namespace heddle::mixer
