// What an operator demands of axes and sizes.
#include "frontends/onnx/GraphImporter.h"
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

std::optional<int64_t> NodeReader::axis(int64_t axis, int64_t rank) {
  if (axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  error() << "axis " << axis << " is outside of rank " << rank << ", expected a value in [" << -rank << ", " << rank
          << ")";
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> NodeReader::axes(ArrayRef<int64_t> axes, int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t each : axes) {
    std::optional<int64_t> positive = axis(each, rank);
    if (!positive)
      return std::nullopt;
    result.push_back(*positive);
  }
  llvm::sort(result);
  if (auto twice = std::adjacent_find(result.begin(), result.end()); twice != result.end()) {
    error() << "axis " << *twice << " is listed twice, expected distinct axes";
    return std::nullopt;
  }
  return result;
}

bool NodeReader::unify(Dim a, Dim b, ArrayRef<Shape> shapes) {
  if (g.sameDim(a, b) || importer.limitToEqual(a, b))
    return true;
  hasFailed = true; // either a mistake, or the import starts over with the symbol fixed
  if (importer.fixSymbol(a, b))
    return false;
  InFlightDiagnostic diagnostic = error();
  diagnostic << "sizes " << g.describe(a) << " and " << g.describe(b) << ", expected equal ones";
  for (const Shape &shape : shapes)
    diagnostic << (&shape == shapes.begin() ? " in shapes " : ", ") << g.describe(shape);
  return false;
}

bool NodeReader::fixMultiple(Dim size) {
  bool isFixed = importer.fixMultiple(size);
  hasFailed |= isFixed;
  return isFixed;
}

bool NodeReader::fixDivisible(Dim size, int64_t divisor) {
  bool isFixed = importer.fixDivisible(size, divisor);
  hasFailed |= isFixed;
  return isFixed;
}

bool NodeReader::unifyBroadcast(ArrayRef<Shape> shapes) {
  size_t rank = 0;
  for (const Shape &shape : shapes)
    rank = std::max(rank, shape.size());
  for (size_t fromEnd = 1; fromEnd <= rank; ++fromEnd) {
    Dim size;
    for (const Shape &shape : shapes) {
      if (shape.size() < fromEnd || shape[shape.size() - fromEnd] == g.dim(1))
        continue;
      Dim next = shape[shape.size() - fromEnd];
      if (size && !unify(size, next, shapes))
        return false;
      size = next;
    }
  }
  return true;
}

bool NodeReader::checkSizes(ArrayRef<Dim> sizes) {
  SmallVector<int64_t> known;
  for (Dim size : sizes) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    known.push_back(constant ? constant.getValue() : 1);
  }
  if (elementCount(known))
    return true;
  error() << "shape " << g.describe(sizes) << ", expected no negative size and at most 2^48 elements";
  return false;
}

bool NodeReader::requireAtLeast(Dim a, Dim b, StringRef what) {
  if (importer.requireAtLeast(a, b))
    return true;
  error() << what << ", expected at least " << g.describe(b) << " but got " << g.describe(a);
  return false;
}

} // namespace heddle::onnx
