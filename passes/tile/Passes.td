// Mixers and linalg become parallel kernels on memrefs.
#ifndef HEDDLE_PASSES_TILE_PASSES_TD
#define HEDDLE_PASSES_TILE_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandMixPass : Pass<"heddle-expand-mix"> {
  let summary = "expand every mixer on memrefs into the kernel of its form";
  let description = [{
    Reads the `form` attribute and writes the loops of that form: parallel kernels over batch, heads and blocks, with sequential
    bodies of `scf`, `vector`, `arith` and `math`. Operands of 16 bits are extended as they are loaded; states and sums are f32
    (f64 for f64 inputs). Intermediate buffers that outlive a kernel are `memref.alloc` of sizes known at entry.

    Before:
    ```mlir
    mixer.mix query(%q) key(%k) value(%v) outs(%o) {form = #mixer.form<recurrent>, transport = #mixer.scalar, ..}
    ```
    After:
    ```mlir
    scf.parallel (%b, %head, %block) = .. {
      %state:16 = scf.for %t = 0 to %T step 1 iter_args(16 x vector<16xf32>) { .. }
    } {heddle.kernel = "mix_recurrent", heddle.work = ..}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def PackWeightsPass : Pass<"heddle-pack-weights", "::mlir::ModuleOp"> {
  let summary = "store the constant right operand of a contraction in the order its kernel reads it";
  let description = [{
    A constant matrix `[K, N]` (or `[N, K]`) that is the right operand of a contraction becomes panels
    `[ceil(N / 48), K, 48]`, padded with zeros: a kernel then streams it once, in order. The contraction becomes a
    `linalg.generic` whose map says where element (k, n) lies, so its meaning does not depend on the kernel that is chosen later.
    Runs on tensors, before bufferization. The old constant dies with its last use.

    Before:
    ```mlir
    %w = arith.constant dense_resource<w> : tensor<768x3072xf32>
    %y = linalg.matmul ins(%x, %w : tensor<?x768xf32>, tensor<768x3072xf32>) outs(%z : tensor<?x3072xf32>) -> ..
    ```
    After:
    ```mlir
    %w = arith.constant dense_resource<w_panels> : tensor<64x768x48xf32>
    %y = linalg.generic {indexing_maps = [(m, n, k) -> (m, k), (m, n, k) -> (n floordiv 48, k, n mod 48),
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
    8 x 48 tile of the output in vector registers over a stretch of k and reads the right operand as panels: those of
    `heddle-pack-weights`, or ones that it copies to the stack. A preceding fill of the output joins the kernel, and so does the
    elementwise operation on the sums that comes next (bias, activation, residual, gate): it runs on a panel of rows behind the
    last stretch, while the sums are in the cache, and where nobody else reads them they are built up in its output.

    This kernel, not a library, computes dense products: *because* it is as fast and takes epilogues of any kind, types and
    layouts of its operands as they are, and no library into the runtime. Gflop/s of f32 in one process, best of nine rounds in
    turn, one core of a Zen 4 with AVX-512, weights packed by each in its own way:

    | m x k x n | this kernel, 8 x 48 | 8 x 32 | oneDNN 2.6.3 | libxsmm 1.17 |
    |---|---|---|---|---|
    | 2048 x 512 x 2048 | 113.0 | 108.6 | 112.2 | 110.8 |
    | 2048 x 2048 x 512 | 120.7 | 112.3 | 114.6 | 113.7 |

    *Cost*: machines whose registers or caches differ much want other tiles, which a library would know.
    Every other contraction is left to `heddle-lower-generics`.

    Before:
    ```mlir
    linalg.matmul ins(%x, %w : memref<?x64xf32>, memref<64x32xf32>) outs(%y : memref<?x32xf32>)
    ```
    After:
    ```mlir
    scf.parallel (%mb, %nb) = .. {
      scf.for %n .. { scf.for %m .. step 8 {
        %tile:24 = scf.for %k .. iter_args(24 x vector<16xf32>) { vector.fma .. } } }
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

def FuseKernelsPass : Pass<"heddle-fuse-kernels", "::mlir::func::FuncOp"> {
  let summary = "join neighbouring kernels over the same rows";
  let description = [{
    Two kernels with one parallel dimension of the same size become one when, of every buffer that either writes, both touch
    only the row of their task. Between them stand only operations without effects and allocations. Sizes are compared as
    formulas of the entry's symbols.

    Before:
    ```mlir
    scf.parallel (%r) = (0) to (%rows) step (1) { %sum = .. ; memref.store %sum, %s[%r] } {heddle.kernel = "reduce", ..}
    scf.parallel (%r) = (0) to (%rows) step (1) { scf.for %c .. { %s1 = memref.load %s[%r] .. } } {heddle.kernel = "elementwise", ..}
    ```
    After:
    ```mlir
    scf.parallel (%r) = (0) to (%rows) step (1) {
      %sum = .. ; memref.store %sum, %s[%r]
      scf.for %c .. { %s1 = memref.load %s[%r] .. }
    } {heddle.kernel = "rows", ..}
    ```
  }];
}

def LocalizeBuffersPass : Pass<"heddle-localize-buffers", "::mlir::func::FuncOp"> {
  let summary = "move rows of temporaries that only one kernel sees onto its stack";
  let description = [{
    An allocation that one kernel alone touches, each task in its own row, becomes a row on the stack of the task. The
    allocation dies with its last use.

    Before:
    ```mlir
    %s = memref.alloc(%rows) : memref<?xf32>
    scf.parallel (%r) = .. { memref.store %sum, %s[%r] .. memref.load %s[%r] }
    ```
    After:
    ```mlir
    scf.parallel (%r) = .. { %s = memref.alloca() : memref<1xf32> .. memref.store %sum, %s[0] .. memref.load %s[0] }
    ```
  }];
  let options = [
    Option<"maxStackBytes", "max-stack-bytes", "int64_t", /*default=*/"16384", "rows of one kernel together, at most">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

#endif // HEDDLE_PASSES_TILE_PASSES_TD
