// RUN: heddle-opt %s --heddle-outline-kernels --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @one_dimension(
// CHECK-SAME:    %[[X:.*]]: memref<?x64xf32>, %[[Y:.*]]: memref<?x64xf32>, %[[N:.*]]: index)
// CHECK:         call @kernel_negate_0(%{{.*}}, %{{.*}}, %[[X]], %[[Y]])
// CHECK-SAME:      heddle.launch = {grain = 512 : i64, kernel = "negate"}
// CHECK:       func.func private @kernel_negate_0(%[[BEGIN:.*]]: index, %[[END:.*]]: index,
// CHECK-SAME:      memref<?x64xf32> {llvm.noalias, llvm.readonly}, %{{.*}}: memref<?x64xf32> {llvm.noalias})
// CHECK:         scf.for %{{.*}} = %[[BEGIN]] to %[[END]]
func.func @one_dimension(%x: memref<?x64xf32>, %y: memref<?x64xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c64 = arith.constant 64 : index
  scf.parallel (%i) = (%c0) to (%n) step (%c1) {
    scf.for %j = %c0 to %c64 step %c1 {
      %v = memref.load %x[%i, %j] : memref<?x64xf32>
      %w = arith.negf %v : f32
      memref.store %w, %y[%i, %j] : memref<?x64xf32>
    }
  } {heddle.kernel = "negate", heddle.work = 64 : i64}
  return
}

// -----

// The last dimension runs fastest; stack memory is taken once per call; work above the limit gives grain 1.
// CHECK-LABEL: func.func @two_dimensions(
// CHECK:         call @kernel_tile_0(%{{.*}}) {heddle.launch = {grain = 1 : i64, kernel = "tile"}}
// CHECK:       func.func private @kernel_tile_0(
// CHECK-NEXT:    %[[STACK:.*]] = memref.alloca
// CHECK:         scf.for %[[I:.*]] = %{{.*}} to
// CHECK-NEXT:      %[[COLUMN:.*]] = arith.remui %[[I]], %[[COLUMNS:.*]] :
// CHECK-NEXT:      %[[ROW:.*]] = arith.divui %[[I]], %[[COLUMNS]]
// CHECK:           %[[OFFSET:.*]] = arith.muli %[[COLUMN]], %{{.*}}
// CHECK:           memref.store %{{.*}}, %{{.*}}[%[[ROW]], %[[OFFSET]]]
func.func @two_dimensions(%y: memref<?x?xf32>, %m: index, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.parallel (%i, %j) = (%c0, %c0) to (%m, %n) step (%c1, %c4) {
    %stack = memref.alloca() : memref<8xf32>
    %v = memref.load %stack[%c0] : memref<8xf32>
    memref.store %v, %y[%i, %j] : memref<?x?xf32>
  } {heddle.kernel = "tile", heddle.work = 100000 : i64}
  return
}

// -----

// Two views of one buffer, one of them written, may overlap; a buffer that is only read cannot hurt.
// CHECK-LABEL: func.func @no_noalias_same_buffer(
// CHECK:       func.func private @kernel_shift_0(
// CHECK-SAME:    %{{[^:]*}}: memref<8xf32, strided<[1]>> {llvm.readonly},
// CHECK-SAME:    %{{[^:]*}}: memref<8xf32> {llvm.noalias, llvm.readonly},
// CHECK-SAME:    %{{[^:]*}}: memref<8xf32, strided<[1], offset: 8>>)
func.func @no_noalias_same_buffer(%x: memref<16xf32>, %z: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %a = memref.subview %x[0] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1]>>
  %b = memref.subview %x[8] [8] [1] : memref<16xf32> to memref<8xf32, strided<[1], offset: 8>>
  scf.parallel (%i) = (%c0) to (%c8) step (%c1) {
    %v = memref.load %a[%i] : memref<8xf32, strided<[1]>>
    %u = memref.load %z[%i] : memref<8xf32>
    %w = arith.addf %u, %v : f32
    memref.store %w, %b[%i] : memref<8xf32, strided<[1], offset: 8>>
  } {heddle.kernel = "shift"}
  return
}
