// RUN: heddle-opt %s --heddle-lower-launches --verify-diagnostics

llvm.func @forward(%n: i64) {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  // expected-error @+1 {{launch in 'forward', expected a context parameter but got none}}
  llvm.call @kernel(%c0, %n) {heddle.launch = {grain = 1 : i64, kernel = "k"}} : (i64, i64) -> ()
  llvm.return
}
llvm.func @kernel(%begin: i64, %end: i64) {
  llvm.return
}
