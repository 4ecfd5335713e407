// What each transport answers to TransportAttrInterface.
#include "dialects/mixer/Mixer.h"

namespace heddle::mixer {

// One row per transport: operands, affine in the state, carries a state, uses query and key, complex.
#define TRANSPORT(Name, operands, affine, state, queryKey, complex)                                                    \
  unsigned Name::getNumOperands() const { return operands; }                                                           \
  bool Name::isAffine() const { return affine; }                                                                       \
  bool Name::hasState() const { return state; }                                                                        \
  bool Name::usesQueryKey() const { return queryKey; }                                                                 \
  bool Name::isComplex() const { return complex; }

TRANSPORT(IdentityAttr, 0, true, true, true, false)
TRANSPORT(ScalarAttr, 1, true, true, true, false)
TRANSPORT(KeyChannelAttr, 1, true, true, true, false)
TRANSPORT(ElementwiseAttr, getFactored() ? 2 : 1, true, true, true, false)
TRANSPORT(ComplexDiagonalAttr, 2, true, true, true, true)
TRANSPORT(DeltaAttr, getGated() ? 2 : 1, true, true, true, false)
TRANSPORT(ConstantAttr, 1, true, true, true, false)
TRANSPORT(ToeplitzAttr, 1, false, false, false, false)
TRANSPORT(StructuredAttr, getKind() == StructuredKind::Dense ? 1 : 0, false, false, false, false)
TRANSPORT(RegionAttr, 0, false, true, true, false)
#undef TRANSPORT

} // namespace heddle::mixer
