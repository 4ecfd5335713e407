// RUN: heddle-opt %s --heddle-externalize-constants | FileCheck %s

// Equal contents are stored once, whatever their name and kind; offsets are multiples of 64; small constants stay.
// CHECK: module attributes {heddle.constants = [
// CHECK-SAME: {offset = 0 : i64, value = dense<1.000000e+00> : tensor<100xf32>},
// CHECK-SAME: {offset = 448 : i64, value = dense<true> : tensor<65xi1>}]}
module {
  // CHECK-NOT: @large
  // CHECK:     memref.global "private" constant @small
  // CHECK-NOT: @large
  memref.global "private" constant @large : memref<100xf32> = dense<1.0>
  memref.global "private" constant @large_again : memref<10x10xf32> = dense<1.0>
  memref.global "private" constant @large_mask : memref<65xi1> = dense<true>
  memref.global "private" constant @small : memref<64xf32> = dense<1.0>

  // CHECK-LABEL: func.func @entry(
  // CHECK-SAME:    %[[CONSTANTS:.*]]: memref<?xi8> {heddle.role = "constants"})
  // CHECK:         %[[ZERO:.*]] = arith.constant 0 : index
  // CHECK:         memref.view %[[CONSTANTS]][%[[ZERO]]][] : memref<?xi8> to memref<100xf32>
  // CHECK:         %[[ZERO_AGAIN:.*]] = arith.constant 0 : index
  // CHECK:         memref.view %[[CONSTANTS]][%[[ZERO_AGAIN]]][] : memref<?xi8> to memref<10x10xf32>
  // CHECK:         %[[MASK:.*]] = arith.constant 448 : index
  // CHECK:         memref.view %[[CONSTANTS]][%[[MASK]]][] : memref<?xi8> to memref<65xi1>
  // CHECK:         memref.get_global @small
  func.func @entry() {
    %0 = memref.get_global @large : memref<100xf32>
    %1 = memref.get_global @large_again : memref<10x10xf32>
    %2 = memref.get_global @large_mask : memref<65xi1>
    %3 = memref.get_global @small : memref<64xf32>
    return
  }
}
