// heddle verify: compiled code against the reference evaluator, or against expected outputs from elsewhere.
//
// Without --data the inputs are random and the plain-loop reference says what is right. With --data, arrays named like
// inputs are fed and arrays named like outputs are what is expected. Either way the tolerance is derived from the error
// that a plain loop in the model's own precision makes on the same inputs.
#include "compiler/pipeline/Bisection.h"
#include "compiler/tools/Commands.h"
#include "compiler/tools/Options.h"
#include "compiler/tools/ReferenceBridge.h"
#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "runtime/io/Npz.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>

using namespace mlir;

namespace heddle {
namespace {

struct VerifyArguments {
  std::string data, target = "cpu";
  std::vector<std::string> dims;
  uint64_t seed = 1;
  bool bisect = false;
};

/// The sizes that the model names for tests, else small and odd ones.
SymbolValues modelDims(const heddle_entry_t *entry, func::FuncOp function) {
  SymbolValues values = defaultDims(entry, 2, 37);
  if (auto defaults = function->getAttrOfType<DenseI64ArrayAttr>("heddle.defaults"))
    for (size_t i = 0; i < heddle_entry_symbol_count(entry); ++i)
      values[heddle_entry_symbol(entry, i)->name] = defaults[i];
  // A length that compiling has freed is fixed in the imported model, which is the reference.
  for (auto [index, type] : llvm::enumerate(function.getArgumentTypes())) {
    const heddle_tensor_info_t *input = heddle_entry_input(entry, index);
    for (auto [dim, size] : llvm::enumerate(cast<ShapedType>(type).getShape()))
      if (auto symbol = values.find(input->dimensions[dim]); symbol != values.end() && !ShapedType::isDynamic(size))
        symbol->second = size;
  }
  return values;
}

/// The reference has fixed sizes where compiling may have freed them.
io::Status checkSizes(func::FuncOp function, const std::vector<io::HostTensor> &inputs) {
  for (auto [type, input] : llvm::zip_equal(function.getArgumentTypes(), inputs))
    for (auto [expected, got] : llvm::zip_equal(cast<ShapedType>(type).getShape(), input.shape))
      if (!ShapedType::isDynamic(expected) && expected != got)
        return io::Error{"inputs", "length", std::to_string(expected) + ", as in the imported model",
                         std::to_string(got)};
  return {};
}

struct Reference {
  SmallVector<ReferenceTensor> exact, single; // in double, and in the model's own precision
  SmallVector<ReferenceTensor> stored;        // f64 in double, narrower types in their own; empty without f64 results

  Tolerance tolerance(size_t index) const;
};

SmallVector<ReferenceTensor> toReferences(func::FuncOp function, const std::vector<io::HostTensor> &inputs) {
  SmallVector<ReferenceTensor> tensors;
  for (auto [index, input] : llvm::enumerate(inputs))
    tensors.push_back(toReference(input, cast<ShapedType>(function.getArgumentTypes()[index]).getElementType()));
  return tensors;
}

/// The imported function in both precisions; false after diagnostics.
bool evaluateReference(func::FuncOp function, const std::vector<io::HostTensor> &inputs, Reference &reference) {
  SmallVector<ReferenceTensor> tensors = toReferences(function, inputs);
  bool hasDoubles =
      llvm::any_of(function.getResultTypes(), [](Type type) { return getElementTypeOrSelf(type).isF64(); });
  return succeeded(interpret(function, tensors, reference.exact, Precision::Double)) &&
         succeeded(interpret(function, tensors, reference.single, Precision::Single)) &&
         (!hasDoubles || succeeded(interpret(function, tensors, reference.stored, Precision::Stored)));
}

/// Another order of summation may err a few times as much as the plain loop.
constexpr double slack = 4;

Tolerance Reference::tolerance(size_t index) const {
  double narrow = stored.empty() ? 0 : maxDifference(exact[index], stored[index]);
  return Tolerance::of(exact[index], single[index], slack, narrow);
}

/// Compares one output; prints a line and returns whether it is within the tolerance.
bool check(const std::string &name, const char *against, const ReferenceTensor &actual, const ReferenceTensor &expected,
           const Tolerance &tolerance) {
  Comparison comparison = compare(expected, actual, tolerance.bound);
  llvm::outs() << llvm::formatv("{0}: {1} against {2}: {3}\n  {4}\n", name, comparison.passes ? "ok" : "FAILED",
                                against, comparison.describe(), tolerance.reason);
  return comparison.passes;
}

const io::HostTensor *find(const std::vector<io::NamedTensor> &tensors, const std::string &name) {
  for (const io::NamedTensor &tensor : tensors)
    if (tensor.name == name)
      return &tensor.tensor;
  return nullptr;
}

class Verification {
public:
  Verification(const ToolOptions &options, const VerifyArguments &arguments)
      : tool(options), options(options), arguments(arguments) {}

  int run() {
    if (llvm::StringRef(options.model).ends_with(".heddle"))
      return tool.console.error(options.model + ": a package has no reference, expected a model (.onnx, .json, .mlir)");
    if (!arguments.data.empty()) {
      auto file = io::readNpz(arguments.data);
      if (!file)
        return tool.console.error(file.message());
      data = std::move(*file);
    }
    std::optional<OpenModel> opened = tool.open(/*keepImported=*/true);
    if (!opened)
      return 1;
    model = std::move(*opened);
    auto entry = model.runner->entry(options.entry);
    if (!entry)
      return tool.console.error(entry.message());
    io::Result<bool> passed = verify(*entry);
    if (!passed)
      return tool.console.error(passed.message());
    return *passed ? 0 : 1;
  }

private:
  io::Result<bool> verify(const heddle_entry_t *entry) {
    auto function = model.imported->lookupSymbol<func::FuncOp>(options.entry);
    auto inputs = makeInputs(entry, function);
    if (!inputs)
      return inputs.error();
    if (io::Status status = checkSizes(function, *inputs); !status)
      return status.error();
    auto outputs = model.runner->makeOutputs(entry, *inputs);
    if (!outputs)
      return outputs.error();
    if (io::Status status = model.runner->run(entry, *inputs, *outputs); !status)
      return status.error();
    Reference reference;
    if (!evaluateReference(function, *inputs, reference))
      return io::Error{"", "reference evaluation failed", "", ""};
    io::Result<bool> passed = compareAll(function, *outputs, reference);
    if (arguments.bisect && passed)
      bisect(function, *inputs, reference, *passed);
    return passed;
  }

  /// Compiles the imported model once more and says which pass first changed what it computes.
  void bisect(func::FuncOp function, const std::vector<io::HostTensor> &inputs, const Reference &reference,
              bool passed) {
    BisectionTruth truth{options.entry, toReferences(function, inputs), reference.exact, {}};
    for (size_t index = 0; index < reference.exact.size(); ++index)
      truth.bounds.push_back(reference.tolerance(index).bound);
    Bisection bisection(std::move(truth));
    CompileOptions compileOptions = options.compile;
    compileOptions.onPassManager = [&](PassManager &pm, const std::string &phase) { bisection.observe(pm, phase); };
    CompiledModel compiled;
    if (failed(compileModule(*model.imported, compileOptions, compiled)))
      return;
    llvm::outs() << "bisect: " << bisection.evaluatedPasses() << " passes evaluated; ";
    if (!bisection.finding().empty())
      llvm::outs() << "the first that differs is " << bisection.finding() << "\n";
    else
      llvm::outs() << (passed ? "none differs\n" : "none differs: the difference comes after bufferization\n");
  }

  io::Result<std::vector<io::HostTensor>> makeInputs(const heddle_entry_t *entry, func::FuncOp function) {
    if (!data.empty())
      return Runner::orderInputs(entry, data);
    auto symbols = chooseDims(modelDims(entry, function), arguments.dims);
    if (!symbols)
      return symbols.error();
    auto named = randomInputs(entry, *symbols, arguments.seed);
    if (!named)
      return named.error();
    return Runner::orderInputs(entry, std::move(*named));
  }

  io::Result<bool> compareAll(func::FuncOp function, const std::vector<io::NamedTensor> &outputs,
                              const Reference &reference) {
    bool passed = true;
    size_t compared = 0;
    for (auto [index, output] : llvm::enumerate(outputs)) {
      Type type = cast<ShapedType>(function.getResultTypes()[index]).getElementType();
      ReferenceTensor actual = toReference(output.tensor, type);
      Tolerance tolerance = reference.tolerance(index);
      passed &= check(output.name, "reference", actual, reference.exact[index], tolerance);
      const io::HostTensor *expected = find(data, output.name);
      if (!expected)
        continue;
      ++compared;
      passed &= check(output.name, "data", actual, toReference(*expected, type), tolerance);
    }
    if (!data.empty() && compared == 0)
      return io::Error{arguments.data, "expected outputs", "an array named '" + outputs.front().name + "'", "none"};
    return passed;
  }

  ToolContext tool;
  const ToolOptions &options;
  const VerifyArguments &arguments;
  OpenModel model;
  std::vector<io::NamedTensor> data;
};

} // namespace

void addVerifyCommand(CLI::App &app, int &exitCode) {
  auto options = std::make_shared<ToolOptions>();
  auto arguments = std::make_shared<VerifyArguments>();
  CLI::App *command =
      app.add_subcommand("verify", "compare compiled code with the reference, and with expected outputs");
  addModelOptions(*command, *options);
  addRunOptions(*command, *options);
  command->add_option("--data", arguments->data, "npz with inputs and expected outputs by name");
  command->add_option("--target", arguments->target, "where to run")
      ->check(CLI::IsMember({"cpu"}))
      ->capture_default_str();
  command->add_option("--dim", arguments->dims, "NAME=SIZE of a symbolic dimension (without --data)");
  command->add_option("--seed", arguments->seed, "seed of the random inputs (without --data)")->capture_default_str();
  command->add_flag("--bisect", arguments->bisect, "name the first phase and pass whose output differs");
  command->callback([=, &exitCode] { exitCode = Verification(*options, *arguments).run(); });
}

} // namespace heddle
