// Reshapes and casts of types: tokens stay in their dimension, or are merged with another one and taken apart again.
#include "passes/stream/StreamEmitter.h"

using namespace mlir;

namespace heddle {
namespace {

class ReshapeRule : public StreamRule {
public:
  bool handles(Operation *op) const override {
    return isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp>(op);
  }

  void classify(Operation *op, TokenFlow &flow) const override {
    Flow source = flow.join(op, op->getOperand(0));
    std::string problem;
    if (source.kind == Flow::Tokens && !flow.axis(op->getResult(0), &problem))
      source = TokenFlow::refuse(op, problem.empty() ? "it loses the tokens" : "it has " + problem);
    flow.setResults(op, source);
  }

  void demand(Operation *op, StreamDemand &demand) const override {
    Span span = demand.spanOf(op);
    TokenFlow &flow = demand.flow;
    bool merges = flow.tokenAxis(op->getOperand(0)).merged || flow.tokenAxis(op->getResult(0)).merged;
    if (merges && span.low != span.high)
      demand.refuse(op, "tokens are merged with another dimension in front of a shift");
    else
      demand.need(op->getOperand(0), span, op);
  }

  void emit(Operation *op, StreamEmitter &e) const override;
};

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
  Span span = e.demand.spanOf(op);
  Piece source = e.piece(op->getOperand(0), span);
  Value result = op->getResult(0);
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
  e.define(result, Piece{made, source.lifted});
}

} // namespace

const StreamRule &reshapeRule() {
  static const ReshapeRule rule;
  return rule;
}

} // namespace heddle
