#include "frontends/json/slots/Slots.h"
#include <cmath>
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

static const std::vector<std::string> kTransports = {
    "complex_diagonal",  "constant",         "delta",           "elementwise", "elementwise_factored",
    "gated_delta",       "identity",         "key_channel",     "region",      "scalar",
    "structured_cosine", "structured_dense", "structured_sine", "toeplitz"};

TransportSlot TransportSlot::read(ObjectReader &slots) {
  TransportSlot t;
  const nlohmann::json *value = slots.value("transport");
  nlohmann::json named = {{"kind", value ? *value : nlohmann::json("identity")}};
  bool isObject = value && value->is_object();
  ObjectReader r(slots.reporter, isObject ? *value : named, slots.at("transport"));
  t.pointer = r.where();
  t.kind = isObject ? r.choice("kind", kTransports) : slots.choice("transport", kTransports, "identity");
  if (!isObject)
    r.has("kind");
  if (t.kind == "toeplitz") {
    t.input = readInputName(r, "input");
    t.center = r.integer("center", {0, int64_t(1) << 24}, 0);
    if (!t.input)
      t.kernelTokens = r.integer("tokens", {1, int64_t(1) << 24});
  } else if (t.kind == "structured_dense") {
    t.input = readInputName(r, "input");
    t.outputTokens = t.input ? 0 : r.integer("tokens", {0, kSize.high}, 0);
  } else if (t.kind == "region") {
    t.readRegion(r);
  }
  r.finish();
  if (!t.isMatrix() && !t.isRegion())
    t.decay = slots.choice("decay", {"input", "learned"}, "input");
  return t;
}

// Logarithms of decays, [B, T, sizes...] or [1, 1, sizes...]; never positive.
Tensor TransportSlot::decays(Model &m, Tensor x, SmallVector<int64_t> sizes) const {
  GraphBuilder &g = m.g;
  constexpr double kSlowest = 1.0 / 16;
  Tensor logits;
  if (decay == "input") {
    int64_t count = 1;
    for (int64_t size : sizes)
      count *= size;
    Tensor z = g.cast(m.project(x, "decay", count, true), m.f32);
    Shape shape = {x.shape[0], x.shape[1]};
    shape.append(g.shape(sizes));
    logits = g.reshape(z, shape);
  } else {
    sizes.insert(sizes.begin(), {1, 1});
    logits = m.weight("decay", sizes, Init::uniform(0, 2), m.f32);
  }
  return g.mul(g.unary(Unary::Softplus, g.unary(Unary::Neg, logits)), -kSlowest);
}

void TransportSlot::fill(Model &m, Tensor x, const HeadSizes &sizes, MixSpec &spec) const {
  if (isRegion())
    return fillRegion(m, x, sizes, spec);
  if (isMatrix())
    return fillMatrix(m, x, sizes, spec);
  MLIRContext *ctx = m.g.context();
  int64_t heads = sizes.state(), keys = sizes.keyFeatures, values = sizes.valueFeatures;
  if (kind == "identity") {
    spec.transport = mixer::IdentityAttr::get(ctx);
  } else if (kind == "scalar") {
    spec.transport = mixer::ScalarAttr::get(ctx);
    spec.transportOperands = {decays(m, x, {heads})};
  } else if (kind == "key_channel") {
    spec.transport = mixer::KeyChannelAttr::get(ctx);
    spec.transportOperands = {decays(m, x, {heads, keys})};
  } else if (kind == "elementwise") {
    spec.transport = mixer::ElementwiseAttr::get(ctx, false);
    spec.transportOperands = {decays(m, x, {heads, keys, values})};
  } else if (kind == "elementwise_factored") {
    spec.transport = mixer::ElementwiseAttr::get(ctx, true);
    Tensor rate = m.g.unary(Unary::Exp, m.weight("log_rate", {heads, keys, values}, Init::uniform(-2, 2), m.f32));
    spec.transportOperands = {decays(m, x, {heads, values}), rate};
  } else if (kind == "complex_diagonal") {
    spec.transport = mixer::ComplexDiagonalAttr::get(ctx);
    Tensor phase = m.weight("phase", {1, 1, heads, keys}, Init::uniform(0, M_PI / 4), m.f32);
    spec.transportOperands = {decays(m, x, {heads, keys}), phase};
  } else if (kind == "constant") {
    spec.transport = mixer::ConstantAttr::get(ctx);
    double deviation = 0.5 / std::sqrt(static_cast<double>(keys));
    spec.transportOperands = {m.weight("transition", {heads, keys, keys}, Init::normal(deviation), m.f32)};
  } else {
    bool gated = kind == "gated_delta";
    spec.transport = mixer::DeltaAttr::get(ctx, gated);
    spec.transportOperands = {m.g.unary(Unary::Sigmoid, m.g.cast(m.project(x, "beta", heads), m.f32))};
    if (gated)
      spec.transportOperands.push_back(decays(m, x, {heads}));
  }
}

// Matrices of positions: kernels of convolutions, dense matrices, halves of the Fourier transform.
void TransportSlot::fillMatrix(Model &m, Tensor x, const HeadSizes &sizes, MixSpec &spec) const {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  if (kind == "toeplitz")
    spec.transport = mixer::ToeplitzAttr::get(ctx, center);
  else
    spec.transport = mixer::StructuredAttr::get(ctx, kind == "structured_dense"    ? mixer::StructuredKind::Dense
                                                     : kind == "structured_cosine" ? mixer::StructuredKind::Cosine
                                                                                   : mixer::StructuredKind::Sine);
  if (kind == "structured_cosine" || kind == "structured_sine")
    return;
  Tensor operand;
  if (input) {
    operand = m.namedInput(input);
    bool fits = operand && operand.rank() == 3 && (operand.elementType == m.dtype || operand.elementType == m.f32);
    if (operand && !fits)
      operand = m.failAt(input.pointer,
                         "input '" + input.name + "' has shape " + g.describe(operand.shape) + ", expected floats " +
                             (kind == "toeplitz" ? "[heads, features, lags]" : "[heads, tokens, tokens]"));
  } else if (kind == "toeplitz") {
    Init init = Init::normal(1.0 / std::sqrt(static_cast<double>(kernelTokens)));
    operand = m.weight("kernel", {sizes.value, sizes.valueFeatures, kernelTokens}, init, m.f32);
  } else if (auto tokens = dyn_cast<AffineConstantExpr>(x.shape[1])) {
    int64_t from = tokens.getValue(), to = outputTokens ? outputTokens : from;
    operand = m.weight("matrix", {sizes.value, to, from}, Init::normal(1.0 / std::sqrt(static_cast<double>(from))));
  } else {
    operand = m.failAt(pointer, "matrix of " + g.describe(x.shape[1]) +
                                    " tokens, expected a constant number of tokens or the key 'input'");
  }
  spec.transportOperands = {operand};
}

} // namespace heddle::json
