// f32 functions as straight-line arithmetic: no branch, no table, no call, so that a loop around them vectorises.
//
//   exp(x):  x = n ln 2 + r, |r| <= ln(2) / 2;  exp(x) = 2^n (1 + r + r^2 P(r))
//
// Every function takes and returns f32 or vectors of f32 and follows IEEE at NaN, infinities, zeros and subnormal
// numbers. Largest errors, measured over all exponents in test/numeric/math-functions.py, in units in the last place:
// exp, exp2, log, log1p and erf 1.1, log2, expm1, sin and cos (for |x| < 2^50) 1.6, tanh 2.4.
// The polynomials are minimax fits; a fused multiply-add is assumed to be fused.
#ifndef HEDDLE_PASSES_LOWER_MATHEXPANSIONS_H
#define HEDDLE_PASSES_LOWER_MATHEXPANSIONS_H

#include "mlir/IR/Builders.h"

namespace heddle {

mlir::Value expandExp(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandExp2(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
/// The same for machines that multiply by 2^n in one instruction.
mlir::Value expandExpWithLdexp(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandExp2WithLdexp(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandExpM1(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandLog(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandLog2(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandLog1p(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandTanh(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandErf(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandSin(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);
mlir::Value expandCos(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);

/// base^exponent for signed integers or vectors of them, modulo 2^bits, by squaring: a loop over the bits of the
/// exponent, of the largest one in a vector. 0^0 is 1. A negative exponent gives the reciprocal rounded to zero: 1 for
/// base 1, 1 or -1 for base -1, 0 for every other base, 0 too.
mlir::Value expandIntegerPower(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value base, mlir::Value exponent);

} // namespace heddle

#endif
