// Operators that pick, repeat and reorder parts of tensors.
#include "frontends/onnx/operators/Movement.h"

using namespace mlir;

namespace heddle::onnx {

//===--- Transpose ------------------------------------------------------------------------===//

static std::optional<SmallVector<int64_t>> readPermutation(NodeReader &node) {
  int64_t rank = node.rank(0);
  std::optional<SmallVector<int64_t>> given = node.integers("perm");
  if (node.failed())
    return std::nullopt;
  if (!given)
    return llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  std::optional<SmallVector<int64_t>> distinct = node.axes(*given, rank);
  if (!distinct)
    return std::nullopt;
  if (static_cast<int64_t>(given->size()) != rank) {
    node.error() << "attribute 'perm' has " << given->size() << " axes, expected " << rank;
    return std::nullopt;
  }
  for (int64_t &axis : *given)
    axis += axis < 0 ? rank : 0;
  return given;
}

// The specification has axes from 0 on only, and other runtimes refuse these. Their meaning is that of every other
// axis.
static void warnOfNegativeAxes(NodeReader &node) {
  std::optional<SmallVector<int64_t>> given = node.integers("perm");
  if (given && llvm::any_of(*given, [](int64_t axis) { return axis < 0; }))
    emitWarning(node.g.location())
        << "attribute 'perm' has negative axes, expected axes from 0 on; they are counted from "
           "the last dimension";
}

static Results convertTranspose(NodeReader &node) {
  warnOfNegativeAxes(node);
  std::optional<SmallVector<int64_t>> permutation = readPermutation(node);
  return permutation ? Results{node.g.transpose(node.tensor(0), *permutation)} : Results();
}

static Literals foldTranspose(NodeReader &node) {
  std::optional<Literal> x = node.literal(0);
  std::optional<SmallVector<int64_t>> permutation = x ? readPermutation(node) : std::nullopt;
  if (!permutation)
    return {};
  SmallVector<int64_t> shape;
  for (int64_t axis : *permutation)
    shape.push_back(x->shape[axis]);
  return {gathered(*x, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
    for (auto [target, axis] : llvm::enumerate(*permutation))
      position[axis] = index[target];
  })};
}

//===--- Gather ---------------------------------------------------------------------------===//

// Rows that are named by numbers have to exist. In a branch they may be those of a size for which it is taken.
static bool hasRows(NodeReader &node, Dim size) {
  std::optional<Literal> indices = node.g.isNested() ? std::nullopt : node.literal(1);
  std::optional<SmallVector<int64_t>> rows = indices ? indices->integers() : std::nullopt;
  if (!rows || !isa<AffineConstantExpr, AffineSymbolExpr>(size))
    return true;
  int64_t needed = 0;
  for (int64_t row : *rows)
    needed = std::max(needed, row < 0 ? -row : row + 1);
  return node.requireAtLeast(size, node.g.dim(needed), "size of the dimension that is read");
}

// A row that certainly exists is a slice: nothing is counted from the end, and no limit is kept. Empty for all else.
static Tensor onlyRow(NodeReader &node, Tensor data, int64_t axis) {
  GraphBuilder &g = node.g;
  std::optional<Literal> indices = node.literal(1);
  if (!indices || indices->isFloat() || indices->elements.size() != 1)
    return {};
  Dim size = data.shape[axis], row = indices->elements.front().dim;
  if (bounds(row).high < 0)
    row = g.simplify(row + size);
  bool isRequired = !g.isNested() && isa<AffineSymbolExpr>(size) && indices->integer(0); // by hasRows
  Value place =
      isRequired || (bounds(row).low >= 0 && bounds(g.simplify(size - row)).low > 0) ? g.dimValue(row) : Value();
  if (!place)
    return {};
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq(axis, axis + indices->rank()));
  return g.unsqueeze(g.takeRow(data, axis, place), axes);
}

static Results convertGather(NodeReader &node) {
  Tensor data = node.tensor(0);
  std::optional<int64_t> axis = data ? node.axis(node.integer("axis", 0), data.rank()) : std::nullopt;
  if (!axis || !hasRows(node, data.shape[*axis]))
    return {};
  Tensor row = onlyRow(node, data, *axis);
  return {row ? row : node.g.gather(data, node.tensor(1), *axis)};
}

static Literals foldGather(NodeReader &node) {
  std::optional<Literal> data = node.literal(0), indices = node.literal(1);
  std::optional<SmallVector<int64_t>> rows = indices ? indices->integers() : std::nullopt;
  std::optional<int64_t> axis = data && rows ? node.axis(node.integer("axis", 0), data->rank()) : std::nullopt;
  if (!axis)
    return {};
  int64_t size = data->shape[*axis];
  for (int64_t &row : *rows) {
    if (row < -size || row >= size)
      return node.fail("index " + Twine(row) + " is outside of size " + Twine(size)), Literals();
    row += row < 0 ? size : 0;
  }
  SmallVector<int64_t> shape(data->shape.begin(), data->shape.begin() + *axis);
  shape.append(indices->shape.begin(), indices->shape.end());
  shape.append(data->shape.begin() + *axis + 1, data->shape.end());
  std::optional<int64_t> count = elementCount(shape);
  if (!count || *count > maxLiteralElements)
    return {};
  int64_t indexRank = indices->rank();
  return {gathered(*data, shape, [&](ArrayRef<int64_t> index, MutableArrayRef<int64_t> position) {
    int64_t row = 0;
    for (int64_t i = 0; i < indexRank; ++i)
      row = row * indices->shape[i] + index[*axis + i];
    for (int64_t i = 0; i < data->rank(); ++i)
      position[i] = i < *axis ? index[i] : i == *axis ? (*rows)[row] : index[i + indexRank - 1];
  })};
}

static Results convertGatherElements(NodeReader &node) {
  Tensor data = node.tensor(0), indices = node.tensor(1);
  std::optional<int64_t> axis = data ? node.axis(node.integer("axis", 0), data.rank()) : std::nullopt;
  return axis ? Results{node.g.gatherElements(data, indices, *axis)} : Results();
}

//===--- Tile, Trilu ----------------------------------------------------------------------===//

// Each dimension n becomes (repeat, n), which is then one.
static Results convertTile(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<SmallVector<Dim>> repeats = node.dims(1, "repeats");
  if (!x || !repeats)
    return {};
  if (static_cast<int64_t>(repeats->size()) != x.rank())
    return node.fail(Twine(repeats->size()) + " repeats, expected " + Twine(x.rank()));
  Shape split, wide, merged;
  for (auto [size, repeat] : llvm::zip_equal(x.shape, *repeats)) {
    if (!node.requireAtLeast(repeat, node.g.dim(0), "repeats"))
      return {};
    split.append({node.g.dim(1), size});
    wide.append({repeat, size});
  }
  if (!node.checkSizes(wide))
    return {};
  for (auto [size, repeat] : llvm::zip_equal(x.shape, *repeats))
    merged.push_back(node.g.product({repeat, size}));
  return {node.g.reshape(node.g.broadcastTo(node.g.reshape(x, split), wide), merged)};
}

// The upper or lower triangle of the last two dimensions; zero elsewhere.
static Results convertTrilu(NodeReader &node) {
  Tensor x = node.tensor(0);
  bool upper = node.flag("upper", true);
  std::optional<SmallVector<Dim>> k = node.has(1) ? node.dims(1, "k") : SmallVector<Dim>{node.g.dim(0)};
  if (!x || !k)
    return {};
  if (x.rank() < 2 || k->size() != 1)
    return node.fail("input of rank " + Twine(x.rank()) + ", expected at least 2 and one diagonal");
  GraphBuilder &g = node.g;
  Type index = g.builder().getI64Type();
  Shape square(x.shape.end() - 2, x.shape.end());
  Tensor columns = g.iota(square, 1, index), rows = g.iota(square, 0, index);
  Tensor diagonal = g.add(rows, emitLiteral(g, Literal{index, {}, {{k->front()}}}));
  Tensor keeps = g.compare(upper ? Compare::GreaterEqual : Compare::LessEqual, columns, diagonal);
  return {g.select(keeps, x, g.scalar(0, x.elementType))};
}

void registerIndex(OpTable &table) {
  table.add({{"Gather", 1, convertGather, foldGather},
             {"GatherElements", 11, convertGatherElements},
             {"Tile", 6, convertTile},
             {"Transpose", 1, convertTranspose, foldTranspose},
             {"Trilu", 14, convertTrilu}});
}

} // namespace heddle::onnx
