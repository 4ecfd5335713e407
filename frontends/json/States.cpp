#include "frontends/json/States.h"
#include "dialects/mixer/Mixer.h"
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

namespace {

// What of a mixer rules out a state of fixed size; empty when nothing does.
std::string obstacle(const MixSpec &spec) {
  auto transport = cast_or_null<mixer::TransportAttrInterface>(spec.transport);
  auto support = cast_or_null<mixer::SupportAttrInterface>(spec.support);
  auto layout = cast_or_null<mixer::LayoutAttr>(spec.layout);
  if (isa_and_nonnull<mixer::SoftmaxAttr>(spec.score))
    return "a linear score but got a softmax, whose state grows with the tokens";
  if (spec.scoreRegion)
    return "a linear score without expression";
  if (transport && !transport.hasState())
    return "a transport from token to token but got one that mixes whole sequences";
  if (!support || !support.isWholePast())
    return "the support \"causal\"";
  if (layout && layout.getOrder() != mixer::Order::Forward)
    return "the order \"forward\"";
  return "";
}

// The sum of weights becomes part of the state.
Attribute runningNorm(Attribute attribute) {
  auto norm = cast_or_null<mixer::NormAttr>(attribute);
  bool isSum = norm && norm.getKind() == mixer::NormKind::RowSum;
  return isSum ? mixer::NormAttr::get(norm.getContext(), mixer::NormKind::Running, norm.getEpsilon()) : attribute;
}

// Names of the carried tensors, in the order of mixer.mix.
SmallVector<StringRef> stateParts(const MixSpec &spec) {
  SmallVector<StringRef> parts = {""};
  auto norm = cast_or_null<mixer::NormAttr>(spec.norm);
  if (norm && norm.getKind() == mixer::NormKind::Running)
    parts.push_back("sum");
  auto linear = cast_or_null<mixer::LinearAttr>(spec.score);
  if (linear && linear.getLogKeys())
    parts.push_back("max");
  return parts;
}

} // namespace

Build carrying(ObjectReader &block, Build inner) {
  const nlohmann::json *value = block.value("state");
  if (!value)
    return inner;
  ObjectReader r(block.reporter, *value, block.at("state"));
  StateNames names{r.text("input", ""), r.text("output", ""), block.at("state")};
  if (r.valid() && names.input.empty() && names.output.empty())
    r.reporter.error(r.where(), "expected a name at one of the keys 'input' and 'output' but got none");
  for (const auto &[key, name] : {std::pair("input", names.input), std::pair("output", names.output)})
    if (!name.empty() && !isIdentifier(name))
      r.error(key, "expected a name of letters, digits and '_' but got '" + name + "'");
  r.finish();
  if (!inner)
    return nullptr;
  return [=](Model &m, Tensor x) {
    const StateNames *outer = m.state;
    m.state = &names;
    Tensor y = inner(m, x);
    m.state = outer;
    return y;
  };
}

Tensor mixed(Model &m, MixSpec spec) {
  if (!m.state) {
    SmallVector<Tensor> results = m.g.mix(spec);
    return results.empty() ? Tensor() : results.front();
  }
  if (std::string missing = obstacle(spec); !missing.empty())
    return m.failAt(m.state->pointer, "mixer carries no state, expected " + missing);
  spec.norm = runningNorm(spec.norm);
  SmallVector<StringRef> parts = stateParts(spec);
  SmallVector<Shape> shapes = m.g.stateShapes(spec);
  if (!m.state->input.empty())
    for (auto [part, shape] : llvm::zip_equal(parts, shapes))
      spec.initialState.push_back(m.stateInput(part, shape, m.f32));
  spec.finalState = !m.state->output.empty();
  SmallVector<Tensor> results = m.g.mix(spec);
  if (results.empty())
    return {};
  for (auto [part, value] : llvm::zip(parts, ArrayRef(results).drop_front()))
    m.stateOutput(part, value);
  return results.front();
}

Tensor convolveCarrying(Model &m, Tensor x, StringRef part, Tensor kernel, Tensor bias) {
  GraphBuilder &g = m.g;
  int64_t past = kernel ? cast<AffineConstantExpr>(kernel.shape[1]).getValue() - 1 : 0;
  if (!m.state || !x || past == 0)
    return shortConv(g, x, kernel, bias);
  Shape shape = {x.shape[0], g.dim(past), x.shape[2]};
  Tensor before = m.state->input.empty() ? g.splat(0, shape, x.elementType) : m.stateInput(part, shape, x.elementType);
  Tensor joined = g.concat({before, x}, 1);
  Dim end = g.simplify(x.shape[1] + past);
  if (!m.state->output.empty())
    m.stateOutput(part, g.slice(joined, 1, x.shape[1], end));
  return g.slice(shortConv(g, joined, kernel, bias), 1, g.dim(past), end);
}

} // namespace heddle::json
