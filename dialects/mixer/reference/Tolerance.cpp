#include "dialects/mixer/reference/Tolerance.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;

namespace heddle {

double epsilonOf(Type type) {
  auto floating = dyn_cast<FloatType>(type);
  return floating ? std::ldexp(1.0, 1 - int(floating.getFPMantissaWidth())) : 0.0;
}

double maxMagnitude(const ReferenceTensor &tensor) {
  double largest = 0;
  for (int64_t i = 0, size = tensor.size(); i < size; ++i)
    if (double value = std::abs(tensor.number(i)); std::isfinite(value))
      largest = std::max(largest, value);
  return largest;
}

double maxDifference(const ReferenceTensor &left, const ReferenceTensor &right) {
  double largest = 0;
  for (int64_t i = 0, size = left.size(); i < size; ++i)
    if (double difference = std::abs(left.number(i) - right.number(i)); std::isfinite(difference))
      largest = std::max(largest, difference);
  return largest;
}

// Units in the last place of the largest value that the floor grants: one for the store, one for the value before it.
static constexpr double floorUnits = 2;

Tolerance Tolerance::of(const ReferenceTensor &reference, const ReferenceTensor &single, double slack, double narrow) {
  if (!reference.isFloat())
    return {0.0, "integers must be equal"};
  double plain = maxDifference(reference, single), largest = maxMagnitude(reference);
  if (reference.elementType.isF64())
    plain = plain * std::ldexp(1.0, 23 - 52) + narrow;
  double floor = floorUnits * epsilonOf(reference.elementType) * largest;
  std::string type;
  llvm::raw_string_ostream(type) << reference.elementType;
  double bound = slack * plain + floor;
  return {bound,
          llvm::formatv("{0:e2} = {1} x {2:e2} (error of the plain {3} loop) + {4:e2} ({5} x eps({3}) x max {6:e2})",
                        bound, slack, plain, type, floor, floorUnits, largest)
              .str()};
}

static bool agree(double expected, double actual, double bound) {
  if (std::isnan(expected) || std::isnan(actual))
    return std::isnan(expected) && std::isnan(actual);
  if (std::isinf(expected) || std::isinf(actual))
    return expected == actual;
  return std::abs(expected - actual) <= bound;
}

static SmallVector<int64_t> indexOf(int64_t offset, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> index(shape.size());
  for (int64_t d = int64_t(shape.size()) - 1; d >= 0; --d) {
    index[d] = offset % shape[d];
    offset /= shape[d];
  }
  return index;
}

static std::string shapeText(ArrayRef<int64_t> shape) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << '[';
  llvm::interleaveComma(shape, stream);
  stream << ']';
  return text;
}

Comparison compare(const ReferenceTensor &expected, const ReferenceTensor &actual, double bound) {
  Comparison result;
  if (expected.shape != actual.shape) {
    result.problem = "shape expected " + shapeText(expected.shape) + " but got " + shapeText(actual.shape);
    return result;
  }
  if (expected.isFloat() != actual.isFloat()) {
    result.problem = "float and integer elements cannot be compared";
    return result;
  }
  result.passes = true;
  int64_t worst = -1;
  bool worstFails = false;
  for (int64_t i = 0, size = expected.size(); i < size; ++i) {
    double difference = std::abs(expected.number(i) - actual.number(i));
    bool fails = expected.isFloat() ? !agree(expected.data[i], actual.data[i], bound)
                                    : expected.integers[i] != actual.integers[i];
    bool isWorse = worst < 0 || fails > worstFails || (fails == worstFails && difference > result.error);
    result.passes &= !fails;
    if (!isWorse)
      continue;
    worst = i;
    worstFails = fails;
    result.error = difference;
  }
  if (worst < 0)
    return result;
  result.worst = indexOf(worst, expected.shape);
  result.expected = expected.number(worst);
  result.actual = actual.number(worst);
  double largest = maxMagnitude(expected);
  result.relative = largest > 0 ? result.error / largest : result.error;
  return result;
}

std::string Comparison::describe() const {
  if (!problem.empty())
    return problem;
  return llvm::formatv("max error {0:e2} (relative {1:e2}) at {2}: expected {3} but got {4}", error, relative,
                       shapeText(worst), llvm::formatv("{0:e6}", expected), llvm::formatv("{0:e6}", actual))
      .str();
}

} // namespace heddle
