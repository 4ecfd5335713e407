// heddle-opt: runs any pass or pipeline on textual IR. For developers and tests.
#include "compiler/pipeline/Compile.h"
#include "compiler/pipeline/Phases.h"
#include "passes/Passes.h"
#include "passes/Registration.h"

#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::registerAllPasses();
  heddle::registerHeddlePasses();
  heddle::registerPhasePipelines();

  mlir::DialectRegistry registry;
  heddle::registerEverything(registry);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "heddle optimizer driver\n", registry));
}
