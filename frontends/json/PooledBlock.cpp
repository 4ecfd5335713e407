// Blocks that run at a slower rate: so many tokens become one, and what they give is spread over as many again.
//
//   [B, T, D] -> down -> [B, T / 4, features] -> blocks -> shift -> up -> [B, T, D]
//
// With the shift (Goel et al., "It's Raw! Audio Generation with State-Space Models", 2022; Nawrot et al., "Hierarchical
// Transformers Are More Efficient Language Models", 2022) each token sees groups that end in front of its own.
#include "frontends/json/BasicBlocks.h"

namespace heddle::json {
namespace {

struct Pooling {
  int64_t stride = 1;
  std::optional<int64_t> features; // as many as come in
  bool isMean = false;
  bool shifts = true;
};

Tensor down(Model &m, Tensor x, Dim groups, const Pooling &pooling) {
  GraphBuilder &g = m.g;
  int64_t width = m.features(x);
  if (!pooling.isMean)
    return m.project(g.reshape(x, {x.shape[0], groups, g.dim(pooling.stride * width)}), "down",
                     pooling.features.value_or(width), /*bias=*/true);
  Tensor grouped = g.reshape(x, {x.shape[0], groups, g.dim(pooling.stride), g.dim(width)});
  return g.reduce(Reduce::Mean, grouped, {2}, /*keepDims=*/false);
}

Tensor up(Model &m, Tensor y, const Shape &shape, const Pooling &pooling) {
  GraphBuilder &g = m.g;
  if (!y)
    return {};
  if (!pooling.isMean) {
    int64_t width = llvm::cast<mlir::AffineConstantExpr>(shape[2]).getValue();
    return g.reshape(m.project(y, "up", pooling.stride * width, /*bias=*/true), shape);
  }
  Shape groups = {y.shape[0], y.shape[1], g.dim(pooling.stride), y.shape[2]};
  return g.reshape(g.broadcastTo(g.unsqueeze(y, {2}), groups), shape);
}

/// Each group takes the place of the one behind it; the first place is empty.
Tensor shifted(GraphBuilder &g, Tensor y) {
  if (!y)
    return {};
  Dim none = g.dim(int64_t(0));
  return g.slice(g.pad(y, {none, g.dim(1), none}, {none, none, none}), 1, none, y.shape[1]);
}

} // namespace

Build readPooled(ObjectReader &r) {
  Pooling pooling;
  pooling.stride = r.integer("stride", {2, 4096});
  pooling.isMean = r.choice("pool", {"linear", "mean"}, "linear") == "mean";
  pooling.shifts = r.boolean("shift", true);
  if (r.has("features"))
    pooling.features = r.integer("features", kSize);
  if (pooling.isMean && pooling.features)
    r.error("features", "expected no number of features with the pool 'mean', which keeps them");
  Build inner = readBlockList(r, "blocks");
  std::string pointer = r.where();
  return [=](Model &m, Tensor x) -> Tensor {
    if (!m.isTokenMajor(x))
      return {};
    Dim groups = m.groupsOf(x.shape[1], pooling.stride, pointer + "/stride");
    if (!groups)
      return {};
    Tensor y = inner(m, down(m, x, groups, pooling));
    if (y && pooling.isMean && !m.g.sameDim(y.shape.back(), x.shape.back()))
      return m.failAt(pointer + "/blocks", "blocks give " + m.g.describe(y.shape.back()) + " features, expected the " +
                                               m.g.describe(x.shape.back()) + " that come in");
    return up(m, pooling.shifts ? shifted(m.g, y) : y, x.shape, pooling);
  };
}

} // namespace heddle::json
