// The library behind the tools: a module in, the contents of a package out.
//
//   DialectRegistry registry; registerEverything(registry);
//   MLIRContext context(registry);
//   OwningOpRef<ModuleOp> module = importModel("model.onnx", &context);
//   CompiledModel compiled;
//   if (succeeded(compileModule(*module, options, compiled)))
//     writePackage("model.heddle", compiled.contents());
#ifndef HEDDLE_COMPILER_PIPELINE_COMPILE_H
#define HEDDLE_COMPILER_PIPELINE_COMPILE_H

#include "compiler/pipeline/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/SmallVector.h"

#include <string>
#include <vector>

namespace mlir {
class DialectRegistry;
}

namespace heddle {

/// A stretch of the constants section.
struct ConstantBlob {
  uint64_t offset;
  llvm::ArrayRef<char> bytes; // owned by the module's context, or by `storage`
  std::vector<char> storage;
};

struct CompiledModel {
  std::string manifest;   // JSON, see docs/package.md
  std::vector<char> host; // shared library
  std::vector<ConstantBlob> constants;
  uint64_t constantBytes = 0;
};

/// Everything that a context needs to import, transform and emit models.
void registerEverything(mlir::DialectRegistry &registry);

/// Runs all phases after import on `module`, in place, and emits host code. Mistakes are diagnostics.
llvm::LogicalResult compileModule(mlir::ModuleOp module, const CompileOptions &options, CompiledModel &compiled);

/// The manifest of a module that cannot be compiled because operators are not supported: the entries, the unsupported
/// operators, and the mixers with the forms that they would get. Changes the module.
llvm::LogicalResult describeModule(mlir::ModuleOp module, const CompileOptions &options, std::string &manifest);

} // namespace heddle

#endif
