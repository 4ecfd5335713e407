// A random legal point of the template for every seed.
//
// All slots are drawn: layout, sharing, support, transport, score, norm, states, segments, bonus, regions, types,
// static or dynamic sizes. Sizes come from the places where kernels break: 1, one less, equal and one more than a tile,
// primes. Combinations that the verifier refuses are never drawn; a property test holds the generator to that.
#ifndef HEDDLE_TEST_PROPERTY_RANDOMMIX_H
#define HEDDLE_TEST_PROPERTY_RANDOMMIX_H

#include "test/property/MixSpec.h"
#include "test/property/Random.h"

namespace heddle::test {

MixSpec randomMix(mlir::MLIRContext *context, uint64_t seed);

/// Which supports may be drawn: any, only those without j > i, or none but the causal one itself.
enum class SupportRange { Any, Causal, WholePast };
mixer::SupportAttrInterface randomSupport(mlir::MLIRContext *context, SupportRange range, int64_t heads, int64_t tokens,
                                          Random &random);

} // namespace heddle::test
#endif
