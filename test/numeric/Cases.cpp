#include "test/numeric/Cases.h"

using namespace mlir;

namespace heddle::test {

//===--- builder --------------------------------------------------------------------------===//

CaseBuilder CaseBuilder::with(Step step) const {
  CaseBuilder result = *this;
  result.steps.push_back(std::move(step));
  return result;
}
CaseBuilder CaseBuilder::support(std::string text) const {
  return with([=](MixSpec &spec) { spec.support = cast<mixer::SupportAttrInterface>(spec.parse(text)); });
}
CaseBuilder CaseBuilder::transport(std::string text) const {
  return with([=](MixSpec &spec) { spec.transport = cast<mixer::TransportAttrInterface>(spec.parse(text)); });
}
CaseBuilder CaseBuilder::score(std::string text) const {
  return with([=](MixSpec &spec) { spec.score = spec.parse(text); });
}
CaseBuilder CaseBuilder::norm(std::string text) const {
  return with([=](MixSpec &spec) { spec.norm = cast<mixer::NormAttr>(spec.parse(text)); });
}
CaseBuilder CaseBuilder::layout(std::string text) const {
  return with([=](MixSpec &spec) { spec.layout = cast<mixer::LayoutAttr>(spec.parse(text)); });
}
CaseBuilder CaseBuilder::heads(int64_t query, int64_t key, int64_t value) const {
  return with([=](MixSpec &spec) { spec.queryHeads = query, spec.keyHeads = key, spec.valueHeads = value; });
}
CaseBuilder CaseBuilder::transportHeads(int64_t heads) const {
  return with([=](MixSpec &spec) { spec.transportHeads = heads; });
}
CaseBuilder CaseBuilder::state() const {
  return with([](MixSpec &spec) { spec.hasInitialState = spec.hasFinalState = true; });
}
CaseBuilder CaseBuilder::segments() const {
  return with([](MixSpec &spec) { spec.hasSegments = true; });
}
CaseBuilder CaseBuilder::positions() const {
  return with([](MixSpec &spec) { spec.hasPositions = true; });
}
CaseBuilder CaseBuilder::past(int64_t places) const {
  return with([=](MixSpec &spec) { spec.hasPositions = true, spec.ringPlaces = places; });
}
CaseBuilder CaseBuilder::current(int64_t heads) const {
  return with([=](MixSpec &spec) { spec.hasCurrent = true, spec.currentHeads = heads; });
}
CaseBuilder CaseBuilder::bias(int64_t heads, int64_t distances) const {
  return with([=](MixSpec &spec) { spec.biasHeads = heads, spec.distances = distances; });
}
CaseBuilder CaseBuilder::body(ScoreBody body) const {
  return with([=](MixSpec &spec) { spec.scoreBody = body; });
}
CaseBuilder CaseBuilder::keys(int64_t count) const {
  return with([=](MixSpec &spec) { spec.keys = count; });
}
CaseBuilder CaseBuilder::noQueryKey() const {
  return with([](MixSpec &spec) { spec.hasQuery = spec.hasKey = false; });
}
CaseBuilder CaseBuilder::taps(int64_t taps, bool perChannel) const {
  return with([=](MixSpec &spec) {
    spec.kernelTaps = taps;
    spec.kernelChannels = perChannel ? spec.dv : 1;
  });
}
CaseBuilder CaseBuilder::region(StateBody body) const {
  return transport("#mixer.region").with([=](MixSpec &spec) { spec.stateBody = body; });
}
CaseBuilder CaseBuilder::channels(int64_t dk, int64_t readers) const {
  return with([=](MixSpec &spec) {
    spec.keyHeads = spec.valueHeads = spec.transportHeads = spec.currentHeads = spec.dv;
    spec.queryHeads = readers * spec.dv;
    spec.dk = dk, spec.dv = 1;
  });
}
CaseBuilder CaseBuilder::timeInvariant() const {
  return with([](MixSpec &spec) { spec.oneKeyToken = spec.oneQueryToken = spec.oneTransportToken = true; });
}

void CaseBuilder::apply(MixSpec &spec) const {
  for (const Step &step : steps)
    step(spec);
}

//===--- table ----------------------------------------------------------------------------===//

static Type typeOf(MLIRContext *context, Real type) {
  switch (type) {
  case Real::F32:
    return Float32Type::get(context);
  case Real::BF16:
    return BFloat16Type::get(context);
  case Real::F16:
    return Float16Type::get(context);
  case Real::F64:
    return Float64Type::get(context);
  }
  llvm_unreachable("all types are listed");
}

const char *nameOf(Real type) {
  static const char *const names[] = {"f32", "bf16", "f16", "f64"};
  return names[int(type)];
}

MixSpec Case::at(MLIRContext *context, int64_t batch, int64_t length, int64_t width, Real type) const {
  // Sizes come first: a step of the row may depend on them or replace them.
  MixSpec spec = MixSpec::attention(context);
  spec.batch = batch;
  spec.tokens = spec.keys = length;
  spec.dk = spec.dv = width;
  spec.type = typeOf(context, type);
  spec.dynamicBatch = spec.dynamicTokens = true;
  builder.apply(spec);
  return spec;
}

static CaseBuilder attention() { return {}; }
static CaseBuilder linear() { return CaseBuilder().score("#mixer.linear").norm("#mixer.norm<none>"); }

const std::vector<Case> &cases() {
  constexpr Real f32 = Real::F32, bf16 = Real::BF16, f16 = Real::F16, f64 = Real::F64;
  auto sizes = [](auto... all) { return Sizes{all...}; };
  auto B = sizes, T = sizes, D = sizes;
  auto types = [](auto... all) { return std::vector<Real>{all...}; };
  static const std::vector<Case> rows = {
#define CASE(name, builder, batches, lengths, widths, types, slack)                                                    \
  Case{#name, builder, batches, lengths, widths, types, double(slack)},
#include "test/numeric/cases.inc"
#undef CASE
  };
  return rows;
}

} // namespace heddle::test
