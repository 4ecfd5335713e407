// Operators on pictures that some sequence models begin with: blocks of pixels, crops, grids of places.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Window.h"

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

//===--- grids ----------------------------------------------------------------------------===//

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

//===--- Col2Im ---------------------------------------------------------------------------===//

namespace {

// How windows lie on a picture, each list one number for each spatial axis.
struct Columns {
  SmallVector<int64_t> image, block, strides, dilations, pads, windows;

  int64_t axes() const { return block.size(); }
  int64_t taps() const { return llvm::product_of(block); }
  void countWindows();
  // The place of a tap in its window.
  SmallVector<int64_t> tapOffsets(int64_t tap) const;
};

void Columns::countWindows() {
  for (int64_t axis = 0; axis < axes(); ++axis) {
    int64_t room = image[axis] + pads[axis] + pads[axis + axes()] - dilations[axis] * (block[axis] - 1) - 1;
    windows.push_back(llvm::divideFloorSigned(room, strides[axis]) + 1);
  }
}

SmallVector<int64_t> Columns::tapOffsets(int64_t tap) const {
  SmallVector<int64_t> offsets(axes());
  for (int64_t axis = axes() - 1; axis >= 0; --axis) {
    offsets[axis] = tap % block[axis] * dilations[axis];
    tap /= block[axis];
  }
  return offsets;
}

// The window in which the pixel at `place` [n, c, spatial..] lies under a tap, and whether there is one.
std::pair<Value, Value> windowOver(OpBuilder &b, Location at, const Columns &columns, int64_t tap, ValueRange place) {
  auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(b, at, value).getResult(); };
  Value isHit = arith::ConstantIntOp::create(b, at, 1, 1), window = constant(0);
  auto require = [&](arith::CmpIPredicate predicate, Value l, Value r) {
    isHit = arith::AndIOp::create(b, at, isHit, arith::CmpIOp::create(b, at, predicate, l, r));
  };
  for (auto [axis, offset] : llvm::enumerate(columns.tapOffsets(tap))) {
    Value distance = arith::AddIOp::create(b, at, place[2 + axis], constant(columns.pads[axis] - offset));
    Value step = arith::DivSIOp::create(b, at, distance, constant(columns.strides[axis]));
    Value back = arith::MulIOp::create(b, at, step, constant(columns.strides[axis]));
    require(arith::CmpIPredicate::eq, back, distance);
    require(arith::CmpIPredicate::sge, distance, constant(0));
    require(arith::CmpIPredicate::slt, step, constant(columns.windows[axis]));
    window = arith::AddIOp::create(b, at, arith::MulIOp::create(b, at, window, constant(columns.windows[axis])), step);
  }
  return {arith::SelectOp::create(b, at, isHit, window, constant(0)), isHit};
}

std::optional<Columns> readColumns(NodeReader &node) {
  std::optional<SmallVector<int64_t>> image = node.integers(1, "image_shape"), block = node.integers(2, "block_shape");
  if (!image || !block)
    return std::nullopt;
  int64_t count = block->size();
  auto strides = spatialList(node, "strides", count, 1), dilations = spatialList(node, "dilations", count, 1),
       pads = spatialList(node, "pads", 2 * count, 0);
  if (!strides || !dilations || !pads)
    return std::nullopt;
  if (static_cast<int64_t>(image->size()) != count)
    return node.fail("image_shape of " + Twine(image->size()) + " sizes and block_shape of " + Twine(count) +
                     ", expected as many"),
           std::nullopt;
  Columns columns{*image, *block, *strides, *dilations, *pads, {}};
  columns.countWindows();
  return columns;
}

} // namespace

// x [N, C * taps, windows]: each pixel is the sum of the taps that fall on it.
static Results convertCol2Im(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  std::optional<Columns> columns = readColumns(node);
  if (!x || !columns)
    return {};
  if (x.rank() != 3)
    return node.fail("input of rank " + Twine(x.rank()) + ", expected 3");
  int64_t taps = columns->taps();
  Shape shape = {x.shape[0], g.simplify(x.shape[1].floorDiv(taps))};
  for (int64_t size : columns->image)
    shape.push_back(g.dim(size));
  Type type = x.elementType, wide = isa<FloatType>(type) ? scalar::computeType(type) : type;
  return {g.generate(shape, type, [&](OpBuilder &b, Location at, ValueRange place) -> Value {
    auto constant = [&](int64_t value) { return arith::ConstantIndexOp::create(b, at, value).getResult(); };
    Value sum = scalar::constant(b, at, 0, wide);
    for (int64_t tap = 0; tap < taps; ++tap) {
      auto [window, isHit] = windowOver(b, at, *columns, tap, place);
      Value row = arith::AddIOp::create(b, at, arith::MulIOp::create(b, at, place[1], constant(taps)), constant(tap));
      Value element = tensor::ExtractOp::create(b, at, x.value, ValueRange{place[0], row, window});
      element = arith::SelectOp::create(b, at, isHit, scalar::convert(b, at, element, type, wide),
                                        scalar::constant(b, at, 0, wide));
      sum = scalar::binary(b, at, Binary::Add, sum, element, wide);
    }
    return scalar::convert(b, at, sum, wide, type);
  })};
}

void registerImage(OpTable &table) {
  table.add({{"AffineGrid", 20, convertAffineGrid},
             {"CenterCropPad", 18, convertCenterCropPad},
             {"Col2Im", 18, convertCol2Im},
             {"DepthToSpace", 1, convertDepthToSpace},
             {"SpaceToDepth", 1, convertSpaceToDepth}});
}

} // namespace heddle::onnx
