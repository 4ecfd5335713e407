// States that a model brings along: which input holds what an output left in the call before.
//
//   past_key_values.0.conv_state [B, 64, 3]   ->   present.0.conv_state [B, 64, 3]      by name
//   initial_h [1, B, 16]                      ->   Y_h [1, B, 16]                       by name
//   memory [B, 8, 16]                         ->   the one output of that shape         by shape
//
// Names come first: words for the past (past, prev, initial, in, h0) and for what is new (present, new, next, out, hn)
// are left out, and what remains is equal. An input that names itself a state without such a partner is paired with the
// one output of its type and shape; two candidates are an error that names them. What the caller pairs needs no
// evidence.
#ifndef HEDDLE_PASSES_STREAM_STATEPAIRS_H
#define HEDDLE_PASSES_STREAM_STATEPAIRS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

struct StatePair {
  unsigned input = 0, output = 0; // numbers of an argument and of a result
  double initial = 0;             // each element in front of the first token
  llvm::StringRef evidence;       // "name", "shape" or "given"
  // Of a cache that grows, [.., P, ..] to [.., P + T, ..]: the symbols P and T.
  std::optional<unsigned> past = {};
  unsigned tokens = 0;
};

using StatePairs = llvm::SmallVector<StatePair>;

/// The pairs of an entry, in the order of its inputs; none where it brings no states. `tokens` is the symbol that
/// counts tokens, where it is known: what has it in its shape is no state. `given`: pairs of names "input=output", or
/// "input=output=initial value". Fails after a diagnostic.
llvm::FailureOr<StatePairs> findStatePairs(mlir::func::FuncOp entry, std::optional<unsigned> tokens,
                                           llvm::ArrayRef<std::string> given);

/// The name of an input or an output of an entry.
llvm::StringRef inputName(mlir::func::FuncOp entry, unsigned number);
llvm::StringRef outputName(mlir::func::FuncOp entry, unsigned number);

} // namespace heddle

#endif
