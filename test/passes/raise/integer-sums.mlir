// Running sums of integers are sums in f64 between two conversions where that is exact, and mixers.
// RUN: heddle-opt %s --heddle-raise-recurrences=verify=always --canonicalize --cse | FileCheck %s

#row = affine_map<(b) -> (b)>
#rows = affine_map<(b, t) -> (b, t)>

// CHECK-LABEL: func.func @positions(
// CHECK:         arith.sitofp {{.*}} : i32 to f64
// CHECK:         mixer.mix
// CHECK-SAME:      score = #mixer.linear, support = #mixer.causal, transport = #mixer.identity
// CHECK:         arith.fptosi {{.*}} : f64 to i64
// CHECK:         arith.trunci {{.*}} : i64 to i32
// CHECK-NOT:     scf.for
func.func @positions(%x: tensor<2x64xi32>) -> tensor<64x2xi32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = arith.constant 64 : index
  %none = arith.constant dense<0> : tensor<2xi32>
  %empty = tensor.empty() : tensor<64x2xi32>
  %init = tensor.empty() : tensor<2xi32>
  %r:2 = scf.for %i = %c0 to %t step %c1 iter_args(%sum = %none, %out = %empty) -> (tensor<2xi32>, tensor<64x2xi32>) {
    %x_t = tensor.extract_slice %x[0, %i] [2, 1] [1, 1] : tensor<2x64xi32> to tensor<2xi32>
    %next = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel"]}
        ins(%sum, %x_t : tensor<2xi32>, tensor<2xi32>) outs(%init : tensor<2xi32>) {
    ^bb0(%a: i32, %b: i32, %o: i32):
      %s = arith.addi %a, %b : i32
      linalg.yield %s : i32
    } -> tensor<2xi32>
    %wrote = tensor.insert_slice %next into %out[%i, 0] [1, 2] [1, 1] : tensor<2xi32> into tensor<64x2xi32>
    scf.yield %next, %wrote : tensor<2xi32>, tensor<64x2xi32>
  }
  return %r#1 : tensor<64x2xi32>
}

// Ones and zeros stay exact at any length.
// CHECK-LABEL: func.func @counted_flags(
// CHECK:         mixer.mix
// CHECK-NOT:     scf.for
func.func @counted_flags(%flags: tensor<2x?xi1> {heddle.shape = affine_map<()[s0] -> (2, s0)>}) -> (tensor<?x2xi64> {heddle.shape = affine_map<()[s0] -> (s0, 2)>}) attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = tensor.dim %flags, %c1 : tensor<2x?xi1>
  %wide = tensor.empty(%t) : tensor<2x?xi64>
  %x = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel", "parallel"]}
      ins(%flags : tensor<2x?xi1>) outs(%wide : tensor<2x?xi64>) {
  ^bb0(%a: i1, %o: i64):
    %e = arith.extui %a : i1 to i64
    linalg.yield %e : i64
  } -> tensor<2x?xi64>
  %none = arith.constant dense<0> : tensor<2xi64>
  %empty = tensor.empty(%t) : tensor<?x2xi64>
  %init = tensor.empty() : tensor<2xi64>
  %r:2 = scf.for %i = %c0 to %t step %c1 iter_args(%sum = %none, %out = %empty) -> (tensor<2xi64>, tensor<?x2xi64>) {
    %x_t = tensor.extract_slice %x[0, %i] [2, 1] [1, 1] : tensor<2x?xi64> to tensor<2xi64>
    %next = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel"]}
        ins(%sum, %x_t : tensor<2xi64>, tensor<2xi64>) outs(%init : tensor<2xi64>) {
    ^bb0(%a: i64, %b: i64, %o: i64):
      %s = arith.addi %a, %b : i64
      linalg.yield %s : i64
    } -> tensor<2xi64>
    %wrote = tensor.insert_slice %next into %out[%i, 0] [1, 2] [1, 1] : tensor<2xi64> into tensor<?x2xi64>
    scf.yield %next, %wrote : tensor<2xi64>, tensor<?x2xi64>
  }
  return %r#1 : tensor<?x2xi64>
}

// The sum of two such numbers may not fit into the 53 bits that a double holds.
// CHECK-LABEL: func.func @wide_numbers(
// CHECK:         mixer.mix
// CHECK:         mixer.mix
// CHECK-NOT:     mixer.mix
// CHECK:         arith.shli
// CHECK:         arith.addi
// CHECK-NOT:     scf.for
func.func @wide_numbers(%x: tensor<2x64xi64>) -> tensor<64x2xi64> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %t = arith.constant 64 : index
  %none = arith.constant dense<0> : tensor<2xi64>
  %empty = tensor.empty() : tensor<64x2xi64>
  %init = tensor.empty() : tensor<2xi64>
  %r:2 = scf.for %i = %c0 to %t step %c1 iter_args(%sum = %none, %out = %empty) -> (tensor<2xi64>, tensor<64x2xi64>) {
    %x_t = tensor.extract_slice %x[0, %i] [2, 1] [1, 1] : tensor<2x64xi64> to tensor<2xi64>
    %next = linalg.generic {indexing_maps = [#row, #row, #row], iterator_types = ["parallel"]}
        ins(%sum, %x_t : tensor<2xi64>, tensor<2xi64>) outs(%init : tensor<2xi64>) {
    ^bb0(%a: i64, %b: i64, %o: i64):
      %s = arith.addi %a, %b : i64
      linalg.yield %s : i64
    } -> tensor<2xi64>
    %wrote = tensor.insert_slice %next into %out[%i, 0] [1, 2] [1, 1] : tensor<2xi64> into tensor<64x2xi64>
    scf.yield %next, %wrote : tensor<2xi64>, tensor<64x2xi64>
  }
  return %r#1 : tensor<64x2xi64>
}
