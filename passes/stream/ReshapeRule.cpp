// Reshapes and casts of types. Tokens stay in their dimension, or change their rate, or are merged with other
// sequences.
//
//   [B, 4 * T, D] -> [B, T, 4, D]     elements of a quarter of the rate: each is known as its last token is
//   [B, T, 4, D] -> [B, 4 * T, D]     and back
//   [B, T, D] -> [B * T, D]           merged: the tokens of one row behind those of another
#include "passes/stream/StreamEmitter.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle {
namespace {

class ReshapeRule : public StreamRule {
public:
  bool handles(Operation *op) const override {
    return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op);
  }

  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override;
  void emit(Operation *op, StreamEmitter &e) const override;
};

/// The reshape that takes dimensions apart, as tensors of both sides; a cast does not.
struct Sides {
  Value expanded, collapsed;
  SmallVector<ReassociationIndices> groups;

  explicit Sides(Operation *op) : expanded(op->getOperand(0)), collapsed(op->getResult(0)) {
    if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
      std::swap(expanded, collapsed);
      groups = expand.getReassociationIndices();
    } else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op)) {
      groups = collapse.getReassociationIndices();
    }
  }

  /// Sequences of a fixed number that one dimension has behind each other where `dim` of the expanded side has one.
  int64_t sequencesInFrontOf(int64_t dim) const {
    auto group = llvm::find_if(groups, [&](const auto &dims) { return llvm::is_contained(dims, dim); });
    int64_t sequences = 1;
    auto type = cast<RankedTensorType>(expanded.getType());
    for (int64_t other : group == groups.end() ? ReassociationIndices() : *group)
      if (other < dim && !type.isDynamicDim(other))
        sequences *= type.getDimSize(other);
    return sequences;
  }
};

/// What the elements of the result depend on, where they are `result` for each block and those of the source `source`.
TokenReach reachOf(int64_t source, int64_t result) {
  if (source % result == 0)
    return {0, source / result - 1, source / result, 1};
  return {0, 0, 1, result / source};
}

/// Tokens of a higher rate begin and end with whole elements of the lower one.
Span wholeElements(Span span, const TokenReach &reach) {
  Span read = reach.elementsOf(span);
  return reach.over == 1 ? span : Span{read.low * reach.over, read.high * reach.over};
}

Flow classifyReshape(Operation *op, TokenFlow &flow) {
  Flow source = flow.join(op, op->getOperand(0));
  if (source.kind != Flow::Tokens)
    return source;
  std::string problem;
  Sides sides(op);
  std::optional<TokenAxis> axis = flow.axis(op->getResult(0), &problem), apart = flow.axis(sides.expanded);
  if (!axis)
    return TokenFlow::refuse(op, problem.empty() ? "it loses the tokens" : "it has " + problem);
  int64_t sequences = sides.sequencesInFrontOf(apart->dim), merged = source.sequences;
  bool merges = sides.expanded == op->getOperand(0);
  if (!merges && source.sequences % sequences != 0)
    return TokenFlow::refuse(op, "it takes every so many-th token");
  source.sequences = merges ? merged * sequences : merged / sequences;
  flow.setResults(op, source);
  int64_t from = flow.tokenAxis(op->getOperand(0)).rate, to = flow.tokenAxis(op->getResult(0)).rate;
  if (to == 0 || from == 0 || (from % to != 0 && to % from != 0))
    return TokenFlow::refuse(op, "it puts tokens of several sequences together");
  return TokenFlow::withLead(op, source, reachOf(from, to).leadOf(source.lead));
}

void ReshapeRule::classify(Operation *op, TokenFlow &flow) const { flow.setResults(op, classifyReshape(op, flow)); }

void ReshapeRule::demand(Operation *op, StreamDemand &demand) const {
  Span span = demand.spanOf(op);
  TokenAxis from = demand.flow.tokenAxis(op->getOperand(0)), to = demand.flow.tokenAxis(op->getResult(0));
  TokenReach reach = reachOf(from.rate, to.rate);
  bool isWhole = span.low == span.high && wholeElements(span, reach) == span;
  if ((from.merged || to.merged) && !isWhole)
    demand.refuse(op, "tokens are merged with another dimension in front of a shift");
  else
    demand.need(op->getOperand(0), reach.elementsOf(span), op);
}

/// The groups of a reshape of tensors with one more dimension in front.
SmallVector<ReassociationIndices> groupsOf(ArrayRef<ReassociationIndices> groups, bool lifted) {
  SmallVector<ReassociationIndices> result(groups);
  if (!lifted)
    return result;
  for (ReassociationIndices &group : result)
    for (int64_t &dim : group)
      ++dim;
  result.insert(result.begin(), ReassociationIndices{0});
  return result;
}

RankedTensorType typeWith(ArrayRef<OpFoldResult> sizes, Type element) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, element);
}

void ReshapeRule::emit(Operation *op, StreamEmitter &e) const {
  Span wanted = e.demand.spanOf(op);
  Value result = op->getResult(0);
  TokenAxis axis = e.flow.tokenAxis(result);
  TokenReach reach = reachOf(e.rateOf(op->getOperand(0)), axis.rate);
  Span span = wholeElements(wanted, reach);
  Piece source = e.piece(op->getOperand(0), reach.elementsOf(wanted));
  SmallVector<OpFoldResult> sizes = e.sizesOf(result, span, source.lifted);
  RankedTensorType type = typeWith(sizes, getElementTypeOrSelf(result));
  Value made;
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    made = tensor::ExpandShapeOp::create(e, type, source.value,
                                         groupsOf(expand.getReassociationIndices(), source.lifted), sizes);
  else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    made =
        tensor::CollapseShapeOp::create(e, source.value, groupsOf(collapse.getReassociationIndices(), source.lifted));
  else
    made = source.value.getType() == type ? source.value : tensor::CastOp::create(e, type, source.value).getResult();
  if (span != wanted)
    made = e.slice(made, axis.dim + source.lifted, e.getIndexAttr(wanted.low - span.low),
                   e.plus(e.tokens(axis.rate), wanted.high - wanted.low));
  e.define(result, Piece{made, source.lifted});
}

} // namespace

const StreamRule &reshapeRule() {
  static const ReshapeRule rule;
  return rule;
}

} // namespace heddle
