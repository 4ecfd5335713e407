// RaiseConvolutions: long convolutions from products of spectra, wide filters and Toeplitz matrices.
#include "dialects/mixer/Mixer.h"
#include "dialects/mixer/TensorMath.h"
#include "passes/Passes.h"
#include "passes/raise/PositionMatrix.h"
#include "passes/raise/RegionRaise.h"
#include "passes/raise/TokenMajor.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_RAISECONVOLUTIONSPASS
#include "passes/Passes.h.inc"

namespace {

// Taps that are smaller, as a share of the largest, are what is left of the rounding of a spectrum to f32.
constexpr double kNoTap = 1e-6;

// A filter of few taps stays an ordinary operation, which fuses with what stands around it.
constexpr int64_t kShortTaps = 8;

/// Taps by lag from -center on, [heads, features, taps].
struct Kernel {
  std::vector<double> taps;
  int64_t count = 0, center = 0;
};

bool isClose(double left, double right, double scale) { return std::abs(left - right) <= 1e-9 * scale; }

class ConvolutionReader {
public:
  ConvolutionReader(const PositionMatrix &matrix, const Probe &probe) : matrix(matrix), probe(probe) {}

  std::optional<Kernel> read() {
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
    Kernel kernel{{}, 2 * last + 1, last};
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
  Kernel trimmed(const Kernel &kernel) const {
    int64_t first = kernel.count, last = -1;
    for (auto [place, tap] : llvm::enumerate(kernel.taps))
      if (std::abs(tap) > kNoTap * scale) {
        first = std::min<int64_t>(first, place % kernel.count);
        last = std::max<int64_t>(last, place % kernel.count);
      }
    first = std::min(first, kernel.center);
    last = std::max(last, kernel.center);
    Kernel result{{}, last - first + 1, kernel.center - first};
    for (size_t row = 0; row < kernel.taps.size(); row += kernel.count)
      result.taps.insert(result.taps.end(), kernel.taps.begin() + row + first, kernel.taps.begin() + row + last + 1);
    return result;
  }

  const PositionMatrix &matrix;
  const Probe &probe;
  double scale = 0;
};

/// Whether every row holds the powers of one number: a decay, for which there are better forms.
bool isGeometric(const Kernel &kernel) {
  if (kernel.center != 0 || kernel.count < 3)
    return false;
  for (size_t row = 0; row < kernel.taps.size(); row += kernel.count)
    for (int64_t lag = 2; lag < kernel.count; ++lag)
      if (!isClose(kernel.taps[row + lag] * kernel.taps[row], kernel.taps[row + lag - 1] * kernel.taps[row + 1],
                   std::abs(kernel.taps[row])))
        return false;
  return true;
}

Value constantKernel(ImplicitLocOpBuilder &b, const Kernel &kernel, const PositionMatrix &matrix, Type valueElement) {
  auto type = RankedTensorType::get({matrix.heads, matrix.features, kernel.count},
                                    valueElement.isF64() ? valueElement : b.getF32Type());
  if (valueElement.isF64())
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, ArrayRef(kernel.taps)));
  std::vector<float> taps(kernel.taps.begin(), kernel.taps.end());
  AsmResourceBlob blob = HeapAsmResourceBlob::allocateAndCopyInferAlign(ArrayRef<float>(taps));
  return arith::ConstantOp::create(b, DenseResourceElementsAttr::get(type, "kernel", std::move(blob)));
}

/// `mixed` [batch, token, head, feature] and what the region adds to it. Null where that differs between tokens.
Value withOffset(ImplicitLocOpBuilder &b, Value mixed, const PositionMatrix &matrix, const Probe &probe) {
  if (!probe.hasOffset())
    return mixed;
  std::optional<std::vector<double>> offset = matrix.offset(probe);
  if (!offset)
    return nullptr;
  Type element = getElementTypeOrSelf(mixed.getType());
  SmallVector<Attribute> values;
  for (double value : *offset)
    values.push_back(b.getFloatAttr(element, value));
  auto type = RankedTensorType::get({matrix.heads, matrix.features}, element);
  Value constant = arith::ConstantOp::create(b, DenseElementsAttr::get(type, values));
  mixer::TensorMath math(b.getLoc(), b);
  return math.generate(
      math.sizesOf(mixed), element, {mixed, constant}, {math.select(4, {0, 1, 2, 3}), math.select(4, {2, 3})},
      [](ImplicitLocOpBuilder &body, ValueRange at) -> Value { return arith::AddFOp::create(body, at[0], at[1]); });
}

class KernelValue {
public:
  KernelValue(ImplicitLocOpBuilder &b, const TokenRegion &region, const PositionMatrix &matrix, const Kernel &kernel,
              ConcreteSizes &sizes)
      : b(b), region(region), matrix(matrix), kernel(kernel), sizes(sizes) {}

  /// A tensor of the region that is the kernel, as [head, feature, tap]: where the kernel is computed for the length at
  /// hand, no constant can stand for it. Null where there is none.
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
  const Kernel &kernel;
  ConcreteSizes &sizes;
};

RegionProposal proposeConvolution(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  RegionProposal proposal{nullptr, "a long convolution", "", 0};
  std::optional<PositionMatrix> matrix = PositionMatrix::of(probe);
  if (!matrix || matrix->outputComponents || contractedDim(matrix->input))
    return proposal;
  std::optional<Kernel> kernel = ConvolutionReader(*matrix, probe).read();
  if (!kernel || kernel->count <= kShortTaps || isGeometric(*kernel))
    return proposal;
  auto type = cast<RankedTensorType>(region.output.getType());
  bool isWholeLength = kernel->count - kernel->center >= matrix->tokens || kernel->center >= matrix->tokens - 1;
  Value taps;
  if (!type.isDynamicDim(matrix->dims.token) || !isWholeLength)
    taps = constantKernel(b, *kernel, *matrix, type.getElementType());
  else
    taps = KernelValue(b, region, *matrix, *kernel, probe.sizes()).find();
  proposal.what = llvm::formatv("a long convolution of {0} taps", kernel->count).str();
  if (!taps) {
    proposal.reason = "the kernel changes with the length, and no tensor is the kernel";
    return proposal;
  }
  MLIRContext *context = b.getContext();
  const Influence &input = matrix->input;
  auto chosen = [&](std::optional<int64_t> dim) { return dim ? input.inputDim(*dim) : std::nullopt; };
  Value value =
      toSlots(b, input.input,
              {chosen(matrix->dims.batch), input.tokenDim, chosen(matrix->dims.head), chosen(matrix->dims.feature)});
  Value init = emptyOutput(b, matrix->dims, region.output, {&input});
  if (!value || !init) {
    proposal.reason = "the input has dimensions that a mixer has not";
    return proposal;
  }
  Attribute support = kernel->center ? Attribute(mixer::FullAttr::get(context)) : mixer::CausalAttr::get(context);
  Value mixed = buildPositionMixer(b, value, init, taps, support, mixer::ToeplitzAttr::get(context, kernel->center));
  mixed = withOffset(b, mixed, *matrix, probe);
  if (!mixed) {
    proposal.reason = "what is added to the convolution differs between tokens";
    return proposal;
  }
  proposal.replacement =
      fromSlots(b, mixed, {matrix->dims.batch, matrix->dims.token, matrix->dims.head, matrix->dims.feature}, type);
  proposal.length = type.isDynamicDim(matrix->dims.token) && !isWholeLength ? kernel->count + 1 : 0;
  return proposal;
}

/// Taps of the widest filter of the entry: loops that are summed over and shift what is read.
int64_t widestFilter(func::FuncOp entry) {
  auto isShift = [](AffineExpr expr) { return !isa<AffineDimExpr, AffineConstantExpr>(expr); };
  int64_t widest = 0;
  for (auto op : entry.getOps<linalg::LinalgOp>()) {
    bool isFilter =
        llvm::any_of(op.getIndexingMapsArray(), [&](AffineMap map) { return llvm::any_of(map.getResults(), isShift); });
    for (auto [range, kind] : llvm::zip(op.getStaticLoopRanges(), op.getIteratorTypesArray()))
      if (isFilter && kind == utils::IteratorType::reduction)
        widest = std::max(widest, range);
  }
  return widest;
}

struct RaiseConvolutionsPass : impl::RaiseConvolutionsPassBase<RaiseConvolutionsPass> {
  using RaiseConvolutionsPassBase::RaiseConvolutionsPassBase;

  void runOnOperation() override {
    FailureOr<ProofMode> mode = parseProofMode(verify, getOperation());
    if (failed(mode))
      return signalPassFailure();
    Raiser raiser(getOperation(), "raise-convolutions", *mode);
    RegionRaiseOptions options;
    // All taps of a filter show where there are more tokens than it has.
    options.length = widestFilter(getOperation()) + 1;
    raiseRegions(getOperation(), raiser, options, proposeConvolution);
  }
};

} // namespace
} // namespace heddle
