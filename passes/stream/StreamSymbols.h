// Which symbols of an entry count its tokens and its rows.
#ifndef HEDDLE_PASSES_STREAM_STREAMSYMBOLS_H
#define HEDDLE_PASSES_STREAM_STREAMSYMBOLS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

/// Numbers of symbols of an entry. A model may have one row, or a fixed number, without a symbol.
struct StreamSymbols {
  unsigned tokens = 0;
  std::optional<unsigned> rows;
};

/// m where a size is m * symbol, else 0.
int64_t multipleOf(mlir::AffineExpr size, unsigned symbol);

/// The dimension that has `rate` elements for each one of the symbol of the tokens.
struct TokenSize {
  int64_t dim = 0, rate = 1;
};
std::optional<TokenSize> tokenSize(mlir::AffineMapAttr shape, unsigned tokens);

/// How many tokens one of the symbol stands for: 4 where an input has 4 * T of them, 1 where it has T. Of inputs at
/// several rates it is the fastest one that counts.
int64_t tokensPerBlock(mlir::func::FuncOp entry, unsigned tokens);

/// Whether a symbol may count tokens: one along which mixers mix, or any where there are none.
bool hasTokenSymbol(mlir::func::FuncOp entry);

/// The symbols of an entry whose tokens are counted by the symbol of the given name; without a name by the one along
/// which all mixers mix, or, without a mixer, by the last one. Fails after a diagnostic.
llvm::FailureOr<StreamSymbols> findStreamSymbols(mlir::func::FuncOp entry, llvm::StringRef tokens);

/// The number of that symbol, where `tokens` or the mixers name it.
std::optional<unsigned> findTokenSymbol(mlir::func::FuncOp entry, llvm::StringRef tokens);

} // namespace heddle

#endif
