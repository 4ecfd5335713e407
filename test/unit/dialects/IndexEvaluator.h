// Runs straight integer code: what supports emit. Slow and small.
//
//   IndexEvaluator run;
//   run.bind(i, 3);
//   bool visible = run.value(support.emitContains(builder, loc, i, j, h));     // after run.block(body)
#ifndef HEDDLE_TEST_UNIT_DIALECTS_INDEXEVALUATOR_H
#define HEDDLE_TEST_UNIT_DIALECTS_INDEXEVALUATOR_H

#include "mlir/IR/Block.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

namespace heddle::test {

class IndexEvaluator {
public:
  void bind(mlir::Value value, int64_t number) { numbers[value] = number; }
  int64_t value(mlir::Value value) const;
  /// Runs every op of the block; returns the operands of its terminator, if it has one that yields.
  llvm::SmallVector<int64_t> block(mlir::Block &body);

private:
  void run(mlir::Operation *op);
  int64_t arithmetic(mlir::Operation *op) const;
  void loop(mlir::Operation *op);
  void choose(mlir::Operation *op);

  llvm::DenseMap<mlir::Value, int64_t> numbers;
};

} // namespace heddle::test
#endif
