// RUN: heddle-opt %s --heddle-plan-memory --heddle-externalize-constants --heddle-emit-entry-points --canonicalize | FileCheck %s

#s = affine_map<()[s0] -> (s0, 16)>
#d = affine_map<()[s0] -> (s0 * 2, 8)>

// CHECK-LABEL: func.func private @forward(
// CHECK-SAME:    %{{[^:]*}}: !llvm.ptr {heddle.role = "context"})
// CHECK-SAME:    llvm.linkage = #llvm.linkage<internal>
func.func @forward(%x: memref<?x16xf32> {heddle.shape = #s}) -> (memref<?x8xf32> {heddle.shape = #d})
    attributes {heddle.symbols = ["T"]} {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %t = memref.dim %x, %c0 : memref<?x16xf32>
  %t2 = arith.muli %t, %c2 : index
  %a = memref.alloc(%t) : memref<?x16xf32>
  linalg.exp ins(%x : memref<?x16xf32>) outs(%a : memref<?x16xf32>)
  %r = memref.expand_shape %a [[0], [1, 2]] output_shape [%t, 2, 8] : memref<?x16xf32> into memref<?x2x8xf32>
  %y = memref.collapse_shape %r [[0, 1], [2]] : memref<?x2x8xf32> into memref<?x8xf32>
  %z = memref.alloc(%t2) : memref<?x8xf32>
  linalg.exp ins(%y : memref<?x8xf32>) outs(%z : memref<?x8xf32>)
  return %z : memref<?x8xf32>
}

// CHECK:       func.func @heddle_entry_forward(%[[CONTEXT:[^:]*]]: !llvm.ptr, %[[DIMS:[^:]*]]: !llvm.ptr, %[[INPUTS:[^:]*]]: !llvm.ptr,
// CHECK-SAME:    %[[OUTPUTS:[^:]*]]: !llvm.ptr, %{{[^:]*}}: !llvm.ptr, %{{[^:]*}}: !llvm.ptr) -> i32
// CHECK-SAME:    heddle.memory = "64*T"
// CHECK:         %[[T:.*]] = llvm.load %[[DIMS]] : !llvm.ptr -> i64
// CHECK:         llvm.load %[[INPUTS]] : !llvm.ptr -> !llvm.ptr
// CHECK:         memref.view %{{.*}} : memref<?xi8> to memref<?x16xf32>
// CHECK:         llvm.load %[[OUTPUTS]] : !llvm.ptr -> !llvm.ptr
// CHECK:         call @forward({{.*}}, %[[CONTEXT]])
// The status says whether the run was cancelled.
// CHECK:         %[[MEMBER:.*]] = llvm.getelementptr %[[CONTEXT]][1]
// CHECK:         %[[CANCELLED:.*]] = llvm.load %[[MEMBER]] : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[FLAG:.*]] = llvm.load %[[CANCELLED]] atomic monotonic {alignment = 4 : i64} : !llvm.ptr -> i32
// CHECK:         %[[SET:.*]] = arith.cmpi ne, %[[FLAG]], %{{.*}} : i32
// CHECK:         %[[STATUS:.*]] = arith.extui %[[SET]] : i1 to i32
// CHECK:         return %[[STATUS]] : i32

// CHECK:       func.func @heddle_plan_forward(%[[DIMS:[^:]*]]: !llvm.ptr, %[[BYTES:[^:]*]]: !llvm.ptr, %[[OUT:[^:]*]]: !llvm.ptr)
// CHECK:         %[[T:.*]] = llvm.load %[[DIMS]]
// CHECK:         llvm.store %{{.*}}, %[[BYTES]] : i64
// CHECK:         llvm.store %{{.*}}, %[[OUT]] : i64
// CHECK:         llvm.getelementptr %[[OUT]][1]
