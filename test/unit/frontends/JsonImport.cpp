// json-import MODEL             prints the IR that the JSON frontend makes
// json-import MODEL DATA.npz    interprets it on the arrays named like inputs and compares with those named like
// outputs
//
// Large constants are elided when printing. Exit code 1 after messages.
#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "frontends/json/JsonImporter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Diagnostics.h"
#include "runtime/io/Npz.h"
#include "llvm/Support/Format.h"
#include <map>

using namespace mlir;
using namespace heddle;

namespace {

constexpr double kTolerance =
    1e-5; // of the largest expected value: expected arrays are f32, the interpreter computes in double

ReferenceTensor toReference(const io::HostTensor &host, Type type) {
  ReferenceTensor tensor = ReferenceTensor::zeros(type, host.shape);
  for (int64_t i = 0; i < host.numElements(); ++i) {
    if (tensor.isFloat())
      tensor.data[i] = host.at(i);
    else
      tensor.integers[i] = static_cast<int64_t>(host.at(i));
  }
  return tensor;
}

std::string nameOf(DictionaryAttr attributes) { return cast<StringAttr>(attributes.get("heddle.name")).str(); }

int fail(const Twine &message) {
  llvm::errs() << message << "\n";
  return 1;
}

int compareWithData(func::FuncOp function, const std::string &dataPath) {
  io::Result<std::vector<io::NamedTensor>> data = io::readNpz(dataPath);
  if (!data)
    return fail(data.message());
  std::map<std::string, io::HostTensor> arrays;
  for (io::NamedTensor &array : *data)
    arrays[array.name] = array.tensor;
  SmallVector<ReferenceTensor> inputs, outputs;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto array = arrays.find(nameOf(function.getArgAttrDict(i)));
    if (array == arrays.end())
      return fail("input " + Twine(i) + " has no array");
    inputs.push_back(toReference(array->second, cast<ShapedType>(function.getArgumentTypes()[i]).getElementType()));
  }
  if (failed(interpret(function, inputs, outputs, Precision::Double)))
    return 1;
  for (auto [i, actual] : llvm::enumerate(outputs)) {
    std::string name = nameOf(function.getResultAttrDict(i));
    ReferenceTensor expected = toReference(arrays[name], actual.elementType);
    Comparison comparison = compare(expected, actual, kTolerance * maxMagnitude(expected));
    if (!comparison.passes)
      return fail("output '" + name + "': " + comparison.describe());
    llvm::outs() << "output '" << name << "': relative error " << llvm::format("%.1e", comparison.relative) << "\n";
  }
  return 0;
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3)
    return fail("usage: json-import MODEL [DATA.npz]");
  MLIRContext context;
  context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
    if (auto place = dyn_cast<FileLineColLoc>(diagnostic.getLocation()))
      llvm::errs() << place.getFilename().getValue() << ": ";
    llvm::errs() << diagnostic << "\n";
  });
  OwningOpRef<ModuleOp> module = importJson(argv[1], &context, {});
  if (!module)
    return 1;
  if (argc == 3)
    return compareWithData(*module->getOps<func::FuncOp>().begin(), argv[2]);
  module->print(llvm::outs(), OpPrintingFlags().elideLargeElementsAttrs().elideLargeResourceString());
  llvm::outs() << "\n";
  return 0;
}
