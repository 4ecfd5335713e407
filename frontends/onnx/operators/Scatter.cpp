// Elements written at places that the data names. A scatter is a loop over the updates in their order: several
// may have the same place.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Broadcast.h"
#include "frontends/onnx/operators/Places.h"
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
Tensor writeTokens(GraphBuilder &g, Tensor cache, Tensor update, Tensor starts, int64_t axis, bool wraps) {
  Value size = cache && update ? g.dimValue(cache.shape[axis]) : Value();
  if (!size)
    return {};
  return scatter(g, cache, update, Combine::Replace, [&](OpBuilder &b, Location at, ValueRange index) {
    SmallVector<Value> place(index);
    if (starts) {
      Value start = tensor::ExtractOp::create(b, at, starts.value, index.front());
      start = scalar::convert(b, at, start, starts.elementType, b.getIndexType());
      place[axis] = arith::AddIOp::create(b, at, place[axis], start);
    }
    place[axis] = wraps ? arith::RemSIOp::create(b, at, place[axis], size).getResult()
                        : safePlace(b, at, place[axis], b.getIndexType(), size);
    return place;
  });
}

Tensor writeRows(GraphBuilder &g, Tensor table, Tensor rows, Tensor slots) {
  Value size = table && rows && slots ? g.dimValue(table.shape[0]) : Value();
  if (!size)
    return {};
  return scatter(g, table, rows, Combine::Replace, [&](OpBuilder &b, Location at, ValueRange index) {
    SmallVector<Value> place(index);
    Value slot = tensor::ExtractOp::create(b, at, slots.value, index.front());
    place.front() = safePlace(b, at, slot, slots.elementType, size);
    return place;
  });
}

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
  return {writeTokens(node.g, cache, update, starts, *axis, mode == "circular")};
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

void registerScatter(OpTable &table) {
  table.add({
      {"MaxUnpool", 9, convertMaxUnpool},
      {"Scatter", 9, convertScatterElements},
      {"ScatterElements", 11, convertScatterElements},
      {"ScatterND", 11, convertScatterNd},
      {"TensorScatter", 24, convertTensorScatter},
  });
}

} // namespace heddle::onnx
