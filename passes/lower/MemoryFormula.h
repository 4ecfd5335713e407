// The size of the arena as people and tools read it, and comparisons of symbolic sizes.
//
//   slots  ()[s0, s1] -> (s0 * s1 * 3072, s0 * 64)     =>  "max(3072*B*T, 64*B) + 4096*B"
//          ()[s0, s1] -> (s0 * 4096)
//
// A size is a polynomial with integer coefficients in the symbols and in terms that are no polynomial, such as
// (B*T) ceildiv 64. Every symbol is at least 1 and every such term at least 0, except quotients of differences.
#ifndef HEDDLE_PASSES_LOWER_MEMORYFORMULA_H
#define HEDDLE_PASSES_LOWER_MEMORYFORMULA_H

#include "mlir/IR/AffineMap.h"
#include "llvm/ADT/ArrayRef.h"
#include <string>

namespace heddle {

/// True when `large` is at least `small` for all values of the symbols; may answer false when it is.
bool isAtLeast(mlir::AffineExpr large, mlir::AffineExpr small);

/// `size` rounded up to a multiple of `alignment`; unchanged where that is already certain.
mlir::AffineExpr alignSize(mlir::AffineExpr size, int64_t alignment);

/// Value at these symbols; saturates instead of overflowing.
double evaluateSize(mlir::AffineExpr size, llvm::ArrayRef<int64_t> symbols);

/// The printed formula of an expression, and of an arena with these slots.
std::string printSize(mlir::AffineExpr size, llvm::ArrayRef<llvm::StringRef> symbols);
std::string printArena(llvm::ArrayRef<mlir::AffineMap> slots, llvm::ArrayRef<llvm::StringRef> symbols);

} // namespace heddle

#endif
