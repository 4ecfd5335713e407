// Which execution forms compute a mixer, decided from the answers of its slots.
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::mixer {

/// A state can be carried across a chunk when transports of several tokens multiply to something no larger than one of
/// them.
static bool hasChunkedTransport(MixOp mix) {
  return isa<IdentityAttr, ScalarAttr, KeyChannelAttr, DeltaAttr>(mix.getTransport());
}

/// Every query reads the same sum over all keys: of their products with values and, where it is normalised, of the keys
/// themselves, so these must be there for every token.
static bool hasOneState(MixOp mix) {
  auto tokens = [](Value operand) { return cast<ShapedType>(operand.getType()).getDimSize(1); };
  bool isPlain = !mix.hasScoreRegion() && !mix.getSegments() && !mix.getPositions() && !mix.getCurrent() &&
                 mix.getInitialState().empty() && mix.getStateInits().empty();
  bool isNormed = mix.getNorm().getKind() != NormKind::None;
  bool hasTokens = mix.getKey() && (tokens(mix.getKey()) != 1 || (!isNormed && tokens(mix.getValue()) != 1));
  return isPlain && mix.getQuery() && hasTokens && isa<FullAttr>(mix.getSupport()) &&
         isa<IdentityAttr>(mix.getTransport()) && mix.getOrder() != Order::Bidirectional;
}

SmallVector<FormKind> MixOp::admittedForms() {
  TransportAttrInterface transport = getTransport();
  if (isa<ToeplitzAttr>(transport))
    return {FormKind::Direct, FormKind::Fft};
  if (isa<StructuredAttr>(transport))
    return {FormKind::Direct};
  if (isa<RegionAttr>(transport))
    return {FormKind::Recurrent};
  if (getSoftmax())
    return {FormKind::Dense, FormKind::Flash};

  SmallVector<FormKind> forms;
  bool logKeys = getLinear().getLogKeys();
  bool stateful = !getInitialState().empty() || !getStateInits().empty();
  if (!logKeys && !stateful) // walking over pairs neither sees a state nor keeps a running maximum
    forms.push_back(FormKind::Dense);
  if (hasOneState(*this))
    forms.push_back(FormKind::Factored);
  if (!getSupport().isWholePast() || hasScoreRegion() || getPositions())
    return forms; // nothing is carried from token to token
  forms.push_back(FormKind::Recurrent);
  if (hasChunkedTransport(*this) && !logKeys && !getCurrent())
    forms.push_back(FormKind::Chunked);
  return forms;
}

} // namespace heddle::mixer
