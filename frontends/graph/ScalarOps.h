// Scalar bodies of elementwise operations, and what they know about element types.
//
// Invariant: values are signless; whether an integer is unsigned is told by the semantic element type that comes along.
// f16 and bf16 never reach a body: they are widened to f32 before it and rounded after it.
#ifndef HEDDLE_FRONTENDS_GRAPH_SCALAROPS_H
#define HEDDLE_FRONTENDS_GRAPH_SCALAROPS_H

#include "frontends/Tensor.h"

namespace heddle::scalar {

mlir::Type storageType(mlir::Type elementType); // ui8 -> i8; others unchanged
mlir::Type computeType(mlir::Type elementType); // f16, bf16 -> f32; unsigned -> signless; others unchanged

// `value` as an attribute of a storage type; infinities become the extreme values of an integer.
mlir::TypedAttr attribute(double value, mlir::Type elementType);
mlir::Value constant(mlir::OpBuilder &b, mlir::Location loc, double value, mlir::Type elementType);

// Between storage and compute types, or between any two element types.
mlir::Value convert(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::Type from, mlir::Type to);

// Null when the operation is not defined on the type.
mlir::Value unary(mlir::OpBuilder &b, mlir::Location loc, Unary kind, mlir::Value x, mlir::Type elementType);
mlir::Value binary(mlir::OpBuilder &b, mlir::Location loc, Binary kind, mlir::Value x, mlir::Value y,
                   mlir::Type elementType);
mlir::Value compare(mlir::OpBuilder &b, mlir::Location loc, Compare kind, mlir::Value x, mlir::Value y,
                    mlir::Type elementType);

// The two families, for values that are floats or integers.
mlir::Value unaryFloat(mlir::OpBuilder &b, mlir::Location loc, Unary kind, mlir::Value x);
mlir::Value binaryFloat(mlir::OpBuilder &b, mlir::Location loc, Binary kind, mlir::Value x, mlir::Value y);
mlir::Value unaryInteger(mlir::OpBuilder &b, mlir::Location loc, Unary kind, mlir::Value x, mlir::Type elementType);
mlir::Value binaryInteger(mlir::OpBuilder &b, mlir::Location loc, Binary kind, mlir::Value x, mlir::Value y,
                          mlir::Type elementType);

bool defined(Unary kind, mlir::Type elementType);
bool defined(Binary kind, mlir::Type elementType);
llvm::StringRef name(Unary kind);
llvm::StringRef name(Binary kind);

} // namespace heddle::scalar
#endif
