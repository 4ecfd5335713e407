// The mixer block by slots: projections of the input fill the operands, the slots say what happens between them.
#include "frontends/json/slots/Slots.h"
#include "frontends/json/Presets.h"
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

namespace {

const std::vector<std::string> kFeatureMaps = {"elu1", "identity", "l2", "relu", "silu"};

struct Slots {
  HeadSizes heads;
  TransportSlot transport;
  ScoreSlot score;
  int64_t taps;
  std::string featureMap, gate, outputNorm;
  bool current = false;
  Attribute support, layout;
  std::optional<Rotation> rotary;
  InputName segments, keysFrom;

  Tensor stream(Model &m, Tensor x, const std::string &name, int64_t heads, int64_t features) const;
  void fillKeys(Model &m, Tensor x, Tensor source, MixSpec &spec) const;
  void fillValue(Model &m, Tensor source, MixSpec &spec) const;
  Tensor finish(Model &m, Tensor x, Tensor mixed) const;
  Tensor build(Model &m, Tensor x) const;
  bool hasKeys() const { return heads.keyFeatures != 0; }
};

Tensor mapFeatures(Model &m, const std::string &kind, Tensor x) {
  if (kind == "elu1")
    return eluPlusOne(m.g, x);
  if (kind == "l2")
    return l2Normalize(m.g, x, 1e-6);
  return activate(m.g, kind, x);
}

Tensor Slots::stream(Model &m, Tensor x, const std::string &name, int64_t count, int64_t features) const {
  Tensor projected = m.project(x, name, count * features);
  if (taps)
    projected = m.g.unary(Unary::Silu, m.convolve(projected, name + "_conv", taps, false));
  return m.heads(projected, count);
}

void Slots::fillKeys(Model &m, Tensor x, Tensor source, MixSpec &spec) const {
  int64_t width = transport.kind == "complex_diagonal" ? 2 * heads.keyFeatures : heads.keyFeatures;
  spec.query = mapFeatures(m, featureMap, stream(m, x, "query", heads.query, width));
  spec.key = mapFeatures(m, featureMap, stream(m, source, "key", heads.key, width));
  if (rotary)
    rotate(m, *rotary, spec);
  if (current)
    spec.current = m.weight("bonus", {heads.state(), heads.keyFeatures}, Init::normal(0.5), m.f32);
}

// A region without keys reads its operands alone: nothing is added to its state.
void Slots::fillValue(Model &m, Tensor source, MixSpec &spec) const {
  bool isUnused = transport.isRegion() && !hasKeys();
  spec.value = isUnused ? m.g.splat(0, m.g.shape({1, 1, heads.value, heads.valueFeatures}), m.dtype)
                        : stream(m, source, "value", heads.value, heads.valueFeatures);
}

Tensor Slots::finish(Model &m, Tensor x, Tensor y) const {
  GraphBuilder &g = m.g;
  if (y && outputNorm == "rms")
    y = m.rmsNorm(y, "norm", 1e-5);
  if (y && outputNorm == "layer")
    y = layerNorm(g, y, m.weight("norm.weight", heads.valueFeatures, Init::constant(1)),
                  m.weight("norm.bias", heads.valueFeatures, Init::constant(0)), 1e-5);
  y = mergeHeads(g, y);
  if (y && gate != "none")
    y = g.mul(y, activate(g, gate, m.project(x, "gate", m.features(y))));
  return m.project(y, "output", m.features(x));
}

Tensor Slots::build(Model &m, Tensor x) const {
  Tensor source = keySource(m, keysFrom, x);
  if (!source)
    return {};
  MixSpec spec;
  spec.layout = layout;
  spec.support = support;
  spec.segments = segmentsInput(m, segments);
  if (hasKeys())
    fillKeys(m, x, source, spec);
  fillValue(m, source, spec);
  transport.fill(m, x, heads, spec);
  if (hasKeys() && !transport.isRegion())
    score.fill(m, heads, spec);
  return finish(m, x, mixed(m, spec));
}

void readHeads(ObjectReader &r, Slots &s) {
  IntegerRange counts{1, 65536};
  HeadSizes &h = s.heads;
  bool hasKeys = !s.transport.isMatrix() && (!s.transport.isRegion() || r.has("key_features"));
  if (!hasKeys) {
    h.value = r.integer("value_heads", counts);
    h.valueFeatures = r.integer("value_features", counts);
    return;
  }
  h.query = r.integer("query_heads", counts);
  h.key = r.integer("key_heads", counts, h.query);
  h.value = r.integer("value_heads", counts, h.key);
  h.keyFeatures = r.integer("key_features", counts);
  h.valueFeatures = r.integer("value_features", counts, h.keyFeatures);
  if (h.state() % h.key || h.state() % h.value || h.output() % h.query || h.output() % h.state())
    r.error("query_heads", "expected counts that divide each other but got " + Twine(h.query) + " query, " +
                               Twine(h.key) + " key and " + Twine(h.value) + " value heads");
}

// Keys of mixers with queries and keys.
void readKeySlots(ObjectReader &r, Slots &s) {
  s.featureMap = r.choice("feature_map", kFeatureMaps, "identity");
  s.rotary = readRotary(r);
  if (s.transport.isRegion())
    return;
  s.score = ScoreSlot::read(r);
  s.current = r.boolean("current", false);
  s.keysFrom = readKeysFrom(r);
}

// What the slots exclude, said in the words of the format; Mixer.md has the reasons.
void checkCombination(ObjectReader &r, const Slots &s) {
  const std::string &transport = s.transport.kind;
  bool isAligned = cast<mixer::LayoutAttr>(s.layout).getAlign() == mixer::Align::End;
  if (s.score.isSoftmax && transport != "identity")
    r.error("transport", "expected \"identity\" with a softmax score but got \"" + Twine(transport) + "\"");
  if (s.score.norm != "none" && transport.rfind("elementwise", 0) == 0)
    r.error("norm", "expected \"none\" with an elementwise transport but got \"" + Twine(s.score.norm) + "\"");
  if (transport != "identity" && s.keysFrom)
    r.error("keys_from",
            "expected none with the transport \"" + Twine(transport) + "\"; only \"identity\" reads others");
  if (transport != "identity" && isAligned)
    r.error("align", "expected \"start\" with the transport \"" + Twine(transport) + "\" but got \"end\"");
  checkKeysFrom(r, s.keysFrom, s.segments, s.rotary);
}

} // namespace

Build readSlots(ObjectReader &block) {
  const nlohmann::json *value = block.value("slots");
  ObjectReader r(block.reporter, *value, block.at("slots"));
  if (!r.valid())
    return nullptr;
  Slots s;
  s.transport = TransportSlot::read(r);
  readHeads(r, s);
  if (s.hasKeys())
    readKeySlots(r, s);
  s.taps = r.integer("short_conv", {0, 64}, 0);
  s.gate = r.choice("gate", {"none", "sigmoid", "silu"}, "none");
  s.outputNorm = r.choice("output_norm", {"layer", "none", "rms"}, "none");
  bool seesAll = s.keysFrom || (s.transport.isMatrix() && (s.transport.kind != "toeplitz" || s.transport.center > 0));
  s.support = readSupport(r, "support", seesAll ? "full" : "causal");
  s.layout = readAlignedLayout(r);
  s.segments = readSegments(r);
  checkCombination(r, s);
  r.finish();
  return [s](Model &m, Tensor x) { return s.build(m, x); };
}

} // namespace heddle::json
