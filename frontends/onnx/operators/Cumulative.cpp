// Cumulative sums and products along one axis, and Hardmax: what depends on the order of the elements.
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

// Exporters write the number of true elements so far, a mask's positions, as a sum of booleans. The specification sums
// numbers alone; no result but counts makes sense.
static Tensor countsOf(NodeReader &node, Tensor x) {
  emitWarning(node.g.location()) << "input 'x' has elements of type bool, expected numbers; they are counted in int64";
  return node.g.cast(x, node.g.builder().getI64Type());
}

// A loop along the axis that carries the total so far. Sums of f16 and bf16 are carried in f32.
static Results cumulate(NodeReader &node, Binary kind) {
  Tensor x = node.tensor(0);
  bool exclusive = node.flag("exclusive", false), reverse = node.flag("reverse", false);
  std::optional<SmallVector<int64_t>> given = node.integers(1, "axis");
  if (!x || !given)
    return {};
  if (given->size() != 1)
    return node.fail("input 'axis', expected one number");
  std::optional<int64_t> axis = node.axis((*given)[0], x.rank());
  if (!axis)
    return {};
  GraphBuilder &g = node.g;
  if (kind == Binary::Add && x.elementType.isInteger(1))
    x = countsOf(node, x);
  Shape row = x.shape;
  row.erase(row.begin() + *axis);
  bool isNarrow = x.elementType.isF16() || x.elementType.isBF16();
  Type type = isNarrow ? Type(g.builder().getF32Type()) : x.elementType;
  Tensor wide = g.cast(x, type), start = g.splat(kind == Binary::Mul ? 1 : 0, row, type);
  Value last = g.dimValue(g.simplify(x.shape[*axis] - 1));
  if (!wide || !start || !last)
    return {};
  auto body = [&](Value index, ArrayRef<Tensor> state) -> std::optional<LoopStep> {
    Value place = reverse ? arith::SubIOp::create(g.builder(), g.location(), last, index).getResult() : index;
    Tensor total = g.binary(kind, state[0], g.takeRow(wide, *axis, place));
    return LoopStep{{total}, {g.cast(exclusive ? state[0] : total, x.elementType)}};
  };
  std::optional<LoopStep> result = g.loop({x.shape[*axis], {}}, start, body, reverse);
  if (!result)
    return {};
  SmallVector<int64_t> permutation;
  for (int64_t number = 1; number < x.rank(); ++number)
    permutation.push_back(number);
  permutation.insert(permutation.begin() + *axis, 0);
  return {g.transpose(result->rows[0], permutation)};
}

template <Binary kind> static Results convertCumulative(NodeReader &node) { return cumulate(node, kind); }

// One at the first maximum along the axis, zero elsewhere.
static Tensor hardmax(GraphBuilder &g, Tensor x, int64_t axis) {
  Type index = g.builder().getI64Type();
  Tensor best = g.argReduce(x, axis, /*isMax=*/true, /*keepDims=*/true, index);
  if (!best)
    return {};
  return g.cast(g.compare(Compare::Equal, g.iota(x.shape, axis, index), best), x.elementType);
}

static Results convertHardmax(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", -1), x.rank()) : std::nullopt;
  return axis ? Results{hardmax(node.g, x, *axis)} : Results();
}

// Before opset 13 all dimensions from the axis on are one.
static Results convertHardmaxFlattened(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", 1), x.rank()) : std::nullopt;
  if (!axis)
    return {};
  ArrayRef<Dim> dims(x.shape);
  Shape flat = {node.g.product(dims.take_front(*axis)), node.g.product(dims.drop_front(*axis))};
  return {node.g.reshape(hardmax(node.g, node.g.reshape(x, flat), 1), x.shape)};
}

void registerCumulative(OpTable &table) {
  table.add({{"CumProd", 26, convertCumulative<Binary::Mul>},
             {"CumSum", 11, convertCumulative<Binary::Add>},
             {"Hardmax", 1, convertHardmaxFlattened},
             {"Hardmax", 13, convertHardmax}});
}

} // namespace heddle::onnx
