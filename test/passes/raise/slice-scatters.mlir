// RUN: heddle-opt %s --heddle-slice-gathers --canonicalize | FileCheck %s

// The position stands in a tensor that was joined from two; the loop visits every feature of one token.
// CHECK-LABEL: func.func @scatter_token
// CHECK-SAME:    %[[Y:.*]]: tensor<2x8x4xf32>, %[[ROW:.*]]: tensor<1x4xf32>
// CHECK:         %[[TOKEN:.*]] = tensor.extract_slice %[[ROW]][0, 0] [1, 4] [1, 1] : tensor<1x4xf32> to tensor<4xf32>
// CHECK:         %[[R:.*]] = tensor.insert_slice %[[TOKEN]] into %[[Y]][1, 5, 0] [1, 1, 4] [1, 1, 1] : tensor<4xf32> into tensor<2x8x4xf32>
// CHECK:         return %[[R]]
func.func @scatter_token(%y: tensor<2x8x4xf32>, %row: tensor<1x4xf32>) -> tensor<2x8x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %batch = arith.constant dense<1> : tensor<1x1xi64>
  %token = arith.constant dense<5> : tensor<1x1xi64>
  %empty = tensor.empty() : tensor<1x2xi64>
  %first = tensor.insert_slice %batch into %empty[0, 0] [1, 1] [1, 1] : tensor<1x1xi64> into tensor<1x2xi64>
  %place = tensor.insert_slice %token into %first[0, 1] [1, 1] [1, 1] : tensor<1x1xi64> into tensor<1x2xi64>
  %r = scf.for %c = %c0 to %c4 step %c1 iter_args(%out = %y) -> (tensor<2x8x4xf32>) {
    %b64 = tensor.extract %place[%c0, %c0] : tensor<1x2xi64>
    %t64 = tensor.extract %place[%c0, %c1] : tensor<1x2xi64>
    %b = arith.index_cast %b64 : i64 to index
    %t = arith.index_cast %t64 : i64 to index
    %element = tensor.extract %row[%c0, %c] : tensor<1x4xf32>
    %next = tensor.insert %element into %out[%b, %t, %c] : tensor<2x8x4xf32>
    scf.yield %next : tensor<2x8x4xf32>
  }
  return %r : tensor<2x8x4xf32>
}

// Part of the features only.
// CHECK-LABEL: func.func @scatter_part
// CHECK-SAME:    %[[Y:.*]]: tensor<8x4xf32>, %[[ROW:.*]]: tensor<4xf32>
// CHECK:         %[[PART:.*]] = tensor.extract_slice %[[ROW]][0] [3] [1]
// CHECK:         tensor.insert_slice %[[PART]] into %[[Y]][1, 0] [1, 3] [1, 1]
// CHECK-NOT:     scf.for
func.func @scatter_part(%y: tensor<8x4xf32>, %row: tensor<4xf32>) -> tensor<8x4xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %r = scf.for %c = %c0 to %c3 step %c1 iter_args(%out = %y) -> (tensor<8x4xf32>) {
    %element = tensor.extract %row[%c] : tensor<4xf32>
    %next = tensor.insert %element into %out[%c1, %c] : tensor<8x4xf32>
    scf.yield %next : tensor<8x4xf32>
  }
  return %r : tensor<8x4xf32>
}

// A box of a tensor, its positions in a tensor of their own.
// CHECK-LABEL: func.func @scatter_box
// CHECK-SAME:    %[[Y:.*]]: tensor<2x8x5xf32>, %[[PART:.*]]: tensor<2x3x2xf32>
// CHECK-NOT:     scf.for
// CHECK:         %[[R:.*]] = tensor.insert_slice %[[PART]] into %[[Y]][0, 4, 1] [2, 3, 2] [1, 1, 1]
// CHECK:         return %[[R]]
func.func @scatter_box(%y: tensor<2x8x5xf32>, %part: tensor<2x3x2xf32>) -> tensor<2x8x5xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %rows = arith.constant dense<[-4, -3, -2]> : tensor<3xi64>
  %columns = arith.constant dense<[1, 2]> : tensor<2xi64>
  %r = scf.for %b = %c0 to %c2 step %c1 iter_args(%outer = %y) -> (tensor<2x8x5xf32>) {
    %s = scf.for %i = %c0 to %c3 step %c1 iter_args(%middle = %outer) -> (tensor<2x8x5xf32>) {
      %t = scf.for %j = %c0 to %c2 step %c1 iter_args(%inner = %middle) -> (tensor<2x8x5xf32>) {
        %element = tensor.extract %part[%b, %i, %j] : tensor<2x3x2xf32>
        %row64 = tensor.extract %rows[%i] : tensor<3xi64>
        %row = arith.index_cast %row64 : i64 to index
        %is_behind = arith.cmpi slt, %row, %c0 : index
        %from_end = arith.addi %row, %c8 : index
        %place = arith.select %is_behind, %from_end, %row : index
        %column64 = tensor.extract %columns[%j] : tensor<2xi64>
        %column = arith.index_cast %column64 : i64 to index
        %next = tensor.insert %element into %inner[%b, %place, %column] : tensor<2x8x5xf32>
        scf.yield %next : tensor<2x8x5xf32>
      }
      scf.yield %t : tensor<2x8x5xf32>
    }
    scf.yield %s : tensor<2x8x5xf32>
  }
  return %r : tensor<2x8x5xf32>
}

// Rows that trade places are no box.
// CHECK-LABEL: func.func @no_box_of_swapped_rows
// CHECK:         scf.for
// CHECK:           scf.for
// CHECK:             tensor.insert
func.func @no_box_of_swapped_rows(%y: tensor<8x5xf32>, %part: tensor<2x5xf32>) -> tensor<8x5xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c5 = arith.constant 5 : index
  %rows = arith.constant dense<[4, 3]> : tensor<2xi64>
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%outer = %y) -> (tensor<8x5xf32>) {
    %s = scf.for %j = %c0 to %c5 step %c1 iter_args(%inner = %outer) -> (tensor<8x5xf32>) {
      %element = tensor.extract %part[%i, %j] : tensor<2x5xf32>
      %row64 = tensor.extract %rows[%i] : tensor<2xi64>
      %row = arith.index_cast %row64 : i64 to index
      %next = tensor.insert %element into %inner[%row, %j] : tensor<8x5xf32>
      scf.yield %next : tensor<8x5xf32>
    }
    scf.yield %s : tensor<8x5xf32>
  }
  return %r : tensor<8x5xf32>
}

// Nor are rows that data chooses.
// CHECK-LABEL: func.func @no_box_of_data
// CHECK:         scf.for
// CHECK:           tensor.insert
func.func @no_box_of_data(%y: tensor<8xf32>, %part: tensor<2xf32>, %rows: tensor<2xi64>) -> tensor<8xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %r = scf.for %i = %c0 to %c2 step %c1 iter_args(%out = %y) -> (tensor<8xf32>) {
    %element = tensor.extract %part[%i] : tensor<2xf32>
    %row64 = tensor.extract %rows[%i] : tensor<2xi64>
    %row = arith.index_cast %row64 : i64 to index
    %next = tensor.insert %element into %out[%row] : tensor<8xf32>
    scf.yield %next : tensor<8xf32>
  }
  return %r : tensor<8xf32>
}
