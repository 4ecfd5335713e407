// A long convolution along tokens with a kernel that the frontend computes: shared by Hyena, SGConv and explicit long
// convolutions.
#ifndef HEDDLE_FRONTENDS_JSON_PRESETS_LONGKERNEL_H
#define HEDDLE_FRONTENDS_JSON_PRESETS_LONGKERNEL_H

#include "frontends/json/Presets.h"

namespace heddle::json {

// x [B, T, D] with kernel [1, D, length]. Lags from -center (later tokens) to length - 1 - center; zero beyond.
Tensor convolveTokens(Model &m, Tensor x, Tensor kernel, int64_t center);

// The key "max_tokens": the longest lag that has an effect, and so the length that a kernel is made for.
int64_t readMaxTokens(ObjectReader &r);

} // namespace heddle::json
#endif
