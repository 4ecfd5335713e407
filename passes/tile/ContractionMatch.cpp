#include "passes/tile/ContractionMatch.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

//===--- the body -------------------------------------------------------------------------===//

/// `argument`, seen through one extension to f32.
static bool isExtended(Value value, Value argument) {
  if (auto extend = value.getDefiningOp<arith::ExtFOp>())
    value = extend.getIn();
  return value == argument;
}

bool isMultiplyAccumulate(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || op.hasIndexSemantics())
    return false;
  Block *block = op.getBlock();
  auto add = block->getTerminator()->getOperand(0).getDefiningOp<arith::AddFOp>();
  if (!add || !add.getType().isF32())
    return false;
  Value accumulator = block->getArgument(2);
  Value product = add.getLhs() == accumulator ? add.getRhs() : add.getLhs();
  auto multiply = product.getDefiningOp<arith::MulFOp>();
  if (!multiply || (add.getLhs() != accumulator && add.getRhs() != accumulator))
    return false;
  Value a = block->getArgument(0), b = block->getArgument(1);
  return (isExtended(multiply.getLhs(), a) && isExtended(multiply.getRhs(), b)) ||
         (isExtended(multiply.getLhs(), b) && isExtended(multiply.getRhs(), a));
}

//===--- roles ----------------------------------------------------------------------------===//

LoopRole roleOfLoop(AffineMap lhs, AffineMap rhs, AffineMap out, unsigned loop) {
  bool inLhs = lhs.isFunctionOfDim(loop), inRhs = rhs.isFunctionOfDim(loop), inOut = out.isFunctionOfDim(loop);
  if (inLhs && inRhs)
    return inOut ? LoopRole::Batch : LoopRole::Sum;
  if (!inOut || inLhs == inRhs)
    return LoopRole::None;
  return inLhs ? LoopRole::Row : LoopRole::Column;
}

AffineMap getPanelMap(MLIRContext *context, unsigned numLoops, unsigned n, unsigned k) {
  AffineExpr column = getAffineDimExpr(n, context), row = getAffineDimExpr(k, context);
  return AffineMap::get(numLoops, 0, {column.floorDiv(kPanelWidth), row, column % kPanelWidth}, context);
}

static bool isPanelMap(AffineMap map) {
  if (map.getNumResults() != 3)
    return false;
  auto k = dyn_cast<AffineDimExpr>(map.getResult(1));
  auto panel = dyn_cast<AffineBinaryOpExpr>(map.getResult(0));
  auto n = panel ? dyn_cast<AffineDimExpr>(panel.getLHS()) : AffineDimExpr(nullptr);
  return k && n && map == getPanelMap(map.getContext(), map.getNumDims(), n.getPosition(), k.getPosition());
}

namespace {

/// Fills in one contraction step by step; each step answers whether it still can be one.
class Matcher {
public:
  Matcher(OpBuilder &builder, linalg::LinalgOp op)
      : builder(builder), op(op), found{makeIterationSpace(builder, op), {}, {}} {}

  std::optional<Contraction> match() {
    if (!orientOperands() || !mergeByRole() || !assignLoops() || !checkAccesses())
      return std::nullopt;
    return found;
  }

private:
  LoopRole role(unsigned loop) const { return roleOfLoop(found.lhs().map, found.rhs().map, found.out().map, loop); }
  SmallVector<unsigned> loopsWithRole(LoopRole wanted) const {
    SmallVector<unsigned> loops;
    for (unsigned loop = 0; loop < found.space.loops.size(); ++loop)
      if (role(loop) == wanted)
        loops.push_back(loop);
    return loops;
  }

  bool orientOperands();
  bool mergeByRole();
  bool assignLoops();
  bool checkAccesses() const;

  OpBuilder &builder;
  linalg::LinalgOp op;
  Contraction found;
};

/// Panels are the right operand; otherwise the one that walks along the output's rows is.
bool Matcher::orientOperands() {
  auto &accesses = found.space.accesses;
  if (llvm::any_of(accesses, [](const Access &a) { return a.isScalar(); }))
    return false;
  bool lhsPanels = isPanelMap(accesses[0].map), rhsPanels = isPanelMap(accesses[1].map);
  auto unit = found.out().unitStrideLoop();
  if ((lhsPanels && rhsPanels) || !unit)
    return false;
  if (lhsPanels || (!rhsPanels && role(*unit) == LoopRole::Row))
    std::swap(accesses[0], accesses[1]);
  if (lhsPanels || rhsPanels)
    found.rhsLayout = RhsLayout::Panels;
  return role(*unit) == LoopRole::Column;
}

bool Matcher::mergeByRole() {
  for (unsigned loop = 0; loop < found.space.loops.size(); ++loop)
    if (role(loop) == LoopRole::None || found.space.loops[loop].isReduction != (role(loop) == LoopRole::Sum))
      return false;
  mergeLoops(builder, op.getLoc(), found.space, [&](unsigned a, unsigned b) { return role(a) == role(b); });
  return true;
}

bool Matcher::assignLoops() {
  SmallVector<unsigned> sums = loopsWithRole(LoopRole::Sum), rows = loopsWithRole(LoopRole::Row);
  if (sums.size() != 1)
    return false;
  found.k = sums.front();
  found.n = *found.out().unitStrideLoop();
  found.outer = loopsWithRole(LoopRole::Batch);
  for (unsigned loop : loopsWithRole(LoopRole::Column))
    if (loop != found.n)
      found.outer.push_back(loop);
  if (!rows.empty())
    found.m = rows.pop_back_val();
  found.outer.append(rows);
  return true;
}

/// The kernel moves along m, n and k by plain indices.
bool Matcher::checkAccesses() const {
  auto isPlain = [](const Access &access) { return access.map.isProjectedPermutation(/*allowZeroInResults=*/true); };
  if (!isPlain(found.lhs()) || !isPlain(found.out()))
    return false;
  return found.rhsLayout == RhsLayout::Panels || isPlain(found.rhs());
}

} // namespace

std::optional<Contraction> matchContraction(OpBuilder &builder, linalg::LinalgOp op) {
  if (!op.hasPureBufferSemantics() || !isMultiplyAccumulate(op))
    return std::nullopt;
  std::optional<Contraction> found = Matcher(builder, op).match();
  if (found && found->rhsLayout != RhsLayout::Panels)
    found->rhsLayout = found->rhs().unitStrideLoop() == found->n ? RhsLayout::RowMajor : RhsLayout::Strided;
  return found;
}

} // namespace heddle
