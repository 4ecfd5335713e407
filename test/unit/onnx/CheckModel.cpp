#include "test/unit/onnx/CheckModel.h"
#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "frontends/onnx/OnnxImporter.h"
#include "mlir/IR/Diagnostics.h"
#include "runtime/io/Npz.h"
#include <map>

using namespace mlir;

namespace heddle::test {

static std::string describe(Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  if (auto place = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
    stream << place.getFilename().getValue() << ": ";
  stream << diagnostic;
  for (Diagnostic &note : diagnostic.getNotes())
    stream << "; " << note;
  return text;
}

Import importModel(const std::string &path, MLIRContext &context, bool keepUnsupported) {
  Import result;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    auto &list = diagnostic.getSeverity() == DiagnosticSeverity::Error ? result.errors : result.remarks;
    list.push_back(describe(diagnostic));
    return success();
  });
  ImportOptions options;
  options.keepUnsupported = keepUnsupported;
  result.module = importOnnx(path, &context, options);
  return result;
}

static ReferenceTensor toReference(const io::HostTensor &host, Type type) {
  ReferenceTensor tensor = ReferenceTensor::zeros(type, host.shape);
  for (int64_t i = 0; i < host.numElements(); ++i) {
    if (tensor.isFloat())
      tensor.data[i] = host.at(i);
    else
      tensor.integers[i] = host.dtype == io::DType::I64 ? host.as<int64_t>()[i] : static_cast<int64_t>(host.at(i));
  }
  return tensor;
}

static std::string nameOf(DictionaryAttr attributes) { return cast<StringAttr>(attributes.get("heddle.name")).str(); }

static Check compareOutputs(func::FuncOp function, std::map<std::string, io::HostTensor> &arrays,
                            ArrayRef<ReferenceTensor> outputs, double tolerance) {
  Check check;
  size_t compared = 0;
  for (auto [index, actual] : llvm::enumerate(outputs)) {
    std::string name = nameOf(function.getResultAttrDict(index));
    auto array = arrays.find(name);
    if (array == arrays.end())
      continue;
    ++compared;
    ReferenceTensor expected = toReference(array->second, actual.elementType);
    double bound = expected.isFloat() ? tolerance * maxMagnitude(expected) : 0;
    Comparison comparison = compare(expected, actual, bound);
    check.worst = std::max(check.worst, comparison.relative);
    if (!comparison.passes && check.problem.empty())
      check.problem = "output '" + name + "': " + comparison.describe();
  }
  if (!compared)
    check.problem = "no output has an expected array";
  return check;
}

Check checkModel(const std::string &modelPath, const std::string &dataPath, double tolerance, MLIRContext &context) {
  Import import = importModel(modelPath, context);
  if (!import.module)
    return {"import failed: " + (import.errors.empty() ? std::string("no error") : import.errors.front())};
  io::Result<std::vector<io::NamedTensor>> data = io::readNpz(dataPath);
  if (!data)
    return {data.message()};
  std::map<std::string, io::HostTensor> arrays;
  for (const io::NamedTensor &array : *data)
    arrays.insert({array.name, array.tensor});
  func::FuncOp function = *import.module->getOps<func::FuncOp>().begin();
  SmallVector<ReferenceTensor> inputs, outputs;
  for (unsigned index = 0; index < function.getNumArguments(); ++index) {
    std::string name = nameOf(function.getArgAttrDict(index));
    if (!arrays.count(name))
      return {"input '" + name + "' has no array"};
    inputs.push_back(toReference(arrays[name], getElementTypeOrSelf(function.getArgument(index).getType())));
  }
  std::string error;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    error = describe(diagnostic);
    return success();
  });
  if (failed(interpret(function, inputs, outputs, Precision::Single)))
    return {"interpretation failed: " + error};
  return compareOutputs(function, arrays, outputs, tolerance);
}

} // namespace heddle::test
