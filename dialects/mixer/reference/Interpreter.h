// Runs a function on tensors, op by op, in double or with every result rounded to its type.
//
//   SmallVector<ReferenceTensor> outputs;
//   if (failed(interpret(function, inputs, outputs, Precision::Double)))
//     return failure();                     // the diagnostic stands at the op without a meaning here
//
// It knows func, arith, math, tensor, scf.for/if/index_switch, affine.apply, every structured linalg op (through its
// indexing maps and body) and mixer.mix. It is the second opinion for everything that the compiler does, so it shares
// no code with it. Threads: a function may be interpreted by several threads at a time.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_INTERPRETER_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_INTERPRETER_H

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

llvm::LogicalResult interpret(mlir::func::FuncOp function, llvm::ArrayRef<ReferenceTensor> inputs,
                              llvm::SmallVectorImpl<ReferenceTensor> &outputs, Precision precision);

} // namespace heddle
#endif
