// Pools: a reduction of each window, or of all spatial dimensions.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Window.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle::onnx {

static constexpr double infinity = std::numeric_limits<double>::infinity();

static std::optional<Window> readPool(NodeReader &node, const Tensor &x) {
  std::optional<SmallVector<int64_t>> kernel = node.integers("kernel_shape");
  if (!kernel)
    node.error() << "attribute 'kernel_shape', expected a list";
  return x && kernel ? readWindow(node, x.shape, *kernel) : std::nullopt;
}

static Tensor combineWindows(NodeReader &node, Tensor padded, const Window &window, Binary kind, double init) {
  Type type = padded ? padded.elementType : Type();
  Type accumulator = !type ? type : isa<FloatType>(type) ? scalar::computeType(type) : type;
  return reduceWindows(node, padded, window, accumulator, init, [&](OpBuilder &b, Location at, ValueRange v) {
    Value element = isa<FloatType>(type) ? scalar::convert(b, at, v[0], type, accumulator) : v[0];
    return scalar::binary(b, at, kind, v[1], element, accumulator);
  });
}

//===--- MaxPool --------------------------------------------------------------------------===//

namespace {

// Finds positions of maxima: loops over taps inside of the body, as a window is small and positions are rarely asked
// for.
struct MaximumSearch {
  OpBuilder &b;
  Location at;
  const Window &window;
  ArrayRef<Value> sizes; // [N, C, spatial..] of the input without padding
  ArrayRef<Value> lows;  // of the padding
  bool columnMajor;

  Value constant(int64_t value) { return arith::ConstantIndexOp::create(b, at, value); }
  Value add(Value l, Value r) { return arith::AddIOp::create(b, at, l, r); }
  Value multiply(Value l, Value r) { return arith::MulIOp::create(b, at, l, r); }
  int64_t axes() const { return window.axes.size(); }

  int64_t taps() const {
    int64_t count = 1;
    for (const WindowAxis &axis : window.axes)
      count *= axis.kernel;
    return count;
  }

  // Where a tap of the window at `place` reads the padded input.
  SmallVector<Value> position(ValueRange place, int64_t tap) {
    SmallVector<Value> position(place);
    for (int64_t axis = axes() - 1; axis >= 0; --axis) {
      const WindowAxis &along = window.axes[axis];
      Value start = multiply(place[2 + axis], constant(along.stride));
      position[2 + axis] = add(start, constant(tap % along.kernel * along.dilation));
      tap /= along.kernel;
    }
    return position;
  }

  // The flat position in the input, and whether it is one: a place in the padding is never the maximum.
  std::pair<Value, Value> flatten(ArrayRef<Value> position) {
    Value flat = add(multiply(position[0], sizes[1]), position[1]), spatial = constant(0);
    Value isInside = arith::ConstantIntOp::create(b, at, 1, 1);
    for (int64_t step = 0; step < axes(); ++step) {
      int64_t axis = columnMajor ? axes() - 1 - step : step;
      Value size = sizes[2 + axis], inside = arith::SubIOp::create(b, at, position[2 + axis], lows[axis]);
      flat = multiply(flat, size);
      spatial = add(multiply(spatial, size), inside);
      Value low = arith::CmpIOp::create(b, at, arith::CmpIPredicate::sge, inside, constant(0));
      Value high = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, inside, size);
      isInside = arith::AndIOp::create(b, at, isInside, arith::AndIOp::create(b, at, low, high));
    }
    return {add(flat, spatial), isInside};
  }
};

} // namespace

// Flat positions of the maxima in the unpadded input: the first of equal ones.
static Tensor maximumPositions(NodeReader &node, Tensor padded, Tensor best, const Window &window, const Shape &shape,
                               bool columnMajor) {
  GraphBuilder &g = node.g;
  SmallVector<Value> sizes, lows;
  for (Dim size : shape)
    sizes.push_back(g.dimValue(size));
  for (const WindowAxis &axis : window.axes)
    lows.push_back(g.dimValue(axis.low));
  Type index = g.builder().getI64Type();
  return g.generate(best.shape, index, [&](OpBuilder &b, Location at, ValueRange place) -> Value {
    MaximumSearch search{b, at, window, sizes, lows, columnMajor};
    Value wanted = tensor::ExtractOp::create(b, at, best.value, place), found = search.constant(-1);
    for (int64_t tap = search.taps() - 1; tap >= 0; --tap) {
      SmallVector<Value> position = search.position(place, tap);
      auto [flat, isInside] = search.flatten(position);
      Value element = tensor::ExtractOp::create(b, at, padded.value, position);
      Value isBest = scalar::compare(b, at, Compare::Equal, element, wanted, padded.elementType);
      found = arith::SelectOp::create(b, at, arith::AndIOp::create(b, at, isBest, isInside), flat, found);
    }
    return arith::IndexCastOp::create(b, at, index, found);
  });
}

static Results convertMaxPool(NodeReader &node) {
  Tensor x = node.tensor(0);
  bool columnMajor = node.flag("storage_order", false);
  std::optional<Window> window = readPool(node, x);
  if (!window)
    return {};
  Tensor padded = padWindows(node, x, *window, -infinity);
  Tensor best = combineWindows(node, padded, *window, Binary::Max, -infinity);
  if (!best)
    return {};
  best = node.g.cast(best, x.elementType);
  if (node.outputCount() < 2)
    return {best};
  return {best, maximumPositions(node, padded, best, *window, x.shape, columnMajor)};
}

//===--- AveragePool and LpPool -----------------------------------------------------------===//

// How many elements each window averages over, [1, 1, windows..].
static Tensor windowCounts(NodeReader &node, const Tensor &x, const Window &window, bool countsPadding, Type type) {
  GraphBuilder &g = node.g;
  Shape shape = x.shape;
  shape[0] = shape[1] = g.dim(1);
  SmallVector<Dim> low(shape.size(), g.dim(0)), high = low;
  for (auto [index, axis] : llvm::enumerate(window.axes)) {
    Dim padding = g.simplify(axis.low + axis.high);
    shape[2 + index] = countsPadding ? g.simplify(shape[2 + index] + padding) : shape[2 + index];
    low[2 + index] = countsPadding ? g.dim(0) : axis.low;
    high[2 + index] = g.simplify(axis.beyond + (countsPadding ? g.dim(0) : axis.high));
  }
  return combineWindows(node, g.pad(g.splat(1, shape, type), low, high), window, Binary::Add, 0);
}

static Results convertAveragePool(NodeReader &node) {
  Tensor x = node.tensor(0);
  bool countsPadding = node.flag("count_include_pad", false);
  std::optional<Window> window = readPool(node, x);
  if (!window)
    return {};
  Tensor sum = combineWindows(node, padWindows(node, x, *window, 0), *window, Binary::Add, 0);
  if (!sum)
    return {};
  Tensor count = windowCounts(node, x, *window, countsPadding, sum.elementType);
  return {node.g.cast(node.g.div(sum, count), x.elementType)};
}

// |x|^p, and its inverse.
static Tensor raise(NodeReader &node, Tensor x, int64_t p) {
  Tensor magnitude = node.g.unary(Unary::Abs, x), result = magnitude;
  for (int64_t i = 1; i < p; ++i)
    result = node.g.mul(result, magnitude);
  return result;
}

static Tensor root(NodeReader &node, Tensor x, int64_t p) {
  if (p == 1 || !x)
    return x;
  if (p == 2)
    return node.g.unary(Unary::Sqrt, x);
  return node.g.binary(Binary::Pow, x, node.g.scalar(1.0 / static_cast<double>(p), x.elementType));
}

static std::optional<int64_t> readPower(NodeReader &node) {
  int64_t p = node.integer("p", 2);
  if (p >= 1 && p <= 16)
    return p;
  node.error() << "attribute 'p' is " << p << ", expected a number in [1, 16]";
  return std::nullopt;
}

static Results convertLpPool(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> p = readPower(node);
  std::optional<Window> window = p ? readPool(node, x) : std::nullopt;
  if (!window)
    return {};
  Tensor sum = combineWindows(node, padWindows(node, raise(node, x, *p), *window, 0), *window, Binary::Add, 0);
  return {node.g.cast(root(node, sum, *p), x.elementType)};
}

//===--- over everything ------------------------------------------------------------------===//

static std::optional<SmallVector<int64_t>> spatialAxes(NodeReader &node, const Tensor &x) {
  if (!x)
    return std::nullopt;
  if (x.rank() < 3) {
    node.error() << "input of rank " << x.rank() << ", expected at least 3";
    return std::nullopt;
  }
  return llvm::to_vector(llvm::seq<int64_t>(2, x.rank()));
}

template <Reduce kind> static Results convertGlobalPool(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<SmallVector<int64_t>> axes = spatialAxes(node, x);
  return axes ? Results{node.g.reduce(kind, x, *axes)} : Results();
}

static Results convertGlobalLpPool(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<SmallVector<int64_t>> axes = spatialAxes(node, x);
  std::optional<int64_t> p = readPower(node);
  if (!axes || !p)
    return {};
  return {root(node, node.g.reduce(Reduce::Sum, raise(node, x, *p), *axes), *p)};
}

void registerPool(OpTable &table) {
  table.add({{"AveragePool", 1, convertAveragePool},
             {"GlobalAveragePool", 1, convertGlobalPool<Reduce::Mean>},
             {"GlobalLpPool", 2, convertGlobalLpPool},
             {"GlobalMaxPool", 1, convertGlobalPool<Reduce::Max>},
             {"LpPool", 2, convertLpPool},
             {"MaxPool", 1, convertMaxPool}});
}

} // namespace heddle::onnx
