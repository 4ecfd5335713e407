// What a kernel may assume of the memrefs that it receives.
//
// A memref of a buffer that no other argument reaches, or that the kernel only reads, is `llvm.noalias`; one that the
// kernel never writes is `llvm.readonly`. LLVM's loop vectoriser then needs no checks at run time.
#ifndef HEDDLE_PASSES_LOWER_KERNELARGUMENTS_H
#define HEDDLE_PASSES_LOWER_KERNELARGUMENTS_H

#include "passes/lower/BufferAliases.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace heddle {

/// Marks the arguments of `kernel` after the first two (the range); `captures` are the values passed for them.
void markArguments(mlir::func::FuncOp kernel, mlir::ArrayRef<mlir::Value> captures, const BufferAliases &aliases);

/// The conversion of functions to LLVM splits a memref into scalars and drops its attributes. The marks survive as a
/// list of LLVM parameters: recorded before the conversion, applied after it.
void recordArgumentMarks(mlir::func::FuncOp kernel);
void applyArgumentMarks(mlir::LLVM::LLVMFuncOp kernel);

} // namespace heddle

#endif
