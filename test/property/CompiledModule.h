// A module compiled in memory and run through the runtime's C API on reference tensors.
#ifndef HEDDLE_TEST_PROPERTY_COMPILEDMODULE_H
#define HEDDLE_TEST_PROPERTY_COMPILEDMODULE_H

#include "compiler/pipeline/Compile.h"
#include "dialects/mixer/reference/ReferenceTensor.h"
#include "heddle/runtime.h"
#include "mlir/IR/BuiltinOps.h"
#include <memory>
#include <string>

namespace heddle::test {

/// A context with everything that the compiler needs.
std::unique_ptr<mlir::MLIRContext> makeCompilerContext();

/// The code of an element type at the runtime's boundary.
heddle_dtype_t dtypeOf(mlir::Type type);

/// Owns: package and session. Threads: one at a time.
class CompiledModule {
public:
  /// Compiles a copy of `module`; null after a diagnostic, or with `error` set when the package does not load.
  static std::unique_ptr<CompiledModule> compile(mlir::ModuleOp module, const CompileOptions &options, int threads,
                                                 std::string &error);
  ~CompiledModule();

  /// Runs an entry. The outputs' types and shapes are given, their elements are written. Empty when all went well.
  std::string run(llvm::ArrayRef<ReferenceTensor> inputs, llvm::MutableArrayRef<ReferenceTensor> outputs,
                  const std::string &entry = "forward");
  /// Seconds of the fastest of `repetitions` runs after a warm-up run.
  double time(llvm::ArrayRef<ReferenceTensor> inputs, llvm::ArrayRef<ReferenceTensor> outputs, int repetitions);

  heddle_package_t *getPackage() const { return package; }
  heddle_session_t *getSession() const { return session; }

private:
  std::string bytes; // the package; stays where it is while it is loaded
  heddle_package_t *package = nullptr;
  heddle_session_t *session = nullptr;
};

} // namespace heddle::test
#endif
