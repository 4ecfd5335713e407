// RUN: heddle-opt %s --heddle-slice-gathers --canonicalize | FileCheck %s

// Chunks of four that overlap by two, as a view with strides of a tensor that was made flat.
// CHECK-LABEL: func.func @overlapping_chunks
// CHECK-SAME:    %[[X:.*]]: tensor<2x8x3xf32>
// CHECK:         linalg.generic
// CHECK-NOT:       arith.constant dense
// CHECK-DAG:       %[[H:.*]] = linalg.index 0
// CHECK-DAG:       %[[CHUNK:.*]] = linalg.index 1
// CHECK-DAG:       %[[I:.*]] = linalg.index 2
// CHECK-DAG:       %[[D:.*]] = linalg.index 3
// CHECK-DAG:       %[[FIRST:.*]] = arith.muli %[[CHUNK]], %{{.*}}
// CHECK-DAG:       %[[TOKEN:.*]] = arith.addi %[[FIRST]], %[[I]]
// CHECK:           tensor.extract %[[X]][%[[H]], %[[TOKEN]], %[[D]]]
func.func @overlapping_chunks(%x: tensor<2x8x3xf32>) -> tensor<2x3x4x3xf32> {
  %c0 = arith.constant 0 : index
  %c48 = arith.constant 48 : index
  %flat = tensor.collapse_shape %x [[0, 1, 2]] : tensor<2x8x3xf32> into tensor<48xf32>
  %heads = arith.constant dense<[0, 24]> : tensor<2xi64>
  %chunks = arith.constant dense<[0, 6, 12]> : tensor<3xi64>
  %rows = arith.constant dense<[0, 3, 6, 9]> : tensor<4xi64>
  %columns = arith.constant dense<[0, 1, 2]> : tensor<3xi64>
  %empty = tensor.empty() : tensor<2x3x4x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(h, n, i, d) -> (h)>, affine_map<(h, n, i, d) -> (n)>, affine_map<(h, n, i, d) -> (i)>, affine_map<(h, n, i, d) -> (d)>, affine_map<(h, n, i, d) -> (h, n, i, d)>],
                       iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%heads, %chunks, %rows, %columns : tensor<2xi64>, tensor<3xi64>, tensor<4xi64>, tensor<3xi64>) outs(%empty : tensor<2x3x4x3xf32>) {
  ^bb0(%h: i64, %n: i64, %i: i64, %d: i64, %out: f32):
    %a = arith.addi %h, %n : i64
    %b = arith.addi %a, %i : i64
    %c = arith.addi %b, %d : i64
    %place = arith.index_cast %c : i64 to index
    %is_behind = arith.cmpi slt, %place, %c0 : index
    %from_end = arith.addi %place, %c48 : index
    %at = arith.select %is_behind, %from_end, %place : index
    %e = tensor.extract %flat[%at] : tensor<48xf32>
    linalg.yield %e : f32
  } -> tensor<2x3x4x3xf32>
  return %y : tensor<2x3x4x3xf32>
}

// Strides of another tensor than the one that is read: heads and tokens are mixed, and no dimension chooses in one alone.
// CHECK-LABEL: func.func @no_strides_of_another_layout
// CHECK:         %[[FLAT:.*]] = tensor.collapse_shape
// CHECK:         tensor.extract %[[FLAT]][
func.func @no_strides_of_another_layout(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %flat = tensor.collapse_shape %x [[0, 1, 2]] : tensor<2x8x3xf32> into tensor<48xf32>
  %c3 = arith.constant 3 : index
  %c6 = arith.constant 6 : index
  %empty = tensor.empty() : tensor<2x8x3xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(h, t, d) -> (h, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]} outs(%empty : tensor<2x8x3xf32>) {
  ^bb0(%out: f32):
    %h = linalg.index 0 : index
    %t = linalg.index 1 : index
    %d = linalg.index 2 : index
    %of_head = arith.muli %h, %c3 : index
    %of_token = arith.muli %t, %c6 : index
    %a = arith.addi %of_head, %of_token : index
    %at = arith.addi %a, %d : index
    %e = tensor.extract %flat[%at] : tensor<48xf32>
    linalg.yield %e : f32
  } -> tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// Data chooses the places.
// CHECK-LABEL: func.func @no_places_of_data
// CHECK:         tensor.extract %{{.*}}[%{{.*}}] : tensor<48xf32>
func.func @no_places_of_data(%x: tensor<2x8x3xf32>, %places: tensor<5xindex>) -> tensor<5xf32> {
  %flat = tensor.collapse_shape %x [[0, 1, 2]] : tensor<2x8x3xf32> into tensor<48xf32>
  %empty = tensor.empty() : tensor<5xf32>
  %y = linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]} ins(%places : tensor<5xindex>) outs(%empty : tensor<5xf32>) {
  ^bb0(%at: index, %out: f32):
    %e = tensor.extract %flat[%at] : tensor<48xf32>
    linalg.yield %e : f32
  } -> tensor<5xf32>
  return %y : tensor<5xf32>
}
