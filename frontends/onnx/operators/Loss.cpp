// Losses of classification.
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

// -weight[target] * scores[n, target, ..], summed or averaged by weight. scores are log-probabilities [N, C, ..].
static Tensor negativeLogLikelihood(NodeReader &node, Tensor scores, Tensor target, Tensor weight) {
  GraphBuilder &g = node.g;
  bool hasIgnored = node.hasAttribute("ignore_index");
  auto ignored = static_cast<double>(node.integer("ignore_index", 0));
  std::string reduction = node.string("reduction", "mean");
  if (!scores || !target)
    return {};
  if (reduction != "mean" && reduction != "sum" && reduction != "none")
    return node.fail("attribute 'reduction', expected mean, sum or none but got '" + reduction + "'"), Tensor();
  if (scores.rank() < 2 || target.rank() != scores.rank() - 1)
    return node.fail("scores of rank " + Twine(scores.rank()) + " and target of rank " + Twine(target.rank()) +
                     ", expected one more than the target's"),
           Tensor();
  Type index = g.builder().getI64Type(), type = scores.elementType;
  Tensor labels = g.cast(target, index), isKept;
  if (hasIgnored) {
    isKept = g.unary(Unary::Not, g.compare(Compare::Equal, labels, g.scalar(ignored, index)));
    labels = g.select(isKept, labels, g.scalar(0, index));
  }
  Tensor picked = g.squeeze(g.gatherElements(scores, g.unsqueeze(labels, 1), 1), 1);
  Tensor factor = weight ? g.gather(weight, labels, 0) : Tensor();
  if (isKept) {
    Tensor kept = g.cast(isKept, type);
    factor = factor ? g.mul(factor, kept) : kept;
  }
  Tensor loss = g.unary(Unary::Neg, factor ? g.mul(picked, factor) : picked);
  if (reduction == "none" || !loss)
    return loss;
  Tensor sum = g.reduce(Reduce::Sum, loss, {}, /*keepDims=*/false);
  if (reduction == "sum")
    return sum;
  return factor ? g.div(sum, g.reduce(Reduce::Sum, factor, {}, false)) : g.reduce(Reduce::Mean, loss, {}, false);
}

static Results convertNegativeLogLikelihood(NodeReader &node) {
  return {negativeLogLikelihood(node, node.tensor(0), node.tensor(1), node.optionalTensor(2))};
}

static Results convertSoftmaxCrossEntropy(NodeReader &node) {
  Tensor scores = node.tensor(0);
  if (scores && scores.rank() < 2)
    return node.fail("scores of rank " + Twine(scores.rank()) + ", expected at least 2");
  Tensor logs = scores ? node.g.softmax(scores, 1, /*log=*/true) : Tensor();
  Tensor loss = negativeLogLikelihood(node, logs, node.tensor(1), node.optionalTensor(2));
  return {loss, logs};
}

void registerLoss(OpTable &table) {
  table.add({{"NegativeLogLikelihoodLoss", 12, convertNegativeLogLikelihood},
             {"SoftmaxCrossEntropyLoss", 12, convertSoftmaxCrossEntropy}});
}

} // namespace heddle::onnx
