// How a kernel with one parallel dimension touches memory: task i may touch only row i of a buffer.
//
//   scf.parallel (%i) = .. { memref.load %x[%i, %c]   // %x : memref<?x64xf32>: 64 elements per task, one after another
//                            memref.store %y[%i, 0] } // %y : memref<?x1xf32>, a view of memref<?xf32>: 1 element
//
// Two kernels over the same tasks that agree on the rows of every buffer they share may run task by task: nothing of
// another row is read or written. Views by collapsing and expanding are seen through: a row is a stretch of the
// underlying buffer.
#ifndef HEDDLE_PASSES_TILE_ROWACCESS_H
#define HEDDLE_PASSES_TILE_ROWACCESS_H

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace heddle {

/// A load or a store of one element.
struct ElementAccess {
  mlir::Operation *op;
  mlir::Value memref;
  mlir::ValueRange indices;
  bool isWrite;
};

/// The part of a buffer that belongs to one task. Equal rows with different task numbers never overlap.
struct Row {
  mlir::Value buffer; // the allocation or argument, or a view that is not contiguous
  int64_t size;       // elements per task; for a strided view: -1 - (the dimension that the task number indexes)

  bool operator==(const Row &other) const { return buffer == other.buffer && size == other.size; }
};

/// The accesses of `kernel` to memory that outlives a task, or nothing when it does more than load and store elements.
std::optional<llvm::SmallVector<ElementAccess>> collectAccesses(mlir::scf::ParallelOp kernel);

/// The row that `access` stays in, if `task` selects one.
std::optional<Row> findRow(const ElementAccess &access, mlir::Value task);

/// The dimension of the access that `task` indexes, when everything before it has size one.
std::optional<int64_t> findTaskDim(const ElementAccess &access, mlir::Value task);

/// The allocation or argument that `memref` is a contiguous whole view of, or itself.
mlir::Value skipReshapes(mlir::Value memref);

} // namespace heddle

#endif
