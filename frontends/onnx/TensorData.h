// Tensors stored in a model file: element types, raw and typed fields, data in other files.
#ifndef HEDDLE_FRONTENDS_ONNX_TENSORDATA_H
#define HEDDLE_FRONTENDS_ONNX_TENSORDATA_H

#include "frontends/onnx/Literal.h"
#include "mlir/IR/Diagnostics.h"
#include <memory>

namespace heddle::onnx {

class TensorProto;

// A constant tensor with its bytes, row-major and little-endian; booleans are one byte each.
struct ConstantData {
  mlir::Type elementType;
  llvm::SmallVector<int64_t> shape;
  std::shared_ptr<const std::string> bytes;
};

using EmitError = llvm::function_ref<mlir::InFlightDiagnostic()>;

// "float16", "string" or "element type 99".
std::string elementTypeName(int32_t dataType);

// The type of an ONNX element type; null, and an error that starts with `what`, when the importer does not carry it.
mlir::Type convertElementType(int32_t dataType, llvm::StringRef what, mlir::MLIRContext *context, EmitError emitError);

// Reads a tensor of the model at `modelPath`. Nothing, and an error that starts with `what`, when the data is missing,
// has the wrong length or lies outside of the model's directory.
std::optional<ConstantData> readTensor(const TensorProto &proto, llvm::StringRef what, llvm::StringRef modelPath,
                                       mlir::MLIRContext *context, EmitError emitError);

// Bytes of a tensor kept in another file: `location` must stay inside of the model's directory, as written and with
// links followed.
std::optional<std::string> readExternalData(const TensorProto &proto, int64_t expectedBytes, llvm::StringRef what,
                                            llvm::StringRef modelPath, EmitError emitError);

// Elements of a small constant; nothing above maxLiteralElements.
std::optional<Literal> decode(const ConstantData &constant);

} // namespace heddle::onnx
#endif
