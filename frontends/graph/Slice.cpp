// Slices, concatenation and padding.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

namespace {

// Sizes of at least this mean "to the end" in a file format whose ends are 32-bit or 64-bit maxima.
constexpr int64_t kEnd = int64_t(1) << 31;

// A bound of a slice as a position. `low` and `high` are the least and the greatest position that the step allows.
Dim normalizeBound(GraphBuilder &g, Dim bound, Dim size, bool backwards) {
  auto constant = dyn_cast<AffineConstantExpr>(bound);
  if (!constant)
    return g.simplify(bound);
  int64_t value = constant.getValue();
  auto known = dyn_cast<AffineConstantExpr>(size);
  if (value >= kEnd - 1)
    return backwards ? g.simplify(size - 1) : size;
  if (value <= -kEnd + 1)
    return g.dim(backwards ? -1 : 0);
  if (!known)
    return value < 0 ? g.simplify(size + value) : g.dim(value);
  int64_t low = backwards ? -1 : 0, high = known.getValue() - (backwards ? 1 : 0);
  return g.dim(std::clamp(value < 0 ? value + known.getValue() : value, low, high));
}

struct NormalRange {
  Dim start, count;
  int64_t step = 1;
};

std::optional<NormalRange> normalize(GraphBuilder &g, const SliceRange &range, Dim size) {
  bool backwards = range.step < 0;
  Dim start = normalizeBound(g, range.start, size, backwards), end = normalizeBound(g, range.end, size, backwards);
  Dim length = g.simplify(backwards ? start - end : end - start);
  if (auto known = dyn_cast<AffineConstantExpr>(length); known && known.getValue() < 0)
    length = g.dim(0);
  Dim count = g.simplify(length.ceilDiv(std::abs(range.step)));
  // An empty range may begin behind the end, where no slice may.
  return NormalRange{count == g.dim(0) ? g.dim(0) : start, count, range.step};
}

} // namespace

Tensor GraphBuilder::slice(Tensor x, int64_t axis, Dim start, Dim end, int64_t step) {
  return slice(x, SliceRange{axis, start, end, step});
}

Tensor GraphBuilder::slice(Tensor x, ArrayRef<SliceRange> ranges) {
  if (!x)
    return {};
  SmallVector<NormalRange> normal;
  for (Dim size : x.shape)
    normal.push_back({dim(0), size, 1});
  bool backwards = false;
  for (const SliceRange &range : ranges) {
    int64_t axis = range.axis;
    if (!range.start || !range.end || !checkAxis(axis, x.rank(), "slice"))
      return {};
    if (range.step == 0)
      return fail("slice has step 0, expected another number");
    normal[axis] = *normalize(*this, range, x.shape[axis]);
    backwards |= range.step < 0;
  }
  Shape shape;
  SmallVector<OpFoldResult> offsets, sizes, strides;
  for (const NormalRange &range : normal) {
    shape.push_back(range.count);
    offsets.push_back(dimOrAttr(range.start));
    sizes.push_back(dimOrAttr(range.count));
    strides.push_back(b.getIndexAttr(range.step));
    if (!offsets.back() || !sizes.back())
      return {};
  }
  if (shape == x.shape && !backwards)
    return x;
  if (!backwards)
    return wrap(tensor::ExtractSliceOp::create(b, loc, x.value, offsets, sizes, strides), shape, x.elementType);
  // A negative stride has no view: each element is read at its own place.
  SmallVector<Value> starts;
  for (OpFoldResult offset : offsets)
    starts.push_back(getValueOrCreateConstantIndexOp(b, loc, offset));
  return generate(shape, x.elementType, [&](OpBuilder &nested, Location at, ValueRange indices) -> Value {
    SmallVector<Value> position;
    for (auto [axis, index] : llvm::enumerate(indices)) {
      Value stride = arith::ConstantIndexOp::create(nested, at, normal[axis].step);
      Value distance = arith::MulIOp::create(nested, at, index, stride);
      position.push_back(arith::AddIOp::create(nested, at, starts[axis], distance));
    }
    return tensor::ExtractOp::create(nested, at, x.value, position);
  });
}

SmallVector<Tensor> GraphBuilder::split(Tensor x, int64_t axis, ArrayRef<int64_t> sizes) {
  if (!x || !checkAxis(axis, x.rank(), "split"))
    return SmallVector<Tensor>(sizes.size());
  SmallVector<Tensor> parts;
  int64_t start = 0;
  for (int64_t size : sizes) {
    parts.push_back(slice(x, axis, dim(start), dim(start + size)));
    start += size;
  }
  if (auto known = dyn_cast<AffineConstantExpr>(x.shape[axis]); known && known.getValue() != start) {
    fail("split of " + describe(x.shape) + " along axis " + Twine(axis) + " in parts of total size " + Twine(start) +
         ", expected " + Twine(known.getValue()));
    return SmallVector<Tensor>(sizes.size());
  }
  return parts;
}

Tensor GraphBuilder::concat(ArrayRef<Tensor> parts, int64_t axis) {
  if (parts.empty())
    return fail("concatenation of nothing, expected at least one tensor");
  if (llvm::any_of(parts, [](const Tensor &part) { return !part; }))
    return {};
  const Tensor &first = parts.front();
  if (!checkAxis(axis, first.rank(), "concatenation"))
    return {};
  Shape shape = first.shape;
  shape[axis] = dim(0);
  for (const Tensor &part : parts) {
    Shape expected = first.shape;
    if (part.rank() == first.rank())
      expected[axis] = part.shape[axis];
    bool fits = part.rank() == first.rank() && part.elementType == first.elementType &&
                llvm::all_of(llvm::zip(expected, part.shape),
                             [&](auto dims) { return sameDim(std::get<0>(dims), std::get<1>(dims)); });
    if (!fits)
      return fail("concatenation of " + describe(first.shape) + " and " + describe(part.shape) + " along axis " +
                  Twine(axis) + ", expected equal types and equal sizes of the other axes");
    shape[axis] = shape[axis] + part.shape[axis];
  }
  if (parts.size() == 1)
    return first;
  Value result = empty(shape, first.elementType);
  Dim offset = dim(0);
  for (const Tensor &part : parts) {
    SmallVector<OpFoldResult> offsets(part.rank(), b.getIndexAttr(0)), sizes, strides(part.rank(), b.getIndexAttr(1));
    for (Dim size : part.shape)
      sizes.push_back(dimOrAttr(size));
    offsets[axis] = dimOrAttr(offset);
    if (!result || !offsets[axis] || llvm::any_of(sizes, [](OpFoldResult size) { return !size; }))
      return {};
    result = tensor::InsertSliceOp::create(b, loc, part.value, result, offsets, sizes, strides);
    offset = simplify(offset + part.shape[axis]);
  }
  return wrap(result, shape, first.elementType);
}

Tensor GraphBuilder::pad(Tensor x, ArrayRef<Dim> low, ArrayRef<Dim> high, double value) {
  if (!x)
    return {};
  if (static_cast<int64_t>(low.size()) != x.rank() || static_cast<int64_t>(high.size()) != x.rank())
    return fail("pad has " + Twine(low.size()) + " and " + Twine(high.size()) + " amounts, expected " +
                Twine(x.rank()));
  // A negative amount cuts.
  auto negative = [](Dim amount) {
    auto constant = dyn_cast<AffineConstantExpr>(amount);
    return constant && constant.getValue() < 0;
  };
  SmallVector<SliceRange> cuts;
  Shape shape;
  SmallVector<OpFoldResult> offsets, sizes, strides(x.rank(), b.getIndexAttr(1));
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    Dim before = negative(low[axis]) ? dim(0) : low[axis], after = negative(high[axis]) ? dim(0) : high[axis];
    Dim start = negative(low[axis]) ? simplify(-low[axis]) : dim(0);
    Dim end = negative(high[axis]) ? simplify(x.shape[axis] + high[axis]) : x.shape[axis];
    if (negative(low[axis]) || negative(high[axis]))
      cuts.push_back({axis, start, end});
    Dim kept = simplify(end - start);
    shape.push_back(simplify(kept + before + after));
    offsets.push_back(dimOrAttr(before));
    sizes.push_back(dimOrAttr(kept));
    if (!offsets.back() || !sizes.back())
      return {};
  }
  Tensor source = cuts.empty() ? x : slice(x, cuts);
  if (!source || source.shape == shape)
    return source;
  Value destination = empty(shape, x.elementType);
  if (!destination)
    return {};
  Value filler = scalar::constant(b, loc, value, x.elementType);
  destination = linalg::FillOp::create(b, loc, filler, destination).getResult(0);
  return wrap(tensor::InsertSliceOp::create(b, loc, source.value, destination, offsets, sizes, strides), shape,
              x.elementType);
}

} // namespace heddle
