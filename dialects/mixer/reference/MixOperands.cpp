#include "dialects/mixer/reference/MixOperands.h"

using namespace mlir;

namespace heddle {

MixOperands MixOperands::of(mixer::MixOp mix, const Lookup &lookup) {
  auto optional = [&](Value value) { return value ? lookup(value) : nullptr; };
  MixOperands operands;
  operands.query = optional(mix.getQuery());
  operands.key = optional(mix.getKey());
  operands.value = lookup(mix.getValue());
  operands.bias = optional(mix.getBias());
  operands.current = optional(mix.getCurrent());
  operands.segments = optional(mix.getSegments());
  operands.positions = optional(mix.getPositions());
  operands.pastKey = optional(mix.getPastKey());
  operands.pastValue = optional(mix.getPastValue());
  operands.places = optional(mix.getPlaces());
  for (Value value : mix.getTransportOperands())
    operands.transport.push_back(lookup(value));
  for (Value value : mix.getInitialState())
    operands.initialState.push_back(lookup(value));
  for (Value value : mix.getInits())
    operands.resultShapes.push_back(lookup(value)->shape);
  return operands;
}

// Size of dimension `dim` at run time, unless the type says that it is broadcast (static 1).
static int64_t tokensOf(Value value, const ReferenceTensor *tensor, int64_t dim) {
  return tensor && cast<ShapedType>(value.getType()).getDimSize(dim) != 1 ? tensor->shape[dim] : 1;
}

static int64_t keyTokens(mixer::MixOp mix, const MixOperands &operands, int64_t queryTokens) {
  if (mix.hasOneTokenAxis())
    return queryTokens;
  if (isa<mixer::StructuredAttr>(mix.getTransport()))
    return operands.transport.front()->shape[2];
  if (int64_t tokens = operands.key ? tokensOf(mix.getKey(), operands.key, 1) : 1; tokens != 1)
    return tokens;
  if (int64_t tokens = tokensOf(mix.getValue(), operands.value, 1); tokens != 1)
    return tokens;
  bool dense = mix.getSoftmax() && mix.getSoftmax().getBias() == mixer::BiasKind::Dense;
  return dense && operands.bias ? tokensOf(mix.getBias(), operands.bias, 3) : 1;
}

mixer::MixSizes MixOperands::sizes(mixer::MixOp mix) const {
  mixer::MixSizes sizes = mix.getSizes();
  sizes.B = resultShapes.front()[0];
  sizes.T = resultShapes.front()[1];
  sizes.S = keyTokens(mix, *this, sizes.T);
  return sizes;
}

} // namespace heddle
