#include "frontends/onnx/operators/Window.h"

using namespace mlir;

namespace heddle::onnx {

std::optional<SmallVector<int64_t>> knownSizes(NodeReader &node, ArrayRef<Dim> sizes, StringRef what) {
  SmallVector<int64_t> known;
  for (Dim size : sizes) {
    auto constant = dyn_cast<AffineConstantExpr>(size);
    if (!constant) {
      node.error() << what << " of size " << node.g.describe(size) << ", expected a known one";
      return std::nullopt;
    }
    known.push_back(constant.getValue());
  }
  return known;
}

std::optional<SmallVector<int64_t>> spatialList(NodeReader &node, StringRef name, int64_t count, int64_t otherwise) {
  SmallVector<int64_t> list = node.integers(name).value_or(SmallVector<int64_t>(count, otherwise));
  if (static_cast<int64_t>(list.size()) == count && llvm::all_of(list, [](int64_t value) { return value >= 0; }))
    return list;
  node.error() << "attribute '" << name << "' has " << list.size() << " numbers, expected " << count
               << " that are not negative";
  return std::nullopt;
}

// Padding that makes as many windows as the size needs in steps of `stride`.
static bool padSame(NodeReader &node, WindowAxis &axis, Dim size, bool extraLow) {
  int64_t reach = (axis.kernel - 1) * axis.dilation + 1, total;
  if (auto known = dyn_cast<AffineConstantExpr>(size)) {
    int64_t windows = llvm::divideCeil(known.getValue(), axis.stride);
    total = std::max<int64_t>(0, (windows - 1) * axis.stride + reach - known.getValue());
  } else if (axis.stride == 1) {
    total = reach - 1;
  } else {
    node.error() << "attribute 'auto_pad' with stride " << axis.stride << " and size " << node.g.describe(size)
                 << ", expected a known size or stride 1";
    return false;
  }
  axis.low = node.g.dim(extraLow ? (total + 1) / 2 : total / 2);
  axis.high = node.g.dim(extraLow ? total / 2 : (total + 1) / 2);
  return true;
}

// Windows that start inside of the input or its low padding; with ceil_mode the last may end behind the high one.
static bool countWindows(NodeReader &node, WindowAxis &axis, Dim size, bool roundsUp) {
  GraphBuilder &g = node.g;
  int64_t reach = (axis.kernel - 1) * axis.dilation + 1;
  Dim room = g.simplify(size + axis.low + axis.high - reach);
  axis.beyond = g.dim(0);
  if (!node.requireAtLeast(room, g.dim(roundsUp ? 1 - axis.stride : 0), "size of a padded dimension"))
    return false;
  if (!roundsUp) {
    axis.size = g.simplify(room.floorDiv(axis.stride) + 1);
    return true;
  }
  auto known = dyn_cast<AffineConstantExpr>(room);
  auto inside = dyn_cast<AffineConstantExpr>(g.simplify(size + axis.low));
  if (!known || !inside) {
    node.error() << "attribute 'ceil_mode' with size " << g.describe(size) << ", expected a known size";
    return false;
  }
  int64_t windows = llvm::divideCeilSigned(known.getValue(), axis.stride) + 1;
  if ((windows - 1) * axis.stride >= inside.getValue())
    --windows;
  axis.size = g.dim(windows);
  axis.beyond = g.dim(std::max<int64_t>(0, (windows - 1) * axis.stride - known.getValue()));
  return true;
}

std::optional<Window> readWindow(NodeReader &node, ArrayRef<Dim> shape, ArrayRef<int64_t> kernel) {
  int64_t count = static_cast<int64_t>(shape.size()) - 2;
  if (count < 1 || static_cast<int64_t>(kernel.size()) != count) {
    node.error() << "input of rank " << shape.size() << " with a window of rank " << kernel.size()
                 << ", expected two dimensions more than the window";
    return std::nullopt;
  }
  auto strides = spatialList(node, "strides", count, 1), dilations = spatialList(node, "dilations", count, 1),
       pads = spatialList(node, "pads", 2 * count, 0);
  std::string autoPad = node.string("auto_pad", "NOTSET");
  bool roundsUp = node.flag("ceil_mode", false);
  if (!strides || !dilations || !pads)
    return std::nullopt;
  if (autoPad != "NOTSET" && autoPad != "VALID" && autoPad != "SAME_UPPER" && autoPad != "SAME_LOWER") {
    node.error() << "attribute 'auto_pad', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER but got '" << autoPad
                 << "'";
    return std::nullopt;
  }
  Window window;
  for (int64_t index = 0; index < count; ++index) {
    WindowAxis axis{kernel[index],
                    (*strides)[index],
                    (*dilations)[index],
                    node.g.dim((*pads)[index]),
                    node.g.dim((*pads)[index + count]),
                    {},
                    {}};
    if (axis.stride < 1 || axis.dilation < 1 || axis.kernel < 1)
      return node.error() << "strides, dilations and window, expected numbers above 0", std::nullopt;
    Dim size = shape[index + 2];
    if (autoPad.rfind("SAME", 0) == 0 && !padSame(node, axis, size, autoPad == "SAME_LOWER"))
      return std::nullopt;
    if (autoPad == "VALID")
      axis.low = axis.high = node.g.dim(0);
    if (!countWindows(node, axis, size, roundsUp))
      return std::nullopt;
    window.axes.push_back(axis);
  }
  return window;
}

Tensor padWindows(NodeReader &node, Tensor x, const Window &window, double filler) {
  SmallVector<Dim> low(2, node.g.dim(0)), high(2, node.g.dim(0));
  for (const WindowAxis &axis : window.axes) {
    low.push_back(axis.low);
    high.push_back(node.g.simplify(axis.high + axis.beyond));
  }
  return node.g.pad(x, low, high, filler);
}

Tensor reduceWindows(NodeReader &node, Tensor padded, const Window &window, Type accumulator, double init,
                     GraphBuilder::Body body) {
  if (!padded)
    return {};
  GraphBuilder &g = node.g;
  int64_t count = window.axes.size();
  MLIRContext *context = g.context();
  SmallVector<Dim> loops = {padded.shape[0], padded.shape[1]};
  SmallVector<AffineExpr> read = {getAffineDimExpr(0, context), getAffineDimExpr(1, context)}, taps, written = read;
  for (auto [index, axis] : llvm::enumerate(window.axes)) {
    AffineExpr out = getAffineDimExpr(2 + index, context), tap = getAffineDimExpr(2 + count + index, context);
    loops.push_back(axis.size);
    read.push_back(out * axis.stride + tap * axis.dilation);
    written.push_back(out);
    taps.push_back(tap);
  }
  for (const WindowAxis &axis : window.axes)
    loops.push_back(g.dim(axis.kernel));
  // Says how long the loops over taps are; its elements are not read.
  Tensor shapeOfWindow{g.empty(ArrayRef<Dim>(loops).drop_front(2 + count), padded.elementType), {}, padded.elementType};
  unsigned rank = loops.size();
  AffineMap maps[] = {AffineMap::get(rank, 0, read, context), AffineMap::get(rank, 0, taps, context),
                      AffineMap::get(rank, 0, written, context)};
  return g.generic(loops, {padded, shapeOfWindow}, maps, accumulator, init,
                   [&](OpBuilder &b, Location at, ValueRange v) { return body(b, at, {v[0], v[2]}); });
}

} // namespace heddle::onnx
