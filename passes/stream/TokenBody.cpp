#include "passes/stream/TokenBody.h"

#include "mlir/Dialect/Affine/Analysis/AffineStructures.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr int64_t kFar = kAlways;

/// `least` and `most` such that t + least <= index <= t + most for every token t of the loop; kFar is no bound.
class IndexReach {
public:
  IndexReach(linalg::GenericOp op, unsigned loop, int64_t extra, TokenFlow &flow)
      : op(op), loop(loop), extra(extra), flow(flow) {}

  Span of(Value index) {
    Operation *made = index.getDefiningOp();
    if (APInt number; matchPattern(index, m_ConstantInt(&number)))
      return {-kFar, number.getSExtValue()}; // t is not negative
    if (made && made->getParentOp() == op)
      return ofOp(made);
    std::optional<SizeFormula> size = index.getType().isIndex() ? flow.sizes.of(OpFoldResult(index)) : std::nullopt;
    if (size && size->isSymbol(flow.sizes.tokens)) // t is below T + extra
      return {size->constant + 1 - extra, kFar};
    return {-kFar, kFar};
  }

private:
  static Span shifted(Span reach, int64_t distance) {
    return {reach.low <= -kFar ? -kFar : reach.low + distance, reach.high >= kFar ? kFar : reach.high + distance};
  }

  Span ofOp(Operation *made) {
    if (auto position = dyn_cast<linalg::IndexOp>(made))
      return position.getDim() == loop ? Span() : Span{-kFar, kFar};
    if (isa<arith::IndexCastOp>(made))
      return of(made->getOperand(0));
    if (isa<arith::AddIOp, arith::SubIOp>(made)) {
      APInt number;
      if (matchPattern(made->getOperand(1), m_ConstantInt(&number)))
        return shifted(of(made->getOperand(0)),
                       isa<arith::AddIOp>(made) ? number.getSExtValue() : -number.getSExtValue());
    }
    if (isa<arith::MaxSIOp, arith::MinSIOp>(made)) {
      Span left = of(made->getOperand(0)), right = of(made->getOperand(1));
      return isa<arith::MaxSIOp>(made) ? Span{std::max(left.low, right.low), std::max(left.high, right.high)}
                                       : Span{std::min(left.low, right.low), std::min(left.high, right.high)};
    }
    if (auto select = dyn_cast<arith::SelectOp>(made)) {
      Span left = of(select.getTrueValue()), right = of(select.getFalseValue());
      return {std::min(left.low, right.low), std::max(left.high, right.high)};
    }
    return {-kFar, kFar};
  }

  linalg::GenericOp op;
  unsigned loop;
  int64_t extra;
  TokenFlow &flow;
};

/// The distances from the token of `loop` that an indexing expression reaches, where it is loop + something bounded.
std::optional<Span> reachOf(AffineExpr expr, unsigned loop, ArrayRef<int64_t> ranges) {
  SmallVector<int64_t> flat;
  if (failed(getFlattenedAffineExpr(expr, ranges.size(), 0, &flat)) || flat.size() != ranges.size() + 1 ||
      flat[loop] != 1)
    return std::nullopt;
  Span reach{flat.back(), flat.back()};
  for (unsigned dim = 0; dim < ranges.size(); ++dim) {
    if (dim == loop || flat[dim] == 0)
      continue;
    if (flat[dim] < 0 || ShapedType::isDynamic(ranges[dim]))
      return std::nullopt;
    reach.high += flat[dim] * (ranges[dim] - 1);
  }
  return reach;
}

} // namespace

bool TokenBody::findLoops(linalg::GenericOp op, TokenFlow &flow, std::string &reason) {
  std::optional<TokenAxis> axis = flow.axis(op.getResult(0), &reason);
  if (!axis) {
    if (reason.empty())
      reason = "it sums over all tokens, or takes one of them";
    return false;
  }
  AffineMap map = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  loop = map.getDimPosition(axis->dim);
  for (unsigned result = 0; result < op->getNumResults(); ++result) {
    std::optional<TokenAxis> other = flow.axis(op.getResult(result), &reason);
    AffineMap otherMap = op.getMatchingIndexingMap(op.getDpsInitOperand(result));
    if (!other || otherMap.getDimPosition(other->dim) != loop) {
      reason = "its results have different tokens";
      return false;
    }
  }
  if (!flow.sizes.rows)
    return true;
  for (int64_t dim = 0; dim < map.getNumResults(); ++dim)
    if (std::optional<SizeFormula> size = flow.sizes.of(op.getResult(0), dim);
        size && size->isSymbol(*flow.sizes.rows) && size->constant == 0)
      rowLoop = map.getDimPosition(dim);
  return true;
}

bool TokenBody::readMaps(linalg::GenericOp op, TokenFlow &flow, std::string &reason) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (OpOperand *input : op.getDpsInputOperands()) {
    inputs.push_back(std::nullopt);
    if (!flow.isTokens(input->get()))
      continue;
    TokenAxis axis = flow.tokenAxis(input->get());
    AffineExpr expr = op.getMatchingIndexingMap(input).getResult(axis.dim);
    inputs.back() = reachOf(expr, loop, ranges);
    if (!inputs.back()) {
      reason =
          expr.isFunctionOfDim(loop) ? "it goes through the tokens at another rate" : "every token meets all tokens";
      return false;
    }
    if (axis.merged && *inputs.back() != Span()) {
      reason = "it shifts tokens that are merged with another dimension";
      return false;
    }
  }
  return true;
}

bool TokenBody::readExtracts(linalg::GenericOp op, TokenFlow &flow, std::string &reason) {
  TokenAxis own = flow.tokenAxis(op.getResult(0));
  IndexReach reach(op, loop, own.extra, flow);
  op.getBody()->walk([&](linalg::IndexOp index) { readsPosition |= index.getDim() == loop; });
  for (auto extract : op.getBody()->getOps<tensor::ExtractOp>()) {
    if (!flow.isTokens(extract.getTensor()))
      continue;
    TokenAxis axis = flow.tokenAxis(extract.getTensor());
    Span tokens = reach.of(extract.getIndices()[axis.dim]);
    if (axis.merged || tokens.low <= -kFar || tokens.high >= kFar) {
      reason = "it reads tokens at positions without a bound";
      return false;
    }
    reads.push_back({extract, tokens});
  }
  // Reads of one tensor share one stretch of it.
  for (Read &read : reads)
    for (Read &other : reads)
      if (read.op.getTensor() == other.op.getTensor())
        other.reach =
            read.reach = {std::min(read.reach.low, other.reach.low), std::max(read.reach.high, other.reach.high)};
  // The number of tokens so far may bound an index; any other use of it would change results that are known.
  llvm::SetVector<Value> captures;
  getUsedValuesDefinedAbove(op.getRegion(), captures);
  if (reads.empty() &&
      llvm::any_of(captures, [&](Value value) { return value.getType().isIndex() && flow.dependsOnTokens(value); })) {
    reason = "its result depends on how many tokens there are";
    return false;
  }
  if (own.merged && (readsPosition || !reads.empty())) {
    reason = "it reads the positions of tokens that are merged with another dimension";
    return false;
  }
  return true;
}

std::optional<TokenBody> TokenBody::of(linalg::GenericOp op, TokenFlow &flow, std::string &reason) {
  TokenBody body;
  if (!body.findLoops(op, flow, reason) || !body.readMaps(op, flow, reason) || !body.readExtracts(op, flow, reason))
    return std::nullopt;
  return body;
}

} // namespace heddle
