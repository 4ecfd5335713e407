// What a value of a token loop's body is, as a quotient of sums of weighted exponentials.
//
//   p = max(m, k + u)      y = (exp(m - p) n + exp(k + u - p) v) / (exp(m - p) d + exp(k + u - p))
//
//   numerator      n exp(m - p)  +  v exp(k + u - p)
//   denominator    d exp(m - p)  +    exp(k + u - p)
//
// Exponents are linear. A value that is not read further, such as p, is an unknown that stands for itself, so it shows
// whether a shift of the exponents cancels, however the shift was computed.
#ifndef HEDDLE_PASSES_RAISE_EXPONENTIALFORM_H
#define HEDDLE_PASSES_RAISE_EXPONENTIALFORM_H

#include "passes/raise/StateForm.h"

namespace heddle {

/// constant + sum of coefficient * factor; no factor twice, no coefficient 0.
struct LinearForm {
  double constant = 0;
  llvm::SmallVector<std::pair<Factor, double>, 2> summands;

  void add(const LinearForm &other, double scale = 1);
  void add(const Factor &factor, double scale);
  bool operator==(const LinearForm &other) const;
  bool has(Variable variable) const;
  /// The same as a sum of products, never an empty one.
  llvm::SmallVector<Product> products() const;
};

/// coefficient * product of factors * exp(exponent).
struct WeightedExponential {
  Product weight;
  LinearForm exponent;
};
using ExponentialSum = llvm::SmallVector<WeightedExponential, 2>;

struct ExponentialForm {
  ExponentialSum numerator, denominator;

  /// False where the denominator is 1.
  bool hasDenominator() const;
};

/// Reads values over one set of dimensions.
class ExponentialForms {
public:
  ExponentialForms(const TokenLoop &loop, StateForms &forms, TokenSequences &sequences, const Variables &variables)
      : loop(loop), forms(forms), sequences(sequences), variables(variables) {}

  ExponentialForm of(mlir::Value bodyValue, const Indices &at);
  /// The value as a linear form; nothing where it has exponentials, products or quotients.
  static std::optional<LinearForm> linear(const ExponentialForm &form);

private:
  std::optional<ExponentialForm> read(mlir::Value bodyValue, const Indices &at);
  std::optional<ExponentialForm> readScalar(mlir::linalg::GenericOp generic, mlir::Value scalar, const Indices &loops);
  std::optional<ExponentialForm> readOperation(mlir::Operation *op, llvm::ArrayRef<ExponentialForm> operands);
  /// A value outside of the loop.
  ExponentialForm readOutside(mlir::Value value, const Indices &at);

  const TokenLoop &loop;
  StateForms &forms;
  TokenSequences &sequences;
  const Variables &variables;
  struct Known {
    Indices at;
    ExponentialForm form;
  };
  llvm::DenseMap<mlir::Value, Known> known;
};

} // namespace heddle

#endif
