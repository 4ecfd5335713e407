// Resize and Upsample. Interpolation is separable: along each axis the result is a matrix times the input, and the
// matrix is known while importing. Nearest neighbours are a gather.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/ResizeWeights.h"
#include "frontends/onnx/operators/Window.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

namespace {

Tensor applyMatrix(GraphBuilder &g, Tensor x, const ResizeAxis &a, ArrayRef<float> matrix) {
  Type type = x.elementType, wide = type.isF64() ? type : Type(g.builder().getF32Type());
  Tensor weights = g.constant(matrix, {a.to, a.from}, wide);
  int64_t rank = x.rank();
  MLIRContext *context = g.context();
  SmallVector<Dim> loops(x.shape.begin(), x.shape.end());
  loops[a.axis] = g.dim(a.to);
  loops.push_back(g.dim(a.from));
  AffineMap written = AffineMap::getMultiDimIdentityMap(rank + 1, context).dropResult(rank);
  SmallVector<AffineExpr> read(written.getResults());
  read[a.axis] = getAffineDimExpr(rank, context);
  AffineExpr row[] = {getAffineDimExpr(a.axis, context), getAffineDimExpr(rank, context)};
  AffineMap maps[] = {AffineMap::get(rank + 1, 0, read, context), AffineMap::get(rank + 1, 0, row, context), written};
  Tensor wideX = g.cast(x, wide);
  return g.cast(g.generic(loops, {wideX, weights}, maps, wide, 0.0,
                          [&](OpBuilder &b, Location at, ValueRange v) {
                            Value product = scalar::binary(b, at, Binary::Mul, v[0], v[1], wide);
                            return scalar::binary(b, at, Binary::Add, v[2], product, wide);
                          }),
                type);
}

Tensor resizeAxis(NodeReader &node, Tensor x, const ResizeAxis &a, const ResizeOptions &options) {
  GraphBuilder &g = node.g;
  SmallVector<int64_t> places;
  std::vector<float> matrix(options.mode == "nearest" ? 0 : a.to * a.from);
  SmallVector<int64_t> outside;
  for (int64_t i = 0; i < a.to; ++i) {
    double place = sourcePlace(a, options, i);
    outside.push_back(isOutside(a, options, place));
    if (options.mode == "nearest")
      places.push_back(std::clamp<int64_t>(nearestPlace(place, options.nearest), 0, a.from - 1));
    else
      for (auto [index, weight] : weightsAt(a, options, place))
        matrix[i * a.from + index] += static_cast<float>(weight);
  }
  Tensor result = options.mode == "nearest" ? g.gather(x, g.constant(ArrayRef<int64_t>(places), {a.to}), a.axis)
                                            : applyMatrix(g, x, a, matrix);
  if (!result || !llvm::is_contained(outside, 1))
    return result;
  Shape shape(x.rank(), g.dim(1));
  shape[a.axis] = g.dim(a.to);
  Tensor flags = g.reshape(g.constant(ArrayRef<int64_t>(outside), {a.to}, g.builder().getI1Type()), shape);
  return g.select(flags, g.scalar(options.extrapolation, x.elementType), result);
}

class ResizeConverter {
public:
  explicit ResizeConverter(NodeReader &node) : node(node), x(node.tensor(0)) {}

  Results convert(ResizeOptions given, std::optional<SmallVector<double>> scales,
                  std::optional<SmallVector<int64_t>> sizes, std::optional<SmallVector<double>> region) {
    options = std::move(given);
    if (!x || !checkModes())
      return {};
    std::optional<SmallVector<int64_t>> axes = listAxes();
    std::optional<SmallVector<ResizeAxis>> plan = axes ? planAxes(*axes, scales, sizes, region) : std::nullopt;
    if (!plan)
      return {};
    Tensor result = x;
    for (const ResizeAxis &a : *plan)
      if (result && (a.from != a.to || a.scale != 1 || options.coordinates == "tf_crop_and_resize"))
        result = resizeAxis(node, result, a, options);
    return {result};
  }

private:
  bool checkModes() {
    static constexpr StringRef modes[] = {"nearest", "linear", "cubic"};
    static constexpr StringRef coordinates[] = {"half_pixel",        "half_pixel_symmetric", "pytorch_half_pixel",
                                                "align_corners",     "asymmetric",           "tf_half_pixel_for_nn",
                                                "tf_crop_and_resize"};
    if (llvm::is_contained(modes, options.mode) && llvm::is_contained(coordinates, options.coordinates))
      return true;
    node.error() << "attributes 'mode' and 'coordinate_transformation_mode', expected known ones but got '"
                 << options.mode << "' and '" << options.coordinates << "'";
    return false;
  }

  std::optional<SmallVector<int64_t>> listAxes() {
    SmallVector<int64_t> all = llvm::to_vector(llvm::seq<int64_t>(0, x.rank()));
    SmallVector<int64_t> axes = node.integers("axes").value_or(all);
    for (int64_t &axis : axes) {
      std::optional<int64_t> positive = node.axis(axis, x.rank());
      if (!positive)
        return std::nullopt;
      axis = *positive;
    }
    return axes;
  }

  // An axis that keeps its size may have any.
  std::optional<SmallVector<ResizeAxis>> planAxes(ArrayRef<int64_t> axes,
                                                  const std::optional<SmallVector<double>> &scales,
                                                  const std::optional<SmallVector<int64_t>> &sizes,
                                                  const std::optional<SmallVector<double>> &region) {
    size_t count = axes.size();
    if ((scales ? scales->size() != count : !sizes || sizes->size() != count) ||
        (region && region->size() != 2 * count)) {
      node.error() << "scales or sizes, expected one number for each of " << count << " axes";
      return std::nullopt;
    }
    SmallVector<ResizeAxis> plan;
    for (auto [index, axis] : llvm::enumerate(axes)) {
      if (scales && (*scales)[index] == 1 && !region)
        continue;
      std::optional<SmallVector<int64_t>> known = knownSizes(node, x.shape[axis], "resized dimension");
      if (!known)
        return std::nullopt;
      auto from = static_cast<double>((*known)[0]);
      ResizeAxis a{axis, (*known)[0], 0, 1};
      a.to = scales ? static_cast<int64_t>(std::floor(from * (*scales)[index])) : (*sizes)[index];
      a.scale = scales ? (*scales)[index] : from > 0 ? static_cast<double>(a.to) / from : 1;
      if (region)
        a.start = (*region)[index], a.end = (*region)[index + count];
      if (a.from < 1 || a.to < 0 || a.scale <= 0)
        return node.error() << "resize of size " << a.from << " to " << a.to << ", expected positive sizes",
               std::nullopt;
      plan.push_back(a);
    }
    if (sizes && !keepAspect(plan))
      return std::nullopt;
    return plan;
  }

  // One scale for all axes: the largest that stays within the sizes, or the smallest that reaches them.
  bool keepAspect(MutableArrayRef<ResizeAxis> plan) {
    std::string policy = node.string("keep_aspect_ratio_policy", "stretch");
    if (policy == "stretch" || plan.empty())
      return true;
    if (policy != "not_larger" && policy != "not_smaller")
      return node.fail("attribute 'keep_aspect_ratio_policy', expected stretch, not_larger or not_smaller but got '" +
                       policy + "'"),
             false;
    double scale = plan[0].scale;
    for (const ResizeAxis &a : plan)
      scale = policy == "not_larger" ? std::min(scale, a.scale) : std::max(scale, a.scale);
    for (ResizeAxis &a : plan) {
      a.to = static_cast<int64_t>(std::floor(scale * static_cast<double>(a.from) + 0.5));
      a.scale = scale;
    }
    return true;
  }

  NodeReader &node;
  Tensor x;
  ResizeOptions options;
};

std::optional<SmallVector<double>> readNumbers(NodeReader &node, int64_t index, StringRef what) {
  std::optional<Literal> literal = node.literal(index);
  SmallVector<double> numbers;
  for (size_t i = 0; literal && i < literal->elements.size(); ++i)
    if (std::optional<double> number = literal->number(i))
      numbers.push_back(*number);
  if (literal && numbers.size() == literal->elements.size())
    return numbers;
  node.error() << "input '" << what << "', expected constants";
  return std::nullopt;
}

} // namespace

static Results convertResize(NodeReader &node) {
  ResizeOptions options;
  options.mode = node.string("mode", "nearest");
  options.coordinates = node.string("coordinate_transformation_mode", "half_pixel");
  options.nearest = node.string("nearest_mode", "round_prefer_floor");
  options.cubicA = node.real("cubic_coeff_a", -0.75);
  options.extrapolation = node.real("extrapolation_value", 0);
  options.antialias = node.flag("antialias", false);
  options.excludesOutside = node.flag("exclude_outside", false);
  bool usesRegion = options.coordinates == "tf_crop_and_resize";
  std::optional<SmallVector<double>> region, scales;
  std::optional<SmallVector<int64_t>> sizes;
  if (node.has(1) && usesRegion)
    region = readNumbers(node, 1, "roi");
  if (node.has(2))
    scales = readNumbers(node, 2, "scales");
  // Where sizes are given, scales may be present and empty.
  if (node.has(3))
    sizes = node.integers(3, "sizes"), scales = std::nullopt;
  if (!sizes)
    node.ignore({"keep_aspect_ratio_policy"});
  return node.failed() ? Results() : ResizeConverter(node).convert(options, scales, sizes, region);
}

// Opset 10, and Upsample: positions are divided by the scale and rounded down.
static Results convertResizeByScales(NodeReader &node) {
  ResizeOptions options;
  options.mode = node.string("mode", "nearest");
  options.coordinates = "asymmetric";
  options.nearest = "floor";
  std::optional<SmallVector<double>> scales = readNumbers(node, 1, "scales");
  return scales ? ResizeConverter(node).convert(options, scales, std::nullopt, std::nullopt) : Results();
}

static Results convertUpsampleAttribute(NodeReader &node) {
  ResizeOptions options;
  options.mode = node.string("mode", "nearest");
  options.coordinates = "asymmetric";
  options.nearest = "floor";
  std::optional<SmallVector<float>> given = node.reals("scales");
  if (!given)
    return node.fail("attribute 'scales', expected a list");
  SmallVector<double> scales(given->begin(), given->end());
  return ResizeConverter(node).convert(options, scales, std::nullopt, std::nullopt);
}

void registerResize(OpTable &table) {
  table.add({{"Resize", 10, convertResizeByScales},
             {"Resize", 11, convertResize},
             {"Upsample", 7, convertUpsampleAttribute},
             {"Upsample", 9, convertResizeByScales}});
}

} // namespace heddle::onnx
