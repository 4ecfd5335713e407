#include "frontends/json/Presets.h"

namespace heddle::json {

static constexpr BlockRow kPresets[] = {
    {"attention", readAttention},
    {"delta", readDelta},
    {"fnet", readFnet},
    {"gated_delta", readGatedDelta},
    {"gla", readGla},
    {"hyena", readHyena},
    {"linear_attention", readLinearAttention},
    {"longconv", readLongConv},
    {"lru", readLru},
    {"mamba", readMamba},
    {"mamba2", readMamba2},
    {"mlp_mixer", readMlpMixer},
    {"retention", readRetention},
    {"rwkv4", readRwkv4},
    {"s4d", readS4d},
    {"s5", readS5},
    {"sgconv", readSgconv},
};

Build readMixer(ObjectReader &r) {
  bool hasPreset = r.has("preset"), hasSlots = r.has("slots");
  if (hasPreset == hasSlots) {
    r.reporter.error(r.where(), "mixer has " + llvm::Twine(hasPreset ? "both" : "neither") +
                                    " of the keys 'preset' and 'slots', expected exactly one");
    return nullptr;
  }
  Build inner;
  if (hasSlots) {
    inner = readSlots(r);
  } else {
    std::vector<std::string> names;
    for (const BlockRow &row : kPresets)
      names.push_back(row.name);
    unsigned before = r.reporter.count();
    std::string preset = r.choice("preset", names);
    // Of an unknown preset no key can be judged.
    if (r.reporter.count() != before)
      return nullptr;
    for (const BlockRow &row : kPresets)
      if (preset == row.name)
        inner = row.read(r);
  }
  inner = carrying(r, inner);
  if (!inner)
    return nullptr;
  return [inner](Model &m, Tensor x) { return m.isTokenMajor(x) ? inner(m, x) : Tensor(); };
}

} // namespace heddle::json
