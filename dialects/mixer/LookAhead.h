// How far ahead a token sees under a support.
//
//   #mixer.window<left = 3, right = 2>                       2
//   #mixer.groups<4, shift = 0>                              3: the first token of a group sees the last
//   #mixer.any_of<#mixer.window<..>, #mixer.global<[0]>>     no bound: token 0 sees all
#ifndef HEDDLE_DIALECTS_MIXER_LOOKAHEAD_H
#define HEDDLE_DIALECTS_MIXER_LOOKAHEAD_H

#include "dialects/mixer/Mixer.h"

namespace heddle::mixer {

/// A bound of j - i over all pairs with j >= i, the counterpart of `getReach`. Empty when there is none.
std::optional<int64_t> lookAheadOf(SupportAttrInterface support);

} // namespace heddle::mixer
#endif
