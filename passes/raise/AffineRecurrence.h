// An affine recurrence as mixers: which dimension of the state plays which role, the operands in the mixer's layout,
// and one mixer for each way in which the state is read.
//
//   S[b, d, n] = exp(step[b, tok, d] * rate[d, n]) S + step[b, tok, d] B[b, tok, n] x[b, tok, d],   y = sum n: C[b,
//   tok, n] S
//     batch b (in all factors that vary), keys n (summed by the read), values d (neither in k nor in q)
//     query C, key B, value step * x, transport elementwise<factored>(step, rate)
//
// A dimension that the read does not sum is a head where a key-side operand depends on it, else a value feature.
#ifndef HEDDLE_PASSES_RAISE_AFFINERECURRENCE_H
#define HEDDLE_PASSES_RAISE_AFFINERECURRENCE_H

#include "dialects/mixer/Mixer.h"
#include "passes/raise/ProductEmitter.h"
#include "passes/raise/StateUpdate.h"

namespace heddle {

/// One read of the state: sum over the keys of query * S, with the state's own variables. Variables that the state does
/// not have are further query heads.
struct StateQuery {
  Product query;
  bool updated = true; // after the update of the token, or in front of it
  llvm::SmallVector<Variable, 2> furtherHeads;
};

class AffineRecurrence {
public:
  struct Mixed {
    mlir::Value output;                  // one dimension for each of `dims`
    llvm::SmallVector<Variable, 6> dims; // with the token
  };

  /// `keys` are the dimensions that reads sum over. Nothing where no transport expresses the update.
  static std::optional<AffineRecurrence> create(const TokenLoop &loop, const StateUpdate &update,
                                                llvm::ArrayRef<Variable> keys, llvm::ArrayRef<Product> queries,
                                                const Variables &variables, mlir::Value initialState,
                                                mlir::FloatType type);
  /// The first mixer that is made hands out the state behind the last token.
  void wantFinalState() { wantsFinal = true; }

  /// The output of a mixer with this query; nothing where it has none.
  std::optional<Mixed> read(const StateQuery &query);
  /// All of the state after each token: a query of ones, or one for each key.
  std::optional<Mixed> readAll();
  /// The state behind the last token, indexed by `at`.
  mlir::Value finalState(const Indices &at);
  llvm::ArrayRef<Variable> keys() const { return keyDims; }
  ProductEmitter &getEmitter() { return emitter; }

private:
  using Group = llvm::SmallVector<Variable, 2>;
  AffineRecurrence(const TokenLoop &loop, const StateUpdate &update, const Variables &variables, mlir::FloatType type)
      : loop(loop), update(update), variables(variables),
        emitter(mlir::OpBuilder(loop.loop), loop.loop.getLoc(), variables, type) {}

  void assignRoles(llvm::ArrayRef<Variable> keys, llvm::ArrayRef<Product> queries);
  bool isBatch(Variable variable, llvm::ArrayRef<Product> queries) const;
  void splitAdded();
  bool findDecay();
  bool buildTransport();
  bool buildDiagonal();
  bool buildFactored(const Product &logarithm);
  bool buildDelta();
  bool buildConstant();
  bool buildKeyAndValue();
  bool buildInitialState(mlir::Value state);
  mlir::Value keySide(llvm::ArrayRef<Product> sum, bool hasKeys);
  std::optional<Mixed> mix(mlir::Value query, llvm::ArrayRef<Variable> furtherHeads, mlir::Value current);
  int64_t count(llvm::ArrayRef<Variable> group) const;

  const TokenLoop &loop;
  StateUpdate update;
  const Variables &variables;
  ProductEmitter emitter;
  Group batch, heads, keyDims, values;
  llvm::SmallVector<Product> keyProducts, valueProducts;
  std::optional<Logarithm> decay;
  mlir::Value key, value, initial, final;
  bool wantsFinal = false;
  llvm::SmallVector<mlir::Value> transportOperands;
  mlir::Attribute transport;
};

} // namespace heddle

#endif
