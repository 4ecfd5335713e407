// Mixers whose weights are decided by positions, on all tokens so far.
//
//   o_i = sum over j <= i of weight(i, j) v_j       i: positions of the new tokens; v_j is kept at place j
#ifndef HEDDLE_PASSES_STREAM_KEPTTOKENS_H
#define HEDDLE_PASSES_STREAM_KEPTTOKENS_H

#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"

namespace heddle {

/// Indices of one product: output head and value channel, positions of the query and of the key.
struct KeptPair {
  mlir::Value head, channel, query, key;
};

/// Why the values of such a mixer cannot be kept, where its output has the tokens; empty where they can.
std::string whyNotKept(mixer::MixOp mix, TokenFlow &flow);

/// The output for the new tokens. `weight` is also asked about keys behind the query, whose answer is not used.
mlir::Value mixKept(StreamEmitter &e, mixer::MixOp mix,
                    llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, const KeptPair &)> weight);

} // namespace heddle

#endif
