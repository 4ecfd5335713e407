// A recurrence over complex states with many inputs and outputs, shared by S5 and LRU: s_t = exp(a + i w) s_{t-1} +
// b_t.
//
// States are heads with one key feature. Twice as many query heads read them: by 1 for the real part, by -i for the
// imaginary part.
#ifndef HEDDLE_FRONTENDS_JSON_PRESETS_COMPLEXSTATES_H
#define HEDDLE_FRONTENDS_JSON_PRESETS_COMPLEXSTATES_H

#include "frontends/json/Presets.h"

namespace heddle::json {

struct ComplexStates {
  mlir::Attribute layout;
  std::string segments;
  // input [B, T, 2 n], pairs (real, imaginary); modulus and phase [n]. Returns the states [B, T, 2 n] in the same
  // order.
  Tensor run(Model &m, Tensor input, Tensor modulus, Tensor phase) const;
};

} // namespace heddle::json
#endif
