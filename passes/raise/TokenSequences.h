// Computes values of a token loop's body for all tokens at once, in front of the loop.
//
//   %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 16] ..      becomes   %x itself, tokens along dimension 1
//   %e_t = linalg.generic { exp } ins(%x_t : tensor<2x16xf32>)  becomes   one generic over 2 x 64 x 16
//
// A body value of rank r becomes a sequence of rank r + 1; where its token axis lies follows from the operands, so that
// nothing is transposed which need not be. A value that is the same for all tokens stays as it is. What depends on the
// carried state has no sequence until `define` says which one.
#ifndef HEDDLE_PASSES_RAISE_TOKENSEQUENCES_H
#define HEDDLE_PASSES_RAISE_TOKENSEQUENCES_H

#include "passes/raise/TokenLoop.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/DenseMap.h"

namespace heddle {

/// A tensor with tokens along `axis`, or one that does not vary from token to token (axis -1).
struct Sequence {
  mlir::Value value;
  int64_t axis = -1;

  bool varies() const { return axis >= 0; }
};

class TokenSequences {
public:
  /// Writes in front of the loop.
  explicit TokenSequences(const TokenLoop &loop) : loop(loop), builder(loop.loop), loc(loop.loop.getLoc()) {}

  /// Nothing where the value depends on an undefined state or on an op that no rule covers.
  std::optional<Sequence> of(mlir::Value bodyValue);
  /// What was unknown for want of this value is looked at again.
  void define(mlir::Value bodyValue, Sequence sequence);

  /// The same sequence with tokens along another axis.
  Sequence moveAxis(Sequence sequence, int64_t axis);
  /// The sequence one token later, with `initial` in front.
  Sequence delayed(Sequence after, mlir::Value initial);
  /// The value at the token that the loop visits last.
  mlir::Value lastOf(Sequence sequence);
  /// All that the loop writes into one of its results; null where a token has no sequence.
  mlir::Value outputOf(const TokenLoop::Output &output);
  /// Sizes of a body value, as values in front of the loop.
  std::optional<llvm::SmallVector<mlir::OpFoldResult>> sizesOf(mlir::Value bodyValue);
  /// An index that is the same for all tokens.
  std::optional<mlir::OpFoldResult> indexOf(mlir::OpFoldResult bodyIndex);

private:
  std::optional<Sequence> compute(mlir::Value value);
  std::optional<Sequence> computeUniform(mlir::Operation *op, unsigned result);
  std::optional<Sequence> readToken(mlir::tensor::ExtractSliceOp slice, const TokenAccess &access);
  std::optional<Sequence> computeGeneric(mlir::linalg::GenericOp generic, unsigned result);
  std::optional<Sequence> computeExpand(mlir::tensor::ExpandShapeOp expand);
  std::optional<Sequence> computeCollapse(mlir::tensor::CollapseShapeOp collapse);
  std::optional<Sequence> computeSlice(mlir::tensor::ExtractSliceOp slice);
  std::optional<Sequence> computeInsert(mlir::tensor::InsertSliceOp insert);
  std::optional<Sequence> computePad(mlir::tensor::PadOp pad);
  std::optional<Sequence> computeConcat(mlir::tensor::ConcatOp concat);
  std::optional<Sequence> computeCast(mlir::tensor::CastOp cast);
  mlir::Value initFor(mlir::linalg::GenericOp generic, unsigned result, int64_t axis);
  bool cloneBody(mlir::linalg::GenericOp generic, mlir::Region &target, unsigned axis);
  mlir::Value positionOf(mlir::OpBuilder &nested, mlir::Value token);
  mlir::Value repeat(mlir::Value value, int64_t axis);
  std::optional<llvm::SmallVector<mlir::OpFoldResult>> indicesOf(llvm::ArrayRef<mlir::OpFoldResult> bodyIndices);

  const TokenLoop &loop;
  mlir::OpBuilder builder;
  mlir::Location loc;
  llvm::DenseMap<mlir::Value, std::optional<Sequence>> known;
};

} // namespace heddle

#endif
