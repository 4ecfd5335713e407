// The mixer block by slots: projections of the input fill the operands, the slots say what happens between them.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

namespace {

const std::vector<std::string> kFeatureMaps = {"elu1", "identity", "l2", "relu", "silu"};

struct Slots {
  int64_t queryHeads, keyHeads, valueHeads, keyFeatures, valueFeatures, taps;
  std::string featureMap, transport, decay, gate, outputNorm, normKind, segments;
  double scale, softCap, epsilon;
  bool isSoftmax, logKeys, current, alibi;
  Attribute support, layout;
  std::optional<RotaryOptions> rotary;

  int64_t stateHeads() const { return std::max(keyHeads, valueHeads); }
  Tensor stream(Model &m, Tensor x, const std::string &name, int64_t heads, int64_t features) const;
  Tensor decays(Model &m, Tensor x, const std::string &name, SmallVector<int64_t> sizes, double slowest) const;
  void fillTransport(Model &m, Tensor x, MixSpec &spec) const;
  void fillScore(Model &m, MixSpec &spec) const;
  Tensor build(Model &m, Tensor x) const;
};

Tensor mapFeatures(Model &m, const std::string &kind, Tensor x) {
  GraphBuilder &g = m.g;
  if (kind == "elu1")
    return g.add(g.unary(Unary::Relu, x), g.unary(Unary::Exp, g.clamp(x, std::nullopt, 0.0)));
  if (kind == "l2")
    return l2Normalize(g, x, 1e-6);
  return activate(g, kind, x);
}

Tensor Slots::stream(Model &m, Tensor x, const std::string &name, int64_t heads, int64_t features) const {
  Tensor projected = m.project(x, name, heads * features);
  if (taps)
    projected = m.g.unary(Unary::Silu, m.convolve(projected, name + "_conv", taps, false));
  return m.heads(projected, heads);
}

// Logarithms of decays, [B, T, sizes...] or [1, 1, sizes...]; never positive.
Tensor Slots::decays(Model &m, Tensor x, const std::string &name, SmallVector<int64_t> sizes, double slowest) const {
  GraphBuilder &g = m.g;
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  Tensor logits;
  if (decay == "input") {
    Tensor z = g.cast(m.project(x, name, count, true), m.f32);
    Shape shape = {x.shape[0], x.shape[1]};
    for (int64_t size : sizes)
      shape.push_back(g.dim(size));
    logits = g.reshape(z, shape);
  } else {
    sizes.insert(sizes.begin(), {1, 1});
    logits = m.weight(name, sizes, Init::uniform(0, 2), m.f32);
  }
  return g.mul(g.unary(Unary::Softplus, g.unary(Unary::Neg, logits)), -slowest);
}

void Slots::fillTransport(Model &m, Tensor x, MixSpec &spec) const {
  MLIRContext *ctx = m.g.context();
  int64_t heads = stateHeads();
  if (transport == "identity") {
    spec.transport = mixer::IdentityAttr::get(ctx);
  } else if (transport == "scalar") {
    spec.transport = mixer::ScalarAttr::get(ctx);
    spec.transportOperands = {decays(m, x, "decay", {heads}, 1.0 / 16)};
  } else if (transport == "key_channel") {
    spec.transport = mixer::KeyChannelAttr::get(ctx);
    spec.transportOperands = {decays(m, x, "decay", {heads, keyFeatures}, 1.0 / 16)};
  } else if (transport == "elementwise") {
    spec.transport = mixer::ElementwiseAttr::get(ctx, false);
    spec.transportOperands = {decays(m, x, "decay", {heads, keyFeatures, valueFeatures}, 1.0 / 16)};
  } else if (transport == "complex_diagonal") {
    spec.transport = mixer::ComplexDiagonalAttr::get(ctx);
    Tensor phase = m.weight("phase", {1, 1, heads, keyFeatures}, Init::uniform(0, M_PI / 4), m.f32);
    spec.transportOperands = {decays(m, x, "decay", {heads, keyFeatures}, 1.0 / 16), phase};
  } else if (transport == "constant") {
    spec.transport = mixer::ConstantAttr::get(ctx);
    double deviation = 0.5 / std::sqrt(static_cast<double>(keyFeatures));
    spec.transportOperands = {
        m.weight("transition", {heads, keyFeatures, keyFeatures}, Init::normal(deviation), m.f32)};
  } else {
    bool gated = transport == "gated_delta";
    spec.transport = mixer::DeltaAttr::get(ctx, gated);
    spec.transportOperands = {m.g.unary(Unary::Sigmoid, m.g.cast(m.project(x, "beta", heads), m.f32))};
    if (gated)
      spec.transportOperands.push_back(decays(m, x, "decay", {heads}, 1.0 / 16));
  }
}

void Slots::fillScore(Model &m, MixSpec &spec) const {
  MLIRContext *ctx = m.g.context();
  double factor = scale > 0 ? scale : 1.0 / std::sqrt(static_cast<double>(keyFeatures));
  if (isSoftmax) {
    spec.score = mixer::SoftmaxAttr::get(ctx, APFloat(factor), APFloat(softCap),
                                         alibi ? mixer::BiasKind::Alibi : mixer::BiasKind::None);
    if (alibi)
      spec.bias = m.weight("slopes", std::max(queryHeads, stateHeads()),
                           Init::ofIndex([](int64_t h) { return std::exp2(-1.0 - h); }), m.f32);
  } else {
    spec.score = mixer::LinearAttr::get(ctx, APFloat(factor), logKeys);
  }
  mixer::NormKind kind = normKind == "row_sum" ? mixer::NormKind::RowSum : mixer::NormKind::None;
  spec.norm = mixer::NormAttr::get(ctx, kind, APFloat(epsilon));
}

Tensor Slots::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  MixSpec spec;
  int64_t keyWidth = transport == "complex_diagonal" ? 2 * keyFeatures : keyFeatures;
  spec.query = mapFeatures(m, featureMap, stream(m, x, "query", queryHeads, keyWidth));
  spec.key = mapFeatures(m, featureMap, stream(m, x, "key", keyHeads, keyWidth));
  spec.value = stream(m, x, "value", valueHeads, valueFeatures);
  if (rotary) {
    spec.query = heddle::rotary(g, spec.query, *rotary);
    spec.key = heddle::rotary(g, spec.key, *rotary);
  }
  fillTransport(m, x, spec);
  fillScore(m, spec);
  if (current)
    spec.current = m.weight("bonus", {stateHeads(), keyFeatures}, Init::normal(0.5), m.f32);
  spec.segments = segmentsInput(m, segments);
  spec.layout = layout;
  spec.support = support;
  Tensor y = mixed(m, spec);
  if (y && outputNorm == "rms")
    y = m.rmsNorm(y, "norm", 1e-5);
  if (y && outputNorm == "layer")
    y = layerNorm(g, y, m.weight("norm.weight", valueFeatures, Init::constant(1)),
                  m.weight("norm.bias", valueFeatures, Init::constant(0)), 1e-5);
  y = mergeHeads(g, y);
  if (y && gate != "none")
    y = g.mul(y, activate(g, gate, m.project(x, "gate", m.features(y))));
  return m.project(y, "output", m.features(x));
}

void readHeads(ObjectReader &r, Slots &s) {
  IntegerRange heads{1, 65536};
  s.queryHeads = r.integer("query_heads", heads);
  s.keyHeads = r.integer("key_heads", heads, s.queryHeads);
  s.valueHeads = r.integer("value_heads", heads, s.keyHeads);
  s.keyFeatures = r.integer("key_features", {1, 65536});
  s.valueFeatures = r.integer("value_features", {1, 65536}, s.keyFeatures);
  int64_t state = s.stateHeads(), output = std::max(s.queryHeads, state);
  if (state % s.keyHeads || state % s.valueHeads || output % s.queryHeads || output % state)
    r.error("query_heads", "expected counts that divide each other but got " + Twine(s.queryHeads) + " query, " +
                               Twine(s.keyHeads) + " key and " + Twine(s.valueHeads) + " value heads");
}

// "score" is a name, or an object with the name at "kind" and its parameters.
void readScore(ObjectReader &r, Slots &s) {
  static const nlohmann::json linear = {{"kind", "linear"}};
  const nlohmann::json *value = r.value("score");
  ObjectReader score(r.reporter, value ? *value : linear, r.at("score"));
  std::string kind = score.choice("kind", {"linear", "softmax"});
  s.isSoftmax = kind == "softmax";
  s.scale = score.number("scale", 0, 1e6, 0.0);
  s.softCap = s.isSoftmax ? score.number("soft_cap", 0, 1e6, 0.0) : 0;
  s.alibi = s.isSoftmax && score.boolean("alibi", false);
  s.logKeys = !s.isSoftmax && score.boolean("log_keys", false);
  score.finish();
}

// What the slots exclude, said here in the words of the format; Mixer.md has the reasons.
void checkCombination(ObjectReader &r, const Slots &s) {
  if (s.isSoftmax && s.transport != "identity")
    r.error("transport", "expected \"identity\" with a softmax score but got \"" + Twine(s.transport) + "\"");
  if (s.isSoftmax && s.normKind != "row_sum")
    r.error("norm", "expected \"row_sum\" with a softmax score but got \"" + Twine(s.normKind) + "\"");
  if (s.logKeys && s.normKind != "row_sum")
    r.error("norm", "expected \"row_sum\" with log_keys but got \"" + Twine(s.normKind) + "\"");
  if (s.normKind == "row_sum" && s.transport == "elementwise")
    r.error("norm", "expected \"none\" with an elementwise transport but got \"row_sum\"");
}

} // namespace

Build readSlots(ObjectReader &block) {
  const nlohmann::json *value = block.value("slots");
  ObjectReader r(block.reporter, *value, block.at("slots"));
  if (!r.valid())
    return nullptr;
  Slots s;
  readHeads(r, s);
  readScore(r, s);
  s.taps = r.integer("short_conv", {0, 64}, 0);
  s.featureMap = r.choice("feature_map", kFeatureMaps, "identity");
  s.transport = r.choice(
      "transport",
      {"complex_diagonal", "constant", "delta", "elementwise", "gated_delta", "identity", "key_channel", "scalar"},
      "identity");
  s.decay = r.choice("decay", {"input", "learned"}, "input");
  s.normKind = r.choice("norm", {"none", "row_sum"}, s.isSoftmax ? "row_sum" : "none");
  s.epsilon = r.number("epsilon", 0, 1, 0.0);
  s.current = r.boolean("current", false);
  s.gate = r.choice("gate", {"none", "sigmoid", "silu"}, "none");
  s.outputNorm = r.choice("output_norm", {"layer", "none", "rms"}, "none");
  s.support = readSupport(r, "support", "causal");
  s.layout = readLayout(r);
  s.rotary = readRotary(r);
  s.segments = readSegments(r);
  checkCombination(r, s);
  r.finish();
  return [s](Model &m, Tensor x) { return s.build(m, x); };
}

} // namespace heddle::json
