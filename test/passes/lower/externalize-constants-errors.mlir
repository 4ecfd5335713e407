// RUN: heddle-opt %s --heddle-externalize-constants --verify-diagnostics

memref.global "private" constant @weights : memref<100xf32> = dense_resource<missing>
func.func @resource_without_bytes() {
  // expected-error @+1 {{constant 'weights', expected 400 bytes but got 0}}
  %0 = memref.get_global @weights : memref<100xf32>
  return
}
