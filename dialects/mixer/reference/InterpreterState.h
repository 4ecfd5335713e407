// The inside of the interpreter: values of the function that is being run, and one handler per op name.
//
// A handler reads operands with `scalar` or `tensor`, writes results with `set`, and fails with a diagnostic at the op.
// Tensors are shared and never changed in place, except by `take`: it hands out the tensor itself when nobody else
// can see it, so that insertions in a loop do not copy the whole tensor.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_INTERPRETERSTATE_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_INTERPRETERSTATE_H

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "dialects/mixer/reference/ScalarProgram.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::linalg {
class LinalgOp;
}

namespace heddle {

class Interpreter;
using Handler = llvm::LogicalResult (*)(Interpreter &, mlir::Operation *);
using HandlerTable = llvm::StringMap<Handler>;

void addTensorHandlers(HandlerTable &table);
void addSliceHandlers(HandlerTable &table);
void addControlHandlers(HandlerTable &table);
void addLinalgHandlers(HandlerTable &table);
void addMixHandlers(HandlerTable &table);

class Interpreter {
public:
  explicit Interpreter(Precision precision) : precision(precision) {}

  /// Runs all ops of `block` but its terminator. Values that no later op of the block uses are dropped when
  /// `dropDeadValues`: right for a function body, too slow for the body of a loop.
  llvm::LogicalResult runBlock(mlir::Block &block, bool dropDeadValues = false);
  llvm::LogicalResult run(mlir::Operation *op);

  void set(mlir::Value value, Scalar scalar) { values[value] = Capture{scalar, nullptr}; }
  void set(mlir::Value value, ReferenceTensor tensor);
  void set(mlir::Value value, Capture capture) { values[value] = std::move(capture); }

  bool has(mlir::Value value) const { return values.count(value); }
  const Capture &get(mlir::Value value) const { return values.find(value)->second; }
  int64_t integer(mlir::Value value) const { return get(value).scalar.integer; }
  const ReferenceTensor &tensor(mlir::Value value) const { return *get(value).tensor; }
  /// The tensor for changing: moved out of the interpreter when nobody else holds it and `user`, which stands in the
  /// block that defines `value`, is its only user (a user inside of a loop would need it again).
  ReferenceTensor take(mlir::Value value, mlir::Operation *user);
  /// Removes the value and hands it out, so that a loop's next iteration owns it alone.
  Capture release(mlir::Value value);

  /// Values for ScalarProgram::compile.
  CaptureResolver captures() const;
  /// Sizes mixed of static numbers and operands, as in tensor.extract_slice.
  llvm::SmallVector<int64_t> integers(llvm::ArrayRef<mlir::OpFoldResult> mixed) const;

  const Precision precision;

private:
  llvm::LogicalResult runScalar(mlir::Operation *op, const Instruction &instruction);
  llvm::DenseMap<mlir::Value, Capture> values;
};

/// Enters the meaning of one kind of op.
template <typename Op, llvm::LogicalResult (*F)(Interpreter &, Op)> void addHandler(HandlerTable &table) {
  table[Op::getOperationName()] = [](Interpreter &interpreter, mlir::Operation *op) {
    return F(interpreter, llvm::cast<Op>(op));
  };
}

/// Any structured linalg op, by its indexing maps and its body.
llvm::LogicalResult runStructured(Interpreter &interpreter, mlir::linalg::LinalgOp op);

} // namespace heddle
#endif
