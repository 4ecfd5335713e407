#include "test/conformance/CaseRun.h"
#include "compiler/pipeline/ImportModel.h"
#include "test/conformance/Compare.h"
#include "test/property/CompiledModule.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include <filesystem>
#include <fstream>

using namespace mlir;

namespace heddle::test {

namespace {

std::string take(heddle_status_t status) {
  std::string message = status ? heddle_status_message(status) : "";
  heddle_status_release(status);
  return message;
}

class CaseRunner {
public:
  CaseRunner(const VariantModel &variant, const std::string &path, MLIRContext &context)
      : variant(variant), path(path), context(context) {}

  // False when the compiler refuses the variant.
  bool compile() {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && problem.empty())
        problem = diagnostic.str();
      return success();
    });
    std::ofstream(path, std::ios::binary) << variant.model.SerializeAsString();
    OwningOpRef<ModuleOp> module = importModel(path, &context);
    if (module)
      compiled = CompiledModule::compile(*module, {}, /*threads=*/1, problem);
    if (!compiled && problem.empty())
      problem = "refused without a message";
    return compiled != nullptr;
  }

  // False when the sizes lie outside of the ranges that the package accepts.
  bool bind() {
    entry = heddle_package_find_entry(compiled->getPackage(), "forward");
    if (!readAll(variant.inputs, inputs) || !readAll(variant.outputs, outputs))
      return false;
    for (onnx::ConstantData &input : inputs)
      fed.push_back(view(input, const_cast<char *>(input.bytes->data())));
    symbols.resize(heddle_entry_symbol_count(entry));
    problem = take(heddle_entry_bind(entry, fed.data(), fed.size(), symbols.data()));
    return problem.empty();
  }

  bool run() {
    if (!checkShapes())
      return false;
    std::vector<heddle_tensor_view_t> taken;
    std::vector<std::vector<char>> results;
    for (onnx::ConstantData &output : outputs) {
      results.emplace_back(output.bytes->size());
      taken.push_back(view(output, results.back().data()));
    }
    problem =
        take(heddle_session_run(compiled->getSession(), entry, fed.data(), fed.size(), taken.data(), taken.size()));
    for (size_t index = 0; problem.empty() && index < outputs.size(); ++index)
      if (std::string difference = compareTensors(outputs[index], results[index]); !difference.empty())
        problem = "output " + std::to_string(index) + ": " + difference;
    return problem.empty();
  }

  std::string problem;

private:
  bool readAll(const std::vector<onnx::TensorProto> &protos, std::vector<onnx::ConstantData> &tensors) {
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      problem = diagnostic.str();
      return success();
    });
    for (const onnx::TensorProto &proto : protos) {
      auto tensor =
          onnx::readTensor(proto, "tensor", path, &context, [&] { return emitError(UnknownLoc::get(&context)); });
      if (!tensor)
        return false;
      tensors.push_back(std::move(*tensor));
    }
    return true;
  }

  static heddle_tensor_view_t view(onnx::ConstantData &tensor, char *bytes) {
    return heddle_tensor_view(bytes, dtypeOf(tensor.elementType), static_cast<int32_t>(tensor.shape.size()),
                              tensor.shape.data());
  }

  // The shapes that the package plans for the outputs are the expected ones.
  bool checkShapes() {
    std::vector<int64_t> sizes(heddle_entry_output_dims_count(entry));
    problem = take(heddle_entry_plan(entry, symbols.data(), symbols.size(), nullptr, sizes.data()));
    std::vector<int64_t> expected;
    for (const onnx::ConstantData &output : outputs)
      expected.insert(expected.end(), output.shape.begin(), output.shape.end());
    if (!problem.empty() || sizes == expected)
      return problem.empty();
    problem = "sizes of the outputs, expected [" + llvm::join(llvm::map_range(expected, text), ", ") + "] but got [" +
              llvm::join(llvm::map_range(sizes, text), ", ") + "]";
    return false;
  }

  static std::string text(int64_t size) { return std::to_string(size); }

  const VariantModel &variant;
  const std::string &path;
  MLIRContext &context;
  std::unique_ptr<CompiledModule> compiled;
  const heddle_entry_t *entry = nullptr;
  std::vector<onnx::ConstantData> inputs, outputs;
  std::vector<heddle_tensor_view_t> fed;
  std::vector<int64_t> symbols;
};

} // namespace

static Outcome runDataSet(const Case &source, const DataSet &data, Kind kind, const std::string &path,
                          MLIRContext &context) {
  Outcome outcome;
  for (const Variant &variant : variantsOf(kind)) {
    VariantModel model = makeVariant(source, data, variant);
    CaseRunner runner(model, path, context);
    bool accepted = runner.compile() && runner.bind();
    if (accepted && runner.run())
      return {true, describe(variant)};
    outcome.detail = runner.problem; // of the variant that asks for least
    if (accepted)
      break;
  }
  return outcome;
}

Outcome runCase(const Case &source, Kind kind, const std::string &folder, MLIRContext &context) {
  std::string path = folder + "/model.onnx";
  auto removeFile = llvm::scope_exit([&] { std::filesystem::remove(path); });
  Outcome outcome;
  for (const DataSet &data : source.dataSets) {
    outcome = runDataSet(source, data, kind, path, context);
    if (!outcome.passed)
      break;
  }
  return outcome;
}

} // namespace heddle::test
