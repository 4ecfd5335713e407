// The lower phase: from buffers and parallel kernels to the LLVM dialect behind the C ABI of runtime/abi/kernel_abi.h.
//
//   func @forward(%x: memref<?x64xf32>) -> memref<?x64xf32>        heddle_plan_forward(dims, arena_bytes, output_dims)
//     %t = memref.alloc(%n)                                   =>   heddle_entry_forward(context, dims, inputs, ..)
//     scf.parallel (%i) = ... {heddle.kernel = "relu"}                 context->parallel_for(context, kernel_relu, ..)
//
// Invariant at the end: no allocation, no reference to anything but libm, all exported symbols start with `heddle_`.
#ifndef HEDDLE_PASSES_LOWER_LOWER_H
#define HEDDLE_PASSES_LOWER_LOWER_H

namespace mlir {
class OpPassManager;
} // namespace mlir

namespace heddle {

/// Before: linalg and mixer.mix on tensors. After: the same ops on memrefs, function boundaries included.
void buildBufferizePipeline(mlir::OpPassManager &pm);

/// What the machine can do beyond what every machine can.
struct LowerOptions {
  /// Multiplies by 2^n in one instruction, subnormal results included, as AVX-512 does.
  bool scalesByPowersOfTwo = false;
};

/// Before: entries of memref.alloc, views and top-level scf.parallel kernels. After: the LLVM dialect and the C ABI.
void buildLowerPipeline(mlir::OpPassManager &pm, const LowerOptions &options);

/// The last part of it: func, scf, memref, vector, math and arith become the LLVM dialect.
void buildLowerToLLVMPipeline(mlir::OpPassManager &pm);

} // namespace heddle

#endif
