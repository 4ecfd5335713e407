// Which execution forms compute a mixer, decided from the answers of its slots.
#include "dialects/mixer/Mixer.h"

using namespace mlir;

namespace heddle::mixer {

/// A state can be carried across a chunk when transports of several tokens multiply to something no larger than one of
/// them.
static bool hasChunkedTransport(MixOp mix) {
  return isa<IdentityAttr, ScalarAttr, KeyChannelAttr, DeltaAttr>(mix.getTransport());
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
  if (!getSupport().isWholePast() || hasScoreRegion() || getPositions())
    return forms; // nothing is carried from token to token
  forms.push_back(FormKind::Recurrent);
  if (hasChunkedTransport(*this) && !logKeys && !getCurrent())
    forms.push_back(FormKind::Chunked);
  return forms;
}

} // namespace heddle::mixer
