// Gives a class of dimensions of an entry another size, a symbol or a number: types, sizes and the entry's description
// follow.
#ifndef HEDDLE_PASSES_RAISE_LENGTHREWRITE_H
#define HEDDLE_PASSES_RAISE_LENGTHREWRITE_H

#include "passes/raise/DimClasses.h"

#include "mlir/IR/Builders.h"

namespace heddle {

class LengthRewrite {
public:
  /// `token` is the dimension that takes the new size.
  LengthRewrite(mlir::func::FuncOp entry, DimClasses &classes, DimClasses::Var token);

  /// Makes the size of `token`, a dimension of an argument, a symbol that goes up to `most`. Fails, before it changes
  /// anything, where a size cannot be written in terms of the symbols.
  llvm::LogicalResult run(llvm::StringRef name, int64_t most = std::numeric_limits<int64_t>::max());
  /// Makes the size of `token` a number. Fails as `run` does.
  llvm::LogicalResult resize(int64_t size);
  /// The smallest length at which no dimension is empty.
  int64_t least() const { return smallest; }

private:
  bool isFree(DimClasses::Var var) const;
  bool hasFreeDim(mlir::Value tensor) const;
  mlir::AffineExpr exprOf(DimClasses::Var var) const;
  mlir::OpFoldResult sizeOf(DimClasses::Var var);
  llvm::SmallVector<mlir::OpFoldResult> sizesOf(mlir::Value tensor, llvm::SmallVector<mlir::OpFoldResult> sizes);
  void findLeast();
  void describeRoots(mlir::AffineExpr size);
  bool findSymbols();
  llvm::LogicalResult rewrite();
  bool planSizes();
  void planSlice(mlir::Operation *op, mlir::Value whole, mlir::Value part, const llvm::SmallBitVector &dropped,
                 llvm::SmallVector<mlir::OpFoldResult> sizes);
  void setTypes();
  void rebuild(mlir::Operation *op, llvm::ArrayRef<mlir::OpFoldResult> sizes);
  void describeEntry(llvm::StringRef name, int64_t most);
  mlir::AffineMapAttr shapeOf(mlir::Value tensor) const;

  mutable mlir::func::FuncOp entry; // accessors of ops are not const
  DimClasses &classes;
  DimClasses::Member token;
  unsigned symbols;                                        // with the new one, if there is one
  llvm::DenseMap<DimClasses::Var, mlir::AffineExpr> roots; // size of a class in terms of the symbols
  llvm::SmallVector<mlir::Value> symbolValues;
  mlir::OpBuilder builder; // at the start of the entry
  llvm::SmallVector<std::pair<mlir::Operation *, llvm::SmallVector<mlir::OpFoldResult>>> plan;
  llvm::SmallVector<mlir::Value> retyped;
  llvm::SmallVector<mlir::AffineMapAttr> resultShapes;
  int64_t smallest = 1;
};

} // namespace heddle

#endif
