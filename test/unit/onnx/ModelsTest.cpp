// Exports by PyTorch, through the importer and the interpreter: a few stored ones, and a folder of them where
// HEDDLE_MODELS names one.
#include "mlir/IR/MLIRContext.h"
#include "test/unit/onnx/CheckModel.h"
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

namespace fs = std::filesystem;
using namespace heddle::test;

// Expected values are float32 results of another implementation.
static constexpr double tolerance = 1e-4;

static void checkFolder(const fs::path &folder, const std::vector<std::string> &families) {
  size_t count = 0;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    std::string family = name.substr(0, name.find('.'));
    if (entry.path().extension() != ".onnx" || std::find(families.begin(), families.end(), family) == families.end())
      continue;
    mlir::MLIRContext context;
    Check check = checkModel(entry.path().string(), (folder / (family + ".npz")).string(), tolerance, context);
    EXPECT_EQ(check.problem, "") << name;
    std::cout << name << ": relative error " << check.worst << "\n";
    ++count;
  }
  EXPECT_GT(count, 0u) << folder;
}

static const std::vector<std::string> attentionFamilies = {"attn_full",       "attn_causal", "attn_window",
                                                           "attn_longformer", "attn_alibi",  "attn_linformer"};

TEST(OnnxModels, Stored) { checkFolder(HEDDLE_ONNX_TEST_DATA, attentionFamilies); }

TEST(OnnxModels, GivenMixers) {
  const char *models = std::getenv("HEDDLE_MODELS");
  if (!models)
    GTEST_SKIP() << "HEDDLE_MODELS is not set";
  checkFolder(fs::path(models) / "mixers", attentionFamilies);
}

TEST(OnnxModels, GivenLanguageModels) {
  const char *models = std::getenv("HEDDLE_MODELS");
  if (!models)
    GTEST_SKIP() << "HEDDLE_MODELS is not set";
  checkFolder(fs::path(models) / "hf", {"gpt2", "llama_gqa", "mistral_swa"});
}
