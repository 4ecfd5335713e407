// Pad: more or fewer positions around a tensor, filled with a value or with what stands inside.
#include "frontends/onnx/NodeReader.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

static constexpr int64_t maxPad = int64_t(1) << 40;

// The place in [0, size) that a place outside shows.
static Value reflectedPlace(OpBuilder &b, Location at, Value place, Value size, StringRef mode) {
  Value zero = arith::ConstantIndexOp::create(b, at, 0), one = arith::ConstantIndexOp::create(b, at, 1);
  Value last = arith::SubIOp::create(b, at, size, one);
  if (mode == "edge")
    return arith::MinSIOp::create(b, at, arith::MaxSIOp::create(b, at, place, zero), last);
  // The remainder of Euclid by the period: size, or there and back without the ends twice.
  Value period = size;
  if (mode == "reflect")
    period = arith::MaxSIOp::create(b, at, arith::AddIOp::create(b, at, last, last), one);
  Value rest = arith::RemSIOp::create(b, at, place, period);
  Value isNegative = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, rest, zero);
  rest = arith::SelectOp::create(b, at, isNegative, arith::AddIOp::create(b, at, rest, period), rest);
  if (mode == "wrap")
    return rest;
  Value isBack = arith::CmpIOp::create(b, at, arith::CmpIPredicate::sgt, rest, last);
  return arith::SelectOp::create(b, at, isBack, arith::SubIOp::create(b, at, period, rest), rest);
}

// Each element is read where its place leads to.
static Tensor padFromInput(NodeReader &node, Tensor x, ArrayRef<Dim> low, ArrayRef<Dim> high, StringRef mode) {
  GraphBuilder &g = node.g;
  Shape shape;
  SmallVector<Value> starts, sizes;
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    shape.push_back(g.simplify(x.shape[axis] + low[axis] + high[axis]));
    starts.push_back(g.dimValue(low[axis]));
    sizes.push_back(g.dimValue(x.shape[axis]));
    if (!starts.back() || !sizes.back())
      return {};
  }
  return g.generate(shape, x.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    SmallVector<Value> place;
    for (int64_t axis = 0; axis < x.rank(); ++axis) {
      Value from = arith::SubIOp::create(b, at, index[axis], starts[axis]);
      place.push_back(low[axis] == g.dim(0) && high[axis] == g.dim(0) ? from
                                                                      : reflectedPlace(b, at, from, sizes[axis], mode));
    }
    return tensor::ExtractOp::create(b, at, x.value, place);
  });
}

// pads lists the amounts before each axis, then those after; values before opset 11 and after differ only in where they
// are given.
static Results emitPad(NodeReader &node, ArrayRef<Dim> pads, ArrayRef<int64_t> axes, double value) {
  Tensor x = node.tensor(0);
  std::string mode = node.string("mode", "constant");
  if (!x)
    return {};
  if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
    return node.fail("attribute 'mode', expected constant, reflect, edge or wrap but got '" + mode + "'");
  if (pads.size() != 2 * axes.size())
    return node.fail(Twine(pads.size()) + " pads, expected " + Twine(2 * axes.size()));
  SmallVector<Dim> low(x.rank(), node.g.dim(0)), high = low;
  for (auto [index, axis] : llvm::enumerate(axes)) {
    low[axis] = pads[index], high[axis] = pads[index + axes.size()];
    Dim rest = x.shape[axis];
    for (Dim amount : {low[axis], high[axis]}) {
      Interval value = bounds(amount);
      if (value.low == value.high && std::abs(value.low) > maxPad)
        return node.fail("pad of " + node.g.describe(amount) + ", expected at most 2^40");
      rest = value.high < 0 ? rest + amount : rest;
    }
    if (!node.requireAtLeast(rest, node.g.dim(0), "size after negative pads"))
      return {};
  }
  return {mode == "constant" ? node.g.pad(x, low, high, value) : padFromInput(node, x, low, high, mode)};
}

static Results convertPadAttributes(NodeReader &node) {
  std::optional<SmallVector<int64_t>> pads = node.integers("pads");
  double value = node.real("value", 0);
  if (!pads)
    return node.fail("attribute 'pads', expected a list");
  Shape dims = node.g.shape(*pads);
  return emitPad(node, dims, llvm::to_vector(llvm::seq<int64_t>(0, node.rank(0))), value);
}

static Results convertPad(NodeReader &node) {
  std::optional<SmallVector<Dim>> pads = node.dims(1, "pads");
  std::optional<double> value = node.has(2) ? node.number(2, "constant_value") : 0.0;
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, node.rank(0)));
  if (node.has(3)) {
    std::optional<SmallVector<int64_t>> given = node.integers(3, "axes");
    if (!given || !node.axes(*given, node.rank(0)))
      return {};
    axes = *given;
    for (int64_t &axis : axes)
      axis += axis < 0 ? node.rank(0) : 0;
  }
  return pads && value ? emitPad(node, *pads, axes, *value) : Results();
}

void registerPad(OpTable &table) { table.add({{"Pad", 2, convertPadAttributes}, {"Pad", 11, convertPad}}); }

} // namespace heddle::onnx
