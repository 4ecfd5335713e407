// NonZero, Compress and Unique: how many elements they have, the data says. Memory is planned from sizes, so what is
// counted has to be known while importing: a constant, or a tensor that holds one number everywhere.
#include "frontends/onnx/operators/Folding.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include <numeric>

using namespace mlir;

namespace heddle::onnx {

static bool isSet(const Element &element) {
  return element.dim ? element.dim != getAffineConstantExpr(0, element.dim.getContext()) : element.real != 0;
}

// Whether the element is known to be set, or known not to be.
static bool isDecided(const Element &element) {
  return !element.dim || isa<AffineConstantExpr>(element.dim) || bounds(element.dim).low > 0;
}

static Literal integerList(GraphBuilder &g, ArrayRef<int64_t> values, SmallVector<int64_t> shape) {
  Literal result{g.builder().getI64Type(), std::move(shape), {}};
  for (int64_t value : values)
    result.elements.push_back({g.dim(value)});
  return result;
}

//===--- NonZero --------------------------------------------------------------------------===//

static Literals foldNonZero(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  if (!x || !llvm::all_of(x->elements, isDecided))
    return {};
  std::vector<int64_t> places;
  for (size_t place = 0; place < x->elements.size(); ++place)
    if (isSet(x->elements[place]))
      places.push_back(static_cast<int64_t>(place));
  int64_t rank = x->rank(), count = static_cast<int64_t>(places.size());
  std::vector<int64_t> indices(rank * count);
  for (int64_t column = 0; column < count; ++column)
    for (int64_t axis = rank - 1, rest = places[column]; axis >= 0; --axis) {
      indices[axis * count + column] = rest % x->shape[axis];
      rest /= x->shape[axis];
    }
  return {integerList(node.g, indices, {rank, count})};
}

// The number that every element of the tensor is, looked for through what only spreads and reshapes it.
static TypedAttr uniformElement(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    DenseElementsAttr constant;
    if (matchPattern(value, m_Constant(&constant)))
      return constant.isSplat() ? cast<TypedAttr>(constant.getSplatValue<Attribute>()) : TypedAttr();
    auto generic = dyn_cast<linalg::GenericOp>(op);
    bool isCopy = generic && generic.getNumDpsInputs() == 1 && generic.getNumReductionLoops() == 0 &&
                  generic.getBody()->getTerminator()->getOperand(0) == generic.getBody()->getArgument(0);
    if (!isCopy && !isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp, linalg::FillOp>(op))
      return {};
    if (auto fill = dyn_cast<linalg::FillOp>(op)) {
      TypedAttr element;
      matchPattern(fill.getInputs()[0], m_Constant(&element));
      return element;
    }
    value = op->getOperand(0);
  }
  return {};
}

static bool isUniformlySet(const Tensor &x) {
  TypedAttr element = uniformElement(x.value);
  if (auto number = dyn_cast_or_null<IntegerAttr>(element))
    return !number.getValue().isZero();
  auto number = dyn_cast_or_null<FloatAttr>(element);
  return number && !number.getValue().isZero();
}

// Where nothing is zero, every place is listed: exporters write the positions 0, 1, .. of a dimension in this way.
static Results convertNonZero(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  if (!x || !isUniformlySet(x))
    return x ? node.fail("the number of elements that are not 0 depends on the data, expected an input that is known "
                         "while importing")
             : Results();
  Dim count = g.product(x.shape);
  SmallVector<Value> sizes;
  for (Dim size : x.shape)
    sizes.push_back(g.dimValue(size));
  if (llvm::is_contained(sizes, Value()))
    return {};
  SmallVector<Tensor> rows;
  for (int64_t axis = 0; axis < x.rank(); ++axis) {
    Tensor row = g.generate({count}, g.builder().getI64Type(), [&](OpBuilder &b, Location at, ValueRange index) {
      Value place = index[0];
      for (int64_t inner = x.rank() - 1; inner > axis; --inner)
        place = arith::DivUIOp::create(b, at, place, sizes[inner]);
      if (axis > 0)
        place = arith::RemUIOp::create(b, at, place, sizes[axis]);
      return arith::IndexCastOp::create(b, at, b.getI64Type(), place).getResult();
    });
    rows.push_back(g.unsqueeze(row, 0));
  }
  return {rows.size() == 1 ? rows.front() : g.concat(rows, 0)};
}

//===--- Compress -------------------------------------------------------------------------===//

static Results convertCompress(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor x = node.tensor(0);
  std::optional<Literal> condition = node.literal(1);
  node.has(1);
  if (!x)
    return {};
  if (!condition || condition->rank() != 1 || !condition->elementType.isInteger(1) ||
      !llvm::all_of(condition->elements, isDecided))
    return node.fail("the number of selected elements depends on the data, expected a list of booleans as condition "
                     "that is known while importing");
  int64_t axis = 0;
  if (!node.hasAttribute("axis"))
    x = g.reshape(x, {g.product(x.shape)});
  else if (std::optional<int64_t> given = node.axis(node.integer("axis", 0), x.rank()))
    axis = *given;
  if (!x || node.failed() || !node.requireAtLeast(x.shape[axis], g.dim(condition->shape[0]), "selected dimension"))
    return {};
  std::vector<int64_t> places;
  for (auto [place, element] : llvm::enumerate(condition->elements))
    if (isSet(element))
      places.push_back(static_cast<int64_t>(place));
  return {g.gather(x, g.constant(places, static_cast<int64_t>(places.size())), axis)};
}

//===--- Unique ---------------------------------------------------------------------------===//

namespace {

// The slices of a literal along an axis, compared element by element.
class Slices {
public:
  Slices(const Literal &x, int64_t axis) : x(x), axis(axis) {
    for (int64_t i = 0; i < x.rank(); ++i)
      (i < axis ? outer : inner) *= i == axis ? 1 : x.shape[i];
  }

  int64_t count() const { return x.shape[axis]; }

  const Element &element(int64_t slice, int64_t place) const {
    return x.elements[(place / inner * count() + slice) * inner + place % inner];
  }

  // -1, 0 or 1.
  int compare(int64_t a, int64_t b) const {
    for (int64_t place = 0; place < outer * inner; ++place)
      if (int order = compare(element(a, place), element(b, place)))
        return order;
    return 0;
  }

private:
  static int compare(const Element &a, const Element &b) {
    if (!a.dim)
      return (a.real > b.real) - (a.real < b.real);
    return (*constantOf(a) > *constantOf(b)) - (*constantOf(a) < *constantOf(b));
  }

  const Literal &x;
  int64_t axis, outer = 1, inner = 1;
};

// Equal slices as groups; each lists its slices in order.
std::vector<std::vector<int64_t>> groupSlices(const Slices &slices, bool sorted) {
  std::vector<int64_t> order(slices.count());
  std::iota(order.begin(), order.end(), int64_t(0));
  llvm::sort(order, [&](int64_t a, int64_t b) {
    int difference = slices.compare(a, b);
    return difference ? difference < 0 : a < b;
  });
  std::vector<std::vector<int64_t>> groups;
  for (int64_t slice : order) {
    if (groups.empty() || slices.compare(groups.back().front(), slice) != 0)
      groups.emplace_back();
    groups.back().push_back(slice);
  }
  if (!sorted) // by first occurrence
    llvm::sort(groups, [](const auto &a, const auto &b) { return a.front() < b.front(); });
  return groups;
}

} // namespace

static Literals foldUnique(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  bool sorted = node.flag("sorted", true);
  bool isKnown = x && llvm::all_of(x->elements, [](const Element &e) {
                   return e.dim ? constantOf(e).has_value() : e.real == e.real;
                 });
  if (!isKnown)
    return {};
  if (!node.hasAttribute("axis"))
    x->shape = {static_cast<int64_t>(x->elements.size())};
  std::optional<int64_t> axis = node.axis(node.integer("axis", 0), x->rank());
  if (!axis)
    return {};
  std::vector<std::vector<int64_t>> groups = groupSlices(Slices(*x, *axis), sorted);
  std::vector<int64_t> firsts, inverse(x->shape[*axis]), counts;
  for (auto [number, group] : llvm::enumerate(groups)) {
    firsts.push_back(group.front());
    counts.push_back(static_cast<int64_t>(group.size()));
    for (int64_t slice : group)
      inverse[slice] = static_cast<int64_t>(number);
  }
  SmallVector<int64_t> shape = x->shape;
  shape[*axis] = static_cast<int64_t>(groups.size());
  Literal values = gathered(*x, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> place) {
    llvm::copy(index, place.begin());
    place[*axis] = firsts[index[*axis]];
  });
  auto list = [&](ArrayRef<int64_t> numbers) {
    return integerList(node.g, numbers, {static_cast<int64_t>(numbers.size())});
  };
  return {values, list(firsts), list(inverse), list(counts)};
}

static Results convertUnique(NodeReader &node) {
  return node.fail("the number of distinct elements depends on the data, expected an input that is known while "
                   "importing");
}

void registerPositions(OpTable &table) {
  table.add({{"Compress", 9, convertCompress},
             {"NonZero", 9, convertNonZero, foldNonZero},
             {"Unique", 11, convertUnique, foldUnique}});
}

} // namespace heddle::onnx
