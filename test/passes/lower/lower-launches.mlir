// RUN: heddle-opt %s --heddle-lower-launches --split-input-file | FileCheck %s

// The stack holds the arguments of one launch at a time; equal kernels share a task.
// CHECK: module attributes {heddle.kernels = ["relu"]}
// CHECK-LABEL: llvm.func @forward(
// CHECK-SAME:    %[[CONTEXT:.*]]: !llvm.ptr {heddle.role = "context"}, %[[X:.*]]: !llvm.ptr, %[[N:.*]]: i64)
// CHECK:         %[[MEMBER:.*]] = llvm.getelementptr %[[CONTEXT]][1]
// CHECK:         %[[CANCELLED:.*]] = llvm.load %[[MEMBER]] : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[ARGUMENTS:.*]] = llvm.alloca %{{.*}} x !llvm.array<4 x i64>
// A request to cancel is seen before each launch.
// CHECK:         %[[FLAG:.*]] = llvm.load %[[CANCELLED]] atomic monotonic {alignment = 4 : i64} : !llvm.ptr -> i32
// CHECK:         %[[SET:.*]] = llvm.icmp "ne" %[[FLAG]], %{{.*}} : i32
// CHECK:         llvm.cond_br %[[SET]], ^[[RETURN:.*]], ^[[FIRST:.*]]
// CHECK:       ^[[FIRST]]:
// CHECK:         %[[FIELD:.*]] = llvm.getelementptr %[[ARGUMENTS]][0, 0]
// CHECK:         llvm.store %[[X]], %[[FIELD]]
// CHECK:         %[[PARALLEL_FOR:.*]] = llvm.load %[[CONTEXT]] : !llvm.ptr -> !llvm.ptr
// CHECK:         %[[TASK:.*]] = llvm.mlir.addressof @task_kernel_relu_0
// CHECK:         %[[GRAIN:.*]] = llvm.mlir.constant(512 : i64)
// CHECK:         %[[KERNEL:.*]] = llvm.mlir.constant(0 : i64)
// CHECK:         llvm.call %[[PARALLEL_FOR]](%[[CONTEXT]], %[[TASK]], %[[ARGUMENTS]], %[[N]], %[[GRAIN]], %[[KERNEL]])
// CHECK:         llvm.load %[[CANCELLED]] atomic monotonic
// CHECK:         llvm.cond_br %{{.*}}, ^[[RETURN]], ^[[SECOND:.*]]
// CHECK:       ^[[SECOND]]:
// CHECK:         llvm.call %{{.*}}(%[[CONTEXT]], %{{.*}}, %[[ARGUMENTS]],
// CHECK-NEXT:    llvm.return
// CHECK:       ^[[RETURN]]:
// CHECK-NEXT:    llvm.return
// CHECK-LABEL: llvm.func @kernel_relu_0(
// CHECK-SAME:    !llvm.ptr {llvm.noalias}
// CHECK-LABEL: llvm.func internal @task_kernel_relu_0(
// CHECK-SAME:    %[[ARGUMENTS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64)
// CHECK:         %[[X:.*]] = llvm.load
// CHECK:         llvm.call @kernel_relu_0(%[[BEGIN]], %[[END]], %[[X]],
llvm.func @forward(%context: !llvm.ptr {heddle.role = "context"}, %x: !llvm.ptr, %n: i64) {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  llvm.call @kernel_relu_0(%c0, %n, %x, %n) {heddle.launch = {grain = 512 : i64, kernel = "relu"}} : (i64, i64, !llvm.ptr, i64) -> ()
  llvm.call @kernel_relu_0(%c0, %n, %x, %n) {heddle.launch = {grain = 512 : i64, kernel = "relu"}} : (i64, i64, !llvm.ptr, i64) -> ()
  llvm.return
}
llvm.func @kernel_relu_0(%begin: i64, %end: i64, %x: !llvm.ptr, %n: i64) attributes {heddle.noalias = array<i64: 2>} {
  llvm.return
}

// -----

// A launch in a loop looks at the request in every round.
// CHECK-LABEL: llvm.func @loop(
// CHECK:         llvm.icmp "slt"
// CHECK-NEXT:    llvm.cond_br %{{.*}}, ^[[BODY:bb[0-9]+]], ^{{bb[0-9]+}}
// CHECK-NEXT:  ^[[BODY]]:
// CHECK-NEXT:    llvm.load %{{.*}} atomic monotonic
// CHECK:         llvm.cond_br %{{.*}}, ^[[RETURN:bb[0-9]+]], ^[[LAUNCH:bb[0-9]+]]
// CHECK-NEXT:  ^[[LAUNCH]]:
// CHECK:         llvm.call %{{.*}}(%{{.*}})
// CHECK:         llvm.br
// CHECK:       ^[[RETURN]]:
// CHECK-NEXT:    llvm.return
llvm.func @loop(%context: !llvm.ptr {heddle.role = "context"}, %n: i64) {
  %c0 = llvm.mlir.constant(0 : i64) : i64
  %c1 = llvm.mlir.constant(1 : i64) : i64
  llvm.br ^head(%c0 : i64)
^head(%i: i64):
  %more = llvm.icmp "slt" %i, %n : i64
  llvm.cond_br %more, ^body, ^exit
^body:
  llvm.call @kernel(%c0, %n) {heddle.launch = {grain = 1 : i64, kernel = "k"}} : (i64, i64) -> ()
  %next = llvm.add %i, %c1 : i64
  llvm.br ^head(%next : i64)
^exit:
  llvm.return
}
llvm.func @kernel(%begin: i64, %end: i64) {
  llvm.return
}
