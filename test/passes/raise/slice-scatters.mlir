// RUN: heddle-opt %s --heddle-slice-gathers --canonicalize | FileCheck %s

#id = affine_map<(b) -> (b)>
#bt = affine_map<()[b, t] -> (b, t, 4)>
#b = affine_map<()[b, t] -> (b, 4)>

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

// Token 3 of a batch and a length that are open: positions of samples count, those of the token are all 3.
// CHECK-LABEL: func.func @scatter_token_of_open_batch(
// CHECK-SAME:    %[[Y:[a-z0-9]+]]: tensor<?x?x4xf32>
// CHECK-SAME:    %[[ROWS:[a-z0-9]+]]: tensor<?x4xf32>
// CHECK-NOT:     scf.for
// CHECK:         %[[PART:.*]] = tensor.extract_slice %[[ROWS]][0, 0] [%[[B:.*]], 4] [1, 1]
// CHECK:         %[[R:.*]] = tensor.insert_slice %[[PART]] into %[[Y]][0, 3, 0] [%[[B]], 1, 4] [1, 1, 1]
// CHECK:         return %[[R]]
func.func @scatter_token_of_open_batch(%y: tensor<?x?x4xf32> {heddle.shape = #bt}, %rows: tensor<?x4xf32> {heddle.shape = #b})
    -> tensor<?x?x4xf32> attributes {heddle.symbols = ["B", "T"], heddle.symbol_ranges = array<i64: 1, 1000, 4, 1000>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %token = arith.constant dense<3> : tensor<1xi64>
  %B = tensor.dim %y, %c0 : tensor<?x?x4xf32>
  %T = tensor.dim %y, %c1 : tensor<?x?x4xf32>
  %empty = tensor.empty(%B) : tensor<?xi64>
  %samples = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%empty : tensor<?xi64>) {
  ^bb0(%o: i64):
    %i = linalg.index 0 : index
    %n = arith.index_cast %i : index to i64
    linalg.yield %n : i64
  } -> tensor<?xi64>
  %r = scf.for %b = %c0 to %B step %c1 iter_args(%outer = %y) -> (tensor<?x?x4xf32>) {
    %s = scf.for %c = %c0 to %c4 step %c1 iter_args(%inner = %outer) -> (tensor<?x?x4xf32>) {
      %element = tensor.extract %rows[%b, %c] : tensor<?x4xf32>
      %sample64 = tensor.extract %samples[%b] : tensor<?xi64>
      %sample = arith.index_cast %sample64 : i64 to index
      %token64 = tensor.extract %token[%c0] : tensor<1xi64>
      %asked = arith.index_cast %token64 : i64 to index
      %last = arith.subi %T, %c1 : index
      %place = arith.minsi %asked, %last : index
      %next = tensor.insert %element into %inner[%sample, %place, %c] : tensor<?x?x4xf32>
      scf.yield %next : tensor<?x?x4xf32>
    }
    scf.yield %s : tensor<?x?x4xf32>
  }
  return %r : tensor<?x?x4xf32>
}

// The last token but one, counted from the end.
// CHECK-LABEL: func.func @scatter_from_the_end(
// CHECK-NOT:     scf.for
// CHECK:         %[[PLACE:.*]] = affine.apply #{{.*}}()[%{{.*}}]
// CHECK:         tensor.insert_slice %{{.*}} into %{{.*}}[%[[PLACE]], 0] [1, 4] [1, 1]
func.func @scatter_from_the_end(%y: tensor<?x4xf32> {heddle.shape = affine_map<()[t] -> (t, 4)>}, %row: tensor<4xf32>)
    -> tensor<?x4xf32> attributes {heddle.symbols = ["T"], heddle.symbol_ranges = array<i64: 2, 1000>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %token = arith.constant dense<-2> : tensor<1xi64>
  %T = tensor.dim %y, %c0 : tensor<?x4xf32>
  %r = scf.for %c = %c0 to %c4 step %c1 iter_args(%out = %y) -> (tensor<?x4xf32>) {
    %element = tensor.extract %row[%c] : tensor<4xf32>
    %token64 = tensor.extract %token[%c0] : tensor<1xi64>
    %asked = arith.index_cast %token64 : i64 to index
    %place = arith.addi %asked, %T : index
    %next = tensor.insert %element into %out[%place, %c] : tensor<?x4xf32>
    scf.yield %next : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}

// Token 3 of a sequence that may be shorter: its last one is written then, which is no box at one place.
// CHECK-LABEL: func.func @no_box_beyond_short_sequences(
// CHECK:         scf.for
// CHECK:           tensor.insert
func.func @no_box_beyond_short_sequences(%y: tensor<?x4xf32> {heddle.shape = affine_map<()[t] -> (t, 4)>}, %row: tensor<4xf32>)
    -> tensor<?x4xf32> attributes {heddle.symbols = ["T"], heddle.symbol_ranges = array<i64: 1, 1000>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %T = tensor.dim %y, %c0 : tensor<?x4xf32>
  %r = scf.for %c = %c0 to %c4 step %c1 iter_args(%out = %y) -> (tensor<?x4xf32>) {
    %element = tensor.extract %row[%c] : tensor<4xf32>
    %last = arith.subi %T, %c1 : index
    %place = arith.minsi %c3, %last : index
    %next = tensor.insert %element into %out[%place, %c] : tensor<?x4xf32>
    scf.yield %next : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}

// As many rows as one symbol says, into as many as another does: clamped where there are fewer.
// CHECK-LABEL: func.func @no_box_of_more_rows_than_there_are(
// CHECK:         scf.for
// CHECK:           tensor.insert
func.func @no_box_of_more_rows_than_there_are(%y: tensor<?xf32> {heddle.shape = affine_map<()[n, m] -> (n)>},
                                              %part: tensor<?xf32> {heddle.shape = affine_map<()[n, m] -> (m)>})
    -> tensor<?xf32> attributes {heddle.symbols = ["n", "m"], heddle.symbol_ranges = array<i64: 1, 1000, 1, 1000>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %y, %c0 : tensor<?xf32>
  %m = tensor.dim %part, %c0 : tensor<?xf32>
  %r = scf.for %i = %c0 to %m step %c1 iter_args(%out = %y) -> (tensor<?xf32>) {
    %element = tensor.extract %part[%i] : tensor<?xf32>
    %last = arith.subi %n, %c1 : index
    %place = arith.minsi %i, %last : index
    %next = tensor.insert %element into %out[%place] : tensor<?xf32>
    scf.yield %next : tensor<?xf32>
  }
  return %r : tensor<?xf32>
}

// One number for a box.
// CHECK-LABEL: func.func @scatter_number(
// CHECK-SAME:    %[[Y:.*]]: tensor<2x8x5xf32>
// CHECK-NOT:     scf.for
// CHECK:         tensor.insert_slice %{{.*}} into %[[Y]][0, 3, 0] [2, 1, 5] [1, 1, 1] : tensor<2x5xf32> into tensor<2x8x5xf32>
func.func @scatter_number(%y: tensor<2x8x5xf32>) -> tensor<2x8x5xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c5 = arith.constant 5 : index
  %zero = arith.constant 0.0 : f32
  %r = scf.for %b = %c0 to %c2 step %c1 iter_args(%outer = %y) -> (tensor<2x8x5xf32>) {
    %s = scf.for %c = %c0 to %c5 step %c1 iter_args(%inner = %outer) -> (tensor<2x8x5xf32>) {
      %next = tensor.insert %zero into %inner[%b, %c3, %c] : tensor<2x8x5xf32>
      scf.yield %next : tensor<2x8x5xf32>
    }
    scf.yield %s : tensor<2x8x5xf32>
  }
  return %r : tensor<2x8x5xf32>
}

// The second of as many chunks as a length has, kept among them: a short sequence has but one.
// CHECK-LABEL: func.func @no_box_of_a_chunk_that_may_be_missing(
// CHECK:         scf.for
// CHECK:           tensor.insert
func.func @no_box_of_a_chunk_that_may_be_missing(%x: tensor<?xf32> {heddle.shape = affine_map<()[t] -> (t)>}, %row: tensor<4xf32>)
    -> tensor<?x4xf32> attributes {heddle.symbols = ["T"], heddle.symbol_ranges = array<i64: 1, 9223372036854775807>} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant 0.0 : f32
  %T = tensor.dim %x, %c0 : tensor<?xf32>
  %chunks = affine.apply affine_map<()[t] -> (t ceildiv 64)>()[%T]
  %empty = tensor.empty(%chunks) : tensor<?x4xf32>
  %y = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x4xf32>) -> tensor<?x4xf32>
  %r = scf.for %c = %c0 to %c4 step %c1 iter_args(%out = %y) -> (tensor<?x4xf32>) {
    %element = tensor.extract %row[%c] : tensor<4xf32>
    %last = arith.subi %chunks, %c1 : index
    %place = arith.minsi %c1, %last : index
    %next = tensor.insert %element into %out[%place, %c] : tensor<?x4xf32>
    scf.yield %next : tensor<?x4xf32>
  }
  return %r : tensor<?x4xf32>
}
