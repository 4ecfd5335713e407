// Operators on shapes: sizes as values, and the same elements under another shape.
#include "frontends/onnx/operators/Movement.h"

using namespace mlir;

namespace heddle::onnx {

//===--- sizes as values ------------------------------------------------------------------===//

// start and end as in numpy, clamped to the rank (opset 15; their defaults give the older meaning).
static Literals foldShape(NodeReader &node) {
  Shape shape = node.shape(0);
  int64_t rank = shape.size();
  auto position = [&](int64_t value) { return std::clamp<int64_t>(value < 0 ? value + rank : value, 0, rank); };
  int64_t start = position(node.integer("start", 0)), end = position(node.integer("end", rank));
  Literal result{node.g.builder().getI64Type(), {std::max<int64_t>(0, end - start)}, {}};
  for (int64_t axis = start; axis < end; ++axis)
    result.elements.push_back({shape[axis]});
  return {result};
}

static Literals foldSize(NodeReader &node) {
  return {Literal{node.g.builder().getI64Type(), {}, {{node.g.product(node.shape(0))}}}};
}

// Never called: the shape of a value is always known.
static Results convertSizes(NodeReader &node) { return node.fail("sizes are not known"); }

//===--- Squeeze, Unsqueeze, Flatten ------------------------------------------------------===//

enum class AxesIn { Attribute, Input };

static std::optional<SmallVector<int64_t>> readAxes(NodeReader &node, AxesIn place) {
  if (place == AxesIn::Attribute)
    return node.integers("axes");
  return node.has(1) ? node.integers(1, "axes") : std::nullopt;
}

static std::optional<Shape> squeezeTarget(NodeReader &node, AxesIn place) {
  Shape from = node.shape(0), target;
  std::optional<SmallVector<int64_t>> given = readAxes(node, place);
  if (node.failed())
    return std::nullopt;
  std::optional<SmallVector<int64_t>> axes = node.axes(given.value_or(SmallVector<int64_t>()), from.size());
  if (!axes)
    return std::nullopt;
  for (auto [axis, size] : llvm::enumerate(from)) {
    bool isOne = size == node.g.dim(1), isNamed = llvm::is_contained(*axes, static_cast<int64_t>(axis));
    if (isNamed && !isOne && !node.unify(size, node.g.dim(1)))
      return std::nullopt;
    if (given ? !isNamed : !isOne)
      target.push_back(size);
  }
  return target;
}

static std::optional<Shape> unsqueezeTarget(NodeReader &node, AxesIn place) {
  Shape from = node.shape(0), target;
  std::optional<SmallVector<int64_t>> given = readAxes(node, place);
  if (!given) {
    if (!node.failed())
      node.error() << "no axes, expected a list of axes";
    return std::nullopt;
  }
  int64_t rank = from.size() + given->size();
  std::optional<SmallVector<int64_t>> axes = node.axes(*given, rank);
  if (!axes)
    return std::nullopt;
  auto next = from.begin();
  for (int64_t axis = 0; axis < rank; ++axis)
    target.push_back(llvm::is_contained(*axes, axis) ? node.g.dim(1) : *next++);
  return target;
}

// Dimensions before the axis in one, those from it on in another.
static std::optional<Shape> flattenTarget(NodeReader &node) {
  Shape from = node.shape(0);
  int64_t rank = from.size(), axis = node.integer("axis", 1);
  if (axis < -rank || axis > rank) {
    node.error() << "axis " << axis << " is outside of rank " << rank << ", expected a value in [" << -rank << ", "
                 << rank << "]";
    return std::nullopt;
  }
  axis += axis < 0 ? rank : 0;
  ArrayRef<Dim> dims(from);
  return Shape{node.g.product(dims.take_front(axis)), node.g.product(dims.drop_front(axis))};
}

template <auto target, AxesIn... place> static Results convertView(NodeReader &node) {
  std::optional<Shape> shape = target(node, place...);
  return shape ? Results{node.g.reshape(node.tensor(0), *shape)} : Results();
}

template <auto target, AxesIn... place> static Literals foldView(NodeReader &node) {
  if (!node.literal(0))
    return {};
  return withShape(node, target(node, place...));
}

//===--- Expand ---------------------------------------------------------------------------===//

static std::optional<Shape> expandTarget(NodeReader &node) {
  std::optional<SmallVector<Dim>> requested = node.dims(1, "shape");
  if (!requested)
    return std::nullopt;
  if (!node.checkSizes(*requested))
    return std::nullopt;
  Shape from = node.shape(0), target(requested->begin(), requested->end());
  if (!node.unifyBroadcast({from, target}))
    return std::nullopt;
  return node.g.broadcastShapes({from, target});
}

static Results convertExpand(NodeReader &node) {
  std::optional<Shape> target = expandTarget(node);
  return target ? Results{node.g.broadcastTo(node.tensor(0), *target)} : Results();
}

static Literals foldExpand(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  std::optional<Shape> target = x ? expandTarget(node) : std::nullopt;
  std::optional<SmallVector<int64_t>> sizes = target ? smallSizes(*target) : std::nullopt;
  return sizes ? Literals{broadcast(*x, *sizes)} : Literals();
}

void registerShape(OpTable &table) {
  table.add(
      {{"Expand", 8, convertExpand, foldExpand},
       {"Flatten", 1, convertView<flattenTarget>, foldView<flattenTarget>},
       {"Shape", 1, convertSizes, foldShape},
       {"Size", 1, convertSizes, foldSize},
       {"Squeeze", 1, convertView<squeezeTarget, AxesIn::Attribute>, foldView<squeezeTarget, AxesIn::Attribute>},
       {"Squeeze", 13, convertView<squeezeTarget, AxesIn::Input>, foldView<squeezeTarget, AxesIn::Input>},
       {"Unsqueeze", 1, convertView<unsqueezeTarget, AxesIn::Attribute>, foldView<unsqueezeTarget, AxesIn::Attribute>},
       {"Unsqueeze", 13, convertView<unsqueezeTarget, AxesIn::Input>, foldView<unsqueezeTarget, AxesIn::Input>}});
}

} // namespace heddle::onnx
