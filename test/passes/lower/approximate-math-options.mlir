// RUN: heddle-opt %s --heddle-approximate-math=scales-by-powers-of-two | FileCheck %s
// RUN: heddle-opt %s --heddle-approximate-math | FileCheck %s --check-prefix=PLAIN

// A machine with an instruction for a product with 2^n gets one operation for it, for numbers and for vectors.
// CHECK-LABEL: func.func @scaled
// CHECK:         llvm.call_intrinsic "llvm.ldexp"(%{{.+}}, %{{.+}}) : (f32, i32) -> f32
// CHECK:         llvm.call_intrinsic "llvm.ldexp"(%{{.+}}, %{{.+}}) : (vector<16xf32>, vector<16xi32>) -> vector<16xf32>
// PLAIN-LABEL: func.func @scaled
// PLAIN-NOT:     llvm.
func.func @scaled(%x: f32, %y: vector<16xf32>) -> (f32, vector<16xf32>) {
  %0 = math.exp %x : f32
  %1 = math.exp2 %y : vector<16xf32>
  return %0, %1 : f32, vector<16xf32>
}

// A vector of two dimensions is no type of LLVM.
// CHECK-LABEL: func.func @no_scale_matrix
// CHECK-NOT:     llvm.
func.func @no_scale_matrix(%x: vector<4x4xf32>) -> vector<4x4xf32> {
  %0 = math.exp %x : vector<4x4xf32>
  return %0 : vector<4x4xf32>
}
