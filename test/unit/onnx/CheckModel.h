// Runs an ONNX file through the importer and the reference interpreter.
#ifndef HEDDLE_TEST_UNIT_ONNX_CHECKMODEL_H
#define HEDDLE_TEST_UNIT_ONNX_CHECKMODEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include <string>
#include <vector>

namespace heddle::test {

struct Import {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::string> errors; // "model.onnx:node: message"
  std::vector<std::string> remarks;
};

Import importModel(const std::string &path, mlir::MLIRContext &context, bool keepUnsupported = false);

struct Check {
  std::string problem; // empty: all outputs are within the tolerance
  double worst = 0;    // largest error relative to the largest magnitude of its output
};

// Arrays of the .npz file that are named like inputs are fed, the others are compared with the outputs of their names.
Check checkModel(const std::string &modelPath, const std::string &dataPath, double tolerance,
                 mlir::MLIRContext &context);

} // namespace heddle::test
#endif
