// GridSample: a picture read at places that another tensor gives.
#include "frontends/onnx/operators/Sampler.h"

using namespace mlir;

namespace heddle::onnx {

static Taps tapsOf(Sampler &sampler, StringRef mode, Value place, int64_t axis) {
  if (mode == "cubic")
    return sampler.cubic(place);
  Value bounded = sampler.bounded(place, axis);
  return mode == "nearest" ? sampler.nearest(bounded) : sampler.linear(bounded);
}

static Results convertGridSample(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), grid = node.tensor(1);
  std::string mode = node.string("mode", "linear"), padding = node.string("padding_mode", "zeros");
  bool alignsCorners = node.flag("align_corners", false);
  mode = mode == "bilinear" ? "linear" : mode == "bicubic" ? "cubic" : mode;
  if (!x || !grid)
    return {};
  int64_t dims = x.rank() - 2;
  if (dims < 1 || grid.rank() != x.rank() || (mode != "linear" && mode != "nearest" && mode != "cubic"))
    return node.fail("input and grid of ranks " + Twine(x.rank()) + " and " + Twine(grid.rank()) + " and mode '" +
                     mode + "', expected equal ranks above 2 and mode linear, nearest or cubic");
  Padding kind = padding == "border" ? Padding::Border : padding == "reflection" ? Padding::Reflection : Padding::Zeros;
  SmallVector<Value> sizes;
  for (Dim size : ArrayRef<Dim>(x.shape).drop_front(2))
    sizes.push_back(g.dimValue(size));
  Shape shape = {x.shape[0], x.shape[1]};
  shape.append(grid.shape.begin() + 1, grid.shape.end() - 1);
  Type type = scalar::computeType(grid.elementType);
  return {g.generate(shape, x.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Sampler sampler{b, at, type, x, sizes, kind, alignsCorners};
    SmallVector<Taps> taps;
    for (int64_t axis = 0; axis < dims; ++axis) {
      SmallVector<Value> where = {index[0]};
      llvm::append_range(where, index.drop_front(2));
      where.push_back(arith::ConstantIndexOp::create(b, at, dims - 1 - axis)); // x, the last axis, comes first
      taps.push_back(tapsOf(sampler, mode, sampler.denormalize(sampler.placeOf(grid, where), axis), axis));
    }
    SmallVector<Value> parts = sampler.weighted({index[0], index[1]}, taps);
    Value sum = parts[0];
    for (Value part : ArrayRef<Value>(parts).drop_front())
      sum = sampler.add(sum, part);
    return scalar::convert(b, at, sum, type, x.elementType);
  })};
}

void registerGridSample(OpTable &table) { table.add({{"GridSample", 16, convertGridSample}}); }

} // namespace heddle::onnx
