#include "frontends/json/BasicBlocks.h"
#include "frontends/json/States.h"
#include <cmath>

namespace heddle::json {

const std::vector<std::string> kActivations = {"gelu",    "gelu_tanh", "identity", "relu", "relu_squared",
                                               "sigmoid", "silu",      "softplus", "tanh"};

Tensor activate(GraphBuilder &g, llvm::StringRef name, Tensor x) {
  if (!x || name == "identity")
    return x;
  if (name == "relu_squared") {
    Tensor positive = g.unary(Unary::Relu, x);
    return g.mul(positive, positive);
  }
  Unary kind = name == "gelu"        ? Unary::Gelu
               : name == "gelu_tanh" ? Unary::GeluTanh
               : name == "relu"      ? Unary::Relu
               : name == "sigmoid"   ? Unary::Sigmoid
               : name == "silu"      ? Unary::Silu
               : name == "softplus"  ? Unary::Softplus
                                     : Unary::Tanh;
  return g.unary(kind, x);
}

Tensor eluPlusOne(GraphBuilder &g, Tensor x) {
  Tensor negative = g.unary(Unary::Exp, g.clamp(x, std::nullopt, 0.0));
  return g.add(g.unary(Unary::Relu, x), negative);
}

Build readActivation(ObjectReader &r) {
  std::string kind = r.choice("kind", kActivations);
  return [=](Model &m, Tensor x) { return activate(m.g, kind, x); };
}

Build readLinear(ObjectReader &r) {
  int64_t width = r.integer("features", kSize);
  bool bias = r.boolean("bias", true);
  return [=](Model &m, Tensor x) -> Tensor {
    if (!x || !m.features(x))
      return x ? m.g.fail("linear needs a float input with a constant number of features, got " + m.g.describe(x.shape))
               : x;
    double deviation = 1.0 / std::sqrt(m.features(x));
    Tensor weight = m.weight("weight", {m.features(x), width}, Init::normal(deviation));
    return linear(m.g, x, weight, bias ? m.weight("bias", width, Init::constant(0)) : Tensor());
  };
}

// Tokens become rows of a table. The input's range makes sure at the entry that every token has one.
Build readEmbedding(ObjectReader &r) {
  int64_t vocabulary = r.integer("vocabulary", kSize);
  int64_t width = r.integer("features", kSize);
  return [=](Model &m, Tensor x) -> Tensor {
    if (x && !llvm::isa<mlir::IntegerType>(x.elementType))
      return m.g.fail("embedding of floats, expected an integer input such as {\"dtype\": \"i64\"}");
    return m.g.gather(m.weight("weight", {vocabulary, width}, Init::normal(1)), x, 0);
  };
}

static double readEpsilon(ObjectReader &r) { return r.number("epsilon", 0, 1, 1e-5); }

Build readLayerNorm(ObjectReader &r) {
  double epsilon = readEpsilon(r);
  bool bias = r.boolean("bias", true);
  return [=](Model &m, Tensor x) {
    Tensor scale = m.weight("weight", m.features(x), Init::constant(1));
    return layerNorm(m.g, x, scale, bias ? m.weight("bias", m.features(x), Init::constant(0)) : Tensor(), epsilon);
  };
}

Build readRmsNorm(ObjectReader &r) {
  double epsilon = readEpsilon(r);
  return [=](Model &m, Tensor x) {
    return rmsNorm(m.g, x, m.weight("weight", m.features(x), Init::constant(1)), epsilon);
  };
}

Build readGroupNorm(ObjectReader &r) {
  double epsilon = readEpsilon(r);
  int64_t groups = r.integer("groups", kSize);
  bool bias = r.boolean("bias", true);
  return [=](Model &m, Tensor x) {
    Tensor scale = m.weight("weight", m.features(x), Init::constant(1));
    Tensor offset = bias ? m.weight("bias", m.features(x), Init::constant(0)) : Tensor();
    return groupNorm(m.g, x, scale, offset, groups, epsilon);
  };
}

Build readMlp(ObjectReader &r) {
  int64_t hidden = r.integer("hidden", kSize);
  std::string kind = r.choice("activation", kActivations, "gelu");
  bool bias = r.boolean("bias", true);
  return [=](Model &m, Tensor x) {
    int64_t width = m.features(x);
    return m.project(activate(m.g, kind, m.project(x, "up", hidden, bias)), "down", width, bias);
  };
}

Build readGatedMlp(ObjectReader &r) {
  int64_t hidden = r.integer("hidden", kSize);
  std::string kind = r.choice("activation", kActivations, "silu");
  bool bias = r.boolean("bias", false);
  return [=](Model &m, Tensor x) {
    Tensor gate = activate(m.g, kind, m.project(x, "gate", hidden, bias));
    return m.project(m.g.mul(gate, m.project(x, "up", hidden, bias)), "down", m.features(x), bias);
  };
}

Build readShortConv(ObjectReader &r) {
  int64_t taps = r.integer("taps", {1, 64}, 4);
  std::string kind = r.choice("activation", kActivations, "identity");
  bool bias = r.boolean("bias", true);
  return carrying(r, [=](Model &m, Tensor x) -> Tensor {
    if (!m.isTokenMajor(x))
      return {};
    Tensor kernel = m.weight("weight", {m.features(x), taps}, Init::normal(1.0 / std::sqrt(taps)));
    Tensor offset = bias ? m.weight("bias", m.features(x), Init::constant(0)) : Tensor();
    return activate(m.g, kind, convolveCarrying(m, x, "", kernel, offset));
  });
}

Build readHead(ObjectReader &r) {
  int64_t width = r.integer("features", kSize);
  bool bias = r.boolean("bias", false);
  std::string norm = r.choice("norm", {"layer", "none", "rms"}, "none");
  double epsilon = readEpsilon(r);
  return [=](Model &m, Tensor x) {
    if (x && norm == "layer")
      x = layerNorm(m.g, x, m.weight("norm.weight", m.features(x), Init::constant(1)),
                    m.weight("norm.bias", m.features(x), Init::constant(0)), epsilon);
    if (x && norm == "rms")
      x = m.rmsNorm(x, "norm", epsilon);
    return m.project(x, "proj", width, bias);
  };
}

Build readResidual(ObjectReader &r) {
  double scale = r.number("scale", -1000, 1000, 1.0);
  Build inner = readBlockList(r, "blocks");
  return [=](Model &m, Tensor x) -> Tensor {
    Tensor y = inner(m, x);
    if (!x || !y)
      return {};
    if (x.shape != y.shape)
      return m.g.fail("residual adds its input " + m.g.describe(x.shape) + " to the output " + m.g.describe(y.shape) +
                      " of its blocks, expected equal shapes");
    return m.g.add(x, scale == 1.0 ? y : m.g.mul(y, scale));
  };
}

Build readRepeat(ObjectReader &r) {
  int64_t count = r.integer("count", {1, 4096});
  Build inner = readBlockList(r, "blocks");
  std::string pointer = r.where();
  return [=](Model &m, Tensor x) {
    for (int64_t i = 0; i < count && x; ++i)
      x = m.repeated(i, pointer, [&] { return inner(m, x); });
    return x;
  };
}

// The feed-forward part of RWKV-4: a gated squared ReLU on tokens mixed with their predecessor.
Build readChannelMix(ObjectReader &r) {
  int64_t hidden = r.integer("hidden", kSize);
  return carrying(r, [=](Model &m, Tensor x) -> Tensor {
    if (!m.isTokenMajor(x))
      return {};
    GraphBuilder &g = m.g;
    Tensor key = activate(g, "relu_squared", m.project(m.convolve(x, "shift_key", 2, false), "key", hidden));
    Tensor gate = g.unary(Unary::Sigmoid, m.project(m.convolve(x, "shift_gate", 2, false), "gate", m.features(x)));
    return g.mul(gate, m.project(key, "value", m.features(x)));
  });
}

} // namespace heddle::json
