#include "frontends/onnx/OpTable.h"
#include "frontends/onnx/operators/Groups.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace mlir;

namespace heddle::onnx {

const OpTable &OpTable::get() {
  static const OpTable table = [] {
    OpTable built;
    for (auto registerGroup : {registerActivation,
                               registerAttention,
                               registerCausalConv,
                               registerConcat,
                               registerConstant,
                               registerContrib,
                               registerContribGates,
                               registerConv,
                               registerCumulative,
                               registerElementwise,
                               registerExperts,
                               registerFlexAttention,
                               registerFourier,
                               registerGather,
                               registerGatherBlockQuantized,
                               registerGradient,
                               registerGridSample,
                               registerGroupQueryAttention,
                               registerIf,
                               registerImage,
                               registerIndex,
                               registerLongformerAttention,
                               registerLoop,
                               registerLoss,
                               registerMatMul,
                               registerMultiHeadAttention,
                               registerNGrams,
                               registerNorm,
                               registerPad,
                               registerPagedAttention,
                               registerPool,
                               registerPositions,
                               registerQuantize,
                               registerRandom,
                               registerRecurrent,
                               registerReduce,
                               registerReshape,
                               registerResize,
                               registerRoiAlign,
                               registerScan,
                               registerScatter,
                               registerSelect,
                               registerSequence,
                               registerShape,
                               registerSlice,
                               registerSparseAttention,
                               registerTokens,
                               registerTraining,
                               registerTrigonometry,
                               registerWindow})
      registerGroup(built);
    return built;
  }();
  return table;
}

void OpTable::add(std::initializer_list<OpRow> added) {
  for (const OpRow &row : added)
    rows[row.name].insert({row.since, row});
}

// The default operator set has two spellings.
static std::string qualified(StringRef domain, StringRef name) {
  return domain.empty() || domain == "ai.onnx" ? name.str() : (domain + "." + name).str();
}

const OpRow *OpTable::find(StringRef domain, StringRef name, int64_t opset) const {
  auto versions = rows.find(qualified(domain, name));
  if (versions == rows.end())
    return nullptr;
  auto next = versions->second.upper_bound(opset);
  return next == versions->second.begin() ? nullptr : &std::prev(next)->second;
}

StringRef OpTable::nearestName(StringRef name) const {
  StringRef best;
  unsigned bestDistance = name.size() / 2 + 1;
  for (const auto &[candidate, versions] : rows) {
    unsigned distance = name.edit_distance_insensitive(candidate, /*AllowReplacements=*/true, bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

std::string OpTable::explainMissing(StringRef domain, StringRef name, int64_t opset) const {
  if (auto versions = rows.find(qualified(domain, name)); versions != rows.end())
    return ("exists since opset " + Twine(versions->second.begin()->first) + ", but the model imports opset " +
            Twine(opset))
        .str();
  std::string text = "is not supported";
  if (StringRef nearest = nearestName(name); !nearest.empty())
    text += ("; the nearest supported operator is '" + nearest + "'").str();
  return text;
}

std::string OpTable::markdown() const {
  std::string text = "| operator | since opset |\n|---|---|\n";
  for (const auto &[name, versions] : rows) {
    auto sinces = llvm::map_range(versions, [](const auto &entry) { return std::to_string(entry.first); });
    text += ("| " + name + " | " + llvm::join(sinces, ", ") + " |\n").str();
  }
  return text;
}

} // namespace heddle::onnx
