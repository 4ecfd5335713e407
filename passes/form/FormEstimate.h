// How long one execution form of a mixer takes on a machine, from its cost.
//
//   time = max(flops / reached rate, bytes / bandwidth) + exps / rate of exponentials + fork and join
//
// Rates are those of the cores that the form can use, the bandwidth that of a core's cache where all bytes fit into
// it (MachineModel.h). What a form reaches of the peak was measured on its kernels.
#ifndef HEDDLE_PASSES_FORM_FORMESTIMATE_H
#define HEDDLE_PASSES_FORM_FORMESTIMATE_H

#include "dialects/mixer/Mixer.h"
#include "passes/form/MachineModel.h"

namespace heddle {

struct FormEstimate {
  mixer::FormAttr form;
  mixer::FormCost cost;
  double seconds;
};

/// Estimates for all admitted forms of a mixer, fastest first. `chunk` is the tile length, 0 for each form's own.
llvm::SmallVector<FormEstimate> estimateForms(mixer::MixerOpInterface mixer, const mixer::MixSizes &sizes,
                                              int64_t chunk, const MachineModel &machine);

} // namespace heddle

#endif
