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

constexpr Span kUnbounded = {-kFar, kFar};

/// Bounds of an index in the body of a generic, from what is the same for a loop that goes through tokens of `axis`.
class IndexReach {
public:
  IndexReach(linalg::GenericOp op, unsigned loop, TokenAxis axis, TokenFlow &flow)
      : op(op), loop(loop), axis(axis), flow(flow) {}

  /// `low` and `high` such that t * times floordiv over + low <= index <= t * times floordiv over + high for every t of
  /// the loop; kFar is no bound.
  Span of(Value index, int64_t times, int64_t over) {
    Operation *made = index.getDefiningOp();
    if (APInt number; matchPattern(index, m_ConstantInt(&number)))
      return {-kFar, number.getSExtValue()}; // t is not negative
    if (made && made->getParentOp() == op)
      return ofOp(made, times, over);
    std::optional<SizeFormula> size = index.getType().isIndex() ? flow.sizes.of(OpFoldResult(index)) : std::nullopt;
    if (size && size->multipleOf(flow.sizes.tokens) * over == times * axis.rate) // t is below rate * T + extra
      return {size->constant - llvm::divideFloorSigned(times * (axis.extra - 1), over), kFar};
    return kUnbounded;
  }

private:
  static Span shifted(Span reach, int64_t distance) {
    return {reach.low <= -kFar ? -kFar : reach.low + distance, reach.high >= kFar ? kFar : reach.high + distance};
  }

  static Span scaled(Span reach, int64_t factor) {
    return {reach.low <= -kFar ? -kFar : reach.low * factor, reach.high >= kFar ? kFar : reach.high * factor};
  }

  /// Of a quotient; where it is rounded towards 0, negative dividends are one higher.
  static Span divided(Span reach, int64_t divisor, bool roundsToZero) {
    int64_t more = roundsToZero && reach.low < 0;
    return {reach.low <= -kFar ? -kFar : llvm::divideFloorSigned(reach.low, divisor),
            reach.high >= kFar ? kFar : llvm::divideCeilSigned(reach.high, divisor) + more};
  }

  Span ofOp(Operation *made, int64_t times, int64_t over) {
    if (auto position = dyn_cast<linalg::IndexOp>(made))
      return position.getDim() == loop && times == over ? Span() : kUnbounded;
    if (isa<arith::IndexCastOp>(made))
      return of(made->getOperand(0), times, over);
    if (APInt number; made->getNumOperands() == 2 && matchPattern(made->getOperand(1), m_ConstantInt(&number)))
      if (std::optional<Span> reach = withNumber(made, number.getSExtValue(), times, over))
        return *reach;
    if (isa<arith::MaxSIOp, arith::MinSIOp>(made)) {
      Span left = of(made->getOperand(0), times, over), right = of(made->getOperand(1), times, over);
      return isa<arith::MaxSIOp>(made) ? Span{std::max(left.low, right.low), std::max(left.high, right.high)}
                                       : Span{std::min(left.low, right.low), std::min(left.high, right.high)};
    }
    if (auto select = dyn_cast<arith::SelectOp>(made)) {
      Span left = of(select.getTrueValue(), times, over), right = of(select.getFalseValue(), times, over);
      return {std::min(left.low, right.low), std::max(left.high, right.high)};
    }
    return kUnbounded;
  }

  /// Sums, products and quotients with a number.
  std::optional<Span> withNumber(Operation *made, int64_t number, int64_t times, int64_t over) {
    Value left = made->getOperand(0);
    if (isa<arith::AddIOp, arith::SubIOp>(made))
      return shifted(of(left, times, over), isa<arith::AddIOp>(made) ? number : -number);
    if (isa<arith::MulIOp>(made) && number > 0 && times % number == 0)
      return scaled(of(left, times / number, over), number);
    if (isa<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp>(made) && number > 0 && over % number == 0)
      return divided(of(left, times, over / number), number, isa<arith::DivSIOp>(made));
    return std::nullopt;
  }

  linalg::GenericOp op;
  unsigned loop;
  TokenAxis axis;
  TokenFlow &flow;
};

/// How many elements of an operand there are for each of a result, as a fraction; one of both is 1, else empty.
std::optional<TokenReach> ratioOf(const TokenAxis &operand, const TokenAxis &result) {
  if (operand.rate % result.rate == 0)
    return TokenReach{0, 0, operand.rate / result.rate, 1};
  if (result.rate % operand.rate == 0)
    return TokenReach{0, 0, 1, result.rate / operand.rate};
  return std::nullopt;
}

/// The elements that an indexing expression reaches, where it is `times` * loop + something bounded.
std::optional<TokenReach> reachOf(AffineExpr expr, unsigned loop, int64_t times, ArrayRef<int64_t> ranges) {
  SmallVector<int64_t> flat;
  if (failed(getFlattenedAffineExpr(expr, ranges.size(), 0, &flat)) || flat.size() != ranges.size() + 1 ||
      flat[loop] != times)
    return std::nullopt;
  TokenReach reach{flat.back(), flat.back(), times, 1};
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
  this->axis = *axis;
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

/// A size alone does not show that sequences are merged; what is computed from such tokens is merged too.
int64_t TokenBody::mergeSequences(linalg::GenericOp op, TokenFlow &flow) {
  int64_t sequences = 1;
  for (Value input : op.getDpsInputs())
    if (flow.isTokens(input))
      sequences = std::max(sequences, flow.of(input).sequences);
  if (flow.of(op.getResult(0)).sequences != sequences) // while it is classified
    axis = {axis.dim, axis.rate / sequences, 0, true};
  return sequences;
}

bool TokenBody::readMaps(linalg::GenericOp op, TokenFlow &flow, std::string &reason) {
  int64_t sequences = mergeSequences(op, flow);
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (OpOperand *input : op.getDpsInputOperands()) {
    inputs.push_back(std::nullopt);
    if (!flow.isTokens(input->get()))
      continue;
    TokenAxis read = flow.tokenAxis(input->get());
    AffineExpr expr = op.getMatchingIndexingMap(input).getResult(read.dim);
    if (sequences > 1 && flow.of(input->get()).sequences == 0)
      read = {read.dim, read.rate / sequences, 0, true};
    std::optional<TokenReach> ratio = ratioOf(read, axis);
    inputs.back() = ratio && ratio->over == 1 ? reachOf(expr, loop, ratio->times, ranges) : std::nullopt;
    if (!inputs.back()) {
      reason =
          expr.isFunctionOfDim(loop) ? "it goes through the tokens at another rate" : "every token meets all tokens";
      return false;
    }
    if (read.merged && !inputs.back()->isSame()) {
      reason = "it shifts tokens that are merged with another dimension";
      return false;
    }
  }
  return true;
}

bool TokenBody::readExtracts(linalg::GenericOp op, TokenFlow &flow, std::string &reason) {
  IndexReach reach(op, loop, axis, flow);
  op.getBody()->walk([&](linalg::IndexOp index) { readsPosition |= index.getDim() == loop; });
  for (auto extract : op.getBody()->getOps<tensor::ExtractOp>()) {
    if (!flow.isTokens(extract.getTensor()))
      continue;
    TokenAxis read = flow.tokenAxis(extract.getTensor());
    std::optional<TokenReach> ratio = ratioOf(read, axis);
    Span bounds = ratio ? reach.of(extract.getIndices()[read.dim], ratio->times, ratio->over) : kUnbounded;
    if (read.merged || bounds.low <= -kFar || bounds.high >= kFar) {
      reason = "it reads tokens at positions without a bound";
      return false;
    }
    reads.push_back({extract, {bounds.low, bounds.high, ratio->times, ratio->over}});
  }
  // Reads of one tensor share one stretch of it.
  for (Read &read : reads)
    for (Read &other : reads)
      if (read.op.getTensor() == other.op.getTensor()) {
        read.reach.low = std::min(read.reach.low, other.reach.low);
        read.reach.high = std::max(read.reach.high, other.reach.high);
        other.reach = read.reach;
      }
  // The number of tokens so far may bound an index; any other use of it would change results that are known.
  llvm::SetVector<Value> captures;
  getUsedValuesDefinedAbove(op.getRegion(), captures);
  if (reads.empty() &&
      llvm::any_of(captures, [&](Value value) { return value.getType().isIndex() && flow.dependsOnTokens(value); })) {
    reason = "its result depends on how many tokens there are";
    return false;
  }
  if (axis.merged && (readsPosition || !reads.empty())) {
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
