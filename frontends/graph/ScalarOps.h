// Scalar bodies of elementwise operations, and what they know about element types.
//
// Invariant: values are signless; whether an integer is unsigned is told by the semantic element type that comes along.
// f16 and bf16 never reach a body: they are widened to f32 before it and rounded after it. Floats of 8 and 4 bits are
// stored as the bit patterns in i8; integers of 4 and 2 bits are stored in i8, sign- or zero-extended.
#ifndef HEDDLE_FRONTENDS_GRAPH_SCALAROPS_H
#define HEDDLE_FRONTENDS_GRAPH_SCALAROPS_H

#include "frontends/Tensor.h"

namespace heddle::scalar {

mlir::Type storageType(mlir::Type elementType); // ui8 -> i8; narrower than a byte, and 8-bit floats -> i8
mlir::Type computeType(mlir::Type elementType); // floats below 32 bits -> f32; integers as they are stored
bool isSmallFloat(mlir::Type elementType);      // of 8 or 4 bits

// Between f32 and the bit pattern (i8) of a small float; to nearest even. What is beyond its range becomes the largest
// number, or, unless `saturates`, infinity or NaN (ScalarSmallFloat.cpp).
mlir::Value decodeSmallFloat(mlir::OpBuilder &b, mlir::Location loc, mlir::Value bits, mlir::FloatType type);
mlir::Value encodeSmallFloat(mlir::OpBuilder &b, mlir::Location loc, mlir::Value x, mlir::FloatType type,
                             bool saturates = true);

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
