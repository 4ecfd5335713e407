// Which dimensions of an entry are the same size for a reason, and which only happen to be.
//
//   %x: tensor<2x64x64xf32>   %w: constant tensor<64x64xf32>   %y = matmul of %x collapsed to tensor<128x64xf32> and %w
//
//   dim 1 of %x: a class of its own, that of the tokens; 128 is the product of dims 0 and 1
//   dim 2 of %x: the class of the rows of %w, pinned by the constant
//
// Sizes of one class differ by a fixed number, as those of a padded tensor do. A class is pinned where an op only makes
// sense at that size: by a constant tensor that does not count, by a split into chunks, by an op that is not known.
#ifndef HEDDLE_PASSES_RAISE_DIMCLASSES_H
#define HEDDLE_PASSES_RAISE_DIMCLASSES_H

#include "dialects/mixer/Mixer.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"

namespace heddle {

class DimClasses {
public:
  using Var = unsigned;
  /// Size of a variable: that of the class plus a number.
  struct Member {
    Var root;
    int64_t offset;
  };
  /// `whole` is the product of `parts`, outer to inner.
  struct Product {
    Var whole;
    llvm::SmallVector<Var> parts;
    mlir::Location loc;
  };

  Var of(mlir::Value tensor, int64_t dim);
  /// A size that is no dimension, such as the number of iterations of a loop.
  Var add(int64_t size);
  int64_t size(Var var) const { return sizes[var]; }
  bool isUnit(Var var) const { return sizes[var] == 1; }

  Member find(Var var) const;
  /// size(left) = size(right) + difference, whatever the length. Pins both where their sizes say otherwise.
  void unify(Var left, Var right, int64_t difference, mlir::Location loc);
  /// Two tensors of one shape.
  void unifyAll(mlir::Value left, mlir::Value right, mlir::Location loc);
  void pin(Var var, mlir::Location loc);
  void pinAll(mlir::Value tensor, mlir::Location loc);
  void addProduct(Var whole, llvm::ArrayRef<Var> parts, mlir::Location loc);
  /// Makes the parts of equal products equal and pins what is divided in two ways, until nothing changes.
  void solve();

  bool isPinned(Var root) const { return pins.contains(root); }
  llvm::ArrayRef<mlir::Location> pinsOf(Var root) const;
  /// The product that a class is, if it is one.
  const Product *productOf(Var root) const;

private:
  mutable llvm::SmallVector<Var> parents;
  mutable llvm::SmallVector<int64_t> offsets; // to the parent
  llvm::SmallVector<int64_t> sizes;           // ShapedType::kDynamic where open
  llvm::DenseMap<std::pair<mlir::Value, int64_t>, Var> vars;
  llvm::DenseMap<Var, llvm::SmallVector<mlir::Location>> pins;
  llvm::SmallVector<Product> products;
};

/// What a constant tensor with a row for each token says: that there are this many, or what the first of any smaller
/// number are. The second goes for what holds of each token by itself, as comparisons of its position with numbers.
enum class Tables { Pin, Cut };

/// Takes down what a mixer says about its operands, and the variables along which it mixes.
void constrainMix(mixer::MixOp mix, DimClasses &classes, Tables tables, llvm::SmallVectorImpl<DimClasses::Var> &tokens);

/// Reads all ops of an entry. `tokens` receives the variables along which mixers mix and loops over tokens run, and
/// where tables are cut those along which windows slide. Sizes of `fixed` dimensions are pinned.
DimClasses classifyDims(mlir::func::FuncOp entry, llvm::SmallVectorImpl<DimClasses::Var> &tokens,
                        Tables tables = Tables::Pin, llvm::ArrayRef<std::pair<mlir::Value, int64_t>> fixed = {});

} // namespace heddle

#endif
