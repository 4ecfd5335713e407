// States that enter and leave a model, for callers that run it chunk by chunk.
//
//   {"type": "mixer", "preset": "mamba", "state": {"input": "before", "output": "after"}}
//
// adds the inputs `before` [B, heads, keys, values] and `before_conv` [B, taps - 1, features], and outputs of the same
// shapes. A block asks for nothing: `mixed` and `convolveCarrying` look whether the block being built has a state.
//
// Invariant: a block whose outputs depend on earlier tokens in any other way is refused, so that chunks fed one after
// the other compute what the whole sequence does.
#ifndef HEDDLE_FRONTENDS_JSON_STATES_H
#define HEDDLE_FRONTENDS_JSON_STATES_H

#include "frontends/json/Model.h"

namespace heddle::json {

// Reads the key "state"; what `inner` builds then carries it.
Build carrying(ObjectReader &block, Build inner);

// mixer.mix with its one output; its carried state is taken from and given to the caller when the block has one.
Tensor mixed(Model &m, MixSpec spec);

// shortConv, the tokens before the first one being the state `part` when the block has one.
Tensor convolveCarrying(Model &m, Tensor x, llvm::StringRef part, Tensor kernel, Tensor bias);

} // namespace heddle::json
#endif
