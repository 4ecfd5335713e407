// What stands around a mixer joins its kernel.
#ifndef HEDDLE_PASSES_FUSE_PASSES_TD
#define HEDDLE_PASSES_FUSE_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseElementwisePass : Pass<"heddle-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "fuse elementwise linalg operations into their only or cheap uses";
  let description = [{
    Named elementwise operations, and `arith` and `math` on whole tensors, become `linalg.generic`, and a producer joins
    its consumer when nothing expensive is computed twice: it has one use that reads each of its elements once, or it is
    cheap (casts, broadcasts, an addition) and has few uses. Operands of contractions stay as they are. Reshapes move out of
    the way where that enables a fusion.

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

#endif // HEDDLE_PASSES_FUSE_PASSES_TD
