// Where each buffer of an entry lives in the arena.
//
//   %a = alloc    |a                 slot 0: a, c  (never live together)
//   kernel(%a,%b) |a |b              slot 1: b
//   %c = alloc       |b |c
//   kernel(%b,%c)    |b |c
//
// Invariant: two buffers of one slot have disjoint live ranges, for every value of the symbols.
#ifndef HEDDLE_PASSES_LOWER_MEMORYPLAN_H
#define HEDDLE_PASSES_LOWER_MEMORYPLAN_H

#include "passes/lower/BufferAliases.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/AffineMap.h"

namespace heddle {

struct PlannedBuffer {
  mlir::memref::AllocOp alloc;
  mlir::AffineExpr bytes; // a multiple of the arena's alignment
  unsigned first = 0, last = 0;
  unsigned slot = 0;
};

/// Sets the first and last position (in program order) at which each buffer's content matters. A buffer made outside of
/// a loop and used inside is live through the loop.
void computeLiveRanges(mlir::func::FuncOp entry, const BufferAliases &aliases,
                       llvm::MutableArrayRef<PlannedBuffer> buffers);

/// Puts every buffer into a slot and returns the slots: one map of candidate sizes each. Large buffers choose first,
/// each the slot that grows least at the given typical symbol values.
llvm::SmallVector<mlir::AffineMap> assignSlots(llvm::MutableArrayRef<PlannedBuffer> buffers,
                                               llvm::ArrayRef<int64_t> typicalSymbols, mlir::MLIRContext *context);

} // namespace heddle

#endif
