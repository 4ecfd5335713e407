// A weighted mean whose weights are exponentials, kept in units of the largest one, as a mixer with logarithmic keys
// (RWKV-4).
//
//   y      = (exp(m - p) n + exp(k + u - p) v) / (exp(m - p) d + exp(k + u - p))      p  = max(m, k + u)
//   (n, d) = (exp(m + w - m') n + exp(k - m') v, exp(m + w - m') d + exp(k - m'))     m' = max(m + w, k)
//
// Only k, w, u and v are looked for; that the rest fits is left to the proof. Each channel is a head with one key and
// one value feature.
#ifndef HEDDLE_PASSES_RAISE_LOGKEYRECURRENCE_H
#define HEDDLE_PASSES_RAISE_LOGKEYRECURRENCE_H

#include "dialects/mixer/Mixer.h"
#include "passes/raise/ProductEmitter.h"

namespace heddle {

class LogKeyRecurrence {
public:
  /// Finds a maximum, a numerator and a denominator among the states; nothing where there are none.
  static std::optional<LogKeyRecurrence> find(const TokenLoop &loop, StateForms &forms, TokenSequences &sequences,
                                              Variables &variables);

  llvm::ArrayRef<unsigned> getStates() const { return states; }
  /// The quotient that reads the states, and its sequence.
  std::pair<mlir::Value, Sequence> emit();

private:
  LogKeyRecurrence(const TokenLoop &loop, StateForms &forms, TokenSequences &sequences, Variables &variables)
      : loop(loop), forms(forms), sequences(sequences), variables(variables) {}

  bool findMaximum(unsigned state);
  bool findValue();
  bool findQuotient();
  bool findBonus();
  std::optional<Product> productOf(mlir::Value bodyValue);

  const TokenLoop &loop;
  StateForms &forms;
  TokenSequences &sequences;
  Variables &variables;
  llvm::SmallVector<unsigned> states;
  unsigned maximum = 0;
  Indices at;
  mlir::Value quotient; // the body value y
  Product keyProduct, decay, value, bonus;
};

} // namespace heddle

#endif
