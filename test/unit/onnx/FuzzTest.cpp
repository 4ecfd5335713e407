// Stored models with some bytes changed: whatever comes out, it is a module or an error, never a crash.
#include "mlir/IR/MLIRContext.h"
#include "test/unit/onnx/CheckModel.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <unistd.h>

namespace fs = std::filesystem;
using namespace heddle::test;

static std::string readAll(const fs::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// HEDDLE_FUZZ_ROUNDS and HEDDLE_FUZZ_SEED: for longer runs, and to repeat one.
static unsigned setting(const char *name, unsigned otherwise) {
  const char *text = std::getenv(name);
  return text ? std::strtoul(text, nullptr, 10) : otherwise;
}

TEST(OnnxFuzz, changedBytesNeverCrash) {
  unsigned seed = setting("HEDDLE_FUZZ_SEED", 1), rounds = setting("HEDDLE_FUZZ_ROUNDS", 60);
  std::mt19937 random(seed);
  fs::path target = fs::temp_directory_path() / ("heddle-fuzz-" + std::to_string(::getpid()) + ".onnx");
  for (const fs::directory_entry &entry : fs::directory_iterator(HEDDLE_ONNX_TEST_DATA)) {
    if (entry.path().extension() != ".onnx")
      continue;
    const std::string original = readAll(entry.path());
    for (unsigned round = 0; round < rounds; ++round) {
      std::string changed = original;
      for (unsigned change = 0, count = 1 + random() % 4; change < count; ++change)
        changed[random() % changed.size()] = static_cast<char>(random());
      std::ofstream(target, std::ios::binary) << changed;
      mlir::MLIRContext context;
      Import import = importModel(target.string(), context);
      EXPECT_TRUE(import.module || !import.errors.empty()) << entry.path() << ", seed " << seed << ", round " << round;
    }
  }
  fs::remove(target);
}
