#include "frontends/onnx/operators/AttentionOperands.h"
#include "frontends/Layers.h"
#include "frontends/onnx/operators/Broadcast.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

Tensor swapHeads(GraphBuilder &g, Tensor x) { return g.transpose(x, {0, 2, 1, 3}); }

bool unifyOperands(NodeReader &node, const SoftmaxAttention &a) {
  return a.query && a.key && a.value && sameElementTypes(node, {a.query, a.key, a.value}) &&
         node.unify(a.query.shape[0], a.key.shape[0]) && node.unify(a.key.shape[0], a.value.shape[0]) &&
         node.unify(a.key.shape[1], a.value.shape[1]) && node.unify(a.key.shape[2], a.value.shape[2]) &&
         node.unify(a.query.shape[3], a.key.shape[3]);
}

bool readScale(NodeReader &node, SoftmaxAttention &attention, bool zeroIsAbsent) {
  Dim size = attention.query.shape[3];
  auto features = dyn_cast<AffineConstantExpr>(size);
  if (!features)
    return node.fail("features " + node.g.describe(size) + ", expected a known number"), false;
  bool isGiven = node.hasAttribute("scale") && (!zeroIsAbsent || node.real("scale", 0) != 0);
  attention.scale = isGiven ? node.real("scale", 1) : 1.0 / std::sqrt(static_cast<double>(features.getValue()));
  node.ignore({"scale"});
  return true;
}

bool appendPast(NodeReader &node, SoftmaxAttention &attention, Tensor pastKey, Tensor pastValue) {
  GraphBuilder &g = node.g;
  Tensor &key = attention.key, &value = attention.value;
  pastKey = swapHeads(g, pastKey), pastValue = swapHeads(g, pastValue);
  if (!sameElementTypes(node, {key, pastKey, pastValue}))
    return false;
  for (int64_t axis : {0, 2, 3})
    if (!node.unify(pastKey.shape[axis], key.shape[axis]) || !node.unify(pastValue.shape[axis], value.shape[axis]))
      return false;
  attention.past = pastKey.shape[1];
  key = g.concat({pastKey, key}, 1), value = g.concat({pastValue, value}, 1);
  return key && value;
}

bool addBias(NodeReader &node, SoftmaxAttention &attention, Tensor bias) {
  const Tensor &query = attention.query;
  Shape full = {query.shape[0], query.shape[2], query.shape[1], attention.key.shape[1]};
  if (bias && bias.rank() != 4)
    return node.fail("bias of rank " + Twine(bias.rank()) + ", expected 4"), false;
  if (!bias || !node.unifyBroadcast({full, bias.shape}))
    return false;
  bias = node.g.cast(bias, attention.computeType());
  attention.bias = attention.bias ? node.g.add(attention.bias, bias) : bias;
  return true;
}

bool addPadding(NodeReader &node, SoftmaxAttention &attention, Tensor mask, double filler) {
  if (!mask || mask.rank() < 1 || mask.rank() > 3)
    return mask && (node.fail("padding mask of rank " + Twine(mask.rank()) + ", expected 1 to 3"), false);
  GraphBuilder &g = node.g;
  Dim one = g.dim(1), batch = mask.shape[0];
  if (!node.unify(batch, attention.query.shape[0]))
    return false;
  Tensor visible;
  if (mask.rank() == 1) {
    Tensor places = g.iota({one, one, one, attention.key.shape[1]}, 3, mask.elementType);
    visible = g.compare(Compare::Less, places, g.reshape(mask, {batch, one, one, one}));
  } else {
    Tensor wide = mask.rank() == 2 ? g.unsqueeze(mask, {1, 2}) : g.unsqueeze(mask, 1);
    visible = g.compare(Compare::NotEqual, wide, g.scalar(0, mask.elementType));
  }
  Type type = attention.computeType();
  return addBias(node, attention, g.select(visible, g.scalar(0, type), g.scalar(filler, type)));
}

Results mixWithCaches(NodeReader &node, SoftmaxAttention &attention) {
  GraphBuilder &g = node.g;
  Results results = {mergeHeads(g, attention.mix())};
  if (node.outputCount() > 1)
    results.append({swapHeads(g, attention.key), swapHeads(g, attention.value)});
  return results;
}

} // namespace heddle::onnx
