// Supports: which tokens see which.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Blocks.h"
#include "mlir/IR/BuiltinAttributes.h"
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

namespace {

constexpr IntegerRange kPosition{0, int64_t(1) << 31};

const std::vector<std::string> kSupports = {"all_of",  "any_of", "block_causal", "block_list", "causal",
                                            "dilated", "full",   "global",       "groups",     "per_head",
                                            "sinks",   "window", "window_2d"};

Attribute parseSupport(Reporter &reporter, const nlohmann::json &value, const std::string &pointer);

SmallVector<Attribute> parseList(Reporter &reporter, const nlohmann::json *values, const std::string &pointer) {
  SmallVector<Attribute> supports;
  if (values && values->empty())
    reporter.error(pointer, "expected at least one support but got none");
  for (size_t i = 0; values && i < values->size(); ++i)
    if (Attribute support = parseSupport(reporter, (*values)[i], pointer + "/" + std::to_string(i)))
      supports.push_back(support);
  return supports;
}

// Supports with several parameters, given as an object.
Attribute parseParameters(Reporter &reporter, StringRef kind, const nlohmann::json &value, const std::string &pointer) {
  MLIRContext *ctx = reporter.mlirContext();
  ObjectReader r(reporter, value, pointer);
  if (!r.valid())
    return {};
  Attribute support;
  if (kind == "window" || kind == "dilated") {
    int64_t left = r.integer("left", kPosition), right = r.integer("right", kPosition, 0);
    if (kind == "window")
      support = mixer::WindowAttr::get(ctx, left, right);
    else
      support = mixer::DilatedAttr::get(ctx, left, right, r.integer("step", kSize));
  } else if (kind == "groups") {
    int64_t size = r.integer("size", kSize);
    support = mixer::GroupsAttr::get(ctx, size, r.integer("shift", kPosition, 0));
  } else if (kind == "window_2d") {
    int64_t width = r.integer("width", kSize), rows = r.integer("rows", kPosition);
    support = mixer::Window2DAttr::get(ctx, width, rows, r.integer("cols", kPosition));
  } else if (kind == "block_list") {
    int64_t block = r.integer("block", kSize);
    std::vector<int64_t> offsets = r.integers("offsets", kPosition, true),
                         blocks = r.integers("blocks", kPosition, true);
    bool fits = !offsets.empty() && offsets.front() == 0 && offsets.back() == static_cast<int64_t>(blocks.size()) &&
                llvm::is_sorted(offsets);
    if (!fits)
      r.error("offsets", "expected rising numbers from 0 to the number of blocks, " + Twine(blocks.size()));
    else
      support = mixer::BlockListAttr::get(ctx, block, offsets, blocks);
  } else {
    std::vector<int64_t> heads = r.integers("heads", kPosition, true);
    SmallVector<Attribute> classes = parseList(reporter, r.array("classes", true), r.at("classes"));
    bool fits = !heads.empty() &&
                llvm::all_of(heads, [&](int64_t head) { return head < static_cast<int64_t>(classes.size()); });
    if (!fits)
      r.error("heads", "expected for each head the index of one of the " + Twine(classes.size()) + " classes");
    else
      support = mixer::PerHeadAttr::get(ctx, heads, classes);
  }
  r.finish();
  return support;
}

Attribute parseSupport(Reporter &reporter, const nlohmann::json &value, const std::string &pointer) {
  MLIRContext *ctx = reporter.mlirContext();
  if (value.is_string() && value == "full")
    return mixer::FullAttr::get(ctx);
  if (value.is_string() && value == "causal")
    return mixer::CausalAttr::get(ctx);
  std::string kind = value.is_object() && value.size() == 1 ? value.begin().key()
                     : value.is_string()                    ? value.get<std::string>()
                                                            : "";
  bool isParametric = value.is_object() && kind != "full" && kind != "causal" && llvm::is_contained(kSupports, kind);
  if (!isParametric) {
    reporter.error(pointer, "expected \"full\", \"causal\" or an object with one of the keys " + listNames(kSupports) +
                                " but got " + describeValue(value) + (kind.empty() ? "" : didYouMean(kind, kSupports)));
    return {};
  }
  const nlohmann::json &argument = value.begin().value();
  std::string inner = pointer + "/" + kind;
  ObjectReader r(reporter, value, pointer);
  if (kind == "sinks")
    return mixer::SinksAttr::get(ctx, r.integer(kind, kSize));
  if (kind == "block_causal")
    return mixer::BlockCausalAttr::get(ctx, r.integer(kind, kSize));
  if (kind == "global")
    return mixer::GlobalAttr::get(ctx, r.integers(kind, kPosition, true));
  if (kind != "any_of" && kind != "all_of")
    return parseParameters(reporter, kind, argument, inner);
  SmallVector<Attribute> parts = parseList(reporter, r.array(kind, true), inner);
  if (parts.empty())
    return {};
  return kind == "any_of" ? Attribute(mixer::AnyOfAttr::get(ctx, parts)) : mixer::AllOfAttr::get(ctx, parts);
}

} // namespace

Attribute readSupport(ObjectReader &r, StringRef key, StringRef fallback) {
  if (const nlohmann::json *value = r.value(key))
    return parseSupport(r.reporter, *value, r.at(key));
  return parseSupport(r.reporter, nlohmann::json(fallback.str()), r.at(key));
}

} // namespace heddle::json
