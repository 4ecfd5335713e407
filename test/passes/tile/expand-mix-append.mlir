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

// In a ring places go round, and of many tokens only the last ones are written.
// CHECK-LABEL: func.func @ring
// CHECK-SAME:      %[[X:[^:]+]]: memref<?x?x8xf32>, %[[SEEN:[^:]+]]: memref<?xi64>, %[[CACHE:[^:]+]]: memref<?x?x8xf32>
// CHECK:         %[[GIVEN:.+]] = memref.dim %[[X]], %c1
// CHECK:         %[[COUNT:.+]] = arith.minsi %[[GIVEN]], %c4
// CHECK:         scf.parallel (%[[B:.+]], %[[C:.+]]) = {{.*}} to ({{.*}}, %[[COUNT]])
// CHECK:           %[[LEFT:.+]] = arith.subi %[[GIVEN]], %[[COUNT]]
// CHECK:           %[[TOKEN:.+]] = arith.addi %[[LEFT]], %[[C]]
// CHECK:           %[[PLACE:.+]] = arith.remui
// CHECK:             memref.load %[[X]][%[[B]], %[[TOKEN]], %[[D:.+]]]
// CHECK:             memref.store %{{.*}}, %[[CACHE]][%[[B]], %[[PLACE]], %[[D]]]
func.func @ring(%x: memref<?x?x8xf32>, %place: memref<?xi64>, %cache: memref<?x?x8xf32>) {
  mixer.append %x at(%place : memref<?xi64>) outs(%cache : memref<?x?x8xf32>) {ring = 4 : i64} : memref<?x?x8xf32>
  return
}
