#include "frontends/onnx/operators/AttentionOperands.h"
#include "frontends/Layers.h"
#include "frontends/onnx/Literal.h"
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
  Dim size = attention.query.shape.back();
  auto features = dyn_cast<AffineConstantExpr>(size);
  if (!features)
    return node.fail("features " + node.g.describe(size) + ", expected a known number"), false;
  bool isGiven = node.hasAttribute("scale") && (!zeroIsAbsent || node.real("scale", 0) != 0);
  attention.scale = isGiven ? node.real("scale", 1) : 1.0 / std::sqrt(static_cast<double>(features.getValue()));
  node.ignore({"scale"});
  return true;
}

//===--- heads that share keys ------------------------------------------------------------===//

bool readGroupedHeads(NodeReader &node, SoftmaxAttention &attention, int64_t rank) {
  GraphBuilder &g = node.g;
  int64_t heads = node.integer("num_heads", 0), keyHeads = node.integer("kv_num_heads", 0);
  if (heads < 1 || keyHeads < 1 || heads % keyHeads)
    return node.fail("attributes 'num_heads' " + Twine(heads) + " and 'kv_num_heads' " + Twine(keyHeads) +
                     ", expected positive numbers, the first a multiple of the second"),
           false;
  Tensor query = node.tensor(0);
  if (query && query.rank() == rank && !node.has(1) && !node.has(2)) {
    Tensor all = splitHeads(g, query, heads + 2 * keyHeads);
    SmallVector<Tensor> parts = g.split(all, rank - 1, {heads, keyHeads, keyHeads});
    if (parts.size() != 3)
      return false;
    attention.query = parts[0], attention.key = parts[1], attention.value = parts[2];
    return true;
  }
  for (int64_t index : {0, 1, 2})
    if (Tensor x = node.tensor(index); !x || x.rank() != rank)
      return x && (node.fail("query, key and value, expected rank " + Twine(rank)), false);
  attention.query = splitHeads(g, query, heads);
  attention.key = splitHeads(g, node.tensor(1), keyHeads);
  attention.value = splitHeads(g, node.tensor(2), keyHeads);
  return attention.query && attention.key && attention.value;
}

bool normalizeHeads(NodeReader &node, SoftmaxAttention &attention, int64_t index) {
  double epsilon = node.real("qk_norm_epsilon", 1e-6);
  if (!node.has(index) && !node.has(index + 1))
    return true;
  Tensor query = node.tensor(index), key = node.tensor(index + 1);
  for (const Tensor &scale : {query, key})
    if (!scale || scale.rank() != 1 || !node.unify(scale.shape[0], attention.query.shape.back()))
      return node.failed() ? false
                           : (node.fail("scale of a norm of rank " + Twine(scale.rank()) + ", expected 1"), false);
  attention.query = rmsNorm(node.g, attention.query, query, epsilon);
  attention.key = rmsNorm(node.g, attention.key, key, epsilon);
  return attention.query && attention.key;
}

void readPlaces(SoftmaxAttention &attention, GraphBuilder &g, Tensor lengths, int64_t more) {
  Type index = g.builder().getI64Type();
  Tensor tokens = emitLiteral(g, Literal{index, {}, {{attention.query.shape[1]}}});
  lengths = g.cast(lengths, index);
  attention.valid = more ? g.add(lengths, static_cast<double>(more)) : lengths;
  attention.offset = g.clamp(g.sub(attention.valid, tokens), 0.0, std::nullopt);
}

Tensor newPlaces(GraphBuilder &g, const SoftmaxAttention &attention) {
  Tensor tokens = g.iota({g.dim(1), attention.query.shape[1]}, 1, g.builder().getI64Type());
  return attention.offset ? g.add(g.unsqueeze(attention.offset, 1), tokens) : Tensor();
}

bool rotateHeads(NodeReader &node, Tensor &query, Tensor &key, Tensor places, int64_t index) {
  bool rotates = node.flag("do_rotary", false), interleaved = node.flag("rotary_interleaved", false);
  Tensor cosines = node.optionalTensor(index), sines = node.optionalTensor(index + 1);
  if (!rotates)
    return !node.failed();
  if (!cosines || !sines)
    return node.fail("attribute 'do_rotary' is 1, expected inputs 'cos_cache' and 'sin_cache'"), false;
  GraphBuilder &g = node.g;
  cosines = g.gather(cosines, places, 0), sines = g.gather(sines, places, 0);
  query = rotaryWithTables(g, query, cosines, sines, interleaved);
  key = rotaryWithTables(g, key, cosines, sines, interleaved);
  return query && key;
}

void readLocalWindow(NodeReader &node, SoftmaxAttention &attention) {
  int64_t window = node.integer("local_window_size", -1);
  attention.limits.left = window > 0 ? window - 1 : -1;
  if (window > 0)
    emitWarning(node.g.location()) << "attribute 'local_window_size' is taken to count the token itself; runtimes "
                                      "before 2025 saw one token more";
}

bool readSink(NodeReader &node, SoftmaxAttention &attention, int64_t index) {
  attention.sink = node.g.cast(node.tensor(index), attention.computeType());
  if (!attention.sink)
    return false;
  if (attention.sink.rank() != 1)
    return node.fail("input 'head_sink' of rank " + Twine(attention.sink.rank()) + ", expected 1"), false;
  return node.unify(attention.sink.shape[0], attention.query.shape[2]);
}

//===--- caches and masks -----------------------------------------------------------------===//

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
