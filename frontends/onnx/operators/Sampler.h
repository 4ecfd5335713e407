// Values of a picture between its pixels.
//
//   Sampler sampler{b, at, type, x, sizes, Padding::Zeros, /*alignsCorners=*/false};
//   Value sum = sampler.interpolate({n, c}, {sampler.linear(y), sampler.linear(x)});
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_SAMPLER_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_SAMPLER_H

#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

enum class Padding { Zeros, Border, Reflection };

// Elements along one axis, by their whole places, with their weights.
struct Tap {
  mlir::Value place, weight;
};
using Taps = llvm::SmallVector<Tap, 4>;

// Reads x [N, C, spatial..] between its elements. All arithmetic is on scalars of one output element, so whoever
// makes one stands in the body of a generic.
struct Sampler {
  mlir::OpBuilder &b;
  mlir::Location at;
  mlir::Type type; // of places
  Tensor x;
  llvm::ArrayRef<mlir::Value> sizes; // of the spatial dimensions
  Padding padding;
  bool alignsCorners;

  mlir::Value number(double value) { return scalar::constant(b, at, value, type); }
  mlir::Value op(Binary kind, mlir::Value l, mlir::Value r) { return scalar::binary(b, at, kind, l, r, type); }
  mlir::Value add(mlir::Value l, mlir::Value r) { return op(Binary::Add, l, r); }
  mlir::Value sub(mlir::Value l, mlir::Value r) { return op(Binary::Sub, l, r); }
  mlir::Value mul(mlir::Value l, mlir::Value r) { return op(Binary::Mul, l, r); }
  mlir::Value sizeOf(int64_t axis) { return scalar::convert(b, at, sizes[axis], b.getIndexType(), type); }
  // An element of another tensor, as a place.
  mlir::Value placeOf(const Tensor &tensor, mlir::ValueRange index);

  // [-1, 1] to places of the axis.
  mlir::Value denormalize(mlir::Value place, int64_t axis);
  mlir::Value clampTo(mlir::Value place, int64_t axis);
  // Inside of the axis as the padding says it.
  mlir::Value bounded(mlir::Value place, int64_t axis);

  Taps nearest(mlir::Value place);
  Taps linear(mlir::Value place);
  Taps cubic(mlir::Value place);

  // The element at whole places; 0 outside.
  mlir::Value read(llvm::ArrayRef<mlir::Value> leading, llvm::ArrayRef<mlir::Value> places);
  // All combinations of taps, one list for each axis: elements times the product of their weights.
  llvm::SmallVector<mlir::Value> weighted(llvm::ArrayRef<mlir::Value> leading, llvm::ArrayRef<Taps> taps);

private:
  mlir::Value reflect(mlir::Value place, int64_t axis);
  mlir::Value cubicWeight(mlir::Value distance);
};

} // namespace heddle::onnx
#endif
