// How long one execution form of a mixer takes on a machine, from its cost.
//
//   time = (max(flops / reached rate, bytes / bandwidth) + exps / rate of exponentials) / cores used
//
// The rates are those of one x86 core with 512-bit vectors; what a form reaches of the peak was measured on its
// kernels. Only ratios matter: a machine twice as fast picks the same forms.
#ifndef HEDDLE_PASSES_FORM_FORMESTIMATE_H
#define HEDDLE_PASSES_FORM_FORMESTIMATE_H

#include "dialects/mixer/Mixer.h"

namespace heddle {

struct FormEstimate {
  mixer::FormAttr form;
  mixer::FormCost cost;
  double seconds;
};

/// Estimates for all admitted forms of a mixer, fastest first. `chunk` is the tile length, 0 for each form's own.
llvm::SmallVector<FormEstimate> estimateForms(mixer::MixerOpInterface mixer, const mixer::MixSizes &sizes,
                                              int64_t chunk);

} // namespace heddle

#endif
