// Elements of several state heads as the lanes of one vector.
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "passes/kernels/MixView.h"

using namespace mlir;
using heddle::mixer::DimRole;

namespace heddle::kernels {

// Heads this many elements apart are loaded as whole vectors and shuffled; wider ones one by one.
constexpr int64_t maxInterleave = 4;

static std::optional<int64_t> headDim(const Operand &operand) {
  for (auto [dim, role] : llvm::enumerate(operand.roles))
    if (role == DimRole::Head && operand.size(dim) > 1)
      return dim;
  return std::nullopt;
}

bool MixView::differsByHead(const Operand &operand) { return headDim(operand).has_value(); }

SmallVector<Exprs> MixView::laneIndices(const Operand &operand, const Point &point) {
  SmallVector<Exprs> result;
  for (int64_t lane = 0; lane < headLanes; ++lane) {
    Point at = point;
    at.h = point.h + loops.index(lane * group());
    result.push_back(indices(operand, at));
  }
  return result;
}

namespace {

/// An operand with one element per head and lane next to each other: the dimensions from the heads on as one.
struct Neighbours {
  Value memref;
  Exprs indices;      // of the first lane
  int64_t distance;   // elements from lane to lane
  int64_t offset = 0; // of the element within a head
};

} // namespace

/// Dimensions `dim` and up as one; empty where the layout does not allow it.
static Value collapseFrom(LoopBuilder &loops, Value memref, int64_t dim) {
  auto type = cast<MemRefType>(memref.getType());
  if (dim + 1 == type.getRank())
    return memref;
  SmallVector<ReassociationIndices> groups;
  for (int64_t outer = 0; outer < dim; ++outer)
    groups.push_back({outer});
  groups.push_back(llvm::to_vector(llvm::seq<int64_t>(dim, type.getRank())));
  if (!memref::CollapseShapeOp::isGuaranteedCollapsible(type, groups))
    return {};
  return memref::CollapseShapeOp::create(loops.builder, loops.loc, memref, groups);
}

/// Nothing when lanes are far apart or share heads, or when the element within a head varies at run time.
static std::optional<Neighbours> findNeighbours(LoopBuilder &loops, const Operand &operand, const Exprs &first,
                                                int64_t heads) {
  int64_t dim = *headDim(operand), rank = operand.roles.size();
  Neighbours result = {{}, Exprs(ArrayRef(first).take_front(dim + 1)), 1};
  if (operand.size(dim) != heads)
    return std::nullopt;
  for (int64_t inner = dim + 1; inner < rank; ++inner) {
    std::optional<int64_t> index = getConstantIntValue(first[inner].value);
    if (!index)
      return std::nullopt;
    result.distance *= operand.size(inner);
    result.offset = result.offset * operand.size(inner) + *index;
  }
  if (result.distance > maxInterleave)
    return std::nullopt;
  result.memref = collapseFrom(loops, operand.memref, dim);
  result.indices.back() = result.indices.back() * loops.index(result.distance);
  bool isDense = result.memref && cast<MemRefType>(result.memref.getType()).isLastDimUnitStride();
  return isDense ? std::optional(result) : std::nullopt;
}

Expr MixView::loadHeads(const Operand &operand, const Point &point) {
  OpBuilder &builder = loops.builder;
  if (auto near = findNeighbours(loops, operand, indices(operand, point), sizes.Hs)) {
    Expr all = loops.load(near->memref, near->indices, headLanes * near->distance);
    if (near->distance == 1)
      return all;
    SmallVector<int64_t> picked;
    for (int64_t lane = 0; lane < headLanes; ++lane)
      picked.push_back(lane * near->distance + near->offset);
    return loops.wrap(vector::ShuffleOp::create(builder, loops.loc, all.value, all.value, picked));
  }
  SmallVector<Value> elements;
  for (const Exprs &at : laneIndices(operand, point))
    elements.push_back(loops.load(operand.memref, at).value);
  auto type = VectorType::get({headLanes}, elements.front().getType());
  return loops.wrap(vector::FromElementsOp::create(builder, loops.loc, type, elements));
}

void MixView::storeHeads(Expr value, const Operand &operand, const Point &point) {
  value = loops.broadcast(value, headLanes);
  auto near = findNeighbours(loops, operand, indices(operand, point), sizes.Hs);
  if (near && near->distance == 1)
    return loops.store(value, near->memref, near->indices);
  for (auto [lane, at] : llvm::enumerate(laneIndices(operand, point))) {
    Value scalar = vector::ExtractOp::create(loops.builder, loops.loc, value.value, static_cast<int64_t>(lane));
    loops.store(loops.wrap(scalar), operand.memref, at);
  }
}

} // namespace heddle::kernels
