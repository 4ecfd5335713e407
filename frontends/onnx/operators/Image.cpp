// Operators on pictures that some sequence models begin with: blocks of pixels, crops, grids of sampling places.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Window.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle::onnx {

//===--- blocks ---------------------------------------------------------------------------===//

static bool checkBlocks(NodeReader &node, const Tensor &x, int64_t block) {
  if (!x || (x.rank() == 4 && block >= 1))
    return bool(x);
  node.error() << "input of rank " << x.rank() << " and 'blocksize' " << block << ", expected 4 and a positive number";
  return false;
}

static Results convertDepthToSpace(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  int64_t block = node.integer("blocksize", 0);
  bool columnsFirst = node.string("mode", "DCR") == "CRD";
  if (!checkBlocks(node, x, block))
    return {};
  Dim side = g.dim(block), depth = g.simplify(x.shape[1].floorDiv(block * block));
  Shape split = columnsFirst ? Shape{x.shape[0], depth, side, side, x.shape[2], x.shape[3]}
                             : Shape{x.shape[0], side, side, depth, x.shape[2], x.shape[3]};
  SmallVector<int64_t> order =
      columnsFirst ? SmallVector<int64_t>{0, 1, 4, 2, 5, 3} : SmallVector<int64_t>{0, 3, 4, 1, 5, 2};
  return {g.reshape(g.transpose(g.reshape(x, split), order),
                    {x.shape[0], depth, g.simplify(x.shape[2] * block), g.simplify(x.shape[3] * block)})};
}

static Results convertSpaceToDepth(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  int64_t block = node.integer("blocksize", 0);
  if (!checkBlocks(node, x, block))
    return {};
  Dim side = g.dim(block), rows = g.simplify(x.shape[2].floorDiv(block)),
      columns = g.simplify(x.shape[3].floorDiv(block));
  Tensor split = g.reshape(x, {x.shape[0], x.shape[1], rows, side, columns, side});
  return {g.reshape(g.transpose(split, {0, 3, 5, 1, 2, 4}),
                    {x.shape[0], g.simplify(x.shape[1] * (block * block)), rows, columns})};
}

// The middle of the named axes, cut or filled up with zeros.
static Results convertCenterCropPad(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  std::optional<SmallVector<Dim>> sizes = node.dims(1, "shape");
  if (!x || !sizes)
    return {};
  SmallVector<int64_t> axes = node.integers("axes").value_or(llvm::to_vector(llvm::seq<int64_t>(0, x.rank())));
  if (axes.size() != sizes->size())
    return node.fail(Twine(sizes->size()) + " sizes, expected one for each of " + Twine(axes.size()) + " axes");
  for (auto [given, size] : llvm::zip_equal(axes, *sizes)) {
    std::optional<int64_t> axis = node.axis(given, x.rank());
    if (!axis)
      return {};
    Dim missing = g.simplify(size - x.shape[*axis]);
    if (bounds(missing).high <= 0) {
      Dim start = g.simplify((-missing).floorDiv(2));
      x = g.slice(x, *axis, start, g.simplify(start + size));
    } else if (node.requireAtLeast(missing, g.dim(0), "size")) {
      SmallVector<Dim> low(x.rank(), g.dim(0)), high = low;
      low[*axis] = g.simplify(missing.floorDiv(2));
      high[*axis] = g.simplify(missing - low[*axis]);
      x = g.pad(x, low, high);
    }
    if (!x || node.failed())
      return {};
  }
  return {x};
}

//===--- sampling -------------------------------------------------------------------------===//

// Places of an output of the given size, theta [N, d, d + 1] applied: [N, sizes.., d].
static Results convertAffineGrid(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor theta = node.tensor(0);
  std::optional<SmallVector<Dim>> size = node.dims(1, "size");
  bool alignsCorners = node.flag("align_corners", false);
  if (!theta || !size)
    return {};
  int64_t dims = static_cast<int64_t>(size->size()) - 2;
  if (dims < 2 || dims > 3 || theta.rank() != 3)
    return node.fail("size of " + Twine(size->size()) + " numbers, expected 4 or 5, and theta of rank 3");
  Type type = theta.elementType;
  Shape places(size->begin() + 2, size->end());
  places.push_back(g.dim(1));
  SmallVector<Tensor> parts;
  // x is the last axis, y the one before it, z the one before that; then 1.
  for (int64_t axis = dims - 1; axis >= 0; --axis) {
    Value count = g.dimValue(places[axis]);
    if (!count)
      return {};
    Tensor n = g.cast(g.indexTensor(count, g.builder().getI64Type()), type), step = g.iota(places, axis, type);
    parts.push_back(alignsCorners ? g.add(g.div(g.mul(step, 2), g.add(n, -1)), -1)
                                  : g.add(g.div(g.add(g.mul(step, 2), 1), n), -1));
  }
  parts.push_back(g.splat(1, places, type));
  Tensor grid = g.concat(parts, dims);
  if (!grid)
    return {};
  Tensor flat = g.reshape(grid, {g.product(ArrayRef<Dim>(places)), g.dim(dims + 1)});
  Tensor moved = g.matmul(g.unsqueeze(flat, 0), theta, false, true);
  Shape shape = {theta.shape[0]};
  shape.append(size->begin() + 2, size->end());
  shape.push_back(g.dim(dims));
  return {moved ? g.reshape(moved, shape) : moved};
}

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

void registerImage(OpTable &table) {
  table.add({{"AffineGrid", 20, convertAffineGrid},
             {"CenterCropPad", 18, convertCenterCropPad},
             {"DepthToSpace", 1, convertDepthToSpace},
             {"GridSample", 16, convertGridSample},
             {"RoiAlign", 10, convertRoiAlign},
             {"SpaceToDepth", 1, convertSpaceToDepth}});
}

} // namespace heddle::onnx
