#include "passes/raise/RowTables.h"

#include "dialects/mixer/reference/ReferenceTensor.h"

#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace heddle {
namespace {

// Of numbers that were divided and rounded to f32.
constexpr double kSame = 1e-6;

bool isClose(double left, double right, double scale) { return std::abs(left - right) <= kSame * std::abs(scale); }

/// The rows of one head.
struct Square {
  const double *at;
  int64_t size, rowStride, keyStride;

  double operator()(int64_t row, int64_t key) const { return at[row * rowStride + key * keyStride]; }

  /// p(distance): the mean over all rows, because each was rounded.
  double average(int64_t distance) const {
    double sum = 0;
    int64_t count = 0;
    for (int64_t row = std::max<int64_t>(distance, 0); row < size && row - distance < size; ++row, ++count)
      sum += (*this)(row, row - distance) / (*this)(row, row);
    return sum / count;
  }

  bool hasDiagonal() const {
    for (int64_t row = 0; row < size; ++row)
      if (!std::isfinite((*this)(row, row)) || (*this)(row, row) == 0)
        return false;
    return true;
  }

  bool isScaled(ArrayRef<double> distances) const {
    for (int64_t row = 0; row < size; ++row)
      for (int64_t key = 0; key < size; ++key) {
        double value = (*this)(row, key), fitted = (*this)(row, row) * distances[row - key + size - 1];
        if (!isClose(value, fitted, std::max(std::abs(value), std::abs((*this)(row, row)))))
          return false;
      }
    return true;
  }

  bool hasOneScale() const {
    for (int64_t row = 1; row < size; ++row)
      if (!isClose((*this)(row, row), (*this)(0, 0), (*this)(0, 0)))
        return false;
    return true;
  }
};

class Splitter {
public:
  Splitter(const ReferenceTensor &table, int64_t rowDim, int64_t keyDim)
      : table(table), distances(table), rowDim(rowDim), keyDim(keyDim) {
    SmallVector<int64_t> shape(table.shape);
    shape.erase(shape.begin() + keyDim);
    rows = ReferenceTensor::zeros(table.elementType, shape);
  }

  bool run() {
    SmallVector<int64_t> heads(table.shape), index(table.rank(), 0);
    heads[rowDim] = heads[keyDim] = 1;
    bool isSame = true;
    do {
      std::optional<bool> sameInHead = splitHead(index);
      if (!sameInHead)
        return false;
      isSame &= *sameInHead;
    } while (nextIndex(index, heads));
    return !isSame;
  }

  const ReferenceTensor &table;
  ReferenceTensor distances, rows;

private:
  /// Whether all rows of the head have one scale; nothing where they are no multiples.
  std::optional<bool> splitHead(ArrayRef<int64_t> head) {
    SmallVector<int64_t> strides = table.strides();
    int64_t start = dot(strides, head), size = table.shape[rowDim];
    Square square{table.data.data() + start, size, strides[rowDim], strides[keyDim]};
    if (!square.hasDiagonal())
      return std::nullopt;
    SmallVector<double> byDistance;
    for (int64_t distance = 1 - size; distance < size; ++distance)
      byDistance.push_back(square.average(distance));
    if (!square.isScaled(byDistance))
      return std::nullopt;
    SmallVector<int64_t> rowIndex(head);
    rowIndex.erase(rowIndex.begin() + keyDim);
    int64_t rowDimOfRows = rowDim - (keyDim < rowDim);
    for (int64_t row = 0; row < size; ++row) {
      rowIndex[rowDimOfRows] = row;
      rows.data[dot(rows.strides(), rowIndex)] = square(row, row);
      for (int64_t key = 0; key < size; ++key)
        distances.data[start + row * square.rowStride + key * square.keyStride] = byDistance[row - key + size - 1];
    }
    return square.hasOneScale();
  }

  int64_t rowDim, keyDim;
};

Value constantOf(ImplicitLocOpBuilder &b, const ReferenceTensor &tensor) {
  auto type = RankedTensorType::get(tensor.shape, tensor.elementType);
  if (tensor.elementType.isF64())
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(tensor.data)));
  std::vector<float> values(tensor.data.begin(), tensor.data.end());
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<float>(values));
  return arith::ConstantOp::create(b, DenseResourceElementsAttr::get(type, "rows", std::move(blob)));
}

} // namespace

std::optional<ScaledTable> splitTable(ImplicitLocOpBuilder &b, arith::ConstantOp constant, int64_t rowDim,
                                      int64_t keyDim) {
  auto type = dyn_cast<RankedTensorType>(constant.getType());
  auto elements = dyn_cast<ElementsAttr>(constant.getValue());
  bool isReal = type && (type.getElementType().isF32() || type.getElementType().isF64());
  if (!isReal || !elements || elements.isSplat() || type.getDimSize(rowDim) != type.getDimSize(keyDim))
    return std::nullopt;
  std::optional<ReferenceTensor> table = ReferenceTensor::fromAttribute(elements);
  if (!table)
    return std::nullopt;
  Splitter splitter(*table, rowDim, keyDim);
  if (!splitter.run())
    return std::nullopt;
  return ScaledTable{constantOf(b, splitter.distances), constantOf(b, splitter.rows)};
}

} // namespace heddle
