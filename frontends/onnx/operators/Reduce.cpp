// Reductions. The axes are an attribute in older opsets and an input in newer ones; both spellings share one body.
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

namespace {
enum class AxesIn { Attribute, Input };

struct Reduction {
  Tensor x;
  SmallVector<int64_t> axes;
  bool keepDims = true;
  bool isIdentity = false; // no axes and noop_with_empty_axes
};
} // namespace

static std::optional<Reduction> readReduction(NodeReader &node, AxesIn place) {
  Reduction result;
  result.x = node.tensor(0);
  result.keepDims = node.flag("keepdims", true);
  std::optional<SmallVector<int64_t>> given;
  if (place == AxesIn::Attribute)
    given = node.integers("axes");
  else if (node.has(1))
    given = node.integers(1, "axes");
  bool keepsAll = place == AxesIn::Input && node.flag("noop_with_empty_axes", false);
  if (!result.x || node.failed())
    return std::nullopt;
  int64_t rank = result.x.rank();
  std::optional<SmallVector<int64_t>> axes = node.axes(given.value_or(SmallVector<int64_t>()), rank);
  if (!axes)
    return std::nullopt;
  result.axes = *axes;
  result.isIdentity = axes->empty() && (keepsAll || rank == 0);
  if (axes->empty())
    result.axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  return result;
}

static Tensor reduced(NodeReader &node, const Reduction &reduction, Reduce kind, Tensor x) {
  return reduction.isIdentity ? x : node.g.reduce(kind, x, reduction.axes, reduction.keepDims);
}

template <Reduce kind, AxesIn place> static Results convertReduce(NodeReader &node) {
  std::optional<Reduction> reduction = readReduction(node, place);
  return reduction ? Results{reduced(node, *reduction, kind, reduction->x)} : Results();
}

template <AxesIn place> static Results convertReduceL1(NodeReader &node) {
  std::optional<Reduction> reduction = readReduction(node, place);
  return reduction ? Results{reduced(node, *reduction, Reduce::Sum, node.g.unary(Unary::Abs, reduction->x))}
                   : Results();
}

static Tensor sumOfSquares(NodeReader &node, const Reduction &reduction) {
  return reduced(node, reduction, Reduce::Sum, node.g.mul(reduction.x, reduction.x));
}

template <AxesIn place> static Results convertReduceSumSquare(NodeReader &node) {
  std::optional<Reduction> reduction = readReduction(node, place);
  return reduction ? Results{sumOfSquares(node, *reduction)} : Results();
}

template <AxesIn place> static Results convertReduceL2(NodeReader &node) {
  std::optional<Reduction> reduction = readReduction(node, place);
  return reduction ? Results{node.g.unary(Unary::Sqrt, sumOfSquares(node, *reduction))} : Results();
}

template <AxesIn place> static Results convertReduceLogSum(NodeReader &node) {
  std::optional<Reduction> reduction = readReduction(node, place);
  return reduction ? Results{node.g.unary(Unary::Log, reduced(node, *reduction, Reduce::Sum, reduction->x))}
                   : Results();
}

// Shifted by the maximum, so that exp does not overflow.
template <AxesIn place> static Results convertReduceLogSumExp(NodeReader &node) {
  std::optional<Reduction> reduction = readReduction(node, place);
  if (!reduction)
    return {};
  if (reduction->isIdentity)
    return {reduction->x};
  GraphBuilder &g = node.g;
  Tensor top = g.reduce(Reduce::Max, reduction->x, reduction->axes, /*keepDims=*/true);
  // An infinite maximum would make its own difference a NaN.
  double largest = reduction->x.elementType.isF16() ? 65504.0 : 3e38;
  top = g.clamp(top, -largest, largest);
  Tensor sum = g.reduce(Reduce::Sum, g.unary(Unary::Exp, g.sub(reduction->x, top)), reduction->axes, /*keepDims=*/true);
  Tensor result = g.add(g.unary(Unary::Log, sum), top);
  return {reduction->keepDims ? result : g.squeeze(result, reduction->axes)};
}

template <bool isMax> static Results convertArg(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", 0), x.rank()) : std::nullopt;
  bool keepDims = node.flag("keepdims", true), last = node.flag("select_last_index", false);
  if (!axis)
    return {};
  GraphBuilder &g = node.g;
  Type index = g.builder().getI64Type();
  if (!last)
    return {g.argReduce(x, *axis, isMax, keepDims, index)};
  // The first of the reversed elements, counted from the end.
  Dim end = g.dim(std::numeric_limits<int64_t>::min());
  Tensor reversed = g.slice(x, *axis, g.simplify(x.shape[*axis] - 1), end, -1);
  Tensor fromEnd = g.argReduce(reversed, *axis, isMax, keepDims, index);
  return {g.sub(emitLiteral(g, Literal{index, {}, {{g.simplify(x.shape[*axis] - 1)}}}), fromEnd)};
}

void registerReduce(OpTable &table) {
  table.add({{"ArgMax", 1, convertArg<true>},
             {"ArgMin", 1, convertArg<false>},
             {"ReduceL1", 1, convertReduceL1<AxesIn::Attribute>},
             {"ReduceL1", 18, convertReduceL1<AxesIn::Input>},
             {"ReduceL2", 1, convertReduceL2<AxesIn::Attribute>},
             {"ReduceL2", 18, convertReduceL2<AxesIn::Input>},
             {"ReduceLogSum", 1, convertReduceLogSum<AxesIn::Attribute>},
             {"ReduceLogSum", 18, convertReduceLogSum<AxesIn::Input>},
             {"ReduceLogSumExp", 1, convertReduceLogSumExp<AxesIn::Attribute>},
             {"ReduceLogSumExp", 18, convertReduceLogSumExp<AxesIn::Input>},
             {"ReduceMax", 1, convertReduce<Reduce::Max, AxesIn::Attribute>},
             {"ReduceMax", 18, convertReduce<Reduce::Max, AxesIn::Input>},
             {"ReduceMean", 1, convertReduce<Reduce::Mean, AxesIn::Attribute>},
             {"ReduceMean", 18, convertReduce<Reduce::Mean, AxesIn::Input>},
             {"ReduceMin", 1, convertReduce<Reduce::Min, AxesIn::Attribute>},
             {"ReduceMin", 18, convertReduce<Reduce::Min, AxesIn::Input>},
             {"ReduceProd", 1, convertReduce<Reduce::Prod, AxesIn::Attribute>},
             {"ReduceProd", 18, convertReduce<Reduce::Prod, AxesIn::Input>},
             {"ReduceSum", 1, convertReduce<Reduce::Sum, AxesIn::Attribute>},
             {"ReduceSum", 13, convertReduce<Reduce::Sum, AxesIn::Input>},
             {"ReduceSumSquare", 1, convertReduceSumSquare<AxesIn::Attribute>},
             {"ReduceSumSquare", 18, convertReduceSumSquare<AxesIn::Input>}});
}

} // namespace heddle::onnx
