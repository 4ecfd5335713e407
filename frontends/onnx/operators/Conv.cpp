// Convolutions as contractions over window taps and input channels. A wide depthwise one is a long convolution; it is
// recognised later, by its meaning.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Window.h"

using namespace mlir;

namespace heddle::onnx {

// [.., c, ..] with the channels (dimension `axis`) as groups of equal size.
static Tensor splitChannels(GraphBuilder &g, Tensor x, int64_t axis, int64_t groups) {
  Shape shape = x.shape;
  shape[axis] = g.simplify(shape[axis].floorDiv(groups));
  shape.insert(shape.begin() + axis, g.dim(groups));
  return g.reshape(x, shape);
}

// x [batch, groups * in, ..] padded, weight [groups * out, in, taps..] -> [batch, groups * out, windows..].
static Tensor convolve(NodeReader &node, Tensor x, Tensor weight, const Window &window, int64_t groups) {
  GraphBuilder &g = node.g;
  int64_t spatial = window.axes.size();
  Tensor inputs = splitChannels(g, x, 1, groups), weights = splitChannels(g, weight, 0, groups);
  if (!inputs || !weights)
    return {};
  MLIRContext *context = g.context();
  auto d = [&](int64_t number) { return getAffineDimExpr(number, context); };
  // Loops: batch, group, out, windows.., in, taps..
  int64_t channel = 3 + spatial, tap = channel + 1;
  SmallVector<Dim> loops = {inputs.shape[0], inputs.shape[1], weights.shape[1]};
  SmallVector<AffineExpr> readX = {d(0), d(1), d(channel)}, readW = {d(1), d(2), d(channel)},
                          written = {d(0), d(1), d(2)};
  for (auto [index, axis] : llvm::enumerate(window.axes)) {
    loops.push_back(axis.size);
    readX.push_back(d(3 + index) * axis.stride + d(tap + index) * axis.dilation);
    readW.push_back(d(tap + index));
    written.push_back(d(3 + index));
  }
  loops.push_back(weights.shape[2]);
  for (const WindowAxis &axis : window.axes)
    loops.push_back(g.dim(axis.kernel));
  unsigned rank = loops.size();
  AffineMap maps[] = {AffineMap::get(rank, 0, readX, context), AffineMap::get(rank, 0, readW, context),
                      AffineMap::get(rank, 0, written, context)};
  Type type = x.elementType, accumulator = scalar::computeType(type);
  Tensor sum =
      g.generic(loops, {inputs, weights}, maps, accumulator, 0.0, [&](OpBuilder &b, Location at, ValueRange v) {
        Value a = scalar::convert(b, at, v[0], type, accumulator), w = scalar::convert(b, at, v[1], type, accumulator);
        Value product = scalar::binary(b, at, Binary::Mul, a, w, accumulator);
        return scalar::binary(b, at, Binary::Add, v[2], product, accumulator);
      });
  if (!sum)
    return {};
  Shape merged = {sum.shape[0], g.product({sum.shape[1], sum.shape[2]})};
  merged.append(sum.shape.begin() + 3, sum.shape.end());
  return g.cast(g.reshape(sum, merged), type);
}

static Tensor addBias(NodeReader &node, Tensor x, Tensor bias) {
  if (!x || !bias)
    return x;
  if (bias.rank() != 1 || !node.unify(bias.shape[0], x.shape[1]))
    return {};
  Shape shape(x.rank() - 1, node.g.dim(1));
  shape[0] = bias.shape[0];
  return node.g.add(x, node.g.reshape(bias, shape));
}

static bool checkGroups(NodeReader &node, Dim channels, int64_t groups) {
  auto known = dyn_cast<AffineConstantExpr>(channels);
  if (groups >= 1 && ((known && known.getValue() % groups == 0) || (!known && groups == 1)))
    return true;
  node.error() << "attribute 'group' is " << groups << ", expected a divisor of the " << node.g.describe(channels)
               << " channels";
  return false;
}

// Sizes of the window from the weight [.., .., taps..], which the attribute may repeat.
static std::optional<SmallVector<int64_t>> readKernel(NodeReader &node, const Tensor &weight) {
  std::optional<SmallVector<int64_t>> sizes =
      knownSizes(node, ArrayRef<Dim>(weight.shape).drop_front(std::min<size_t>(2, weight.rank())), "window");
  std::optional<SmallVector<int64_t>> declared = node.integers("kernel_shape");
  if (!sizes || !declared || *declared == *sizes)
    return sizes;
  node.error() << "attribute 'kernel_shape', expected the last sizes of the weight " << node.g.describe(weight.shape);
  return std::nullopt;
}

Tensor convolution(NodeReader &node, Tensor x, Tensor weight, Tensor bias) {
  int64_t groups = node.integer("group", 1);
  if (!sameElementTypes(node, {x, weight}) || weight.rank() != x.rank() || x.rank() < 3)
    return node.failed() ? Tensor()
                         : (node.fail("inputs of rank " + Twine(x ? x.rank() : 0) + " and " +
                                      Twine(weight ? weight.rank() : 0) + ", expected equal ranks of at least 3"),
                            Tensor());
  std::optional<SmallVector<int64_t>> kernel = readKernel(node, weight);
  if (!kernel || !checkGroups(node, x.shape[1], groups) || !checkGroups(node, weight.shape[0], groups) ||
      !node.unify(node.g.simplify(x.shape[1].floorDiv(groups)), weight.shape[1], {x.shape, weight.shape}))
    return {};
  std::optional<Window> window = readWindow(node, x.shape, *kernel);
  if (!window)
    return {};
  return addBias(node, convolve(node, padWindows(node, x, *window, 0), weight, *window, groups), bias);
}

static Results convertConv(NodeReader &node) {
  return {convolution(node, node.tensor(0), node.tensor(1), node.optionalTensor(2))};
}

//===--- ConvTranspose --------------------------------------------------------------------===//

// x with stride - 1 zeros between neighbours.
static Tensor spread(NodeReader &node, Tensor x, ArrayRef<int64_t> strides) {
  GraphBuilder &g = node.g;
  for (auto [index, stride] : llvm::enumerate(strides)) {
    int64_t axis = 2 + index;
    if (stride == 1 || !x)
      continue;
    Shape spaced = x.shape, merged = x.shape;
    spaced.insert(spaced.begin() + axis + 1, g.dim(1));
    SmallVector<Dim> low(x.rank() + 1, g.dim(0)), high = low;
    high[axis + 1] = g.dim(stride - 1);
    merged[axis] = g.simplify(x.shape[axis] * stride);
    Tensor wide = g.reshape(g.pad(g.reshape(x, spaced), low, high), merged);
    x = wide ? g.slice(wide, axis, g.dim(0), g.simplify(merged[axis] - (stride - 1))) : wide;
  }
  return x;
}

// [groups * in, out, taps..] -> [groups * out, in, taps.. reversed]
static Tensor transposeWeight(NodeReader &node, Tensor weight, int64_t groups) {
  GraphBuilder &g = node.g;
  Dim end = g.dim(std::numeric_limits<int64_t>::min());
  SmallVector<SliceRange> reversed;
  for (int64_t axis = 2; axis < weight.rank(); ++axis)
    reversed.push_back({axis, g.dim(-1), end, -1});
  Tensor grouped = splitChannels(g, g.slice(weight, reversed), 0, groups);
  if (!grouped)
    return {};
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, grouped.rank()));
  std::swap(permutation[1], permutation[2]);
  Tensor swapped = g.transpose(grouped, permutation);
  if (!swapped)
    return {};
  Shape merged = {g.product({swapped.shape[0], swapped.shape[1]})};
  merged.append(swapped.shape.begin() + 2, swapped.shape.end());
  return g.reshape(swapped, merged);
}

namespace {
struct TransposedAxis {
  Dim low, high; // padding of the spread input
};
} // namespace

// Output sizes are (n - 1) * stride + reach + extra - cuts; padding of the spread input is reach - 1 - cut.
static std::optional<SmallVector<TransposedAxis>>
transposedPadding(NodeReader &node, const Tensor &x, ArrayRef<int64_t> kernel, ArrayRef<int64_t> strides) {
  GraphBuilder &g = node.g;
  int64_t count = kernel.size();
  auto dilations = spatialList(node, "dilations", count, 1), pads = spatialList(node, "pads", 2 * count, 0),
       extras = spatialList(node, "output_padding", count, 0);
  std::optional<SmallVector<int64_t>> sizes = node.integers("output_shape");
  std::string autoPad = node.string("auto_pad", "NOTSET");
  if (!dilations || !pads || !extras)
    return std::nullopt;
  if (sizes && static_cast<int64_t>(sizes->size()) > count)
    sizes->erase(sizes->begin(), sizes->end() - count);
  SmallVector<TransposedAxis> result;
  for (int64_t index = 0; index < count; ++index) {
    int64_t reach = (kernel[index] - 1) * (*dilations)[index] + 1;
    Dim full = g.simplify((x.shape[2 + index] - 1) * strides[index] + reach + (*extras)[index]);
    Dim low = g.dim((*pads)[index]), high = g.dim((*pads)[index + count]);
    bool isSame = autoPad.rfind("SAME", 0) == 0;
    if (sizes || isSame) {
      Dim wanted = sizes ? g.dim((*sizes)[index]) : g.simplify(x.shape[2 + index] * strides[index]);
      Dim cut = g.simplify(full - wanted);
      auto known = dyn_cast<AffineConstantExpr>(cut);
      if (!known)
        return node.error() << "output size with an input of size " << g.describe(x.shape[2 + index])
                            << ", expected a known size",
               std::nullopt;
      int64_t total = std::max<int64_t>(known.getValue(), 0), half = total / 2;
      low = g.dim(autoPad == "SAME_UPPER" ? half : total - half);
      high = g.dim(autoPad == "SAME_UPPER" ? total - half : half);
      if (known.getValue() < 0)
        (*extras)[index] -= known.getValue();
    }
    result.push_back({g.simplify(g.dim(reach - 1) - low), g.simplify(g.dim(reach - 1 + (*extras)[index]) - high)});
  }
  return result;
}

static Results convertConvTranspose(NodeReader &node) {
  Tensor x = node.tensor(0), weight = node.tensor(1), bias = node.optionalTensor(2);
  int64_t groups = node.integer("group", 1);
  if (!sameElementTypes(node, {x, weight}))
    return {};
  if (weight.rank() != x.rank() || x.rank() < 3)
    return node.fail("inputs of rank " + Twine(x.rank()) + " and " + Twine(weight.rank()) +
                     ", expected equal ranks of at least 3");
  std::optional<SmallVector<int64_t>> kernel = readKernel(node, weight);
  auto strides = kernel ? spatialList(node, "strides", kernel->size(), 1) : std::nullopt;
  auto dilations = kernel ? spatialList(node, "dilations", kernel->size(), 1) : std::nullopt;
  if (!strides || !dilations || !checkGroups(node, x.shape[1], groups) || !node.unify(x.shape[1], weight.shape[0]))
    return {};
  std::optional<SmallVector<TransposedAxis>> padding = transposedPadding(node, x, *kernel, *strides);
  if (!padding)
    return {};
  GraphBuilder &g = node.g;
  SmallVector<Dim> low(2, g.dim(0)), high = low;
  for (const TransposedAxis &axis : *padding) {
    low.push_back(axis.low);
    high.push_back(axis.high);
  }
  Tensor padded = g.pad(spread(node, x, *strides), low, high);
  if (!padded)
    return {};
  Window window;
  for (int64_t index = 0, count = kernel->size(); index < count; ++index) {
    int64_t reach = ((*kernel)[index] - 1) * (*dilations)[index] + 1;
    window.axes.push_back({(*kernel)[index], 1, (*dilations)[index], g.dim(0), g.dim(0), g.dim(0),
                           g.simplify(padded.shape[2 + index] - (reach - 1))});
  }
  return {addBias(node, convolve(node, padded, transposeWeight(node, weight, groups), window, groups), bias)};
}

void registerConv(OpTable &table) { table.add({{"Conv", 1, convertConv}, {"ConvTranspose", 1, convertConvTranspose}}); }

} // namespace heddle::onnx
