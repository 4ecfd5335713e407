// RUN: heddle-opt %s --heddle-contract-products | FileCheck %s

#rows = affine_map<(b, i, n) -> (b, i, n)>
#keys = affine_map<(b, i, n) -> (b, 0, n)>
#sums = affine_map<(b, i, n) -> (b, i)>

// What serves all rows loses the dimension at which it is read in one place.
// CHECK-LABEL: func.func @contract_stretched_product
// CHECK:         %[[KEYS:.*]] = tensor.collapse_shape %arg1 {{\[\[}}0, 1], [2]]
// CHECK:         linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "reduction"]} ins(%{{.*}}, %[[KEYS]] : tensor<2x8x16xf32>, tensor<2x16xf32>)
// CHECK:           arith.mulf
// CHECK:           arith.addf
// CHECK-NOT:     linalg.generic
// CHECK:         return
func.func @contract_stretched_product(%q: tensor<2x8x16xf32>, %k: tensor<2x1x16xf32>) -> tensor<2x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %empty = tensor.empty() : tensor<2x8x16xf32>
  %product = linalg.generic {indexing_maps = [#rows, #keys, #rows], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %k : tensor<2x8x16xf32>, tensor<2x1x16xf32>) outs(%empty : tensor<2x8x16xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %value = arith.mulf %left, %right : f32
    linalg.yield %value : f32
  } -> tensor<2x8x16xf32>
  %sum = linalg.reduce ins(%product : tensor<2x8x16xf32>) outs(%zero : tensor<2x8xf32>) dimensions = [2]
    (%in: f32, %out: f32) {
      %value = arith.addf %in, %out : f32
      linalg.yield %value : f32
    }
  return %sum : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @no_contract_product_with_two_uses
// CHECK-COUNT-2: linalg.generic
func.func @no_contract_product_with_two_uses(%q: tensor<2x8x16xf32>, %k: tensor<2x1x16xf32>) -> (tensor<2x8xf32>, tensor<2x8x16xf32>) {
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %empty = tensor.empty() : tensor<2x8x16xf32>
  %product = linalg.generic {indexing_maps = [#rows, #keys, #rows], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %k : tensor<2x8x16xf32>, tensor<2x1x16xf32>) outs(%empty : tensor<2x8x16xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %value = arith.mulf %left, %right : f32
    linalg.yield %value : f32
  } -> tensor<2x8x16xf32>
  %sum = linalg.generic {indexing_maps = [#rows, #sums], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%product : tensor<2x8x16xf32>) outs(%zero : tensor<2x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %value = arith.addf %in, %out : f32
    linalg.yield %value : f32
  } -> tensor<2x8xf32>
  return %sum, %product : tensor<2x8xf32>, tensor<2x8x16xf32>
}

// CHECK-LABEL: func.func @no_contract_largest_product
// CHECK-COUNT-2: linalg.generic
func.func @no_contract_largest_product(%q: tensor<2x8x16xf32>, %k: tensor<2x1x16xf32>) -> tensor<2x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %empty = tensor.empty() : tensor<2x8x16xf32>
  %product = linalg.generic {indexing_maps = [#rows, #keys, #rows], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%q, %k : tensor<2x8x16xf32>, tensor<2x1x16xf32>) outs(%empty : tensor<2x8x16xf32>) {
  ^bb0(%left: f32, %right: f32, %out: f32):
    %value = arith.mulf %left, %right : f32
    linalg.yield %value : f32
  } -> tensor<2x8x16xf32>
  %largest = linalg.generic {indexing_maps = [#rows, #sums], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%product : tensor<2x8x16xf32>) outs(%zero : tensor<2x8xf32>) {
  ^bb0(%in: f32, %out: f32):
    %value = arith.maximumf %in, %out : f32
    linalg.yield %value : f32
  } -> tensor<2x8xf32>
  return %largest : tensor<2x8xf32>
}
