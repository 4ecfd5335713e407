// Every pass of Heddle, grouped by phase in the order data travels. Each description shows the IR before and after.
#ifndef HEDDLE_PASSES_TD
#define HEDDLE_PASSES_TD

include "mlir/Pass/PassBase.td"

//===--- form: pick and expand the execution form of each mixer ---------------------------===//

//===--- fuse: what stands around a mixer joins its kernel --------------------------------===//

def FuseElementwisePass : Pass<"heddle-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "fuse elementwise linalg operations into their only or cheap uses";
  let description = [{
    Named elementwise operations become `linalg.generic`, and a producer joins its consumer when nothing expensive is
    computed twice: it has one use that reads each of its elements once, or it is cheap (casts, broadcasts, an addition)
    and has few uses. Operands of contractions stay as they are. Reshapes move out of the way where that enables a fusion.

    Before:
    ```mlir
    %0 = linalg.generic {..} ins(%x) outs(%e) { arith.mulf } -> tensor<?x64xf32>
    %1 = linalg.generic {..} ins(%0, %bias) outs(%e) { arith.addf } -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %1 = linalg.generic {..} ins(%x, %bias) outs(%e) { arith.mulf; arith.addf } -> tensor<?x64xf32>
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

//===--- tile: mixers and linalg become parallel kernels on memrefs -----------------------===//

def PackWeightsPass : Pass<"heddle-pack-weights", "::mlir::ModuleOp"> {
  let summary = "store the constant right operand of a contraction in the order its kernel reads it";
  let description = [{
    A constant matrix `[K, N]` (or `[N, K]`) that is the right operand of a contraction becomes panels
    `[ceil(N / 32), K, 32]`, padded with zeros: a kernel then streams it once, in order. The contraction becomes a
    `linalg.generic` whose map says where element (k, n) lies, so its meaning does not depend on the kernel that is chosen later.
    Runs on tensors, before bufferization. The old constant dies with its last use.

    Before:
    ```mlir
    %w = arith.constant dense_resource<w> : tensor<768x3072xf32>
    %y = linalg.matmul ins(%x, %w : tensor<?x768xf32>, tensor<768x3072xf32>) outs(%z : tensor<?x3072xf32>) -> ..
    ```
    After:
    ```mlir
    %w = arith.constant dense_resource<w_panels> : tensor<96x768x32xf32>
    %y = linalg.generic {indexing_maps = [(m, n, k) -> (m, k), (m, n, k) -> (n floordiv 32, k, n mod 32),
                                          (m, n, k) -> (m, n)], ..} ins(%x, %w) outs(%z) { mulf; addf } -> ..
    ```
  }];
  let options = [
    Option<"minBytes", "min-bytes", "int64_t", /*default=*/"16384", "leave smaller constants as they are">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def LowerContractionsPass : Pass<"heddle-lower-contractions", "::mlir::func::FuncOp"> {
  let summary = "lower contractions on memrefs to register-tiled vector kernels";
  let description = [{
    A linalg operation `out[outer.., m, n] += lhs[outer.., m, k] * rhs[outer.., k, n]` accumulating in f32 (operands f32, f16 or
    bf16, in any order of dimensions) becomes one parallel kernel over (outer, row blocks, column blocks). A block keeps an
    8 x 32 tile of the output in vector registers over a stretch of k and reads the right operand as panels: those of
    `heddle-pack-weights`, or ones that it copies to the stack. A preceding fill of the output joins the kernel.
    Every other contraction is left to `heddle-lower-generics`.

    Before:
    ```mlir
    linalg.matmul ins(%x, %w : memref<?x64xf32>, memref<64x32xf32>) outs(%y : memref<?x32xf32>)
    ```
    After:
    ```mlir
    scf.parallel (%mb, %nb) = .. {
      scf.for %n .. { scf.for %m .. step 8 {
        %tile:16 = scf.for %k .. iter_args(16 x vector<16xf32>) { vector.fma .. } } }
    } {heddle.kernel = "matmul", heddle.work = ..}
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def LowerGenericsPass : Pass<"heddle-lower-generics", "::mlir::func::FuncOp"> {
  let summary = "lower every remaining linalg operation on memrefs to one parallel kernel";
  let description = [{
    Each linalg operation and each larger `memref.copy` becomes one `scf.parallel` over its outer parallel loops around
    sequential loops, the innermost one with unit stride. Neighbouring loops over contiguous memory are merged first. A
    reduction keeps its accumulators in loop-carried scalars, or, where lanes run beside the reduction, in a block on the stack;
    the output is written once. Inside of a parallel loop everything stays sequential.

    Before:
    ```mlir
    linalg.generic {maps = [(r, c) -> (r, c), (r, c) -> (r)], iterators = [parallel, reduction]}
      ins(%x : memref<?x64xf32>) outs(%y : memref<?xf32>) { arith.addf }
    ```
    After:
    ```mlir
    scf.parallel (%r) = (0) to (%rows) step (1) {
      %init = memref.load %y[%r]
      %sum = scf.for %c = 0 to 64 step 1 iter_args(%acc = %init) { .. arith.addf .. }
      memref.store %sum, %y[%r]
    } {heddle.kernel = "reduce", heddle.work = 64}
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

//===--- lower: memory plan, kernels, C ABI, LLVM dialect ---------------------------------===//

#endif
