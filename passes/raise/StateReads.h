// How the rest of a loop's body reads a state: through sums over some of its dimensions, or as a whole.
//
//   y = sum over n of C[b, tok, n] * S'[b, d, n]      one read with keys {n} and query C
//   z = tanh(S')                                      S' is read as a whole
#ifndef HEDDLE_PASSES_RAISE_STATEREADS_H
#define HEDDLE_PASSES_RAISE_STATEREADS_H

#include "passes/raise/AffineRecurrence.h"

namespace heddle {

/// A value that is linear in the states and sums over some of their dimensions.
struct SummedRead {
  mlir::Value value;
  Indices at;
  Form form; // with the variables of the state
  llvm::SmallVector<Variable, 2> keys;
};

struct StateReads {
  llvm::SmallVector<SummedRead> sums;
  llvm::SmallVector<mlir::Value> whole; // block arguments and yielded values

  /// The keys that all reads agree on; empty where they do not.
  llvm::ArrayRef<Variable> commonKeys() const;
};

/// Reads of a group of states by what `roots` are computed from. Each state has dimensions `at`. Without `allowSums`,
/// or where sums are over other dimensions than `onlyKeys` if given, states are read as a whole.
StateReads collectReads(const TokenLoop &loop, StateForms &forms, llvm::ArrayRef<unsigned> states,
                        llvm::ArrayRef<mlir::Value> roots, const Indices &at, bool allowSums,
                        llvm::ArrayRef<Variable> onlyKeys = {});

/// The factors of a term that are the query of its state, and the rest.
std::pair<StateQuery, Product> splitQuery(const Term &term, const Indices &at);

} // namespace heddle

#endif
