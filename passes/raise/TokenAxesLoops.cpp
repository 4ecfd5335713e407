// How structured ops hand on the labels of what they read: operands by their maps, other tensors element by element.
#include "passes/raise/TokenAxes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace heddle {

/// A contraction, with kept dimensions of size 1 and casts or without.
static bool isSumOfProducts(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0 || op.getNumDpsInputs() < 2)
    return false;
  Block &body = *op.getBlock();
  return !body.getOps<arith::MulFOp>().empty() && llvm::all_of(body.without_terminator(), [](Operation &inner) {
    return isa<arith::MulFOp, arith::AddFOp, arith::ExtFOp, arith::TruncFOp>(inner);
  });
}

/// The loop whose position an index is, converted or not.
static std::optional<unsigned> loopOf(Value index) {
  while (auto cast = index.getDefiningOp<arith::IndexCastOp>())
    index = cast.getIn();
  auto position = index.getDefiningOp<linalg::IndexOp>();
  return position ? std::optional<unsigned>(position.getDim()) : std::nullopt;
}

/// The loops that a scalar of the body changes with.
static llvm::SmallBitVector loopsBehind(linalg::LinalgOp op, Value scalar) {
  llvm::SmallBitVector loops(op.getNumLoops());
  SmallVector<Value> open{scalar};
  while (!open.empty()) {
    Value next = open.pop_back_val();
    if (std::optional<unsigned> loop = loopOf(next)) {
      loops.set(*loop);
    } else if (Operation *inner = next.getDefiningOp()) {
      if (inner->getBlock() == op.getBlock())
        llvm::append_range(open, inner->getOperands());
    } else if (auto argument = dyn_cast<BlockArgument>(next); argument && argument.getOwner() == op.getBlock()) {
      AffineMap map = op.getMatchingIndexingMap(op.getMatchingOpOperand(argument));
      for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
        if (map.isFunctionOfDim(loop))
          loops.set(loop);
    }
  }
  return loops;
}

void TokenAxes::LoopRoles::label(unsigned loop, const RoleList &list) {
  disagrees |= isFromTokens(roles[loop]) && isFromTokens(list) && roles[loop] != list;
  mergeRoles(roles[loop], list);
  bare.reset(loop);
}

void TokenAxes::readOperand(linalg::LinalgOp op, OpOperand *input, LoopRoles &loops) {
  RoleLists lists = listsOf(input->get());
  if (!hasTokens(input->get()))
    return;
  for (auto [expr, list] : llvm::zip(op.getMatchingIndexingMap(input).getResults(), lists)) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr)) {
      loops.label(loop.getPosition(), list);
    } else if (isFromTokens(list)) {
      for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
        if (expr.isFunctionOfDim(loop))
          loops.shifted.set(loop);
    }
  }
}

/// A tensor that the body reads at computed places. Where a token is chosen by something else than a position, the
/// loops behind the choice move tokens, but for those that are positions of other dimensions.
void TokenAxes::readElements(linalg::LinalgOp op, tensor::ExtractOp extract, LoopRoles &loops) {
  if (!hasTokens(extract.getTensor()))
    return;
  RoleLists lists = listsOf(extract.getTensor());
  llvm::SmallBitVector chosen(op.getNumLoops()), positions(op.getNumLoops());
  for (auto [index, list] : llvm::zip(extract.getIndices(), lists)) {
    if (std::optional<unsigned> loop = loopOf(index)) {
      loops.label(*loop, list);
      positions.set(*loop);
    } else if (isFromTokens(list)) {
      chosen |= loopsBehind(op, index);
      loops.picks = true;
    }
  }
  loops.gathered |= chosen.reset(positions);
}

/// Loops take the labels of what they index. Tokens meet where such a loop is summed over, or moved by another one.
void TokenAxes::visitStructured(linalg::LinalgOp op) {
  LoopRoles loops(op.getNumLoops());
  for (OpOperand *input : op.getDpsInputOperands())
    readOperand(op, input, loops);
  for (auto extract : op.getBlock()->getOps<tensor::ExtractOp>())
    readElements(op, extract, loops);
  bool shifts = loops.shifted.any();
  Meeting meeting{shifts || loops.picks, shifts || isSumOfProducts(op)};
  for (auto [loop, kind] : llvm::enumerate(op.getIteratorTypesArray()))
    meeting.mixes |= kind == utils::IteratorType::reduction && isFromTokens(loops.roles[loop]);
  llvm::SmallBitVector moved = loops.shifted;
  moved |= loops.gathered;
  for (OpResult result : op->getResults()) {
    RoleLists lists;
    AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(result.getResultNumber()));
    for (auto [dim, expr] : llvm::enumerate(map.getResults())) {
      auto loop = dyn_cast<AffineDimExpr>(expr);
      RoleList list = loop ? loops.roles[loop.getPosition()] : RoleList{TokenRole::Other};
      // A new loop of an op that mixes tokens stands for them: a frequency, a row of a matrix, the end of a sum.
      bool isNew = loop && !isFromTokens(list) && meeting.mixes &&
                   (moved.any() ? moved.test(loop.getPosition()) : loops.bare.test(loop.getPosition()));
      if (isNew)
        list = {derived(sizes.size(result, dim).value_or(0))};
      if (loops.disagrees && isFromTokens(list))
        list = {TokenRole::Part};
      lists.push_back(list);
    }
    finish(result, lists, meeting);
  }
}

} // namespace heddle
