// What the symbols of a model with states count.
//
//   x [B, T, 8], cache [B, C, 8] -> .., new_cache [B, C, 8]        T tokens of a call, C the room of the cache, B rows
//   x [B, T, 8], past [B, P, 8]  -> .., present [B, P + T, 8]      P the tokens seen: the cache grows
#ifndef HEDDLE_PASSES_STREAM_STATEROLES_H
#define HEDDLE_PASSES_STREAM_STATEROLES_H

#include "passes/stream/StatePairs.h"

namespace heddle {

struct StateRoles {
  unsigned tokens = 0;
  std::optional<unsigned> rows;
  std::optional<unsigned> capacity; // places for tokens, or the tokens seen where the states grow
  std::optional<unsigned> past = {};
  bool grows() const { return past.has_value(); }
};

/// `tokens`: the name of the symbol that counts the new tokens; empty: by what the states grow, or the one that is no
/// size of a state. Fails after a diagnostic.
llvm::FailureOr<StateRoles> findStateRoles(mlir::func::FuncOp entry, const StatePairs &pairs, llvm::StringRef tokens);

/// The shape of an input in terms of the symbols; no results where no size is a symbol.
mlir::AffineMap inputShape(mlir::func::FuncOp entry, unsigned input);

} // namespace heddle

#endif
