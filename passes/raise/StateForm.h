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

#include "passes/raise/TokenSequences.h"

namespace heddle {

using Variable = unsigned;
inline constexpr Variable kToken = 0;
/// Index of one dimension: variables in row-major order, none where the dimension has size 1.
using Index = llvm::SmallVector<Variable, 1>;
using Indices = llvm::SmallVector<Index, 0>;

/// A tensor outside of the loop.
struct Factor {
  mlir::Value value;
  Indices at;

  bool operator==(const Factor &other) const { return value == other.value && at == other.at; }
  bool has(Variable variable) const;
};

struct Product {
  double coefficient = 1;
  llvm::SmallVector<Factor, 0> factors;

  bool has(Variable variable) const;
  llvm::SmallSetVector<Variable, 8> variables() const;
  void multiply(const Product &other);
  void rename(Variable from, Variable to);
};

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

/// The variables of one loop and their sizes.
class Variables {
public:
  explicit Variables(mlir::OpFoldResult length) : sizes{length} {}
  /// A new variable; no variable where the size is 1.
  Index create(mlir::OpFoldResult size);
  mlir::OpFoldResult size(Variable variable) const { return sizes[variable]; }
  /// Indices of a merged dimension for the dimensions that it was merged from; nothing where they do not fit.
  std::optional<Indices> split(llvm::ArrayRef<Variable> merged, llvm::ArrayRef<int64_t> shape) const;

private:
  llvm::SmallVector<mlir::OpFoldResult> sizes;
};

/// The factor in front of reshapes, as far as its indices can follow.
Factor beforeReshapes(Factor factor, const Variables &variables);

/// Splits a tensor at `at` into smaller factors, as far as it is a product.
Product factorise(mlir::Value value, Indices at, const Variables &variables);

class StateForms {
public:
  StateForms(const TokenLoop &loop, TokenSequences &sequences, Variables &variables)
      : loop(loop), sequences(sequences), variables(variables) {}

  /// The states that forms are about; all others have sequences by now. `updates`: new values of states are taken
  /// apart, otherwise they are states after the update.
  void select(llvm::ArrayRef<unsigned> states, bool updates);
  bool dependsOnState(mlir::Value bodyValue);
  /// Variables for each dimension of a value.
  std::optional<Indices> createIndices(mlir::Value bodyValue);
  /// Nothing where the value is not of degree one in the states.
  std::optional<Form> of(mlir::Value bodyValue, const Indices &at);

private:
  friend class BodyForm;
  std::optional<Form> ofGeneric(mlir::linalg::GenericOp generic, unsigned result, const Indices &at);
  std::optional<Form> ofKnown(mlir::Value bodyValue, const Indices &at);

  const TokenLoop &loop;
  TokenSequences &sequences;
  Variables &variables;
  llvm::SmallVector<unsigned> states;
  bool updates = true;
  llvm::DenseMap<mlir::Value, bool> depends;
};

} // namespace heddle

#endif
