// RUN: heddle-opt %s --heddle-plan-memory --split-input-file | FileCheck %s

#s = affine_map<()[s0, s1] -> (s0, s1, 64)>

// %a and %c never live together and share a slot; %d is the result.
// CHECK-LABEL: func.func @share_slot(
// CHECK-SAME:    %[[X:.*]]: memref<?x?x64xf32> {heddle.shape = #{{.*}}}, %[[OUT:.*]]: memref<?xi8> {heddle.role = "output"},
// CHECK-SAME:    %[[B:.*]]: index {heddle.role = "symbol"}, %[[T:.*]]: index {heddle.role = "symbol"},
// CHECK-SAME:    %[[ARENA:.*]]: memref<?xi8> {heddle.role = "arena"})
// CHECK-SAME:    heddle.memory = "512*B*T"
// CHECK:         memref.view %[[ARENA]][%[[SLOT:.*]]][
// CHECK:         memref.view %[[ARENA]][
// CHECK:         memref.view %[[ARENA]][%[[SLOT]]][
// CHECK:         memref.view %[[OUT]][
// CHECK:         return
// CHECK-NEXT:  }
func.func @share_slot(%x: memref<?x?x64xf32> {heddle.shape = #s}) -> (memref<?x?x64xf32> {heddle.shape = #s})
    attributes {heddle.symbols = ["B", "T"]} {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %b = memref.dim %x, %c0 : memref<?x?x64xf32>
  %t = memref.dim %x, %c1 : memref<?x?x64xf32>
  %a = memref.alloc(%b, %t) : memref<?x?x64xf32>
  linalg.exp ins(%x : memref<?x?x64xf32>) outs(%a : memref<?x?x64xf32>)
  %bb = memref.alloc(%b, %t) : memref<?x?x64xf32>
  linalg.exp ins(%a : memref<?x?x64xf32>) outs(%bb : memref<?x?x64xf32>)
  %c = memref.alloc(%b, %t) : memref<?x?x64xf32>
  linalg.exp ins(%bb : memref<?x?x64xf32>) outs(%c : memref<?x?x64xf32>)
  %d = memref.alloc(%b, %t) : memref<?x?x64xf32>
  linalg.exp ins(%c : memref<?x?x64xf32>) outs(%d : memref<?x?x64xf32>)
  return %d : memref<?x?x64xf32>
}

// -----

#s = affine_map<()[s0] -> (s0)>

// Sizes are rounded up to 64 bytes; a slot of two sizes is their maximum.
// CHECK-LABEL: func.func @largest_of_slot
// CHECK-SAME:    heddle.memory = "64*((4*T) ceildiv 64) + max(64*T*T, 32768)"
func.func @largest_of_slot(%x: memref<?xf32> {heddle.shape = #s}) -> (memref<?xf32> {heddle.shape = #s})
    attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %t = memref.dim %x, %c0 : memref<?xf32>
  %n = arith.constant 16 : index
  %u = arith.muli %t, %n : index
  %a = memref.alloc(%t, %u) : memref<?x?xf32>
  %v = memref.alloc(%t) : memref<?xf32>
  %f = arith.constant 0.0 : f32
  linalg.fill ins(%f : f32) outs(%a : memref<?x?xf32>)
  linalg.fill ins(%f : f32) outs(%v : memref<?xf32>)
  %c = memref.alloc() : memref<8192xf32>
  linalg.fill ins(%f : f32) outs(%c : memref<8192xf32>)
  %y = memref.alloc(%t) : memref<?xf32>
  linalg.exp ins(%v : memref<?xf32>) outs(%y : memref<?xf32>)
  return %y : memref<?xf32>
}

// -----

// A result that is an input is copied; so is a buffer that is returned twice.
// CHECK-LABEL: func.func @copied_results(
// CHECK-SAME:    %[[X:[^:]*]]: memref<8xf32>, %[[O0:[^:]*]]: memref<?xi8> {heddle.role = "output"}, %[[O1:[^:]*]]: memref<?xi8> {{{[^}]*}}}, %[[O2:[^:]*]]: memref<?xi8>
// CHECK-SAME:    heddle.memory = "64"
// CHECK:         %[[V0:.*]] = memref.view %[[O0]]
// CHECK:         memref.copy %[[X]], %[[V0]]
// CHECK:         %[[V1:.*]] = memref.view %[[O1]]
// CHECK:         memref.copy %[[Y:.*]], %[[V1]]
// CHECK:         %[[V2:.*]] = memref.view %[[O2]]
// CHECK:         memref.copy %[[Y]], %[[V2]]
func.func @copied_results(%x: memref<8xf32>) -> (memref<8xf32>, memref<8xf32>, memref<8xf32>) {
  %y = memref.alloc() : memref<8xf32>
  linalg.exp ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
  return %x, %y, %y : memref<8xf32>, memref<8xf32>, memref<8xf32>
}

// -----

// %a is read in every iteration, so nothing made in the loop may take its place; %l and %m may share.
// CHECK-LABEL: func.func @live_through_loop(
// CHECK-SAME:    heddle.memory = "128"
// CHECK:         %[[A:.*]] = memref.view %{{.*}}[%[[SLOT_A:.*]]][] : memref<?xi8> to memref<16xf32>
// CHECK:         scf.for
// CHECK:           memref.view %{{.*}}[%[[SLOT:.*]]][]
// CHECK:           linalg.exp ins(%[[A]]
// CHECK:           memref.view %{{.*}}[%[[SLOT]]][]
func.func @live_through_loop(%x: memref<16xf32>, %y: memref<16xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c9 = arith.constant 9 : index
  %a = memref.alloc() : memref<16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%a : memref<16xf32>)
  scf.for %i = %c0 to %c9 step %c1 {
    %l = memref.alloc() : memref<16xf32>
    linalg.exp ins(%a : memref<16xf32>) outs(%l : memref<16xf32>)
    linalg.exp ins(%l : memref<16xf32>) outs(%y : memref<16xf32>)
    %m = memref.alloc() : memref<16xf32>
    linalg.exp ins(%x : memref<16xf32>) outs(%m : memref<16xf32>)
    linalg.exp ins(%m : memref<16xf32>) outs(%y : memref<16xf32>)
  }
  return
}

// -----

// A buffer takes a place from its first content on, wherever it is allocated.
// CHECK-LABEL: func.func @live_from_first_use(
// CHECK-SAME:    heddle.memory = "64"
func.func @live_from_first_use(%x: memref<16xf32>, %y: memref<16xf32>) {
  %a = memref.alloc() : memref<16xf32>
  %b = memref.alloc() : memref<16xf32>
  %row = memref.expand_shape %b [[0, 1]] output_shape [1, 16] : memref<16xf32> into memref<1x16xf32>
  linalg.exp ins(%x : memref<16xf32>) outs(%a : memref<16xf32>)
  linalg.exp ins(%a : memref<16xf32>) outs(%y : memref<16xf32>)
  linalg.exp ins(%x : memref<16xf32>) outs(%b : memref<16xf32>)
  %flat = memref.collapse_shape %row [[0, 1]] : memref<1x16xf32> into memref<16xf32>
  linalg.exp ins(%flat : memref<16xf32>) outs(%y : memref<16xf32>)
  return
}

// -----

#x = affine_map<()[s0, s1, s2] -> (s0, s1)>
#kept = affine_map<()[s0, s1, s2] -> (s0, s2)>

// What is appended to: the caller's output is it from the start. Only where that is other memory is the input copied.
// CHECK-LABEL: func.func @append(
// CHECK-SAME:    %[[X:.*]]: memref<?x?xf32> {{{.*}}}, %[[KEPT:.*]]: memref<?x?xf32> {{{.*}}}, %[[OUT:.*]]: memref<?xi8> {heddle.role = "output"},
// CHECK:         %[[VIEW:.*]] = memref.view %[[OUT]][
// CHECK:         %[[FROM:.*]] = memref.extract_aligned_pointer_as_index %[[KEPT]]
// CHECK:         %[[TO:.*]] = memref.extract_aligned_pointer_as_index %[[OUT]]
// CHECK:         %[[MOVES:.*]] = arith.cmpi ne, %[[FROM]], %[[TO]]
// CHECK:         scf.if %[[MOVES]] {
// CHECK-NEXT:      memref.copy %[[KEPT]], %[[VIEW]]
// CHECK-NEXT:    }
// CHECK-NOT:     memref.copy
// CHECK:         memref.store %{{.*}}, %[[VIEW]][
// CHECK-NOT:     memref.copy
// CHECK:         return
func.func @append(%x: memref<?x?xf32> {heddle.shape = #x}, %kept: memref<?x?xf32> {heddle.shape = #kept, heddle.append})
    -> (memref<?x?xf32> {heddle.shape = #kept, heddle.append}) attributes {heddle.symbols = ["B", "T", "C"]} {
  %c0 = arith.constant 0 : index
  %new = memref.load %x[%c0, %c0] : memref<?x?xf32>
  memref.store %new, %kept[%c0, %c0] : memref<?x?xf32>
  return %kept : memref<?x?xf32>
}

// -----

#s = affine_map<()[s0] -> (s0)>
#padded = affine_map<()[s0] -> (((-s0) floordiv 8) * -8)>

// A length rounded up to whole chunks is spelled with a negative quotient; it is not less than the length.
// CHECK-LABEL: func.func @slot_of_padded_length(
// CHECK-SAME:    heddle.memory = "max(64*T, 512*(T ceildiv 8))"
func.func @slot_of_padded_length(%x: memref<?xf32> {heddle.shape = #s}) -> (memref<?x16xf32> {heddle.shape = affine_map<()[s0] -> (s0, 16)>})
    attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %t = memref.dim %x, %c0 : memref<?xf32>
  %p = affine.apply #padded()[%t]
  %f = arith.constant 0.0 : f32
  %a = memref.alloc(%t) : memref<?x16xf32>
  linalg.fill ins(%f : f32) outs(%a : memref<?x16xf32>)
  %b = memref.alloc(%p) : memref<?x16xf32>
  linalg.fill ins(%f : f32) outs(%b : memref<?x16xf32>)
  %y = memref.alloc(%t) : memref<?x16xf32>
  linalg.fill ins(%f : f32) outs(%y : memref<?x16xf32>)
  return %y : memref<?x16xf32>
}
