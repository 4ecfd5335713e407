// RUN: heddle-opt %s --heddle-lower-launches --split-input-file --verify-diagnostics

llvm.func @forward(%n: i64) {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  // expected-error @+1 {{launch in 'forward', expected a context parameter but got none}}
  llvm.call @kernel(%c0, %n) {heddle.launch = {grain = 1 : i64, kernel = "k"}} : (i64, i64) -> ()
  llvm.return
}
llvm.func @kernel(%begin: i64, %end: i64) {
  llvm.return
}

// -----

llvm.func @returns(%context: !llvm.ptr {heddle.role = "context"}, %n: i64) -> i64 {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  // expected-error @+1 {{launch in 'returns', expected a function without a result, which can return early, but got 'i64'}}
  llvm.call @kernel(%c0, %n) {heddle.launch = {grain = 1 : i64, kernel = "k"}} : (i64, i64) -> ()
  llvm.return %n : i64
}
llvm.func @kernel(%begin: i64, %end: i64) {
  llvm.return
}
