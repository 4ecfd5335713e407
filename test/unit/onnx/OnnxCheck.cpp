// Checks generated ONNX files in bulk.
//
//   onnx-check verify DIR [TOLERANCE]    every X.onnx against X.npz, through the importer and the reference interpreter
//   onnx-check reject DIR                every X.onnx must be refused with an error that has a place and matches the
//   regex in X.expect onnx-check import FILE               prints messages and the module with its locations; keeps
//   unsupported operators onnx-check operators                 prints the table of operators
#include "frontends/onnx/OnnxImporter.h"
#include "mlir/IR/MLIRContext.h"
#include "test/unit/onnx/CheckModel.h"
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>

namespace fs = std::filesystem;
using namespace heddle::test;

static std::vector<fs::path> modelsIn(const char *directory) {
  std::vector<fs::path> models;
  for (const fs::directory_entry &entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".onnx")
      models.push_back(entry.path());
  std::sort(models.begin(), models.end());
  return models;
}

static int finish(size_t count, size_t failures) {
  std::cout << count << " models, " << failures << " failed\n";
  return failures || !count;
}

static int verifyAll(const char *directory, double tolerance) {
  size_t failures = 0;
  std::vector<fs::path> models = modelsIn(directory);
  for (const fs::path &model : models) {
    mlir::MLIRContext context;
    fs::path data = model;
    Check check = checkModel(model.string(), data.replace_extension(".npz").string(), tolerance, context);
    failures += !check.problem.empty();
    std::cout << model.filename().string() << ": " << (check.problem.empty() ? "ok" : "FAILED " + check.problem)
              << "\n";
  }
  return finish(models.size(), failures);
}

static std::string readLine(const fs::path &path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

static int rejectAll(const char *directory) {
  size_t failures = 0;
  std::vector<fs::path> models = modelsIn(directory);
  for (const fs::path &model : models) {
    mlir::MLIRContext context;
    Import import = importModel(model.string(), context);
    fs::path expectation = model;
    std::string expected = readLine(expectation.replace_extension(".expect"));
    std::string error = import.errors.empty() ? "no error" : import.errors.front();
    bool hasPlace = error.rfind(model.filename().string() + ":", 0) == 0;
    bool ok = !import.module && hasPlace && std::regex_search(error, std::regex(expected));
    failures += !ok;
    std::cout << (ok ? "ok: " : "FAILED, expected /" + expected + "/: ") << error << "\n";
  }
  return finish(models.size(), failures);
}

static int importOne(const char *path) {
  mlir::MLIRContext context;
  Import import = importModel(path, context, /*keepUnsupported=*/true);
  for (const std::string &message : import.remarks)
    llvm::outs() << "remark: " << message << "\n";
  for (const std::string &message : import.errors)
    llvm::outs() << "error: " << message << "\n";
  if (!import.module)
    return 1;
  mlir::OpPrintingFlags flags;
  import.module->print(llvm::outs(), flags.enableDebugInfo(true, true));
  return 0;
}

int main(int argc, char **argv) {
  std::string verb = argc > 1 ? argv[1] : "";
  if (verb == "operators") {
    std::cout << heddle::supportedOperatorsTable();
    return 0;
  }
  if (verb == "verify" && argc > 2)
    return verifyAll(argv[2], argc > 3 ? std::stod(argv[3]) : 1e-5);
  if (verb == "reject" && argc > 2)
    return rejectAll(argv[2]);
  if (verb == "import" && argc > 2)
    return importOne(argv[2]);
  std::cerr << "usage: onnx-check verify DIR [TOLERANCE] | reject DIR | import FILE | operators\n";
  return 2;
}
