// Which slot values stand in the table. The list of values comes from the dialect itself, so a new one without a row
// fails.
#include "test/numeric/Runners.h"
#include "test/property/MixRun.h"
#include <cstdio>
#include <map>
#include <set>

using namespace mlir;

namespace heddle::test {
namespace {

// Mnemonics of all attributes of the dialect but the form, which the compiler writes.
template <typename... Attributes> std::set<std::string> mnemonics() {
  std::set<std::string> names = {Attributes::getMnemonic().str()...};
  names.erase(mixer::FormAttr::getMnemonic().str());
  return names;
}

std::set<std::string> valuesOfDialect() {
  std::set<std::string> values = mnemonics<
#define GET_ATTRDEF_LIST
#include "dialects/mixer/MixerAttrs.cpp.inc"
      >();
  auto enumeration = [&](const char *prefix, auto stringify, unsigned last) {
    for (unsigned i = 0; i <= last; ++i)
      values.insert((prefix + stringify(i)).str());
  };
  using namespace mixer;
  enumeration("order ", [](unsigned i) { return stringifyOrder(Order(i)); }, unsigned(Order::Bidirectional));
  enumeration("align ", [](unsigned i) { return stringifyAlign(Align(i)); }, unsigned(Align::End));
  enumeration("bias ", [](unsigned i) { return stringifyBiasKind(BiasKind(i)); }, unsigned(BiasKind::Alibi));
  enumeration("norm ", [](unsigned i) { return stringifyNormKind(NormKind(i)); }, unsigned(NormKind::Running));
  enumeration(
      "structured ", [](unsigned i) { return stringifyStructuredKind(StructuredKind(i)); },
      unsigned(StructuredKind::Sine));
  for (const char *flag : {"factored", "gated", "log_keys", "soft_cap", "epsilon", "current", "segments", "positions",
                           "past", "state", "score region", "transport region", "shared keys", "shared queries",
                           "other key count", "f32", "bf16", "f16", "f64"})
    values.insert(flag);
  return values;
}

void coverFlags(const MixSpec &spec, std::map<std::string, std::string> &rows, const std::string &row) {
  auto cover = [&](bool condition, const std::string &value) {
    if (condition)
      rows.emplace(value, row);
  };
  auto text = [](StringRef prefix, StringRef name) { return (prefix + name).str(); };
  cover(true, text("order ", mixer::stringifyOrder(spec.layout.getOrder())));
  cover(true, text("align ", mixer::stringifyAlign(spec.layout.getAlign())));
  cover(true, text("norm ", mixer::stringifyNormKind(spec.norm.getKind())));
  cover(!spec.norm.getEpsilon().isZero(), "epsilon");
  if (auto softmax = dyn_cast<mixer::SoftmaxAttr>(spec.score)) {
    cover(true, text("bias ", mixer::stringifyBiasKind(softmax.getBias())));
    cover(!softmax.getSoftCap().isZero(), "soft_cap");
  }
  if (auto linear = dyn_cast<mixer::LinearAttr>(spec.score))
    cover(linear.getLogKeys(), "log_keys");
  Attribute transport = spec.transport;
  if (auto structured = dyn_cast<mixer::StructuredAttr>(transport))
    cover(true, text("structured ", mixer::stringifyStructuredKind(structured.getKind())));
  auto elementwise = dyn_cast<mixer::ElementwiseAttr>(transport);
  auto delta = dyn_cast<mixer::DeltaAttr>(transport);
  cover(elementwise && elementwise.getFactored(), "factored");
  cover(delta && delta.getGated(), "gated");
  cover(spec.hasCurrent, "current");
  cover(spec.hasSegments, "segments");
  cover(spec.hasPositions, "positions");
  cover(spec.ringPlaces > 0, "past");
  cover(spec.hasInitialState && spec.hasFinalState, "state");
  cover(spec.scoreBody != ScoreBody::None, "score region");
  cover(spec.stateBody != StateBody::None, "transport region");
  cover(spec.keyHeads < spec.queryHeads, "shared keys");
  cover(spec.queryHeads < spec.valueHeads, "shared queries");
  cover(spec.keys != spec.tokens, "other key count");
}

} // namespace

int runCoverage(const RunnerOptions &options) {
  std::unique_ptr<MLIRContext> context = makeContext();
  std::map<std::string, std::string> rows; // value -> first row
  for (const Case &row : cases()) {
    MixSpec spec = row.at(context.get(), row.batches.back(), row.lengths.back(), row.widths.back(), row.types.front());
    coverFlags(spec, rows, row.name);
    for (Attribute slot :
         {Attribute(spec.layout), Attribute(spec.support), Attribute(spec.transport), spec.score, Attribute(spec.norm)})
      slot.walk([&](Attribute attribute) {
        StringRef name = attribute.getAbstractAttribute().getName();
        if (name.consume_front("mixer."))
          rows.emplace(name.str(), row.name);
      });
    for (Real type : row.types)
      rows.emplace(nameOf(type), row.name);
  }
  int missing = 0;
  for (const std::string &value : valuesOfDialect()) {
    auto row = rows.find(value);
    missing += row == rows.end();
    if (row == rows.end())
      std::printf("MISSING %s: no row of cases.inc has it\n", value.c_str());
    else if (options.verbose)
      std::printf("%-24s %s\n", value.c_str(), row->second.c_str());
  }
  std::printf("%zu slot values, %d without a row\n", valuesOfDialect().size(), missing);
  return missing;
}

} // namespace heddle::test
