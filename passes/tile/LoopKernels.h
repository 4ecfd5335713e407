// Turns an iteration space and a scalar body into one kernel: a parallel loop over tasks around sequential loops.
//
// First a schedule is chosen (which loops are tasks, which one is innermost and how it is blocked), then emitted:
//   pointwise      tasks { sequential { inner { load.. body store.. } } }
//   crossed        tasks { sequential { blocks of inner { 16 of cross { 16 of inner { .. } } } } }     a transposition
//   scalar reduce  tasks { sequential { acc = out; reductions { acc = body } ; out = acc } }      inner is a reduction
//   lane reduce    tasks { sequential { acc[lanes] = out; reductions { lanes { acc = body } } ; out = acc[lanes] } }
// The innermost loop is the one with unit stride in most operands, so that LLVM vectorises it.
#ifndef HEDDLE_PASSES_TILE_LOOPKERNELS_H
#define HEDDLE_PASSES_TILE_LOOPKERNELS_H

#include "passes/tile/IterationSpace.h"
#include <functional>

namespace heddle {

/// The scalar computation at one point: from loop values and one value per operand to one value per output.
using ScalarBody = std::function<llvm::SmallVector<mlir::Value>(mlir::OpBuilder &, mlir::Location, mlir::ValueRange ivs,
                                                                mlir::ValueRange operands)>;

/// How the loops of a space run.
struct LoopSchedule {
  llvm::SmallVector<unsigned> tasks;      // parallel, across threads
  llvm::SmallVector<unsigned> sequential; // parallel in meaning, run inside of one task
  llvm::SmallVector<unsigned> reductions; // without the innermost loop
  std::optional<unsigned> inner;          // innermost loop; none for a single point
  int64_t innerBlock = 0;                 // >0: the tasks also range over blocks of the innermost loop
  std::optional<unsigned> cross;          // unit stride where the innermost loop has none: tasks take kCrossTile of it
};

/// Side of the square in which a crossed kernel walks: one cache line of f32.
inline constexpr int64_t kCrossTile = 16;

LoopSchedule chooseSchedule(const IterationSpace &space);

/// What a kernel is called and whether it may run across threads.
struct LoopKernelOptions {
  llvm::StringRef kernelName;           // heddle.kernel
  int64_t flopsPerPoint = 1;            // for heddle.work
  bool parallel = true;                 // false inside of another kernel
  llvm::SmallVector<bool> usedOperands; // operands that the body reads; the others are not loaded
};

void emitLoopKernel(mlir::OpBuilder &builder, mlir::Location loc, const IterationSpace &space,
                    const LoopSchedule &schedule, const ScalarBody &body, const LoopKernelOptions &options);

} // namespace heddle

#endif
