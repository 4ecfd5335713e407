// RoiAlign: regions of a picture in bins of sampled places.
#include "frontends/onnx/operators/Sampler.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

struct RoiAlign {
  Tensor x, regions, pictures; // [N, C, H, W], [R, 4] as [x1, y1, x2, y2], [R]
  int64_t bins[2];             // rows and columns of the result
  int64_t samples;             // of a bin, along each axis
  double scale;
  bool shifts; // places by half a pixel
  bool takesMaximum;
};

// One region along one axis.
struct Side {
  Value low, bin; // its begin and the size of a bin, in places of the picture
};

Side sideOf(Sampler &s, const RoiAlign &roi, Value region, int axis) {
  auto bound = [&](int64_t number) {
    Value column = arith::ConstantIndexOp::create(s.b, s.at, number);
    Value place = s.mul(s.placeOf(roi.regions, {region, column}), s.number(roi.scale));
    return roi.shifts ? s.sub(place, s.number(0.5)) : place;
  };
  Value low = bound(1 - axis), extent = s.sub(bound(3 - axis), low);
  if (!roi.shifts)
    extent = s.op(Binary::Max, extent, s.number(1));
  return {low, s.mul(extent, s.number(1.0 / static_cast<double>(roi.bins[axis])))};
}

// The place of a sample in a bin, and whether it is near the picture.
std::pair<Value, Value> samplePlace(Sampler &s, const RoiAlign &roi, const Side &side, Value bin, int axis,
                                    int64_t sample) {
  double inBin = (static_cast<double>(sample) + 0.5) / static_cast<double>(roi.samples);
  Value offset = s.add(scalar::convert(s.b, s.at, bin, s.b.getIndexType(), s.type), s.number(inBin));
  Value place = s.add(side.low, s.mul(offset, side.bin));
  Value low = scalar::compare(s.b, s.at, Compare::GreaterEqual, place, s.number(-1), s.type);
  Value high = scalar::compare(s.b, s.at, Compare::LessEqual, place, s.sizeOf(axis), s.type);
  return {s.clampTo(place, axis), arith::AndIOp::create(s.b, s.at, low, high)};
}

Value join(Sampler &s, bool takesMaximum, Value sum, Value part) {
  if (!sum)
    return part;
  return takesMaximum ? s.op(Binary::Max, sum, part) : s.add(sum, part);
}

// The mean or the maximum of the samples of the bin at `index` [region, channel, row, column].
Value binValue(Sampler &s, const RoiAlign &roi, ValueRange index) {
  Value picture = tensor::ExtractOp::create(s.b, s.at, roi.pictures.value, index[0]);
  picture = scalar::convert(s.b, s.at, picture, roi.pictures.elementType, s.b.getIndexType());
  Side sides[] = {sideOf(s, roi, index[0], 0), sideOf(s, roi, index[0], 1)};
  Value total;
  for (int64_t number = 0; number < roi.samples * roi.samples; ++number) {
    auto [y, isNearRow] = samplePlace(s, roi, sides[0], index[2], 0, number / roi.samples);
    auto [x, isNearColumn] = samplePlace(s, roi, sides[1], index[3], 1, number % roi.samples);
    Value sample; // the maximum is that of the weighted corners
    for (Value corner : s.weighted({picture, index[1]}, {s.linear(y), s.linear(x)}))
      sample = join(s, roi.takesMaximum, sample, corner);
    Value isNear = arith::AndIOp::create(s.b, s.at, isNearRow, isNearColumn);
    sample = arith::SelectOp::create(s.b, s.at, isNear, sample, s.number(0));
    total = join(s, roi.takesMaximum, total, sample);
  }
  return roi.takesMaximum ? total : s.mul(total, s.number(1.0 / static_cast<double>(roi.samples * roi.samples)));
}

} // namespace

static Results convertRoiAlign(NodeReader &node) {
  GraphBuilder &g = node.g;
  RoiAlign roi{node.tensor(0),
               node.tensor(1),
               node.tensor(2),
               {node.integer("output_height", 1), node.integer("output_width", 1)},
               node.integer("sampling_ratio", 0),
               node.real("spatial_scale", 1),
               // Opset 16 moves places by half a pixel unless told otherwise.
               node.opset >= 16 && node.string("coordinate_transformation_mode", "half_pixel") == "half_pixel",
               node.string("mode", "avg") == "max"};
  const Tensor &x = roi.x;
  if (!x || !roi.regions || !roi.pictures)
    return {};
  if (x.rank() != 4 || roi.regions.rank() != 2 || roi.samples < 1 || roi.bins[0] < 1 || roi.bins[1] < 1 ||
      roi.samples > 16)
    return node.fail("attribute 'sampling_ratio' is " + Twine(roi.samples) + " and the input has rank " +
                     Twine(x.rank()) + ", expected a number in [1, 16] and rank 4");
  SmallVector<Value> sizes = {g.dimValue(x.shape[2]), g.dimValue(x.shape[3])};
  Type type = scalar::computeType(x.elementType);
  Shape shape = {roi.regions.shape[0], x.shape[1], g.dim(roi.bins[0]), g.dim(roi.bins[1])};
  return {g.generate(shape, x.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Sampler sampler{b, at, type, x, sizes, Padding::Border, true};
    return scalar::convert(b, at, binValue(sampler, roi, index), type, x.elementType);
  })};
}

void registerRoiAlign(OpTable &table) { table.add({{"RoiAlign", 10, convertRoiAlign}}); }

} // namespace heddle::onnx
