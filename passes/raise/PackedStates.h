// Several states side by side in one tensor [B, 1, 1, F], the state of a region transport.
//
//   h: tensor<2x8xf32>, c: tensor<2x8xf32>     ->     tensor<2x1x1x16xf32>, h in [0, 8), c in [8, 16)
//
// B is the common first dimension of all states, or 1 where there is none.
#ifndef HEDDLE_PASSES_RAISE_PACKEDSTATES_H
#define HEDDLE_PASSES_RAISE_PACKEDSTATES_H

#include "passes/raise/TokenSequences.h"

namespace heddle {

class PackedStates {
public:
  /// Nothing where a state has a dynamic dimension beyond the batch, or no floats of the type of the others.
  static std::optional<PackedStates> create(const TokenLoop &loop, TokenSequences &sequences,
                                            llvm::ArrayRef<unsigned> states);

  mlir::Value pack(mlir::OpBuilder &b, mlir::ValueRange values) const;
  /// The `place`-th state of [B, T|1, 1, F], with its tokens behind the batch or without any.
  mlir::Value unpack(mlir::OpBuilder &b, mlir::Value tensor, unsigned place, bool hasTokens) const;

  bool hasBatch() const { return batchDims == 1; }
  mlir::OpFoldResult batchSize() const { return batch; }
  int64_t batchExtent() const { return hasBatch() ? places[0].type.getDimSize(0) : 1; }
  int64_t width() const { return features; }
  mlir::FloatType elementType() const { return element; }

private:
  struct Place {
    mlir::RankedTensorType type; // of the state
    int64_t offset, features;    // within the packed one
  };

  explicit PackedStates(mlir::Location loc) : loc(loc) {}
  mlir::Value flat(mlir::OpBuilder &b, mlir::Value state, const Place &packed) const;

  mlir::Location loc;
  int64_t batchDims = 1, features = 0;
  mlir::OpFoldResult batch;
  mlir::FloatType element;
  llvm::SmallVector<Place> places;
};

} // namespace heddle

#endif
