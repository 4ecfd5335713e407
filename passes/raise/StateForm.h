// What a value of a token loop's body is, as a polynomial of degree one in the carried states.
//
//   dBx   = dB[b, d, n] * x[b, d]            next = dA * S + dBx           y = sum over n of next * C
//
//   next[b, d, n] = dA[b, tok, d, n] S[b, d, n]  +  step[b, tok, d] B[b, tok, n] x[b, tok, d]
//   y[b, d]       = sum over n of C[b, tok, n] next[b, d, n]
//
// Every index is a variable; variable 0 is the token. Factors are tensors outside of the loop, indexed by variables, so
// which dimensions a factor depends on can be read off. Products of tensors are split into factors where that leaves
// smaller ones: an outer product is never stored.
#ifndef HEDDLE_PASSES_RAISE_STATEFORM_H
#define HEDDLE_PASSES_RAISE_STATEFORM_H

#include "passes/raise/Factors.h"
#include "passes/raise/TokenSequences.h"

namespace heddle {

/// Which state, before or after its update, is a factor of a term.
struct StateRead {
  unsigned number;
  bool updated;
  Indices at;
};

struct Term {
  Product product;
  std::optional<StateRead> state;
  llvm::SmallVector<Variable, 2> summed;
};
using Form = llvm::SmallVector<Term, 0>;

/// Indices into a sequence from those into the value of the body that it stands for.
Indices ofSequence(const Sequence &sequence, Indices at);

class StateForms {
public:
  StateForms(const TokenLoop &loop, TokenSequences &sequences, Variables &variables)
      : loop(loop), sequences(sequences), variables(variables) {}

  /// The states that forms are about; all others have sequences by now. `updates`: new values of states are taken
  /// apart, otherwise they are states after the update.
  void select(llvm::ArrayRef<unsigned> states, bool updates);
  bool dependsOnState(mlir::Value bodyValue);
  /// Variables for each dimension of a value; several where dimensions of a state were merged to one.
  std::optional<Indices> createIndices(mlir::Value bodyValue);
  /// Nothing where the value is not of degree one in the states.
  std::optional<Form> of(mlir::Value bodyValue, const Indices &at);
  /// The form of a choice by elements whose condition no state is part of; nothing where a side sums.
  std::optional<Form> select(const Form &condition, const Form &chosen, const Form &other, mlir::Type type);

private:
  friend class BodyForm;
  std::optional<Form> ofGeneric(mlir::linalg::GenericOp generic, unsigned result, const Indices &at);
  std::optional<Form> ofKnown(mlir::Value bodyValue, const Indices &at);
  llvm::SmallVector<mlir::OpFoldResult> partsOf(mlir::Value value, int64_t dim, mlir::OpFoldResult size);

  const TokenLoop &loop;
  TokenSequences &sequences;
  Variables &variables;
  llvm::SmallVector<unsigned> states;
  bool updates = true;
  llvm::DenseMap<mlir::Value, bool> depends;
};

} // namespace heddle

#endif
