// Elements read and written at places that the data names. A scatter is a loop over the updates in their order: several
// may have the same place.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Window.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

namespace {
enum class Combine { Replace, Add, Mul, Min, Max };
} // namespace

static std::optional<Combine> readReduction(NodeReader &node) {
  std::string name = node.string("reduction", "none");
  static constexpr std::pair<StringRef, Combine> names[] = {{"none", Combine::Replace},
                                                            {"add", Combine::Add},
                                                            {"mul", Combine::Mul},
                                                            {"min", Combine::Min},
                                                            {"max", Combine::Max}};
  for (auto [known, kind] : names)
    if (name == known)
      return kind;
  node.error() << "attribute 'reduction', expected none, add, mul, min or max but got '" << name << "'";
  return std::nullopt;
}

static Value combined(OpBuilder &b, Location at, Combine kind, Value old, Value update, Type type) {
  if (kind == Combine::Replace)
    return update;
  Binary binary = kind == Combine::Add   ? Binary::Add
                  : kind == Combine::Mul ? Binary::Mul
                  : kind == Combine::Min ? Binary::Min
                                         : Binary::Max;
  Type compute = isa<FloatType>(type) ? scalar::computeType(type) : type;
  Value result = scalar::binary(b, at, binary, scalar::convert(b, at, old, type, compute),
                                scalar::convert(b, at, update, type, compute), compute);
  return scalar::convert(b, at, result, compute, type);
}

// Negative indices count from the end; what is still outside is clamped.
static Value safePlace(OpBuilder &b, Location at, Value index, Type type, Value size) {
  Value place = scalar::convert(b, at, index, type, b.getIndexType());
  Value zero = arith::ConstantIndexOp::create(b, at, 0), one = arith::ConstantIndexOp::create(b, at, 1);
  Value isNegative = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, place, zero);
  place = arith::SelectOp::create(b, at, isNegative, arith::AddIOp::create(b, at, place, size), place);
  place = arith::MaxSIOp::create(b, at, place, zero);
  return arith::MinSIOp::create(b, at, place, arith::SubIOp::create(b, at, size, one));
}

static std::optional<SmallVector<Value>> sizeValues(GraphBuilder &g, ArrayRef<Dim> shape) {
  SmallVector<Value> sizes;
  for (Dim size : shape) {
    sizes.push_back(g.dimValue(size));
    if (!sizes.back())
      return std::nullopt;
  }
  return sizes;
}

// The place in the result that the update at an index goes to.
using PlaceOf = llvm::function_ref<SmallVector<Value>(OpBuilder &, Location, ValueRange)>;

// One loop nest over all updates, which carries the result.
static Tensor scatter(GraphBuilder &g, Tensor data, Tensor updates, Combine kind, PlaceOf placeOf) {
  OpBuilder &b = g.builder();
  Location loc = g.location();
  std::optional<SmallVector<Value>> sizes = sizeValues(g, updates.shape);
  if (!sizes)
    return {};
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  SmallVector<Value> zeros(sizes->size(), zero), ones(sizes->size(), one);
  auto body = [&](OpBuilder &nested, Location at, ValueRange index, ValueRange carried) -> scf::ValueVector {
    Value update = tensor::ExtractOp::create(nested, at, updates.value, index);
    SmallVector<Value> place = placeOf(nested, at, index);
    Value old =
        kind == Combine::Replace ? Value() : tensor::ExtractOp::create(nested, at, carried[0], place).getResult();
    Value element = combined(nested, at, kind, old, update, data.elementType);
    return {tensor::InsertOp::create(nested, at, element, carried[0], place).getResult()};
  };
  scf::LoopNest nest = scf::buildLoopNest(b, loc, zeros, *sizes, ones, data.value, body);
  return g.wrap(nest.results.front(), data.shape, data.elementType);
}

//===--- ScatterElements, ScatterND, TensorScatter ----------------------------------------===//

static Results convertScatterElements(NodeReader &node) {
  Tensor data = node.tensor(0), indices = node.tensor(1), updates = node.tensor(2);
  std::optional<int64_t> axis = data ? node.axis(node.integer("axis", 0), data.rank()) : std::nullopt;
  std::optional<Combine> kind = readReduction(node);
  if (!axis || !kind || !indices || !sameElementTypes(node, {data, updates}))
    return {};
  if (indices.rank() != data.rank() || updates.rank() != data.rank())
    return node.fail("inputs, expected one rank");
  for (auto [have, want] : llvm::zip_equal(updates.shape, indices.shape))
    if (!node.unify(have, want, {updates.shape, indices.shape}))
      return {};
  Value size = node.g.dimValue(data.shape[*axis]);
  return {scatter(node.g, data, updates, *kind, [&](OpBuilder &b, Location at, ValueRange index) {
    SmallVector<Value> place(index);
    Value where = tensor::ExtractOp::create(b, at, indices.value, index);
    place[*axis] = safePlace(b, at, where, indices.elementType, size);
    return place;
  })};
}

// The last dimension of the indices lists places in the first dimensions of the data; null after a mistake.
static std::optional<int64_t> tupleLength(NodeReader &node, const Tensor &data, const Tensor &indices, int64_t batch) {
  auto length = indices.rank() ? dyn_cast<AffineConstantExpr>(indices.shape.back()) : AffineConstantExpr();
  if (length && length.getValue() >= 0 && batch + length.getValue() <= data.rank() && batch < indices.rank())
    return length.getValue();
  node.error() << "indices of shape " << node.g.describe(indices.shape) << " into data of rank " << data.rank()
               << ", expected a known last size of at most that rank";
  return std::nullopt;
}

static Value readIndex(OpBuilder &b, Location at, const Tensor &indices, ValueRange outer, int64_t number, Value size) {
  SmallVector<Value> where(outer);
  where.push_back(arith::ConstantIndexOp::create(b, at, number));
  Value index = tensor::ExtractOp::create(b, at, indices.value, where);
  return safePlace(b, at, index, indices.elementType, size);
}

static Results convertScatterNd(NodeReader &node) {
  Tensor data = node.tensor(0), indices = node.tensor(1), updates = node.tensor(2);
  std::optional<Combine> kind = readReduction(node);
  if (!kind || !indices || !sameElementTypes(node, {data, updates}))
    return {};
  std::optional<int64_t> length = tupleLength(node, data, indices, 0);
  std::optional<SmallVector<Value>> sizes = sizeValues(node.g, data.shape);
  if (!length || !sizes)
    return {};
  int64_t outer = indices.rank() - 1;
  Shape expected(indices.shape.begin(), indices.shape.end() - 1);
  expected.append(data.shape.begin() + *length, data.shape.end());
  if (updates.rank() != static_cast<int64_t>(expected.size()))
    return node.fail("updates of rank " + Twine(updates.rank()) + ", expected " + Twine(expected.size()));
  for (auto [have, want] : llvm::zip_equal(updates.shape, expected))
    if (!node.unify(have, want, {updates.shape, expected}))
      return {};
  return {scatter(node.g, data, updates, *kind, [&](OpBuilder &b, Location at, ValueRange index) {
    SmallVector<Value> place;
    for (int64_t number = 0; number < *length; ++number)
      place.push_back(readIndex(b, at, indices, index.take_front(outer), number, (*sizes)[number]));
    llvm::append_range(place, index.drop_front(outer));
    return place;
  })};
}

// A cache of which each sample is overwritten from its own position on; circular: behind the end comes the start.
static Results convertTensorScatter(NodeReader &node) {
  Tensor cache = node.tensor(0), update = node.tensor(1), starts = node.optionalTensor(2);
  std::string mode = node.string("mode", "linear");
  if (!sameElementTypes(node, {cache, update}))
    return {};
  std::optional<int64_t> axis = node.axis(node.integer("axis", -2), cache.rank());
  if (!axis)
    return {};
  if (update.rank() != cache.rank() || *axis == 0 || (mode != "linear" && mode != "circular"))
    return node.fail("cache and update, expected one rank, an axis that is not the batch and mode linear or circular");
  for (int64_t other = 0; other < cache.rank(); ++other)
    if (other != *axis && !node.unify(cache.shape[other], update.shape[other], {cache.shape, update.shape}))
      return {};
  Value size = node.g.dimValue(cache.shape[*axis]);
  if (!size)
    return {};
  return {scatter(node.g, cache, update, Combine::Replace, [&](OpBuilder &b, Location at, ValueRange index) {
    SmallVector<Value> place(index);
    if (starts) {
      Value start = tensor::ExtractOp::create(b, at, starts.value, index.front());
      start = scalar::convert(b, at, start, starts.elementType, b.getIndexType());
      place[*axis] = arith::AddIOp::create(b, at, place[*axis], start);
    }
    if (mode == "circular")
      place[*axis] = arith::RemSIOp::create(b, at, place[*axis], size);
    else
      place[*axis] = safePlace(b, at, place[*axis], b.getIndexType(), size);
    return place;
  })};
}

//===--- MaxUnpool ------------------------------------------------------------------------===//

// The values at the flat places that MaxPool has told, zeros elsewhere; filled up to the given shape.
static Results convertMaxUnpool(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0), indices = node.tensor(1);
  std::optional<SmallVector<Dim>> given = node.has(2) ? node.dims(2, "output_shape") : SmallVector<Dim>();
  std::optional<SmallVector<int64_t>> kernel = node.integers("kernel_shape");
  if (!x || !indices || !given || !kernel)
    return node.failed() ? Results() : node.fail("attribute 'kernel_shape', expected a list");
  int64_t count = kernel->size();
  auto strides = spatialList(node, "strides", count, 1), pads = spatialList(node, "pads", 2 * count, 0);
  if (!strides || !pads || x.rank() != count + 2)
    return node.failed() ? Results() : node.fail("input of rank " + Twine(x.rank()) + ", expected " + Twine(count + 2));
  Shape shape = {x.shape[0], x.shape[1]};
  for (int64_t axis = 0; axis < count; ++axis)
    shape.push_back(g.simplify((x.shape[2 + axis] - 1) * (*strides)[axis] + (*kernel)[axis] - (*pads)[axis] -
                               (*pads)[axis + count]));
  Dim total = g.product(ArrayRef<Dim>(shape)), number = g.product(ArrayRef<Dim>(x.shape));
  Value size = g.dimValue(total);
  Tensor flatValues = g.reshape(x, {number}), flatIndices = g.reshape(indices, {number});
  Tensor zeros = g.splat(0, {total}, x.elementType);
  if (!size || !flatValues || !flatIndices || !zeros)
    return {};
  Tensor flat = scatter(g, zeros, flatValues, Combine::Replace, [&](OpBuilder &b, Location at, ValueRange index) {
    Value place = tensor::ExtractOp::create(b, at, flatIndices.value, index);
    return SmallVector<Value>{safePlace(b, at, place, flatIndices.elementType, size)};
  });
  Tensor y = flat ? g.reshape(flat, shape) : flat;
  if (given->empty() || !y)
    return {y};
  SmallVector<Dim> low(y.rank(), g.dim(0)), high;
  for (auto [want, have] : llvm::zip_equal(*given, y.shape))
    high.push_back(g.simplify(want - have));
  return {g.pad(y, low, high)};
}

//===--- GatherND, OneHot -----------------------------------------------------------------===//

static Results convertGatherNd(NodeReader &node) {
  Tensor data = node.tensor(0), indices = node.tensor(1);
  int64_t batch = node.integer("batch_dims", 0);
  if (!data || !indices)
    return {};
  std::optional<int64_t> length = tupleLength(node, data, indices, batch);
  std::optional<SmallVector<Value>> sizes = sizeValues(node.g, data.shape);
  if (!length || !sizes)
    return {};
  for (int64_t axis = 0; axis < batch; ++axis)
    if (!node.unify(data.shape[axis], indices.shape[axis], {data.shape, indices.shape}))
      return {};
  int64_t outer = indices.rank() - 1;
  Shape shape(indices.shape.begin(), indices.shape.end() - 1);
  shape.append(data.shape.begin() + batch + *length, data.shape.end());
  return {node.g.generate(shape, data.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    SmallVector<Value> place(index.take_front(batch));
    for (int64_t number = 0; number < *length; ++number)
      place.push_back(readIndex(b, at, indices, index.take_front(outer), number, (*sizes)[batch + number]));
    llvm::append_range(place, index.drop_front(outer));
    return tensor::ExtractOp::create(b, at, data.value, place);
  })};
}

static Results convertOneHot(NodeReader &node) {
  Tensor indices = node.tensor(0), values = node.tensor(2);
  std::optional<Literal> literal = node.has(1) ? node.literal(1) : std::nullopt;
  std::optional<double> depth = node.number(1, "depth");
  if (!indices || !values || !depth)
    return {};
  int64_t rank = indices.rank() + 1;
  std::optional<int64_t> axis = node.axis(node.integer("axis", -1), rank);
  if (!axis)
    return {};
  GraphBuilder &g = node.g;
  auto count = static_cast<int64_t>(*depth);
  Shape shape = indices.shape;
  shape.insert(shape.begin() + *axis, g.dim(count));
  if (!node.checkSizes(shape))
    return {};
  Type index = g.builder().getI64Type();
  Tensor wide = g.unsqueeze(g.cast(indices, index), *axis);
  Tensor isNegative = g.compare(Compare::Less, wide, g.scalar(0, index));
  wide = g.select(isNegative, g.add(wide, static_cast<double>(count)), wide);
  Tensor isHot = g.compare(Compare::Equal, wide, g.iota(shape, *axis, index));
  Tensor off = g.reshape(g.slice(values, 0, g.dim(0), g.dim(1)), {}),
         on = g.reshape(g.slice(values, 0, g.dim(1), g.dim(2)), {});
  return {g.select(isHot, on, off)};
}

//===--- ReverseSequence ------------------------------------------------------------------===//

// The first length[b] tokens of each sample in reverse; the others stay.
static Results convertReverseSequence(NodeReader &node) {
  Tensor x = node.tensor(0), lengths = node.tensor(1);
  int64_t timeAxis = node.integer("time_axis", 0), batchAxis = node.integer("batch_axis", 1);
  if (!x || !lengths)
    return {};
  if (x.rank() < 2 || timeAxis + batchAxis != 1 || timeAxis * batchAxis != 0)
    return node.fail("axes " + Twine(timeAxis) + " and " + Twine(batchAxis) + ", expected 0 and 1 of rank 2 at least");
  return {node.g.generate(x.shape, x.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Value length = tensor::ExtractOp::create(b, at, lengths.value, index[batchAxis]);
    length = scalar::convert(b, at, length, lengths.elementType, b.getIndexType());
    Value one = arith::ConstantIndexOp::create(b, at, 1), time = index[timeAxis];
    Value mirrored = arith::SubIOp::create(b, at, arith::SubIOp::create(b, at, length, one), time);
    Value isInside = arith::CmpIOp::create(b, at, arith::CmpIPredicate::slt, time, length);
    SmallVector<Value> place(index);
    place[timeAxis] = arith::SelectOp::create(b, at, isInside, mirrored, time);
    return tensor::ExtractOp::create(b, at, x.value, place);
  })};
}

//===--- TopK -----------------------------------------------------------------------------===//

// The rank of each element among those of its row: how many are better, or equal and before it. Quadratic in the row.
static Tensor rankAmong(GraphBuilder &g, Tensor rows, bool largest) {
  Type index = g.builder().getI64Type(), type = rows.elementType;
  int64_t last = rows.rank() - 1;
  MLIRContext *context = g.context();
  Shape loops = rows.shape;
  loops.push_back(rows.shape.back());
  AffineMap own = AffineMap::getMultiDimIdentityMap(last + 2, context).dropResult(last + 1);
  AffineMap other = AffineMap::getMultiDimIdentityMap(last + 2, context).dropResult(last);
  return g.generic(
      loops, {rows, rows}, {own, other, own}, index, 0.0, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
        Value better = scalar::compare(b, at, largest ? Compare::Greater : Compare::Less, v[1], v[0], type);
        Value equal = scalar::compare(b, at, Compare::Equal, v[1], v[0], type);
        Value before = arith::CmpIOp::create(b, at, arith::CmpIPredicate::ult, linalg::IndexOp::create(b, at, last + 1),
                                             linalg::IndexOp::create(b, at, last));
        Value counts = arith::OrIOp::create(b, at, better, arith::AndIOp::create(b, at, equal, before));
        return arith::AddIOp::create(b, at, v[2], arith::ExtUIOp::create(b, at, index, counts));
      });
}

static Results topK(NodeReader &node, int64_t k) {
  Tensor x = node.tensor(0);
  std::optional<int64_t> axis = x ? node.axis(node.integer("axis", -1), x.rank()) : std::nullopt;
  bool largest = node.flag("largest", true);
  node.ignore({"sorted"}); // sorted is one of the orders that unsorted allows
  if (!axis || k < 0 || !node.requireAtLeast(x.shape[*axis], node.g.dim(k), "size of the axis"))
    return {};
  GraphBuilder &g = node.g;
  SmallVector<int64_t> swap = llvm::to_vector(llvm::seq<int64_t>(0, x.rank()));
  std::swap(swap[*axis], swap.back());
  Tensor rows = g.transpose(x, swap), ranks = rankAmong(g, rows, largest);
  if (!ranks)
    return {};
  // position[.., r] = the element whose rank is r: a sum with one term.
  Type index = g.builder().getI64Type();
  int64_t last = x.rank() - 1;
  Shape loops = rows.shape;
  loops.back() = g.dim(k);
  loops.push_back(rows.shape.back());
  MLIRContext *context = g.context();
  AffineMap read = AffineMap::getMultiDimIdentityMap(last + 2, context).dropResult(last);
  AffineMap written = AffineMap::getMultiDimIdentityMap(last + 2, context).dropResult(last + 1);
  Tensor positions =
      g.generic(loops, ranks, {read, written}, index, 0.0, [&](OpBuilder &b, Location at, ValueRange v) -> Value {
        Value wanted = arith::IndexCastOp::create(b, at, index, linalg::IndexOp::create(b, at, last));
        Value here = arith::IndexCastOp::create(b, at, index, linalg::IndexOp::create(b, at, last + 1));
        Value isIt = arith::CmpIOp::create(b, at, arith::CmpIPredicate::eq, v[0], wanted);
        return arith::AddIOp::create(
            b, at, v[1], arith::SelectOp::create(b, at, isIt, here, arith::ConstantIntOp::create(b, at, 0, 64)));
      });
  Tensor values = g.gatherElements(rows, positions, last);
  return {g.transpose(values, swap), g.transpose(positions, swap)};
}

static Results convertTopKAttribute(NodeReader &node) { return topK(node, node.integer("k", -1)); }

static Results convertTopK(NodeReader &node) {
  std::optional<SmallVector<int64_t>> k = node.integers(1, "K");
  if (!k || k->size() != 1)
    return node.failed() ? Results() : node.fail("input 'K', expected one number");
  return topK(node, (*k)[0]);
}

void registerScatter(OpTable &table) {
  table.add({{"GatherND", 11, convertGatherNd},
             {"MaxUnpool", 9, convertMaxUnpool},
             {"OneHot", 9, convertOneHot},
             {"ReverseSequence", 10, convertReverseSequence},
             {"Scatter", 9, convertScatterElements},
             {"ScatterElements", 11, convertScatterElements},
             {"ScatterND", 11, convertScatterNd},
             {"TensorScatter", 24, convertTensorScatter},
             {"TopK", 1, convertTopKAttribute},
             {"TopK", 10, convertTopK}});
}

} // namespace heddle::onnx
