// A weighted mean whose weights are exponentials, kept in units of some exp(m), as a mixer with logarithmic keys
// (RWKV-4).
//
//   y      = (exp(m - p) n + exp(k + u - p) v) / (exp(m - p) d + exp(k + u - p))      p  = max(m, k + u)
//   (n, d) = (exp(m + w - m') n + exp(k - m') v, exp(m + w - m') d + exp(k - m'))     m' = max(m + w, k)
//
// N = n exp(m) and D = d exp(m) are what the states mean, whatever p and m' are:
//
//   y = (N + exp(k + u) v) / (D + exp(k + u))      N' = exp(w) N + exp(k) v      D' = exp(w) D + exp(k)
//
// so w, k, u and v are what is left of the exponents once m and m' have cancelled. A mean that is read after the update
// has u = -w in these terms, and no bonus. Each channel is a head with one key and one value feature.
#ifndef HEDDLE_PASSES_RAISE_LOGKEYRECURRENCE_H
#define HEDDLE_PASSES_RAISE_LOGKEYRECURRENCE_H

#include "dialects/mixer/Mixer.h"
#include "passes/raise/ExponentialForm.h"
#include "passes/raise/ProductEmitter.h"

namespace heddle {

class LogKeyRecurrence {
public:
  /// Finds a unit, a numerator and a denominator among the states; nothing where there are none.
  static std::optional<LogKeyRecurrence> find(const TokenLoop &loop, StateForms &forms, TokenSequences &sequences,
                                              Variables &variables);

  /// Numerator, denominator and unit.
  llvm::ArrayRef<unsigned> getStates() const { return states; }
  /// What a mixer makes of it.
  struct Mixed {
    mlir::Value quotient; // that reads the states
    Sequence sequence;    // of the quotient; without a value where there is no mixer
    llvm::SmallVector<mlir::Value> finalStates;
  };
  /// `handsOut`: the states are wanted behind the last token, in units of the largest exponent so far.
  Mixed emit(bool handsOut);

private:
  using Products = llvm::SmallVector<Product>;
  using Group = llvm::SmallVector<Variable, 2>;

  /// exp(carried) * (the sum before) + added * exp(key), with all exponents free of units.
  struct WeightedSum {
    LinearForm carried, key;
    Products added;
  };

  LogKeyRecurrence(const TokenLoop &loop, StateForms &forms, TokenSequences &sequences, Variables &variables,
                   unsigned unit)
      : loop(loop), forms(forms), variables(variables), exponentials(loop, forms, sequences, variables), unit(unit) {}

  void assignRoles();
  std::optional<llvm::SmallVector<mlir::Value>> initialStates(ProductEmitter &emitter, bool handsOut) const;
  mlir::Value arranged(ProductEmitter &emitter, mlir::Value tensor, llvm::ArrayRef<Group> groups, bool hasTokens) const;
  bool findStates();
  bool findQuotient();
  bool isMean(const ExponentialForm &form);
  std::optional<WeightedSum> sumOf(const ExponentialSum &sum, const LinearForm &shift, unsigned state) const;
  bool isState(const WeightedExponential &summand, unsigned state) const;
  bool isKnown(const Factor &factor) const { return !forms.dependsOnState(factor.value); }
  bool isKnown(const LinearForm &form) const;
  static bool isOne(const Products &sum);

  const TokenLoop &loop;
  StateForms &forms;
  Variables &variables;
  ExponentialForms exponentials;
  unsigned unit; // the state m
  llvm::SmallVector<unsigned> states;
  Indices at;
  mlir::Value quotient; // the body value y
  LinearForm decay, key;
  Products value;
  std::optional<LinearForm> bonus; // none: y is read after the update
  Group batch, heads;
};

} // namespace heddle

#endif
