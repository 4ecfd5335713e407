// RUN: heddle-opt %s --heddle-approximate-math | FileCheck %s
// The accuracy of the expansions is measured in test/numeric/math-functions.py.

// CHECK-LABEL: func.func @expanded
// CHECK-NOT:     math.{{exp|exp2|expm1|log|log2|log1p|tanh|erf|sin|cos}} %
// CHECK:         return
func.func @expanded(%x: f32) -> (f32, f32, f32, f32, f32, f32, f32, f32, f32, f32) {
  %0 = math.exp %x : f32
  %1 = math.exp2 %x : f32
  %2 = math.expm1 %x : f32
  %3 = math.log %x : f32
  %4 = math.log2 %x : f32
  %5 = math.log1p %x : f32
  %6 = math.tanh %x : f32
  %7 = math.erf %x : f32
  %8 = math.sin %x : f32
  %9 = math.cos %x : f32
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9 : f32, f32, f32, f32, f32, f32, f32, f32, f32, f32
}

// CHECK-LABEL: func.func @expanded_vector
// CHECK:         math.fma {{.*}} : vector<16xf32>
// CHECK-NOT:     math.exp
func.func @expanded_vector(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.exp %x : vector<16xf32>
  return %0 : vector<16xf32>
}

// Range reduction is exact only in the order in which it is written.
// CHECK-LABEL: func.func @no_fastmath_inside
// CHECK-NOT:     fastmath
// CHECK:         return
func.func @no_fastmath_inside(%x: f32) -> f32 {
  %0 = math.exp %x fastmath<reassoc,nsz,contract> : f32
  return %0 : f32
}

// CHECK-LABEL: func.func @no_expansion_f64
// CHECK:         math.exp
func.func @no_expansion_f64(%x: f64) -> f64 {
  %0 = math.exp %x : f64
  return %0 : f64
}

// CHECK-LABEL: func.func @integer_power
// CHECK-SAME:    %[[BASE:[a-z0-9]+]]: i64, %[[EXPONENT:[a-z0-9]+]]: i64)
// CHECK:         %[[LOOP:.+]]:3 = scf.while (%[[POWER:.+]] = %{{.+}}, %[[SQUARE:.+]] = %[[BASE]], %[[BITS:.+]] = %[[EXPONENT]])
// CHECK:           arith.cmpi sgt, %[[BITS]]
// CHECK:           scf.condition
// CHECK:           arith.muli
// CHECK:           arith.select
// CHECK:           arith.muli
// CHECK:           arith.shrsi
// A negative exponent never divides.
// CHECK-NOT:     arith.div
// CHECK:         %[[NEGATIVE:.+]] = arith.cmpi slt, %[[EXPONENT]]
// CHECK:         %[[RESULT:.+]] = arith.select %[[NEGATIVE]], %{{.+}}, %[[LOOP]]#0
// CHECK:         return %[[RESULT]]
func.func @integer_power(%base: i64, %exponent: i64) -> i64 {
  %0 = math.ipowi %base, %exponent : i64
  return %0 : i64
}

// A vector goes on until its largest exponent is used up.
// CHECK-LABEL: func.func @integer_power_vector
// CHECK:         scf.while
// CHECK:           vector.reduction <maxsi>, %{{.+}} : vector<8xi32> into i32
func.func @integer_power_vector(%base: vector<8xi32>, %exponent: vector<8xi32>) -> vector<8xi32> {
  %0 = math.ipowi %base, %exponent : vector<8xi32>
  return %0 : vector<8xi32>
}

// CHECK-LABEL: func.func @no_loop_small_integer_power
// CHECK-NOT:     scf.while
// CHECK:         arith.muli
func.func @no_loop_small_integer_power(%base: i32) -> i32 {
  %two = arith.constant 2 : i32
  %0 = math.ipowi %base, %two : i32
  return %0 : i32
}
