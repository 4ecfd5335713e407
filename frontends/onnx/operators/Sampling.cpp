// Values of a picture between its pixels: GridSample and RoiAlign.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

enum class Padding { Zeros, Border, Reflection };

// Reads x [N, C, spatial..] between its elements. All arithmetic is on scalars of one output element.
struct Sampler {
  OpBuilder &b;
  Location at;
  Type type; // of places
  Tensor x;
  ArrayRef<Value> sizes; // of the spatial dimensions
  Padding padding;
  bool alignsCorners;

  Value number(double value) { return scalar::constant(b, at, value, type); }
  Value op(Binary kind, Value l, Value r) { return scalar::binary(b, at, kind, l, r, type); }
  Value add(Value l, Value r) { return op(Binary::Add, l, r); }
  Value sub(Value l, Value r) { return op(Binary::Sub, l, r); }
  Value mul(Value l, Value r) { return op(Binary::Mul, l, r); }
  Value sizeOf(int64_t axis) { return scalar::convert(b, at, sizes[axis], b.getIndexType(), type); }

  // [-1, 1] to positions.
  Value denormalize(Value place, int64_t axis) {
    Value size = sizeOf(axis);
    if (alignsCorners)
      return mul(add(place, number(1)), mul(sub(size, number(1)), number(0.5)));
    return mul(sub(mul(add(place, number(1)), size), number(1)), number(0.5));
  }

  // Mirrored at the border as often as needed.
  Value reflect(Value place, int64_t axis) {
    Value low = number(alignsCorners ? 0 : -0.5);
    Value span = alignsCorners ? sub(sizeOf(axis), number(1)) : sizeOf(axis);
    Value isPoint = scalar::compare(b, at, Compare::LessEqual, span, number(0), type);
    Value safe = arith::SelectOp::create(b, at, isPoint, number(1), span);
    Value offset = op(Binary::Mod, sub(place, low), mul(safe, number(2)));
    Value back = sub(mul(safe, number(2)), offset);
    Value isBack = scalar::compare(b, at, Compare::Greater, offset, safe, type);
    Value folded = add(arith::SelectOp::create(b, at, isBack, back, offset), low);
    return arith::SelectOp::create(b, at, isPoint, number(0), folded);
  }

  Value clampTo(Value place, int64_t axis) {
    return op(Binary::Max, op(Binary::Min, place, sub(sizeOf(axis), number(1))), number(0));
  }

  Value bounded(Value place, int64_t axis) {
    if (padding == Padding::Border)
      return clampTo(place, axis);
    return padding == Padding::Reflection ? clampTo(reflect(place, axis), axis) : place;
  }

  // The element at whole places; 0 outside.
  Value read(ArrayRef<Value> leading, ArrayRef<Value> places) {
    SmallVector<Value> index(leading);
    Value isInside = arith::ConstantIntOp::create(b, at, 1, 1);
    for (auto [axis, place] : llvm::enumerate(places)) {
      Value kept = padding == Padding::Zeros ? place : bounded(place, axis);
      Value safe = clampTo(kept, axis);
      Value same = scalar::compare(b, at, Compare::Equal, safe, kept, type);
      isInside = arith::AndIOp::create(b, at, isInside, same);
      index.push_back(scalar::convert(b, at, safe, type, b.getIndexType()));
    }
    Value element = tensor::ExtractOp::create(b, at, x.value, index);
    Type wide = scalar::computeType(x.elementType);
    element = scalar::convert(b, at, element, x.elementType, wide);
    return arith::SelectOp::create(b, at, isInside, element, scalar::constant(b, at, 0, wide));
  }

  Value weightedSum(ArrayRef<Value> leading, ArrayRef<SmallVector<std::pair<Value, Value>>> taps,
                    SmallVector<Value> &places, Value weight) {
    if (places.size() == taps.size())
      return mul(read(leading, places), weight);
    Value sum;
    for (auto [place, factor] : taps[places.size()]) {
      places.push_back(place);
      Value part = weightedSum(leading, taps, places, weight ? mul(weight, factor) : factor);
      places.pop_back();
      sum = sum ? add(sum, part) : part;
    }
    return sum;
  }
};

Value cubicWeight(Sampler &s, Value distance) {
  constexpr double a = -0.75;
  Value x = scalar::unary(s.b, s.at, Unary::Abs, distance, s.type), one = s.number(1);
  // (a + 2) x^3 - (a + 3) x^2 + 1 inside of 1, a x^3 - 5a x^2 + 8a x - 4a inside of 2.
  Value inner = s.add(s.mul(s.mul(s.sub(s.mul(s.number(a + 2), x), s.number(a + 3)), x), x), one);
  Value outer =
      s.sub(s.mul(s.add(s.mul(s.sub(s.mul(s.number(a), x), s.number(5 * a)), x), s.number(8 * a)), x), s.number(4 * a));
  Value isInner = scalar::compare(s.b, s.at, Compare::LessEqual, x, one, s.type);
  return arith::SelectOp::create(s.b, s.at, isInner, inner, outer);
}

} // namespace

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
    Sampler s{b, at, type, x, sizes, kind, alignsCorners};
    SmallVector<SmallVector<std::pair<Value, Value>>> taps;
    for (int64_t axis = 0; axis < dims; ++axis) {
      SmallVector<Value> where = {index[0]};
      llvm::append_range(where, index.drop_front(2));
      where.push_back(arith::ConstantIndexOp::create(b, at, dims - 1 - axis)); // x, the last axis, comes first
      Value place = tensor::ExtractOp::create(b, at, grid.value, where);
      place = s.denormalize(scalar::convert(b, at, place, grid.elementType, type), axis);
      SmallVector<std::pair<Value, Value>> line;
      if (mode == "nearest") {
        line.push_back({scalar::unary(b, at, Unary::Round, s.bounded(place, axis), type), s.number(1)});
      } else if (mode == "linear") {
        place = s.bounded(place, axis);
        Value below = scalar::unary(b, at, Unary::Floor, place, type), rest = s.sub(place, below);
        line = {{below, s.sub(s.number(1), rest)}, {s.add(below, s.number(1)), rest}};
      } else {
        Value below = scalar::unary(b, at, Unary::Floor, place, type), rest = s.sub(place, below);
        for (double offset : {-1.0, 0.0, 1.0, 2.0})
          line.push_back({s.add(below, s.number(offset)), cubicWeight(s, s.sub(rest, s.number(offset)))});
      }
      taps.push_back(line);
    }
    SmallVector<Value> leading = {index[0], index[1]}, places;
    Value sum = s.weightedSum(leading, taps, places, {});
    return scalar::convert(b, at, sum, type, x.elementType);
  })};
}

//===--- RoiAlign -------------------------------------------------------------------------===//

// Each region [x1, y1, x2, y2] of its picture in bins; a bin is the mean or the maximum of sampled places.
static Results convertRoiAlign(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), regions = node.tensor(1), pictures = node.tensor(2);
  int64_t rows = node.integer("output_height", 1), columns = node.integer("output_width", 1),
          samples = node.integer("sampling_ratio", 0);
  double scale = node.real("spatial_scale", 1);
  // Opset 16 moves places by half a pixel unless told otherwise.
  bool shifts = node.opset >= 16 && node.string("coordinate_transformation_mode", "half_pixel") == "half_pixel";
  bool takesMaximum = node.string("mode", "avg") == "max";
  if (!x || !regions || !pictures)
    return {};
  if (x.rank() != 4 || regions.rank() != 2 || samples < 1 || rows < 1 || columns < 1 || samples > 16)
    return node.fail("attribute 'sampling_ratio' is " + Twine(samples) + " and the input has rank " + Twine(x.rank()) +
                     ", expected a number in [1, 16] and rank 4");
  SmallVector<Value> sizes = {g.dimValue(x.shape[2]), g.dimValue(x.shape[3])};
  Type type = scalar::computeType(x.elementType);
  Shape shape = {regions.shape[0], x.shape[1], g.dim(rows), g.dim(columns)};
  return {g.generate(shape, x.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Sampler s{b, at, type, x, sizes, Padding::Border, true};
    auto bound = [&](int64_t number) {
      Value place = tensor::ExtractOp::create(b, at, regions.value,
                                              ValueRange{index[0], arith::ConstantIndexOp::create(b, at, number)});
      place = s.mul(scalar::convert(b, at, place, regions.elementType, type), s.number(scale));
      return shifts ? s.sub(place, s.number(0.5)) : place;
    };
    Value picture = tensor::ExtractOp::create(b, at, pictures.value, index[0]);
    picture = scalar::convert(b, at, picture, pictures.elementType, b.getIndexType());
    Value lows[] = {bound(1), bound(0)}, highs[] = {bound(3), bound(2)};
    Value bins[2];
    for (int axis : {0, 1}) {
      Value extent = s.sub(highs[axis], lows[axis]);
      if (!shifts)
        extent = s.op(Binary::Max, extent, s.number(1));
      bins[axis] = s.mul(extent, s.number(1.0 / static_cast<double>(axis == 0 ? rows : columns)));
    }
    // The place of a sample along one axis, and whether it is near the picture.
    auto sampleLine = [&](int axis, int64_t sample, Value &isNear) {
      Value bin = scalar::convert(b, at, index[2 + axis], b.getIndexType(), type);
      Value offset = s.add(bin, s.number((static_cast<double>(sample) + 0.5) / static_cast<double>(samples)));
      Value place = s.add(lows[axis], s.mul(offset, bins[axis]));
      Value low = scalar::compare(b, at, Compare::GreaterEqual, place, s.number(-1), type);
      Value high = scalar::compare(b, at, Compare::LessEqual, place, s.sizeOf(axis), type);
      isNear = arith::AndIOp::create(b, at, low, high);
      place = s.clampTo(place, axis);
      Value below = scalar::unary(b, at, Unary::Floor, place, type), rest = s.sub(place, below);
      return SmallVector<std::pair<Value, Value>>{{below, s.sub(s.number(1), rest)}, {s.add(below, s.number(1)), rest}};
    };
    Value total;
    for (int64_t row = 0; row < samples; ++row)
      for (int64_t column = 0; column < samples; ++column) {
        Value nearRow, nearColumn;
        SmallVector<SmallVector<std::pair<Value, Value>>> taps = {sampleLine(0, row, nearRow),
                                                                  sampleLine(1, column, nearColumn)};
        SmallVector<Value> leading = {picture, index[1]}, parts;
        // The maximum is that of the weighted corners.
        for (auto [y, weightY] : taps[0])
          for (auto [z, weightX] : taps[1])
            parts.push_back(s.mul(s.read(leading, {y, z}), s.mul(weightY, weightX)));
        Value isNear = arith::AndIOp::create(b, at, nearRow, nearColumn), value = parts[0];
        for (Value part : ArrayRef<Value>(parts).drop_front())
          value = takesMaximum ? s.op(Binary::Max, value, part) : s.add(value, part);
        value = arith::SelectOp::create(b, at, isNear, value, s.number(0));
        total = !total ? value : takesMaximum ? s.op(Binary::Max, total, value) : s.add(total, value);
      }
    if (!takesMaximum)
      total = s.mul(total, s.number(1.0 / static_cast<double>(samples * samples)));
    return scalar::convert(b, at, total, type, x.elementType);
  })};
}

void registerSampling(OpTable &table) {
  table.add({{"GridSample", 16, convertGridSample}, {"RoiAlign", 10, convertRoiAlign}});
}

} // namespace heddle::onnx
