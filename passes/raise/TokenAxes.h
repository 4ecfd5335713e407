// Which dimension of every tensor of an entry runs over the tokens, and where tokens meet.
//
//   %k: tensor<2x64x16xf32>                         [other, token, other]
//   %c = collapse_shape %k [[0, 1], [2]]            [other * token, other]
//   %s = q k^T: tensor<2x64x64xf32>                 [other, token, token]            open
//   %p = expand_shape %v to 2x8x8x16                [other, part, part, other]       open
//   %o = collapse_shape %y from 2x8x8x16            [other, token, other]            closes what was open
//
// A value is open where it is halfway through mixing tokens: pairs of tokens, chunks, spectra, sums along tokens. An
// output is where such a computation ends: each token has its own value again. Outputs and the last tensors in front of
// what is open are the two ends of a mixer, however it is spelled.
//
// Labels are guesses: they come from the sizes at one choice of the entry's symbols, and nothing but the choice of what
// to look at depends on them.
#ifndef HEDDLE_PASSES_RAISE_TOKENAXES_H
#define HEDDLE_PASSES_RAISE_TOKENAXES_H

#include "dialects/mixer/Mixer.h"
#include "passes/raise/ConcreteSizes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/SmallBitVector.h"

namespace heddle {

enum class TokenRole : uint8_t {
  Other,
  Token, // all tokens of the entry
  Part   // made from tokens: a chunk, a padded length, a frequency
};

/// What a dimension holds; several where dimensions were collapsed, the outer ones first.
using RoleList = llvm::SmallVector<TokenRole, 2>;
using RoleLists = llvm::SmallVector<RoleList>;

/// Whether a dimension is made from tokens.
bool isFromTokens(llvm::ArrayRef<TokenRole> roles);

/// `target` becomes `source` where that alone is made from tokens.
void mergeRoles(RoleList &target, const RoleList &source);

class TokenAxes {
public:
  /// Tokens run along dimension `tokenDim` of the arguments.
  TokenAxes(mlir::func::FuncOp entry, int64_t tokenDim, llvm::ArrayRef<int64_t> symbols);

  /// Tokens at the given symbols; 0 where no argument has such a dimension.
  int64_t tokens() const { return count; }
  /// The only dimension with tokens, if there is one and it has nothing else.
  std::optional<int64_t> tokenDim(mlir::Value tensor) const;
  /// The only dimension made from tokens, be it all of them or a derived one.
  std::optional<int64_t> rowDim(mlir::Value tensor) const;
  bool hasTokens(mlir::Value tensor) const;
  bool hasParts(mlir::Value tensor) const;
  /// Parts of tokens, and no dimension with all of them.
  bool isChunk(mlir::Value tensor) const;
  bool isMadeFromTokens(mlir::Value tensor, int64_t dim) const;
  bool isOpen(mlir::Value tensor) const { return open.contains(tensor); }
  /// Where a computation that mixes tokens may end, in the order of the program.
  llvm::ArrayRef<mlir::Value> outputs() const { return ends; }
  /// `raised` stands for `original` from here on.
  void replace(mlir::Value original, mlir::Value raised);

private:
  struct Meeting {
    bool mixes = false;     // tokens are summed, moved or cut
    bool contracts = false; // a sum of products, or a convolution
  };
  /// What the loops of a structured op run over.
  struct LoopRoles {
    explicit LoopRoles(unsigned count)
        : roles(count, {TokenRole::Other}), shifted(count), gathered(count), bare(count, true) {}
    void label(unsigned loop, const RoleList &list);

    RoleLists roles;
    llvm::SmallBitVector shifted, gathered; // tokens are read at a sum of loops, at a place that loops choose
    llvm::SmallBitVector bare;              // no dimension of a tensor with tokens
    bool picks = false;                     // some token is read at a place that is computed
    bool disagrees = false;                 // all tokens to one operand, a part to another: as many by chance
  };
  void readOperand(mlir::linalg::LinalgOp op, mlir::OpOperand *input, LoopRoles &loops);
  void readElements(mlir::linalg::LinalgOp op, mlir::tensor::ExtractOp extract, LoopRoles &loops);
  RoleLists listsOf(mlir::Value tensor) const;
  RoleList joined(mlir::Value source, llvm::ArrayRef<int64_t> group);
  TokenRole derived(int64_t size) const { return size == count ? TokenRole::Token : TokenRole::Part; }
  void visit(mlir::Operation *op);
  void visitStructured(mlir::linalg::LinalgOp op);
  void visitSlice(mlir::tensor::ExtractSliceOp op);
  bool takesRow(mlir::tensor::ExtractSliceOp op);
  RoleList rolesAmong(mlir::Value piece, const RoleList &list, std::optional<int64_t> own, std::optional<int64_t> all);
  void visitInsert(mlir::tensor::InsertSliceOp op);
  void visitExpand(mlir::tensor::ExpandShapeOp op);
  void visitCollapse(mlir::tensor::CollapseShapeOp op);
  void visitSameRank(mlir::Operation *op);
  void visitLoop(mlir::scf::ForOp loop);
  void visitChunks(mlir::scf::ForOp loop);
  void visitMix(mixer::MixOp mix);
  void visitOpaque(mlir::Operation *op);
  void finish(mlir::Value result, RoleLists lists, Meeting meeting, bool readsOpen = false);

  ConcreteSizes sizes;
  int64_t count = 0;
  llvm::DenseMap<mlir::Value, RoleLists> labels; // of tensors with tokens
  llvm::DenseSet<mlir::Value> open;
  llvm::DenseSet<mlir::Value> rows; // one row of pairs: what is cut from it is as long as there are tokens by chance
  llvm::DenseSet<mlir::Value> closedAsRows; // would be outputs, were the batch not collapsed into their tokens
  llvm::SmallVector<mlir::Value> ends;
};

/// Sizes of the entry's symbols to look at it with: unequal, and lengths of at least `length` where they may be.
llvm::SmallVector<int64_t> exampleSizes(mlir::func::FuncOp entry, int64_t length = 0);

} // namespace heddle

#endif
