// Slice: ranges of positions, whose bounds may depend on symbolic sizes.
#include "frontends/onnx/operators/Movement.h"

using namespace mlir;

namespace heddle::onnx {

namespace {
struct SliceBounds {
  SmallVector<Dim> starts, ends;
  SmallVector<int64_t> axes, steps;
};
} // namespace

static bool checkBounds(NodeReader &node, SliceBounds &slice) {
  size_t count = slice.starts.size();
  if (slice.axes.empty())
    slice.axes = llvm::to_vector(llvm::seq<int64_t>(0, count));
  if (slice.steps.empty())
    slice.steps.assign(count, 1);
  if (slice.ends.size() != count || slice.axes.size() != count || slice.steps.size() != count) {
    node.error() << count << " starts, " << slice.ends.size() << " ends, " << slice.axes.size() << " axes and "
                 << slice.steps.size() << " steps, expected as many of each";
    return false;
  }
  if (llvm::is_contained(slice.steps, 0)) {
    node.error() << "step 0, expected another number";
    return false;
  }
  int64_t rank = node.rank(0);
  if (!node.axes(slice.axes, rank))
    return false;
  for (int64_t &axis : slice.axes)
    axis += axis < 0 ? rank : 0;
  return true;
}

// Before opset 10 the bounds are attributes.
static std::optional<SliceBounds> readAttributes(NodeReader &node) {
  SliceBounds slice;
  std::optional<SmallVector<int64_t>> starts = node.integers("starts"), ends = node.integers("ends"),
                                      axes = node.integers("axes");
  if (!starts || !ends)
    return node.error() << "attributes 'starts' and 'ends', expected both", std::nullopt;
  for (int64_t start : *starts)
    slice.starts.push_back(node.g.dim(start));
  for (int64_t end : *ends)
    slice.ends.push_back(node.g.dim(end));
  slice.axes = axes.value_or(SmallVector<int64_t>());
  if (!checkBounds(node, slice))
    return std::nullopt;
  return slice;
}

static std::optional<SliceBounds> readInputs(NodeReader &node) {
  SliceBounds slice;
  std::optional<SmallVector<Dim>> starts = node.dims(1, "starts");
  std::optional<SmallVector<Dim>> ends = starts ? node.dims(2, "ends") : std::nullopt;
  std::optional<SmallVector<int64_t>> axes = node.has(3) ? node.integers(3, "axes") : SmallVector<int64_t>();
  std::optional<SmallVector<int64_t>> steps = node.has(4) ? node.integers(4, "steps") : SmallVector<int64_t>();
  if (!starts || !ends || !axes || !steps)
    return std::nullopt;
  slice = {*starts, *ends, *axes, *steps};
  if (!checkBounds(node, slice))
    return std::nullopt;
  return slice;
}

// A bound as a position in [0, size] (backwards: [-1, size - 1]), as numpy clamps it. Where the symbols decide on which
// side of the size it lies, their range is narrowed to the side on which it is inside.
static std::optional<Dim> position(NodeReader &node, Dim bound, Dim size, bool backwards) {
  GraphBuilder &g = node.g;
  Interval value = bounds(bound);
  // Where the sign depends on sizes, the bound counts from the start.
  if (value.low < 0 && value.high >= 0 && !node.requireAtLeast(bound, g.dim(0), "slice bound"))
    return std::nullopt;
  constexpr int64_t farAway = int64_t(1) << 31; // exporters write the largest integers for "to the end"
  Dim low = g.dim(backwards ? -1 : 0), high = g.simplify(size - (backwards ? 1 : 0));
  if (value.low >= farAway - 1)
    return high;
  if (value.high <= -farAway + 1)
    return low;
  Dim place = g.simplify(value.high < 0 ? bound + size : bound);
  if (bounds(g.simplify(place - high)).low >= 0)
    return high;
  if (bounds(g.simplify(place - low)).high <= 0)
    return low;
  if (!node.requireAtLeast(place, low, "slice bound") ||
      !node.requireAtLeast(high, place, "size of the sliced dimension"))
    return std::nullopt;
  return place;
}

static std::optional<SmallVector<SliceRange>> resolve(NodeReader &node, const SliceBounds &slice) {
  SmallVector<SliceRange> ranges;
  Shape shape = node.shape(0);
  for (auto [start, end, axis, step] : llvm::zip_equal(slice.starts, slice.ends, slice.axes, slice.steps)) {
    std::optional<Dim> from = position(node, start, shape[axis], step < 0);
    std::optional<Dim> to = from ? position(node, end, shape[axis], step < 0) : std::nullopt;
    if (!to)
      return std::nullopt;
    // An empty range starts at 0: a start beyond the last position is none.
    if (bounds(node.g.simplify(step > 0 ? *to - *from : *from - *to)).high <= 0)
      from = to = node.g.dim(0);
    else if (!node.requireAtLeast(step > 0 ? *to : *from, step > 0 ? *from : *to, "length of the slice"))
      return std::nullopt;
    ranges.push_back({axis, *from, *to, step});
  }
  return ranges;
}

template <auto read> static Results convertSlice(NodeReader &node) {
  std::optional<SliceBounds> slice = read(node);
  std::optional<SmallVector<SliceRange>> ranges = slice ? resolve(node, *slice) : std::nullopt;
  if (!ranges)
    return {};
  // The builder reads -1 as the last position; before the first is spelled as far away.
  for (SliceRange &range : *ranges)
    if (range.step < 0 && range.end == node.g.dim(-1))
      range.end = node.g.dim(std::numeric_limits<int64_t>::min());
  return {node.g.slice(node.tensor(0), *ranges)};
}

template <auto read> static Literals foldSlice(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  std::optional<SliceBounds> slice = x ? read(node) : std::nullopt;
  std::optional<SmallVector<SliceRange>> ranges = slice ? resolve(node, *slice) : std::nullopt;
  if (!ranges)
    return {};
  SmallVector<int64_t> shape = x->shape, starts(x->rank(), 0), steps(x->rank(), 1);
  for (const SliceRange &range : *ranges) {
    auto start = dyn_cast<AffineConstantExpr>(range.start), end = dyn_cast<AffineConstantExpr>(range.end);
    if (!start || !end)
      return {};
    starts[range.axis] = start.getValue(), steps[range.axis] = range.step;
    int64_t length = range.step > 0 ? end.getValue() - start.getValue() : start.getValue() - end.getValue();
    shape[range.axis] = llvm::divideCeil(length, std::abs(range.step));
  }
  return {gathered(*x, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> place) {
    for (size_t axis = 0; axis < index.size(); ++axis)
      place[axis] = starts[axis] + index[axis] * steps[axis];
  })};
}

void registerSlice(OpTable &table) {
  table.add({{"Slice", 1, convertSlice<readAttributes>, foldSlice<readAttributes>},
             {"Slice", 10, convertSlice<readInputs>, foldSlice<readInputs>}});
}

} // namespace heddle::onnx
