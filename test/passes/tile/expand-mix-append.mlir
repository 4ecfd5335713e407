// RUN: heddle-opt %s --heddle-expand-mix --canonicalize | FileCheck %s

// Each new token of a row goes to the place behind those seen; what would lie outside of the buffer is left out.
// CHECK-LABEL: func.func @append
// CHECK-SAME:      %[[X:[^:]+]]: memref<?x?x2x8xbf16>, %[[SEEN:[^:]+]]: memref<?xi32>, %[[CACHE:[^:]+]]: memref<?x?x2x8xbf16>
// CHECK:         scf.parallel (%[[B:.+]], %[[C:.+]]) =
// CHECK:           %[[NUMBER:.+]] = memref.load %[[SEEN]][%[[B]]]
// CHECK:           %[[POSITION:.+]] = arith.index_cast %[[NUMBER]]
// CHECK:           %[[PLACE:.+]] = arith.addi %[[POSITION]], %[[C]]
// CHECK:           %[[ROOM:.+]] = memref.dim %[[CACHE]], %c1
// CHECK:           arith.cmpi slt, %[[PLACE]], %[[ROOM]]
// CHECK:           scf.if
// CHECK:             %[[ELEMENT:.+]] = memref.load %[[X]][%[[B]], %[[C]], %[[H:.+]], %[[D:.+]]]
// CHECK:             memref.store %[[ELEMENT]], %[[CACHE]][%[[B]], %[[PLACE]], %[[H]], %[[D]]]
// CHECK:         heddle.kernel = "append"
func.func @append(%x: memref<?x?x2x8xbf16>, %seen: memref<?xi32>, %cache: memref<?x?x2x8xbf16>) {
  mixer.append %x at(%seen : memref<?xi32>) outs(%cache : memref<?x?x2x8xbf16>) : memref<?x?x2x8xbf16>
  return
}
