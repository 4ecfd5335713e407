// What a context needs to know from import to code.
#include "passes/Registration.h"
#include "compiler/pipeline/Compile.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"

namespace heddle {

void registerEverything(mlir::DialectRegistry &registry) {
  registerAllExternalModels(registry);
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
}

} // namespace heddle
