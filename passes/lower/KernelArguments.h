// What a kernel may assume of the memrefs that it receives.
//
// A memref of a buffer that no other argument reaches, or that the kernel only reads, is `llvm.noalias`; one that the
// kernel never writes is `llvm.readonly`. LLVM's loop vectoriser then needs no checks at run time.
#ifndef HEDDLE_PASSES_LOWER_KERNELARGUMENTS_H
#define HEDDLE_PASSES_LOWER_KERNELARGUMENTS_H

#include "passes/lower/BufferAliases.h"

namespace heddle {

/// Marks the arguments of `kernel` after the first two (the range); `captures` are the values passed for them.
void markArguments(mlir::func::FuncOp kernel, mlir::ArrayRef<mlir::Value> captures, const BufferAliases &aliases);

} // namespace heddle

#endif
