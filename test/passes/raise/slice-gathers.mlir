// RUN: heddle-opt %s --heddle-slice-gathers --canonicalize | FileCheck %s

#scalar = affine_map<(b, d) -> ()>
#identity = affine_map<(b, d) -> (b, d)>
#swapped = affine_map<(d, b) -> (d, b)>

// A negative position counts from the end, as ONNX has it; what is constant folds away.
// CHECK-LABEL: func.func @gather_last_token
// CHECK-SAME:    %[[X:.*]]: tensor<2x64x16xf32>
// CHECK:         %[[SLICE:.*]] = tensor.extract_slice %[[X]][0, 63, 0] [2, 1, 16] [1, 1, 1] : tensor<2x64x16xf32> to tensor<2x16xf32>
// CHECK:         return %[[SLICE]]
func.func @gather_last_token(%x: tensor<2x64x16xf32>) -> tensor<2x16xf32> {
  %position = arith.constant dense<-1> : tensor<i64>
  %c0 = arith.constant 0 : index
  %c64 = arith.constant 64 : index
  %init = tensor.empty() : tensor<2x16xf32>
  %token = linalg.generic {indexing_maps = [#scalar, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%position : tensor<i64>) outs(%init : tensor<2x16xf32>) {
  ^bb0(%in: i64, %out: f32):
    %b = linalg.index 0 : index
    %signed = arith.index_cast %in : i64 to index
    %negative = arith.cmpi slt, %signed, %c0 : index
    %wrapped = arith.addi %signed, %c64 : index
    %t = arith.select %negative, %wrapped, %signed : index
    %d = linalg.index 1 : index
    %element = tensor.extract %x[%b, %t, %d] : tensor<2x64x16xf32>
    linalg.yield %element : f32
  } -> tensor<2x16xf32>
  return %token : tensor<2x16xf32>
}

// CHECK-LABEL: func.func @gather_dynamic_batch
// CHECK:         tensor.extract_slice %{{.*}}[0, 5, 0] [%{{.*}}, 1, 16] [1, 1, 1] : tensor<?x64x16xf32> to tensor<?x16xf32>
func.func @gather_dynamic_batch(%x: tensor<?x64x16xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %batch = tensor.dim %x, %c0 : tensor<?x64x16xf32>
  %init = tensor.empty(%batch) : tensor<?x16xf32>
  %token = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel", "parallel"]} outs(%init : tensor<?x16xf32>) {
  ^bb0(%out: f32):
    %b = linalg.index 0 : index
    %d = linalg.index 1 : index
    %element = tensor.extract %x[%b, %c5, %d] : tensor<?x64x16xf32>
    linalg.yield %element : f32
  } -> tensor<?x16xf32>
  return %token : tensor<?x16xf32>
}

// CHECK-LABEL: func.func @no_slice_transposed
// CHECK-NOT:     tensor.extract_slice
func.func @no_slice_transposed(%x: tensor<2x64x16xf32>) -> tensor<16x2xf32> {
  %c5 = arith.constant 5 : index
  %init = tensor.empty() : tensor<16x2xf32>
  %token = linalg.generic {indexing_maps = [#swapped], iterator_types = ["parallel", "parallel"]} outs(%init : tensor<16x2xf32>) {
  ^bb0(%out: f32):
    %d = linalg.index 0 : index
    %b = linalg.index 1 : index
    %element = tensor.extract %x[%b, %c5, %d] : tensor<2x64x16xf32>
    linalg.yield %element : f32
  } -> tensor<16x2xf32>
  return %token : tensor<16x2xf32>
}

// CHECK-LABEL: func.func @no_slice_position_from_data
// CHECK-NOT:     tensor.extract_slice
func.func @no_slice_position_from_data(%x: tensor<2x64x16xf32>, %position: tensor<i64>) -> tensor<2x16xf32> {
  %init = tensor.empty() : tensor<2x16xf32>
  %token = linalg.generic {indexing_maps = [#scalar, #identity], iterator_types = ["parallel", "parallel"]}
      ins(%position : tensor<i64>) outs(%init : tensor<2x16xf32>) {
  ^bb0(%in: i64, %out: f32):
    %b = linalg.index 0 : index
    %t = arith.index_cast %in : i64 to index
    %d = linalg.index 1 : index
    %element = tensor.extract %x[%b, %t, %d] : tensor<2x64x16xf32>
    linalg.yield %element : f32
  } -> tensor<2x16xf32>
  return %token : tensor<2x16xf32>
}

// The token of a loop, as ONNX reads it: the iteration is a tensor, negative positions count from the end, and all are
// kept inside.
// CHECK-LABEL: func.func @gather_token_of_loop
// CHECK-SAME:    %[[X:[^ ]+]]: tensor<?x?x16xf32>
// CHECK:         scf.for %[[T:[^ ]+]] = %c0 to
// CHECK:           %[[TOKEN:.*]] = tensor.extract_slice %[[X]][0, %[[T]], 0] [%{{.*}}, 1, 16] [1, 1, 1] : tensor<?x?x16xf32> to tensor<?x16xf32>
// CHECK-NEXT:      scf.yield %[[TOKEN]]
func.func @gather_token_of_loop(%x: tensor<?x?x16xf32>, %init: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %T = tensor.dim %x, %c1 : tensor<?x?x16xf32>
  %blank = tensor.empty() : tensor<i64>
  %r = scf.for %t = %c0 to %T step %c1 iter_args(%h = %init) -> (tensor<?x16xf32>) {
    %iteration = linalg.generic {indexing_maps = [affine_map<() -> ()>], iterator_types = []} outs(%blank : tensor<i64>) {
    ^bb0(%o: i64):
      %number = arith.index_cast %t : index to i64
      linalg.yield %number : i64
    } -> tensor<i64>
    %token = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel", "parallel"]} outs(%init : tensor<?x16xf32>) {
    ^bb0(%o: f32):
      %number = tensor.extract %iteration[] : tensor<i64>
      %signed = arith.index_cast %number : i64 to index
      %negative = arith.cmpi slt, %signed, %c0 : index
      %wrapped = arith.addi %signed, %T : index
      %position = arith.select %negative, %wrapped, %signed : index
      %positive = arith.maxsi %position, %c0 : index
      %last = arith.subi %T, %c1 : index
      %inside = arith.minsi %positive, %last : index
      %b = linalg.index 0 : index
      %d = linalg.index 1 : index
      %element = tensor.extract %x[%b, %inside, %d] : tensor<?x?x16xf32>
      linalg.yield %element : f32
    } -> tensor<?x16xf32>
    scf.yield %token : tensor<?x16xf32>
  }
  return %r : tensor<?x16xf32>
}

// The token in front of it does not exist for the first: it is kept inside.
// CHECK-LABEL: func.func @gather_token_before
// CHECK:         scf.for
// CHECK:           arith.maxsi
// CHECK:           tensor.extract_slice
func.func @gather_token_before(%x: tensor<?x?x16xf32>, %init: tensor<?x16xf32>) -> tensor<?x16xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %T = tensor.dim %x, %c1 : tensor<?x?x16xf32>
  %r = scf.for %t = %c0 to %T step %c1 iter_args(%h = %init) -> (tensor<?x16xf32>) {
    %token = linalg.generic {indexing_maps = [#identity], iterator_types = ["parallel", "parallel"]} outs(%init : tensor<?x16xf32>) {
    ^bb0(%o: f32):
      %before = arith.subi %t, %c1 : index
      %inside = arith.maxsi %before, %c0 : index
      %b = linalg.index 0 : index
      %d = linalg.index 1 : index
      %element = tensor.extract %x[%b, %inside, %d] : tensor<?x?x16xf32>
      linalg.yield %element : f32
    } -> tensor<?x16xf32>
    scf.yield %token : tensor<?x16xf32>
  }
  return %r : tensor<?x16xf32>
}

// Padding to whole chunks is taken away in front of what is added to the chunks' result.
// CHECK-LABEL: func.func @slice_padding(
// CHECK-SAME:    %[[X:.*]]: tensor<2x5x4xf32>, %[[Y:.*]]: tensor<2x8x4xf32>, %[[D:.*]]: tensor<4xf32>
// CHECK-NOT:     tensor.insert_slice
// CHECK:         %[[ROWS:.*]] = tensor.extract_slice %[[Y]][0, 0, 0] [2, 5, 4] [1, 1, 1]
// CHECK:         linalg.generic {{.*}} ins(%[[ROWS]], %[[X]], %{{.*}} : tensor<2x5x4xf32>, tensor<2x5x4xf32>, tensor<4xf32>)
// CHECK:         return
func.func @slice_padding(%x: tensor<2x5x4xf32>, %y: tensor<2x8x4xf32>, %d: tensor<4xf32>) -> tensor<2x5x4xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x8x4xf32>
  %empty = tensor.empty() : tensor<2x8x4xf32>
  %padded = tensor.insert_slice %x into %zeros[0, 0, 0] [2, 5, 4] [1, 1, 1] : tensor<2x5x4xf32> into tensor<2x8x4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (d)>,
      affine_map<(b, t, d) -> (b, t, d)>], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%y, %padded, %d : tensor<2x8x4xf32>, tensor<2x8x4xf32>, tensor<4xf32>) outs(%empty : tensor<2x8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %c: f32, %o: f32):
    %skip = arith.mulf %b, %c : f32
    %s = arith.addf %a, %skip : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  %cut = tensor.extract_slice %sum[0, 0, 0] [2, 5, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<2x5x4xf32>
  return %cut : tensor<2x5x4xf32>
}

// Padding that stays, as the slice takes more than was there.
// CHECK-LABEL: func.func @no_slice_padding_of_more(
// CHECK:         tensor.insert_slice
func.func @no_slice_padding_of_more(%x: tensor<2x5x4xf32>, %y: tensor<2x8x4xf32>) -> tensor<2x6x4xf32> {
  %zeros = arith.constant dense<0.0> : tensor<2x8x4xf32>
  %empty = tensor.empty() : tensor<2x8x4xf32>
  %padded = tensor.insert_slice %x into %zeros[0, 0, 0] [2, 5, 4] [1, 1, 1] : tensor<2x5x4xf32> into tensor<2x8x4xf32>
  %sum = linalg.generic {indexing_maps = [affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>, affine_map<(b, t, d) -> (b, t, d)>],
      iterator_types = ["parallel", "parallel", "parallel"]} ins(%y, %padded : tensor<2x8x4xf32>, tensor<2x8x4xf32>) outs(%empty : tensor<2x8x4xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2x8x4xf32>
  %cut = tensor.extract_slice %sum[0, 0, 0] [2, 6, 4] [1, 1, 1] : tensor<2x8x4xf32> to tensor<2x6x4xf32>
  return %cut : tensor<2x6x4xf32>
}
