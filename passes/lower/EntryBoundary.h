// What an entry takes and gives once its memory is planned.
//
//   func.func @forward(%x: memref<?x64xf32>) -> memref<?x64xf32>
//   func.func @forward(%x: memref<?x64xf32>, %out: memref<?xi8>, %t: index, %arena: memref<?xi8>)    // with parameters
//
// Invariant: the inputs come first, then one byte buffer per result, one index per symbol, the arena.
#ifndef HEDDLE_PASSES_LOWER_ENTRYBOUNDARY_H
#define HEDDLE_PASSES_LOWER_ENTRYBOUNDARY_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

struct EntryParameters {
  llvm::SmallVector<mlir::Value> outputs, symbols;
  mlir::Value arena;
};

/// Checks that an entry is one block and that its inputs and results are dense memrefs of declared shape.
llvm::LogicalResult checkBoundary(mlir::func::FuncOp entry);

/// Adds the parameters, and records the shapes of inputs and results on the entry, which outlive the types.
EntryParameters addEntryParameters(mlir::func::FuncOp entry, unsigned numSymbols);

/// An output's bytes as a memref of its shape.
mlir::Value viewOutput(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value output, mlir::MemRefType type,
                       mlir::AffineMap shape, mlir::ValueRange symbols);

/// Lets an output that an input is appended to (kAppendAttr) take the input's place from the start, after a copy where
/// the caller has given other memory for it. Fails where such an output is not the input itself, written in place.
llvm::LogicalResult joinAppended(mlir::func::FuncOp entry, const EntryParameters &parameters);

} // namespace heddle

#endif
