// Elements read at places that the data names, and ranks among neighbours.
#include "frontends/graph/ScalarOps.h"
#include "frontends/onnx/operators/Places.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::onnx {

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

// Exporters spell the repeats of one dimension as a one-hot list.
static Literals foldOneHot(NodeReader &node) {
  std::optional<Literal> indices = node.literal(0), depth = node.has(1) ? node.literal(1) : std::nullopt,
                         values = node.literal(2);
  std::optional<SmallVector<int64_t>> places = indices ? indices->integers() : std::nullopt;
  std::optional<double> count = depth && depth->elements.size() == 1 ? depth->number(0) : std::nullopt;
  if (!places || !count || !values || values->elements.size() != 2)
    return {};
  std::optional<int64_t> axis = node.axis(node.integer("axis", -1), indices->rank() + 1);
  if (!axis)
    return {};
  auto size = static_cast<int64_t>(*count);
  SmallVector<int64_t> shape(indices->shape);
  shape.insert(shape.begin() + *axis, size);
  std::optional<int64_t> elements = elementCount(shape);
  if (!elements || *elements > maxLiteralElements)
    return {};
  return {gathered(*values, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
    int64_t row = 0;
    for (int64_t i = 0; i < indices->rank(); ++i)
      row = row * indices->shape[i] + index[i < *axis ? i : i + 1];
    int64_t place = (*places)[row] < 0 ? (*places)[row] + size : (*places)[row];
    position[0] = index[*axis] == place;
  })};
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
Tensor rankAmong(GraphBuilder &g, Tensor rows, bool largest) {
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

void registerGather(OpTable &table) {
  table.add({{"GatherND", 11, convertGatherNd},
             {"OneHot", 9, convertOneHot, foldOneHot},
             {"ReverseSequence", 10, convertReverseSequence},
             {"TopK", 1, convertTopKAttribute},
             {"TopK", 10, convertTopK}});
}

} // namespace heddle::onnx
