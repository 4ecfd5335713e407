// Sizes of a mixer and roles of its dimensions, read off the operand types.
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::mixer {

MixSizes MixSizes::withDefaults(int64_t batch, int64_t tokens) const {
  MixSizes sizes = *this;
  if (ShapedType::isDynamic(sizes.B))
    sizes.B = batch;
  if (ShapedType::isDynamic(sizes.T))
    sizes.T = tokens;
  if (ShapedType::isDynamic(sizes.S))
    sizes.S = tokens;
  return sizes;
}

/// Size `dim` of a value, or `otherwise` when the value is absent or has fewer dimensions.
static int64_t dimOr(Value value, int64_t dim, int64_t otherwise) {
  auto type = value ? dyn_cast<ShapedType>(value.getType()) : ShapedType();
  return type && type.hasRank() && dim < type.getRank() ? type.getDimSize(dim) : otherwise;
}

bool MixOp::hasOneTokenAxis() {
  if (isa<ToeplitzAttr, StructuredAttr>(getTransport()))
    return isa<StructuredAttr>(getTransport()) && getTransportOperands().empty();
  bool carried = getLinear() && !getPositions() && (getSupport().isWholePast() || getOrder() == Order::Bidirectional);
  return !isa<IdentityAttr>(getTransport()) || getSegments() || getPastKey() || carried;
}

/// Number of key tokens: of the query, or of the first operand that is not broadcast over key tokens.
static int64_t keyTokens(MixOp mix, int64_t queryTokens) {
  if (mix.hasOneTokenAxis())
    return queryTokens;
  if (isa<StructuredAttr>(mix.getTransport()))
    return dimOr(mix.getTransportOperands().front(), 2, queryTokens);
  for (Value value : {Value(mix.getKey()), Value(mix.getValue())})
    if (int64_t tokens = dimOr(value, 1, 1); tokens != 1)
      return tokens;
  return mix.getBias() && mix.getSoftmax() && mix.getSoftmax().getBias() == BiasKind::Dense ? dimOr(mix.getBias(), 3, 1)
                                                                                            : 1;
}

/// Largest number of heads among the transport operands. Recurrent ones carry it behind batch and tokens, tables in
/// front.
static int64_t transportHeads(MixOp mix) {
  int64_t heads = 1;
  if (isa<RegionAttr>(mix.getTransport()))
    return heads;
  for (OpOperand &operand : mix.getTransportOperandsMutable())
    for (auto [dim, role] : llvm::enumerate(mix.getDimRoles(operand)))
      if (role == DimRole::Head)
        heads = std::max(heads, dimOr(operand.get(), dim, 1));
  return heads;
}

MixSizes MixOp::getSizes() {
  MixSizes sizes;
  sizes.B = dimOr(getOutputInit(), 0, 1);
  sizes.T = dimOr(getOutputInit(), 1, 1);
  sizes.S = keyTokens(*this, sizes.T);
  sizes.Hq = dimOr(getQuery(), 2, 1);
  sizes.Hk = dimOr(getKey(), 2, 1);
  sizes.Hv = dimOr(getValue(), 2, 1);
  sizes.Ht = transportHeads(*this);
  sizes.Hs = std::max({sizes.Hk, sizes.Hv, sizes.Ht});
  int64_t keyWidth = dimOr(getKey() ? getKey() : getQuery(), 3, 0);
  sizes.dk = getTransport().isComplex() ? keyWidth / 2 : keyWidth;
  sizes.dv = dimOr(getValue(), 3, 0);
  if (isa<RegionAttr>(getTransport()) && hasTransportRegion() && getTransportRegion().getNumArguments() > 0) {
    Value state = getTransportRegion().getArgument(0);
    sizes.Hs = dimOr(state, 1, sizes.Hs);
    sizes.dk = dimOr(state, 2, sizes.dk);
  }
  sizes.Ho = std::max(sizes.Hq, sizes.Hs);
  return sizes;
}

namespace {
using Roles = SmallVector<DimRole>;
constexpr DimRole B = DimRole::Batch, Q = DimRole::QueryToken, K = DimRole::KeyToken, H = DimRole::Head,
                  DK = DimRole::KeyFeature, DV = DimRole::ValueFeature, P = DimRole::Position;
} // namespace

/// Roles of transport operand `index`; a region's operands have roles for batch and token alone.
static Roles transportRoles(MixOp mix, unsigned index) {
  Attribute transport = mix.getTransport();
  if (isa<ScalarAttr, DeltaAttr>(transport))
    return {B, K, H};
  if (isa<KeyChannelAttr, ComplexDiagonalAttr>(transport))
    return {B, K, H, DK};
  if (auto elementwise = dyn_cast<ElementwiseAttr>(transport))
    return !elementwise.getFactored() ? Roles{B, K, H, DK, DV} : index == 0 ? Roles{B, K, H, DV} : Roles{H, DK, DV};
  if (isa<ConstantAttr>(transport))
    return {H, DK, DK};
  if (isa<ToeplitzAttr>(transport))
    return {H, DV, P};
  if (isa<StructuredAttr>(transport))
    return {H, Q, K};
  return {B, K};
}

static Roles biasRoles(MixOp mix) {
  BiasKind kind = mix.getSoftmax() ? mix.getSoftmax().getBias() : BiasKind::None;
  return kind == BiasKind::Dense ? Roles{B, H, Q, K} : kind == BiasKind::Relative ? Roles{H, P} : Roles{H};
}

SmallVector<DimRole> MixOp::getDimRoles(OpOperand &operand) {
  unsigned number = operand.getOperandNumber();
  auto within = [&](unsigned segment) {
    auto [begin, size] = getODSOperandIndexAndLength(segment);
    return number >= begin && number < begin + size;
  };
  auto index = [&](unsigned segment) { return number - getODSOperandIndexAndLength(segment).first; };
  const Roles state[] = {{B, H, DK, DV}, {B, H, DK}, {B, H, DK}};
  if (within(0))
    return {B, Q, H, DK};
  if (within(1))
    return {B, K, H, DK};
  if (within(2))
    return {B, K, H, DV};
  if (within(3))
    return transportRoles(*this, index(3));
  if (within(4))
    return biasRoles(*this);
  if (within(5))
    return {H, DK};
  if (within(6))
    return {B, K};
  if (within(7))
    return {B};
  if (within(8))
    return {B, K, H, DK};
  if (within(9))
    return {B, K, H, DV};
  if (within(10))
    return {B};
  if (within(11))
    return state[std::min(index(11), 2u)];
  return index(12) == 0 ? Roles{B, Q, H, DV} : state[std::min(index(12) - 1, 2u)];
}

} // namespace heddle::mixer
