// Damaged models: whatever stands in the file, the importer returns a module or reports a mistake. Seeds are printed
// with a failure.
#include "frontends/json/JsonImporter.h"
#include "mlir/IR/Diagnostics.h"
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <random>

using namespace mlir;
using json = nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> examples() {
  std::vector<fs::path> paths;
  for (const auto &entry : fs::directory_iterator(HEDDLE_EXAMPLES))
    if (entry.path().extension() == ".json" && entry.path().stem() != "mamba-130m")
      paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string textOf(const fs::path &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// True when the importer kept its word: a module, or at least one error.
bool importsOrExplains(const std::string &text, std::string &firstError) {
  fs::path path = fs::temp_directory_path() / ("heddle-fuzz-" + std::to_string(getpid()) + ".json");
  std::ofstream(path) << text;
  MLIRContext context(MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    if (firstError.empty())
      firstError = diagnostic.str();
    return success();
  });
  auto module = heddle::importJson(path.string(), &context, {});
  fs::remove(path);
  return module || !firstError.empty();
}

void collect(json &node, std::vector<json *> &nodes) {
  nodes.push_back(&node);
  if (node.is_structured())
    for (json &child : node)
      collect(child, nodes);
}

TEST(JsonFuzz, values_of_another_kind) {
  const json values = {nullptr,        true,           -1,  0,  1,   3,        2147483648,
                       INT64_MAX,      1e300,          0.5, "", "T", "causal", json::array(),
                       json::object(), {{"window", 3}}};
  std::vector<fs::path> paths = examples();
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    json model = json::parse(textOf(paths[random() % paths.size()]));
    for (unsigned changes = 1 + random() % 3; changes; --changes) {
      std::vector<json *> nodes;
      collect(model, nodes);
      *nodes[random() % nodes.size()] = values[random() % values.size()];
    }
    std::string error;
    EXPECT_TRUE(importsOrExplains(model.dump(), error)) << "seed " << seed << ": " << model.dump(1);
  }
}

TEST(JsonFuzz, formulas) {
  const char *tokens[] = {"score", "i",       "j",    "(", ")",  "+",   "-",  "*", "/", "<", "==", ",",
                          "max(",  "select(", "exp(", "1", ".5", "2e3", "1e", ".", " ", "x", "é",  "\""};
  json model = json::parse(textOf(fs::path(HEDDLE_EXAMPLES) / "slots.json"));
  model["blocks"] = {{{"type", "mixer"}, {"slots", {{"query_heads", 1}, {"key_features", 8}}}}};
  unsigned accepted = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    for (unsigned length = 1 + random() % 6; length; --length)
      text += tokens[random() % std::size(tokens)];
    model["blocks"][0]["slots"]["score"] = {{"kind", "linear"}, {"expression", text}};
    std::string error;
    EXPECT_TRUE(importsOrExplains(model.dump(), error)) << "seed " << seed << ": " << text;
    accepted += error.empty();
    EXPECT_TRUE(error.empty() || error.find("character ") == 0) << "seed " << seed << ": " << error;
  }
  EXPECT_GT(accepted, 20u);
}

TEST(JsonFuzz, damaged_bytes) {
  std::vector<fs::path> paths = examples();
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::string text = textOf(paths[random() % paths.size()]);
    for (unsigned changes = 1 + random() % 4; changes; --changes)
      text[random() % text.size()] = static_cast<char>(random() % 256);
    text.resize(random() % 4 ? text.size() : random() % text.size());
    std::string error;
    EXPECT_TRUE(importsOrExplains(text, error)) << "seed " << seed;
  }
}

} // namespace
