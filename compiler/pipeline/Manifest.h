// What a package says of itself, gathered while the phases run: each fact is read at the phase that knows it.
#ifndef HEDDLE_COMPILER_PIPELINE_MANIFEST_H
#define HEDDLE_COMPILER_PIPELINE_MANIFEST_H

#include "compiler/pipeline/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/JSON.h"

namespace heddle {

class ManifestBuilder {
public:
  /// Reads names, shapes and ranges of the entries from an imported module, and the operators that nothing supports.
  explicit ManifestBuilder(mlir::ModuleOp module);

  /// Reads what the phase that has just ended made known.
  void observe(mlir::ModuleOp module, llvm::StringRef phase);

  /// The manifest as JSON with sorted keys. Same module and options, same bytes.
  std::string finish(const CompileOptions &options, uint64_t constantBytes);

private:
  void readEntries(mlir::ModuleOp module);
  void countLoops(mlir::ModuleOp module);
  void readMixers(mlir::ModuleOp module);
  void readCosts(mlir::ModuleOp module);
  void readKernels(mlir::ModuleOp module);
  void readMemory(mlir::ModuleOp module);
  llvm::json::Object &entry(llvm::StringRef name);

  std::string modelName;
  llvm::json::Array entries, mixers, kernels, unsupported;
  int64_t loops = 0;
};

} // namespace heddle

#endif
