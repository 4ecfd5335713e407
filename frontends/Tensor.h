// What the graph builder works on: a value with its symbolic shape, and the vocabulary of its operations.
#ifndef HEDDLE_FRONTENDS_TENSOR_H
#define HEDDLE_FRONTENDS_TENSOR_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include <functional>
#include <optional>

namespace heddle {

using Dim = mlir::AffineExpr; // constant, or an expression of the entry's symbols (s0, s1, ... in their order)
using Shape = llvm::SmallVector<Dim, 4>;

struct Tensor {
  mlir::Value value; // of RankedTensorType; unsigned integers are stored in signless ones
  Shape shape;
  mlir::Type elementType; // ui8 and its like keep their sign here
  int64_t rank() const { return shape.size(); }
  explicit operator bool() const { return bool(value); }
};

enum class Unary {
  Abs,
  Neg,
  Exp,
  Log,
  Log1p,
  Sqrt,
  Rsqrt,
  Reciprocal,
  Tanh,
  Sigmoid,
  Relu,
  Silu,
  Gelu,
  GeluTanh,
  Softplus,
  Erf,
  Sin,
  Cos,
  Tan,
  Atan,
  Floor,
  Ceil,
  Round,
  Sign,
  Not,
  IsNan,
  IsInf
}; // Round: half to even
enum class Binary { Add, Sub, Mul, Div, Pow, Min, Max, Mod, And, Or, Xor }; // Mod: sign of the divisor
enum class Compare { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual };
enum class Reduce { Sum, Mean, Max, Min, Prod };

// x[start : end : step] along one axis. A constant start or end is taken as in numpy: negative counts from the end, and
// it is clamped to the size when both are known (2^31 and more means the end). A symbolic one must lie within the size.
struct SliceRange {
  int64_t axis;
  Dim start, end;
  int64_t step = 1;
};

// What one iteration of a loop makes: the state that the next one gets, and rows that are stacked over the iterations.
struct LoopStep {
  llvm::SmallVector<Tensor> state, rows;
};
using LoopBody = llvm::function_ref<std::optional<LoopStep>(mlir::Value index, llvm::ArrayRef<Tensor> state)>;

struct LoopCount {
  Dim dim;           // null when the count is only known at run time: then nothing can be stacked
  mlir::Value value; // null: that of `dim`
};

// Everything a mixer.mix needs; see dialects/mixer/Mixer.md for the slots. Absent operands are empty Tensors, absent
// attributes null: layout forward, support full, transport identity, score linear, norm none.
struct MixSpec {
  using Region = std::function<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::ValueRange)>;
  Tensor query, key, value;
  llvm::SmallVector<Tensor> transportOperands;
  Tensor bias, current, segments, positions;
  llvm::SmallVector<Tensor> initialState;
  mlir::Attribute layout, support, transport, score, norm;
  bool finalState = false; // the carried state is returned after the output
  Region scoreRegion;      // (score, b, h, i, j) -> weight
  Region transportRegion;  // (state, operand slices at t) -> state
  int64_t regionHeads = 0; // heads of the state that a transport region carries, when no operand tells
};

} // namespace heddle
#endif
