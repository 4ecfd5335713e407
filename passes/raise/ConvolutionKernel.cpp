#include "passes/raise/ConvolutionKernel.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace heddle {
namespace {

// Taps that are smaller, as a share of the largest, are what is left of the rounding of a spectrum to f32.
constexpr double kNoTap = 1e-6;

bool isClose(double left, double right, double scale) { return std::abs(left - right) <= 1e-9 * scale; }

class KernelReader {
public:
  KernelReader(const PositionMatrix &matrix, const Probe &probe) : matrix(matrix), probe(probe) {}

  std::optional<ConvolutionKernel> read() {
    int64_t last = matrix.tokens - 1, middle = matrix.tokens / 2;
    std::optional<std::vector<double>> first = matrix.column(probe, 0), between = matrix.column(probe, middle),
                                       end = matrix.column(probe, last);
    if (!first || !between || !end)
      return std::nullopt;
    for (double tap : *first)
      scale = std::max(scale, std::abs(tap));
    for (double tap : *end)
      scale = std::max(scale, std::abs(tap));
    // Lags from -last to last: those behind the impulse at the first token, those in front of the one at the last.
    ConvolutionKernel kernel{{}, 2 * last + 1, last};
    for (int64_t row = 0; row < matrix.heads * matrix.features; ++row) {
      const double *ahead = &(*first)[row * matrix.tokens], *behind = &(*end)[row * matrix.tokens];
      kernel.taps.insert(kernel.taps.end(), behind, behind + last);
      kernel.taps.insert(kernel.taps.end(), ahead, ahead + matrix.tokens);
      for (int64_t i = 0; i < matrix.tokens; ++i)
        if (!isClose((*between)[row * matrix.tokens + i], kernel.taps[row * kernel.count + i - middle + last], scale))
          return std::nullopt;
    }
    return trimmed(kernel);
  }

private:
  /// Without the taps at both ends that are 0 in all rows.
  ConvolutionKernel trimmed(const ConvolutionKernel &kernel) const {
    int64_t first = kernel.count, last = -1;
    for (auto [place, tap] : llvm::enumerate(kernel.taps))
      if (std::abs(tap) > kNoTap * scale) {
        first = std::min<int64_t>(first, place % kernel.count);
        last = std::max<int64_t>(last, place % kernel.count);
      }
    first = std::min(first, kernel.center);
    last = std::max(last, kernel.center);
    ConvolutionKernel result{{}, last - first + 1, kernel.center - first};
    for (size_t row = 0; row < kernel.taps.size(); row += kernel.count)
      result.taps.insert(result.taps.end(), kernel.taps.begin() + row + first, kernel.taps.begin() + row + last + 1);
    return result;
  }

  const PositionMatrix &matrix;
  const Probe &probe;
  double scale = 0;
};

class KernelValue {
public:
  KernelValue(ImplicitLocOpBuilder &b, const TokenRegion &region, const PositionMatrix &matrix,
              const ConvolutionKernel &kernel, ConcreteSizes &sizes)
      : b(b), region(region), matrix(matrix), kernel(kernel), sizes(sizes) {}

  Value find() {
    for (Value value : region.inner)
      if (Value placed = tryValue(value))
        return placed;
    return nullptr;
  }

private:
  Value tryValue(Value value) {
    std::optional<SmallVector<int64_t>> shape = sizes.shape(value);
    if (!shape || !isa<FloatType>(getElementTypeOrSelf(value.getType())))
      return nullptr;
    Slots slots(3, std::nullopt);
    SmallVector<int64_t> wanted = {matrix.heads, matrix.features, kernel.count};
    int64_t slot = 0;
    for (auto [dim, size] : llvm::enumerate(*shape)) {
      if (size == 1)
        continue;
      while (slot < 3 && wanted[slot] != size)
        ++slot;
      if (slot == 3)
        return nullptr;
      slots[slot++] = dim;
    }
    return slots[2] && agrees(value, slots) ? toSlots(b, value, slots) : nullptr;
  }

  bool agrees(Value value, const Slots &slots) {
    Excerpt excerpt = Excerpt::of({value}, region.frontier, sizes);
    SmallVector<ReferenceTensor> results;
    if (!excerpt.function || !excerpt.inputs.empty() ||
        failed(interpret(excerpt.function, {}, results, Precision::Double)))
      return false;
    int64_t features = slots[1] ? matrix.features : 1, scale = 1;
    int64_t heads = slots[0] ? matrix.heads : 1;
    if (int64_t(results[0].data.size()) != heads * features * kernel.count)
      return false;
    for (int64_t head = 0; head < matrix.heads; ++head)
      for (int64_t feature = 0; feature < matrix.features; ++feature)
        for (int64_t tap = 0; tap < kernel.count; ++tap) {
          int64_t from = ((heads == 1 ? 0 : head) * features + (features == 1 ? 0 : feature)) * kernel.count + tap;
          int64_t to = (head * matrix.features + feature) * kernel.count + tap;
          if (!isClose(results[0].data[from], kernel.taps[to], scale))
            return false;
        }
    return true;
  }

  ImplicitLocOpBuilder &b;
  const TokenRegion &region;
  const PositionMatrix &matrix;
  const ConvolutionKernel &kernel;
  ConcreteSizes &sizes;
};

} // namespace

std::optional<ConvolutionKernel> ConvolutionKernel::of(const PositionMatrix &matrix, const Probe &probe) {
  return KernelReader(matrix, probe).read();
}

bool ConvolutionKernel::isGeometric() const {
  if (center != 0 || count < 3)
    return false;
  for (size_t row = 0; row < taps.size(); row += count)
    for (int64_t lag = 2; lag < count; ++lag)
      if (!isClose(taps[row + lag] * taps[row], taps[row + lag - 1] * taps[row + 1], std::abs(taps[row])))
        return false;
  return true;
}

Value constantKernel(ImplicitLocOpBuilder &b, const ConvolutionKernel &kernel, const PositionMatrix &matrix,
                     RankedTensorType output) {
  auto sizeOf = [&](std::optional<int64_t> dim) { return dim ? output.getDimSize(*dim) : 1; };
  int64_t heads = sizeOf(matrix.dims.head), features = sizeOf(matrix.dims.feature);
  std::vector<double> all = matrix.allRows(kernel.taps, kernel.count, heads, features);
  bool isDouble = output.getElementType().isF64();
  auto type = RankedTensorType::get({heads, features, kernel.count}, isDouble ? b.getF64Type() : b.getF32Type());
  if (isDouble)
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(all)));
  std::vector<float> taps(all.begin(), all.end());
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<float>(taps));
  return arith::ConstantOp::create(b, DenseResourceElementsAttr::get(type, "kernel", std::move(blob)));
}

Value kernelInRegion(ImplicitLocOpBuilder &b, const ConvolutionKernel &kernel, const PositionMatrix &matrix,
                     const TokenRegion &region, ConcreteSizes &sizes) {
  return KernelValue(b, region, matrix, kernel, sizes).find();
}

} // namespace heddle
