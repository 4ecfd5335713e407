// Which input of a region is which operand of a mixer, by how the output follows it.
//
//   linear, at its own token               query
//   linear, at its token and behind        value or key
//   not linear, behind its token           decay;   where there are several of them, a delta rule:
//     with features that are summed over     its key
//     the output of a token follows it       its step, with which a key is corrected
//     it does not                            its decay
#ifndef HEDDLE_PASSES_RAISE_LINEARROLES_H
#define HEDDLE_PASSES_RAISE_LINEARROLES_H

#include "passes/raise/LinearMixer.h"

namespace heddle {

/// Numbers of inputs.
struct LinearRoles {
  std::optional<unsigned> query, key, value, decay, step;

  /// Sets the influences and the reach of the mixer as well. Nothing, and in `why` a reason, where inputs have no such
  /// roles.
  static std::optional<LinearRoles> assign(const Probe &probe, LinearMixer &mixer, std::string &why);
};

} // namespace heddle

#endif
