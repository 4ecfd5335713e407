// Complex states of S4D, S5 and LRU: poles by zero-order hold, and the recurrence s_t = exp(a + i w) s_{t-1} + b_t with
// many inputs and outputs.
//
// In the recurrence states are heads with one key feature. Twice as many query heads read them: by 1 for the real part,
// by -i for the imaginary part.
#ifndef HEDDLE_FRONTENDS_JSON_PRESETS_COMPLEXSTATES_H
#define HEDDLE_FRONTENDS_JSON_PRESETS_COMPLEXSTATES_H

#include "frontends/json/Presets.h"

namespace heddle::json {

// A pole a of a continuous system held constant over a step: its decay exp(step a) = exp(modulus + i phase), and the
// factor (exp(step a) - 1) / a of its input.
struct HeldPole {
  Tensor modulus, phase, inputReal, inputImaginary;
};
HeldPole zeroOrderHold(GraphBuilder &g, Tensor step, Tensor real, Tensor imaginary);

struct ComplexStates {
  mlir::Attribute layout;
  InputName segments;
  // input [B, T, 2 n], pairs (real, imaginary); modulus and phase [n]. Returns the states [B, T, 2 n] in the same
  // order.
  Tensor run(Model &m, Tensor input, Tensor modulus, Tensor phase) const;
};

} // namespace heddle::json
#endif
