// What each transport answers to TransportAttrInterface.
#include "dialects/mixer/Mixer.h"

namespace heddle::mixer {

// One row per transport: operands, affine in the state, carries a state, uses query and key, complex, product of
// several.
#define TRANSPORT(Name, operands, affine, state, queryKey, complex, product)                                           \
  unsigned Name::getNumOperands() const { return operands; }                                                           \
  bool Name::isAffine() const { return affine; }                                                                       \
  bool Name::hasState() const { return state; }                                                                        \
  bool Name::usesQueryKey() const { return queryKey; }                                                                 \
  bool Name::isComplex() const { return complex; }                                                                     \
  TransportProduct Name::getProduct() const { return TransportProduct::product; }

TRANSPORT(IdentityAttr, 0, true, true, true, false, One)
TRANSPORT(ScalarAttr, 1, true, true, true, false, Logarithms)
TRANSPORT(KeyChannelAttr, 1, true, true, true, false, Logarithms)
TRANSPORT(ElementwiseAttr, getFactored() ? 2 : 1, true, true, true, false, Logarithms)
TRANSPORT(ComplexDiagonalAttr, 2, true, true, true, true, Matrix)
TRANSPORT(DeltaAttr, getGated() ? 2 : 1, true, true, true, false, Matrix)
TRANSPORT(ConstantAttr, 1, true, true, true, false, Matrix)
TRANSPORT(ToeplitzAttr, 1, false, false, false, false, None)
TRANSPORT(StructuredAttr, getKind() == StructuredKind::Dense ? 1 : 0, false, false, false, false, None)
TRANSPORT(RegionAttr, 0, false, true, true, false, None)
#undef TRANSPORT

} // namespace heddle::mixer
