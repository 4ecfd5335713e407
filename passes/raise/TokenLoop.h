// A loop over tokens in normal form: what it carries, what it writes, and which token a slice reads.
//
//   %r:2 = scf.for %t = %c0 to %T step %c1 iter_args(%s = %init, %out = %empty) -> (tensor<2x8xf32>,
//   tensor<2x64x8xf32>) {
//     %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 8] [1, 1, 1]           read: axis 1, shift 0
//     ..
//     %out1 = tensor.insert_slice %y_t into %out[0, %t, 0] [2, 1, 8] [1, 1, 1]
//     scf.yield %s1, %out1                                                   state 0, output 1
//   }
//
// Token u is the one at position u + shift of a sequence. The loop visits tokens 0, 1, .. or, when `reversed`, from the
// last to the first; all slices of one loop agree on that.
#ifndef HEDDLE_PASSES_RAISE_TOKENLOOP_H
#define HEDDLE_PASSES_RAISE_TOKENLOOP_H

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace heddle {

/// Dimension of a sequence along which tokens lie, and the position of token 0.
struct TokenAccess {
  int64_t axis;
  mlir::OpFoldResult shift;
};

class TokenLoop {
public:
  struct Output {
    unsigned number; // of the result
    mlir::Value token;
    TokenAccess access;
    mlir::Operation *insert;
  };

  /// Nothing where the loop is not in normal form. May create index arithmetic in front of the loop.
  static std::optional<TokenLoop> match(mlir::scf::ForOp loop);

  /// Where a slice of one token lies; nothing for every other slice.
  std::optional<TokenAccess> accessOf(mlir::OffsetSizeAndStrideOpInterface slice) const;
  /// True where `value` is outside of the loop.
  bool isOutside(mlir::Value value) const { return !loop.getRegion().isAncestor(value.getParentRegion()); }
  mlir::BlockArgument argument(unsigned number) const { return loop.getRegionIterArgs()[number]; }
  mlir::Value yielded(unsigned number) const { return loop.getYieldedValues()[number]; }

  mutable mlir::scf::ForOp loop;
  mlir::OpFoldResult length;
  bool reversed = false;
  llvm::SmallVector<Output> outputs;
  llvm::SmallVector<unsigned> states;

private:
  std::optional<int64_t> direction(mlir::OffsetSizeAndStrideOpInterface slice) const;
  bool findDirection();
  bool sortCarried();
};

} // namespace heddle

#endif
