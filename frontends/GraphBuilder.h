// One way to write a model as IR, shared by all frontends.
//
// A frontend names what it wants ("multiply these, normalise that"); the builder emits linalg on tensors and mixer.mix, and keeps
// every shape as affine expressions of the model's symbolic dimensions. So `T` of one tensor and `T` of another are known to be
// equal although both are `?` in the IR, broadcasting never has to guess, and the memory planner can print its formula:
//
//   GraphBuilder g(context, "forward", {"B", "T"});
//   Tensor x = g.input("x", {g.dim("B"), g.dim("T"), g.dim(64)}, f32);
//   Tensor y = g.softmax(g.matmul(x, g.transpose(x, {0, 2, 1})), -1);     // shape (B, T, T)
//
// Invariant: a Tensor's `shape` has one expression per dimension of its ranked type; a constant expression is a static dimension of
// the type, anything else is dynamic.
#ifndef HEDDLE_FRONTENDS_GRAPHBUILDER_H
#define HEDDLE_FRONTENDS_GRAPHBUILDER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace heddle {

using Dim = mlir::AffineExpr;          // constant, or symbols in the order of GraphBuilder::symbols
using Shape = llvm::SmallVector<Dim, 4>;

struct Tensor {
  mlir::Value value;                   // RankedTensorType
  Shape shape;
  mlir::Type elementType;
  int64_t rank() const { return shape.size(); }
  explicit operator bool() const { return bool(value); }
};

enum class Unary { Abs, Neg, Exp, Log, Sqrt, Rsqrt, Reciprocal, Tanh, Sigmoid, Relu, Silu, Gelu, GeluTanh, Softplus, Erf, Sin, Cos,
                   Floor, Ceil, Round, Sign, Not, IsNan, IsInf };
enum class Binary { Add, Sub, Mul, Div, Pow, Min, Max, Mod, And, Or, Xor };     // Mod: sign of the divisor
enum class Compare { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
enum class Reduce { Sum, Mean, Max, Min, Prod };

} // namespace heddle
#endif
