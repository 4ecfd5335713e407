// What each transport does to a state, and to a functional that reads the state out.
//
// A state is a row-major matrix [rows, columns]. `apply` is S <- Phi_t S; `applyTransposed` is r <- Phi_t^T r for a
// functional r of the same form, so that (r . Phi_t S) = (Phi_t^T r . S). With both, the recurrent and the parallel
// face of the template need no case distinction.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_MIXTRANSPORT_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_MIXTRANSPORT_H

#include "dialects/mixer/reference/MixProblem.h"

namespace heddle {

/// Where a transport acts: batch entry, token, head.
struct Place {
  int64_t batch, token;
  Head head;
};

template <typename R> class MixTransport {
public:
  virtual ~MixTransport() = default;
  virtual void apply(Place place, R *state, int64_t columns) const = 0;
  virtual void applyTransposed(Place place, R *functional, int64_t columns) const { apply(place, functional, columns); }
  /// Factor of the update k v^T (the step size b of a delta rule).
  virtual R updateScale(Place place) const { return R(1); }
  /// Logarithm of the decay of key channel `c`: identity, scalar and key-channel transports.
  virtual R logDecay(Place place, int64_t c) const { return R(0); }

  /// The transport of an affine mixer.
  static std::unique_ptr<MixTransport> of(const MixProblem<R> &problem);
};

extern template class MixTransport<double>;
extern template class MixTransport<float>;

} // namespace heddle
#endif
