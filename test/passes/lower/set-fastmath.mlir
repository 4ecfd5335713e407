// RUN: heddle-opt %s --heddle-set-fastmath | FileCheck %s

// CHECK-LABEL: func.func @arithmetic
// CHECK:         arith.mulf {{.*}} fastmath<reassoc,nsz,contract>
// CHECK:         math.exp {{.*}} fastmath<reassoc,nsz,contract>
func.func @arithmetic(%a: f32, %b: f32) -> f32 {
  %0 = arith.mulf %a, %b : f32
  %1 = math.exp %0 : f32
  return %1 : f32
}

// CHECK-LABEL: func.func @no_flags_where_nan_matters
// CHECK-NOT:     fastmath
// CHECK:         return
func.func @no_flags_where_nan_matters(%a: f32, %b: f32) -> f32 {
  %0 = arith.cmpf olt, %a, %b : f32
  %1 = arith.maximumf %a, %b : f32
  %2 = arith.minnumf %a, %b : f32
  %3 = arith.select %0, %1, %2 : f32
  return %3 : f32
}
