// What tells tokens apart: order and alignment, segments, the source of the keys, rotary and learned positions.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/BasicBlocks.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

static mixer::Order readOrder(ObjectReader &r) {
  std::string order = r.choice("order", {"bidirectional", "forward", "reverse"}, "forward");
  return order == "forward"   ? mixer::Order::Forward
         : order == "reverse" ? mixer::Order::Reverse
                              : mixer::Order::Bidirectional;
}

Attribute readLayout(ObjectReader &r) {
  return mixer::LayoutAttr::get(r.reporter.mlirContext(), readOrder(r), mixer::Align::Start);
}

Attribute readAlignedLayout(ObjectReader &r) {
  bool atEnd = r.choice("align", {"end", "start"}, "start") == "end";
  return mixer::LayoutAttr::get(r.reporter.mlirContext(), readOrder(r),
                                atEnd ? mixer::Align::End : mixer::Align::Start);
}

InputName readInputName(ObjectReader &r, StringRef key) { return {r.text(key, ""), r.at(key)}; }

Tensor segmentsInput(Model &m, const InputName &name) {
  Tensor ids = name ? m.namedInput(name) : Tensor();
  if (ids && (!ids.elementType.isInteger(32) || ids.rank() != 2))
    return m.failAt(name.pointer, "input '" + name.name + "', expected shape [batch, tokens] and dtype i32");
  return ids;
}

Tensor keySource(Model &m, const InputName &name, Tensor x) {
  if (!name)
    return x;
  Tensor memory = m.namedInput(name);
  if (!memory || !x)
    return {};
  bool fits = memory.rank() == 3 && memory.elementType == x.elementType && m.features(memory) &&
              m.g.sameDim(memory.shape[0], x.shape[0]);
  return fits ? memory
              : m.failAt(name.pointer, "input '" + name.name + "' has shape " + m.g.describe(memory.shape) +
                                           ", expected [" + m.g.describe(x.shape[0]) +
                                           ", tokens, features] of the model's type");
}

std::optional<Rotation> readRotary(ObjectReader &r) {
  const nlohmann::json *value = r.value("rotary");
  if (!value)
    return std::nullopt;
  ObjectReader options(r.reporter, *value, r.at("rotary"));
  Rotation rotation;
  RotaryOptions &rotary = rotation.options;
  rotary.base = options.number("base", 1, 1e12, 10000.0);
  rotary.interleaved = options.boolean("interleaved", false);
  rotary.dim = options.integer("features", {0, 65536}, 0);
  rotary.scale = options.number("scale", 1e-9, 1e9, 1.0);
  rotary.offset = options.integer("offset", {0, int64_t(1) << 31}, 0);
  rotation.positions = readInputName(options, "positions");
  if (rotary.dim % 2)
    options.error("features", "expected an even number but got " + Twine(rotary.dim));
  options.finish();
  return rotation;
}

// The input of positions [B, T] of the tokens of x, or nothing without a name.
static Tensor positionsInput(Model &m, const InputName &name, const Tensor &x) {
  Tensor positions = name ? m.namedInput(name) : Tensor();
  if (!positions || !x)
    return {};
  GraphBuilder &g = m.g;
  bool fits = isa<IntegerType>(positions.elementType) && positions.rank() == 2 &&
              (g.sameDim(positions.shape[0], x.shape[0]) || positions.shape[0] == g.dim(1)) &&
              g.sameDim(positions.shape[1], x.shape[1]);
  return fits ? positions
              : m.failAt(name.pointer, "input '" + name.name + "' has shape " + g.describe(positions.shape) +
                                           ", expected integers " + g.describe({x.shape[0], x.shape[1]}));
}

// Positions of queries that are the last of the keys: [1, T], the first one at S - T.
static Tensor lastPositions(GraphBuilder &g, Dim queries, Dim keys) {
  Value first = g.dimValue(g.simplify(keys - queries));
  if (!first)
    return {};
  Type i64 = g.builder().getI64Type();
  return g.generate({g.dim(1), queries}, i64, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    return arith::IndexCastOp::create(b, at, i64, arith::AddIOp::create(b, at, index[1], first));
  });
}

void rotate(Model &m, const Rotation &rotation, MixSpec &spec) {
  if (!spec.query || !spec.key)
    return;
  GraphBuilder &g = m.g;
  const InputName &name = rotation.positions;
  if (m.state && !m.state->input.empty() && !name) {
    m.failAt(m.state->pointer, "rotary positions begin anew in every call, expected the key 'positions' beside them");
    return;
  }
  Tensor ofKeys = positionsInput(m, name, spec.key), ofQueries = name ? positionsInput(m, name, spec.query) : Tensor();
  auto layout = cast_or_null<mixer::LayoutAttr>(spec.layout);
  bool isLast = layout && layout.getAlign() == mixer::Align::End && !g.sameDim(spec.query.shape[1], spec.key.shape[1]);
  if (isLast && !name)
    ofQueries = lastPositions(g, spec.query.shape[1], spec.key.shape[1]);
  spec.query = rotary(g, spec.query, rotation.options, ofQueries);
  spec.key = rotary(g, spec.key, rotation.options, ofKeys);
}

void checkKeysFrom(ObjectReader &r, const InputName &keysFrom, const InputName &segments,
                   const std::optional<Rotation> &rotation) {
  if (keysFrom && segments)
    r.error("segments", "expected none with the key 'keys_from'");
  if (keysFrom && rotation && rotation->positions)
    r.reporter.error(rotation->positions.pointer, "expected none with the key 'keys_from'");
}

// A learned vector for each position, added to the tokens.
Build readPositions(ObjectReader &r) {
  int64_t length = r.integer("max_tokens", kSize);
  InputName name = readInputName(r, "positions");
  std::string place = r.at("max_tokens");
  return [=](Model &m, Tensor x) -> Tensor {
    if (!m.isTokenMajor(x))
      return {};
    GraphBuilder &g = m.g;
    Tensor table = m.weight("weight", {length, m.features(x)}, Init::normal(0.02));
    if (name) {
      Tensor positions = positionsInput(m, name, x);
      return positions ? g.add(x, g.gather(table, positions, 0)) : Tensor();
    }
    if (!table || !m.limit(x.shape[1], length, place))
      return {};
    return g.add(x, g.slice(table, 0, g.dim(0), x.shape[1]));
  };
}

} // namespace heddle::json
