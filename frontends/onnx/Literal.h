// Small tensors that are known while importing: constants, and integers computed from the sizes of tensors.
//
// Exporters spell a reshape as a chain of nodes on the sizes of another tensor: Shape, Gather, Mul, Concat, Reshape. A
// Literal is a value of such a chain. Its integers are affine expressions of the entry's symbols, so [B, T*H, -1] is as
// well known as [2, 48, -1]:
//
//   Literal sizes = {i64, {2}, {{g.dim("B")}, {g.dim("T") * 3}}};
//
// Invariant: an integer or boolean element has `dim` set, a floating-point element has `dim` null and its value in
// `real`.
#ifndef HEDDLE_FRONTENDS_ONNX_LITERAL_H
#define HEDDLE_FRONTENDS_ONNX_LITERAL_H

#include "frontends/Tensor.h"
#include <optional>
#include <vector>

namespace heddle {
class GraphBuilder;
}

namespace heddle::onnx {

struct Element {
  Dim dim;
  double real = 0;
};

struct Literal {
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  std::vector<Element> elements; // row-major

  int64_t rank() const { return shape.size(); }
  bool isFloat() const { return mlir::isa<mlir::FloatType>(elementType); }
  // The integer of an element that does not depend on a symbol.
  std::optional<int64_t> integer(size_t index) const;
  // All elements as integers; nothing when one of them depends on a symbol or is floating-point.
  std::optional<llvm::SmallVector<int64_t>> integers() const;
  // The number of an element (integer or float) that does not depend on a symbol.
  std::optional<double> number(size_t index) const;
};

// Literals above this size are left to the compiled program.
constexpr int64_t maxLiteralElements = 1 << 14;

// Number of elements; nothing when a size is negative or the product does not fit 2^48.
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> shape);

// The element as the type would store it: floats are rounded, integers wrap around.
Element rounded(Element element, mlir::Type type);

// Shape of the numpy broadcast of both, or nothing.
std::optional<llvm::SmallVector<int64_t>> broadcastSizes(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b);

// A literal of the given shape whose element at `index` is that of `source` at `where(index)`. The position is a
// multi-index.
Literal
gathered(const Literal &source, llvm::ArrayRef<int64_t> shape,
         llvm::function_ref<void(llvm::ArrayRef<int64_t> index, llvm::MutableArrayRef<int64_t> position)> where);

// `source` read under numpy broadcasting to `shape`.
Literal broadcast(const Literal &source, llvm::ArrayRef<int64_t> shape);

// Smallest and largest value that a dimension expression takes when every symbol is at least 1.
struct Interval {
  int64_t low, high; // INT64_MIN and INT64_MAX: unbounded
};
Interval bounds(Dim dim);

// The number that a size is a multiple by of another one, wherever that one is positive; nothing for other sizes.
std::optional<Dim> wholeQuotient(Dim dividend, Dim divisor);

// The sign of a - b where it is the same for all symbols: -1, 0 or 1.
std::optional<int> compareDims(Dim a, Dim b, unsigned symbolCount);

// The literal as a tensor of the entry; sizes are computed at run time (EmitLiteral.cpp).
Tensor emitLiteral(GraphBuilder &g, const Literal &literal);

} // namespace heddle::onnx
#endif
