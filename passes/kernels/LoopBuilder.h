// A small language for writing kernels as loops, so that a kernel reads like its pseudo-code.
//
//   Expr sum = loops.sum(loops.index(0), tokens, loops.real(0), [&](Expr j, Expr acc) {
//     return acc + loops.load(weights, {i, j}) * loops.load(values, {j, lane}, /*width=*/16);
//   });
//
// An Expr is an SSA value with operators. Floating-point values are always of the compute type (f32, or f64 for f64
// inputs) or vectors of it: loads extend, stores truncate. A scalar meets a vector by broadcast. Features are static,
// so vector widths are static too: `lanes` cuts a feature range into full vectors and one narrower tail, and no kernel
// needs a mask.
#ifndef HEDDLE_PASSES_KERNELS_LOOPBUILDER_H
#define HEDDLE_PASSES_KERNELS_LOOPBUILDER_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace heddle::kernels {

class LoopBuilder;

/// A value under construction.
struct Expr {
  mlir::Value value;
  LoopBuilder *builder = nullptr;

  explicit operator bool() const { return static_cast<bool>(value); }
  mlir::Type type() const { return value.getType(); }
  bool isIndex() const { return type().isIndex(); }
  /// Number of lanes, 0 for a scalar.
  int64_t width() const;
  /// A constant of this value's element type.
  Expr constant(double number) const;
};

using Exprs = llvm::SmallVector<Expr>;

/// A contiguous piece of a feature range. Width 0 means one element, loaded as a scalar.
struct Lanes {
  Expr first;
  int64_t width;
};

class LoopBuilder {
public:
  LoopBuilder(mlir::OpBuilder &builder, mlir::Location loc, mlir::FloatType real)
      : builder(builder), loc(loc), realType(real) {}

  mlir::OpBuilder &builder;
  mlir::Location loc;
  mlir::FloatType realType;

  //===--- values ---===//
  Expr wrap(mlir::Value value) { return {value, this}; }
  Expr index(int64_t number);
  Expr real(double number);
  Expr real(double number, int64_t width);
  Expr truth(bool value);
  Expr dim(mlir::Value memref, int64_t dimension);
  /// Lane numbers 0, 1, .. as reals.
  Expr laneNumbers(int64_t width);
  Expr toReal(Expr integer);
  Expr toIndex(Expr integer);

  //===--- control ---===//
  using Body = llvm::function_ref<void(Expr)>;
  using CarryingBody = llvm::function_ref<Exprs(Expr, llvm::ArrayRef<Expr>)>;
  using SumBody = llvm::function_ref<Expr(Expr, Expr)>;
  void loop(Expr begin, Expr end, Body body, int64_t step = 1);
  Exprs loop(Expr begin, Expr end, llvm::ArrayRef<Expr> initial, CarryingBody body, int64_t step = 1);
  /// One carried value.
  Expr sum(Expr begin, Expr end, Expr initial, SumBody body, int64_t step = 1);
  void when(Expr condition, llvm::function_ref<void()> body);
  void whenElse(Expr condition, llvm::function_ref<void()> body, llvm::function_ref<void()> otherwise);
  Exprs choose(Expr condition, llvm::function_ref<Exprs()> body, llvm::function_ref<Exprs()> otherwise);

  /// Emits `body` for [0, total) in pieces of `width` lanes and one tail. One piece of width 0 when total is 1.
  void lanes(int64_t total, int64_t width, llvm::function_ref<void(Lanes)> body);
  /// The same with the number of the piece given: for pieces spread over parallel work. `count` pieces exist.
  static int64_t pieces(int64_t total, int64_t width) { return (total + width - 1) / width; }
  void piece(Expr number, int64_t total, int64_t width, llvm::function_ref<void(Lanes)> body);

  /// A top-level parallel kernel over the box [0, counts).
  void kernel(llvm::StringRef name, llvm::ArrayRef<Expr> counts, int64_t work,
              llvm::function_ref<void(llvm::ArrayRef<Expr>)> body);

  //===--- memory ---===//
  /// Element or vector along the last dimension, extended to the compute type; integers stay as they are.
  Expr load(mlir::Value memref, llvm::ArrayRef<Expr> indices, int64_t width = 0);
  void store(Expr value, mlir::Value memref, llvm::ArrayRef<Expr> indices);
  /// A buffer of the compute type on the stack of the kernel; only inside of kernels.
  mlir::Value scratch(llvm::ArrayRef<int64_t> shape);
  /// A buffer of the compute type in the arena; only outside of kernels.
  mlir::Value buffer(llvm::ArrayRef<Expr> shape);

  mlir::Type typeOf(int64_t width) const;
  Expr broadcast(Expr scalar, int64_t width);
  /// Scalars side by side.
  Expr fromLanes(llvm::ArrayRef<Expr> scalars);
  /// The same lanes with zeros behind them.
  Expr padLanes(Expr lanes, int64_t width);
  /// Some of the lanes; 0 of them are one scalar.
  Expr firstLanes(Expr lanes, int64_t width);

private:
  mlir::Block *kernelBody = nullptr; // of the innermost call of `kernel`
};

//===--- arithmetic -----------------------------------------------------------------------===//

Expr operator+(Expr lhs, Expr rhs);
Expr operator-(Expr lhs, Expr rhs);
Expr operator*(Expr lhs, Expr rhs);
Expr operator/(Expr lhs, Expr rhs);
Expr operator%(Expr lhs, Expr rhs);
Expr operator-(Expr x);
Expr operator<(Expr lhs, Expr rhs);
Expr operator<=(Expr lhs, Expr rhs);
Expr operator==(Expr lhs, Expr rhs);
Expr operator!=(Expr lhs, Expr rhs);
Expr operator&(Expr lhs, Expr rhs);
Expr operator|(Expr lhs, Expr rhs);
inline Expr operator+(Expr lhs, double rhs) { return lhs + lhs.constant(rhs); }
inline Expr operator-(Expr lhs, double rhs) { return lhs - lhs.constant(rhs); }
inline Expr operator*(Expr lhs, double rhs) { return lhs * lhs.constant(rhs); }
inline Expr operator/(Expr lhs, double rhs) { return lhs / lhs.constant(rhs); }
inline Expr operator==(Expr lhs, double rhs) { return lhs == lhs.constant(rhs); }

Expr min(Expr lhs, Expr rhs);
Expr max(Expr lhs, Expr rhs);
Expr exp(Expr x);
Expr cos(Expr x);
Expr sin(Expr x);
Expr tanh(Expr x);
Expr abs(Expr x);
Expr fma(Expr a, Expr b, Expr c);
Expr select(Expr condition, Expr then, Expr otherwise);
/// Sum or maximum over the lanes of a vector; a scalar is its own.
Expr reduceSum(Expr x);
Expr reduceMax(Expr x);
/// Columns of a square of lanes: as many vectors as each has lanes, a power of two.
Exprs transpose(Exprs rows);

} // namespace heddle::kernels

#endif
