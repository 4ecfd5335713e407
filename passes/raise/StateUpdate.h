// Which affine transport the update of a state is, from its form.
//
//   a[b, tok, d] S[b, d, n] + k[b, tok, n] v[b, tok, d]                    diagonal
//   a S[b, k, v] - a b k_k (sum over j of k_j S[b, j, v]) + b k_k v_v      delta
//   sum over j of M[i, j] S[b, j] + u[b, tok, i]                           constant matrix
#ifndef HEDDLE_PASSES_RAISE_STATEUPDATE_H
#define HEDDLE_PASSES_RAISE_STATEUPDATE_H

#include "passes/raise/StateForm.h"

namespace heddle {

enum class UpdateKind { Diagonal, Delta, Constant };

struct StateUpdate {
  UpdateKind kind = UpdateKind::Diagonal;
  /// Dimensions of the state, one variable each.
  llvm::SmallVector<Variable> dims;
  /// The sum that multiplies the state (diagonal), or that decays it (delta).
  llvm::SmallVector<Product> decay;
  /// What is added.
  llvm::SmallVector<Product> added;
  /// Delta: the step b, the key k; constant: the matrix, whose second index is `column`.
  Product step, key, matrix;
  /// Delta, constant: the dimension that is contracted.
  Variable row = 0, column = 0;

  /// Nothing where the form is no such update of the state that is indexed by `at`.
  static std::optional<StateUpdate> classify(const Form &form, const Indices &at);
};

} // namespace heddle

#endif
