#include "frontends/json/BasicBlocks.h"
#include <nlohmann/json.hpp>

namespace heddle::json {

static constexpr BlockRow kBlocks[] = {
    {"activation", readActivation}, {"channel_mix", readChannelMix},
    {"embedding", readEmbedding},   {"gated_mlp", readGatedMlp},
    {"group_norm", readGroupNorm},  {"head", readHead},
    {"layer_norm", readLayerNorm},  {"linear", readLinear},
    {"mixer", readMixer},           {"mlp", readMlp},
    {"pooled", readPooled},         {"positions", readPositions},
    {"repeat", readRepeat},         {"residual", readResidual},
    {"rms_norm", readRmsNorm},      {"short_conv", readShortConv},
};

// A weight name's part: no dots, which separate the parts.
static bool isName(llvm::StringRef text) {
  return !text.empty() && llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '-'; });
}

static Build readBlock(Reporter &reporter, const nlohmann::json &value, const std::string &pointer, size_t index) {
  ObjectReader r(reporter, value, pointer);
  if (!r.valid())
    return nullptr;
  std::vector<std::string> names;
  for (const BlockRow &row : kBlocks)
    names.push_back(row.name);
  std::string name = r.text("name", std::to_string(index));
  if (!isName(name))
    r.error("name", "expected letters, digits, '_' and '-' but got '" + name + "'");
  unsigned before = reporter.count();
  std::string type = r.choice("type", names);
  // Of an unknown block no key can be judged.
  if (reporter.count() != before)
    return nullptr;
  Build inner;
  for (const BlockRow &row : kBlocks)
    if (type == row.name)
      inner = row.read(r);
  r.finish();
  if (!inner)
    return nullptr;
  return [=](Model &m, Tensor x) { return m.scoped(name, pointer, [&] { return inner(m, x); }); };
}

Build readBlockList(ObjectReader &parent, llvm::StringRef key) {
  std::vector<Build> blocks;
  const nlohmann::json *list = parent.array(key, true);
  if (list && list->empty())
    parent.error(key, "expected at least one block but got none");
  for (size_t i = 0; list && i < list->size(); ++i)
    blocks.push_back(readBlock(parent.reporter, (*list)[i], parent.at(key) + "/" + std::to_string(i), i));
  return [blocks](Model &m, Tensor x) {
    for (const Build &block : blocks)
      if (x)
        x = block(m, x);
    return x;
  };
}

} // namespace heddle::json
