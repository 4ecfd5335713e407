// The values that the reference evaluator computes with.
//
// A float tensor of any type keeps its elements as doubles, an integer tensor as int64_t, both row-major:
//
//   tensor<2x3xbf16>  ->  elementType bf16, shape {2, 3}, data: six doubles, integers: empty
//   tensor<4xi64>     ->  elementType i64,  shape {4},    data: empty,       integers: four values
//
// So one evaluator serves all types. Precision decides whether results are rounded to their own type.
// Invariant: exactly one of `data` and `integers` has size() elements, the other is empty (both when size() is 0).
// Signless and signed integers are kept sign-extended, unsigned ones and i1 zero-extended.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_REFERENCETENSOR_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_REFERENCETENSOR_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include <vector>

namespace heddle {

/// Double computes everything in double and rounds nothing: the meaning. Single rounds every result to its own type
/// (inside of mixer.mix, to float): the plain same-precision loop that tolerances are measured by. Single rounds f64 to
/// float as well: double cannot measure its own error, so the error of a float loop stands for it, scaled
/// (Tolerance.h). Stored rounds every result to its own type and leaves f64 as it is: what the narrower parts of a
/// computation add to the error of a result in f64.
enum class Precision { Double, Single, Stored };

/// One element: `real` for float types, `integer` for integer and index types.
union Scalar {
  double real;
  int64_t integer;
};

struct ReferenceTensor {
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  std::vector<double> data;
  std::vector<int64_t> integers;

  static ReferenceTensor zeros(mlir::Type elementType, llvm::ArrayRef<int64_t> shape);
  static ReferenceTensor splat(mlir::Type elementType, llvm::ArrayRef<int64_t> shape, Scalar value);
  /// Null when the elements of the attribute are neither floats nor integers, or a resource has no data.
  static std::optional<ReferenceTensor> fromAttribute(mlir::ElementsAttr attribute);

  /// Elements answer first: asked for every element, the type's interface would take longer than the arithmetic.
  bool isFloat() const { return !data.empty() || (integers.empty() && mlir::isa<mlir::FloatType>(elementType)); }
  int64_t rank() const { return shape.size(); }
  int64_t size() const;
  llvm::SmallVector<int64_t> strides() const;

  Scalar get(int64_t offset) const;
  void set(int64_t offset, Scalar value);
  /// Element `offset` as a number, whatever the type.
  double number(int64_t offset) const { return isFloat() ? data[offset] : double(integers[offset]); }
};

/// Advances a row-major index; false after the last one. Callers handle empty shapes (a zero dimension) before.
bool nextIndex(llvm::MutableArrayRef<int64_t> index, llvm::ArrayRef<int64_t> shape);
int64_t elementCount(llvm::ArrayRef<int64_t> shape);
llvm::SmallVector<int64_t> rowMajorStrides(llvm::ArrayRef<int64_t> shape);
int64_t dot(llvm::ArrayRef<int64_t> left, llvm::ArrayRef<int64_t> right);

/// What happens to a result so that it is a value of its type.
enum class Finish : uint8_t { Keep, F32, F16, BF16, Wrap };

/// The finish of a value of `type`; with Precision::Double floats are kept as they are.
Finish finishOf(mlir::Type type, Precision precision);
/// Nearest value, ties to even; half types go through float as the hardware does.
double roundReal(double value, Finish finish);
/// `value` modulo 2^width: sign-extended, or zero-extended for i1 and unsigned types.
int64_t wrapInteger(int64_t value, mlir::Type type);
unsigned integerWidth(mlir::Type type);
/// Rounds all elements of a float tensor as finishOf says.
void roundToType(ReferenceTensor &tensor, Precision precision);
/// Rounds all elements of a float tensor to what its element type can store.
void roundToStorage(ReferenceTensor &tensor);

} // namespace heddle
#endif
