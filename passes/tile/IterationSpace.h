// A linalg operation on memrefs, taken apart: its loops, and for every operand where it lives and how the loops index
// it. Lowerings read it instead of the operation, because it can be simplified: loops that walk contiguous memory
// together are merged, so that `[B, T, C]` elementwise work is one loop over B*T*C and not three.
//
//   linalg.generic maps (b, t, c) -> (b, t, c), (b, t, c) -> (c)        loops: b, t, c
//   after mergeLoops                                                    loops: bt, c   maps (bt, c) -> (bt, c), (c)
//
// Invariant: every access map has one dimension per loop and one result per dimension of its memref.
#ifndef HEDDLE_PASSES_TILE_ITERATIONSPACE_H
#define HEDDLE_PASSES_TILE_ITERATIONSPACE_H

#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace heddle {

/// One loop of the nest, from 0 to `size`.
struct LoopInfo {
  mlir::OpFoldResult size;
  bool isReduction;

  /// The static trip count, or ShapedType::kDynamic.
  int64_t staticSize() const;
};

/// One operand: a memref and the map from loops to its indices. A scalar operand has no map.
struct Access {
  mlir::Value base;
  mlir::AffineMap map;

  bool isScalar() const { return !map; }
  /// The loop that moves this access by one element per step and nothing else does at that dimension, if any.
  std::optional<unsigned> unitStrideLoop() const;
  /// The dimension of the memref that is indexed by exactly `loop`.
  std::optional<unsigned> dimOfLoop(unsigned loop) const;
  bool usesLoop(unsigned loop) const { return map && map.isFunctionOfDim(loop); }
  mlir::MemRefType type() const { return mlir::cast<mlir::MemRefType>(base.getType()); }
};

/// Loops and operands (inputs first, then outputs) of one operation.
struct IterationSpace {
  llvm::SmallVector<LoopInfo> loops;
  llvm::SmallVector<Access> accesses;
  unsigned numInputs = 0;

  llvm::ArrayRef<Access> outputs() const { return llvm::ArrayRef(accesses).drop_front(numInputs); }
  llvm::SmallVector<unsigned> loopsOfKind(bool reduction) const;
  /// Product of the static sizes of `which`; a dynamic loop counts as `dynamicSize`.
  int64_t estimateTrips(llvm::ArrayRef<unsigned> which, int64_t dynamicSize) const;
};

/// Reads a linalg operation whose operands are memrefs and scalars.
IterationSpace makeIterationSpace(mlir::OpBuilder &builder, mlir::linalg::LinalgOp op);

/// The space of an elementwise copy between two memrefs of one shape.
IterationSpace makeCopySpace(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value source, mlir::Value target);

/// Merges loops `outer` and `inner` wherever every access walks them as one contiguous range. `mayMerge` restricts
/// the pairs.
void mergeLoops(mlir::OpBuilder &builder, mlir::Location loc, IterationSpace &space,
                llvm::function_ref<bool(unsigned outer, unsigned inner)> mayMerge);

/// The indices of `access` at loop values `ivs`.
llvm::SmallVector<mlir::Value> materializeIndices(mlir::OpBuilder &builder, mlir::Location loc, const Access &access,
                                                  mlir::ValueRange ivs);

} // namespace heddle

#endif
