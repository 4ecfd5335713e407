// How far a result may be from the reference.
//
//   tolerance = k * (error of the plain same-precision loop) + floor,   floor = c * eps(type) * max|reference|
//
// The first part measures how hard the computation is in its own precision, at exactly these inputs; the factor k pays
// for another order of summation. For f64 results the plain loop runs in float and its error is scaled by
// eps(f64) / eps(f32); what parts of narrower types err is added as it is. The floor pays for the storage type alone:
// where the plain loop happens to be exact, a result may still be one rounding away. Integers must be equal.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_TOLERANCE_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_TOLERANCE_H

#include "dialects/mixer/reference/ReferenceTensor.h"
#include <string>

namespace heddle {

struct Tolerance {
  double bound = 0;
  std::string reason; // one printable sentence with the figures

  /// `slack` is k. `reference` is in double, `single` the same computation with every result rounded to its type.
  /// `narrow` is what parts of narrower types add to the error of an f64 result.
  static Tolerance of(const ReferenceTensor &reference, const ReferenceTensor &single, double slack, double narrow = 0);
};

struct Comparison {
  bool passes = false;
  double error = 0;    // largest absolute difference
  double relative = 0; // the same divided by max|reference|
  llvm::SmallVector<int64_t> worst;
  double expected = 0, actual = 0; // the pair at `worst`
  std::string problem;             // shapes or types that differ, empty otherwise

  std::string describe() const;
};

/// Compares element by element. Non-finite values must be equal (NaN equals NaN).
Comparison compare(const ReferenceTensor &expected, const ReferenceTensor &actual, double bound);
/// Largest difference between finite elements of tensors of equal shape.
double maxDifference(const ReferenceTensor &left, const ReferenceTensor &right);
double maxMagnitude(const ReferenceTensor &tensor);
/// Distance from 1 to the next value of the type; 0 for integers.
double epsilonOf(mlir::Type type);

} // namespace heddle
#endif
