// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-convolutions{verify=always}),canonicalize)' \
// RUN:   --mlir-disable-threading | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-convolutions))' --mlir-disable-threading \
// RUN:   --remarks-filter='raise-convolutions' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A depthwise filter over padded tokens, of which the first ones are kept.
// CHECK-LABEL: @wide_filter
// CHECK: mixer.mix value(%{{.*}} : tensor<2x16x1x3xf32>) transport(%{{.*}} : tensor<1x3x12xf32>)
// CHECK-SAME: support = #mixer.causal, transport = #mixer.toeplitz}
// REMARK: raised{{.*}}a long convolution of 12 taps
func.func @wide_filter(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %filter = arith.constant dense<[[0.17, 0.17, 0.81, 0.36, 0.86, 0.71, 0.98, 0.34, -0.67, 0.72, 0.93, 0.81], [0.14, 0.43, -0.58, 0.66, 0.15, -0.43, -0.87, 0.71, 0.98, -0.82, 0.6, -0.18], [-0.7, -0.41, 0.54, 0.75, -0.91, 0.23, -0.91, 0.44, -0.34, 0.76, 0.96, 0.01]]> : tensor<3x12xf32>
  %e2x3x16 = tensor.empty() : tensor<2x3x16xf32>
  %channels = linalg.transpose ins(%x : tensor<2x16x3xf32>) outs(%e2x3x16 : tensor<2x3x16xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %channels low[0, 0, 11] high[0, 0, 11] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x3x16xf32> to tensor<2x3x38xf32>
  %e2x3x27 = tensor.empty() : tensor<2x3x27xf32>
  %z2x3x27 = linalg.fill ins(%zero : f32) outs(%e2x3x27 : tensor<2x3x27xf32>) -> tensor<2x3x27xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(b, c, t, k) -> (b, c, t + k)>, affine_map<(b, c, t, k) -> (c, k)>, affine_map<(b, c, t, k) -> (b, c, t)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%padded, %filter : tensor<2x3x38xf32>, tensor<3x12xf32>) outs(%z2x3x27 : tensor<2x3x27xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x27xf32>
  %kept = tensor.extract_slice %sums[0, 0, 0] [2, 3, 16] [1, 1, 1] : tensor<2x3x27xf32> to tensor<2x3x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %y = linalg.transpose ins(%kept : tensor<2x3x16xf32>) outs(%e2x16x3 : tensor<2x16x3xf32>) permutation = [0, 2, 1]
  return %y : tensor<2x16x3xf32>
}

// The slice behind the bias makes the bias a part of the region.
// CHECK-LABEL: @filter_with_bias
// CHECK: %[[BIAS:.*]] = arith.constant dense<{{.*}}5.000000e-01, -2.500000e-01, 1.000000e+00{{.*}}> : tensor<1x3xf32>
// CHECK: mixer.mix {{.*}}support = #mixer.causal, transport = #mixer.toeplitz}
// CHECK: linalg.generic {{.*}}%[[BIAS]]
func.func @filter_with_bias(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %filter = arith.constant dense<[[1.0, -0.38, -0.85, 0.2, -0.94, -0.61, -0.18, 0.22, -0.69, -0.92, 0.74, -0.37], [0.92, 0.79, -0.24, -0.08, 0.04, 0.29, 0.19, 0.12, 0.24, 0.88, 0.01, -0.14], [0.44, -0.52, -0.4, 0.96, 0.04, 0.1, -0.98, -0.17, 0.16, -0.96, 0.23, 0.26]]> : tensor<3x12xf32>
  %e2x3x16 = tensor.empty() : tensor<2x3x16xf32>
  %channels = linalg.transpose ins(%x : tensor<2x16x3xf32>) outs(%e2x3x16 : tensor<2x3x16xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %channels low[0, 0, 11] high[0, 0, 11] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x3x16xf32> to tensor<2x3x38xf32>
  %e2x3x27 = tensor.empty() : tensor<2x3x27xf32>
  %z2x3x27 = linalg.fill ins(%zero : f32) outs(%e2x3x27 : tensor<2x3x27xf32>) -> tensor<2x3x27xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(b, c, t, k) -> (b, c, t + k)>, affine_map<(b, c, t, k) -> (c, k)>, affine_map<(b, c, t, k) -> (b, c, t)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%padded, %filter : tensor<2x3x38xf32>, tensor<3x12xf32>) outs(%z2x3x27 : tensor<2x3x27xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x27xf32>
  %bias = arith.constant dense<[0.5, -0.25, 1.0]> : tensor<3xf32>
  %biases = linalg.broadcast ins(%bias : tensor<3xf32>) outs(%e2x3x27 : tensor<2x3x27xf32>) dimensions = [0, 2]
  %shifted = linalg.add ins(%sums, %biases : tensor<2x3x27xf32>, tensor<2x3x27xf32>) outs(%e2x3x27 : tensor<2x3x27xf32>) -> tensor<2x3x27xf32>
  %kept = tensor.extract_slice %shifted[0, 0, 0] [2, 3, 16] [1, 1, 1] : tensor<2x3x27xf32> to tensor<2x3x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %y = linalg.transpose ins(%kept : tensor<2x3x16xf32>) outs(%e2x16x3 : tensor<2x16x3xf32>) permutation = [0, 2, 1]
  return %y : tensor<2x16x3xf32>
}

// CHECK-LABEL: @filter_of_both_sides
// CHECK: mixer.mix {{.*}}tensor<1x3x13xf32>{{.*}}support = #mixer.full, transport = #mixer.toeplitz<center = 6>
func.func @filter_of_both_sides(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %filter = arith.constant dense<[[-0.88, 0.25, -0.07, 0.36, -0.29, 0.41, 0.48, -0.96, -0.88, 0.35, 0.93, -0.5, -0.09], [0.19, -0.36, -0.27, -0.37, -0.26, 0.19, -0.4, -0.25, 0.54, -0.95, 0.14, 0.47, -0.38], [-0.55, 0.61, -0.52, -0.63, -0.13, 0.4, -0.8, -0.36, -0.33, 0.67, -0.12, 0.71, -0.66]]> : tensor<3x13xf32>
  %e2x3x16 = tensor.empty() : tensor<2x3x16xf32>
  %channels = linalg.transpose ins(%x : tensor<2x16x3xf32>) outs(%e2x3x16 : tensor<2x3x16xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %channels low[0, 0, 6] high[0, 0, 6] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x3x16xf32> to tensor<2x3x28xf32>
  %z2x3x16 = linalg.fill ins(%zero : f32) outs(%e2x3x16 : tensor<2x3x16xf32>) -> tensor<2x3x16xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(b, c, t, k) -> (b, c, t + k)>, affine_map<(b, c, t, k) -> (c, k)>, affine_map<(b, c, t, k) -> (b, c, t)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%padded, %filter : tensor<2x3x28xf32>, tensor<3x13xf32>) outs(%z2x3x16 : tensor<2x3x16xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %y = linalg.transpose ins(%sums : tensor<2x3x16xf32>) outs(%e2x16x3 : tensor<2x16x3xf32>) permutation = [0, 2, 1]
  return %y : tensor<2x16x3xf32>
}

// The newest token that a tap reads is the one before: the first tap is 0.
// CHECK-LABEL: @filter_of_the_past
// CHECK: mixer.mix {{.*}}tensor<1x3x13xf32>{{.*}}support = #mixer.causal, transport = #mixer.toeplitz}
func.func @filter_of_the_past(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %filter = arith.constant dense<[[-0.33, 0.3, 0.77, -0.1, -0.55, -0.76, 0.06, -0.62, 0.61, 0.68, -0.63, -0.44], [0.61, 0.28, 0.61, -0.31, -0.74, -0.42, 0.59, -0.46, -0.31, -0.17, -0.16, -0.18], [0.84, -0.69, -0.99, 0.89, 0.76, 0.97, -0.13, 0.9, 0.85, -0.56, 0.49, 0.67]]> : tensor<3x12xf32>
  %e2x3x16 = tensor.empty() : tensor<2x3x16xf32>
  %channels = linalg.transpose ins(%x : tensor<2x16x3xf32>) outs(%e2x3x16 : tensor<2x3x16xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %channels low[0, 0, 12] high[0, 0, 11] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x3x16xf32> to tensor<2x3x39xf32>
  %e2x3x28 = tensor.empty() : tensor<2x3x28xf32>
  %z2x3x28 = linalg.fill ins(%zero : f32) outs(%e2x3x28 : tensor<2x3x28xf32>) -> tensor<2x3x28xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(b, c, t, k) -> (b, c, t + k)>, affine_map<(b, c, t, k) -> (c, k)>, affine_map<(b, c, t, k) -> (b, c, t)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%padded, %filter : tensor<2x3x39xf32>, tensor<3x12xf32>) outs(%z2x3x28 : tensor<2x3x28xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x28xf32>
  %kept = tensor.extract_slice %sums[0, 0, 0] [2, 3, 16] [1, 1, 1] : tensor<2x3x28xf32> to tensor<2x3x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %y = linalg.transpose ins(%kept : tensor<2x3x16xf32>) outs(%e2x16x3 : tensor<2x16x3xf32>) permutation = [0, 2, 1]
  return %y : tensor<2x16x3xf32>
}

// CHECK-LABEL: @toeplitz_matrix
// CHECK: mixer.mix {{.*}}tensor<1x3x16xf32>{{.*}}support = #mixer.causal, transport = #mixer.toeplitz}
func.func @toeplitz_matrix(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %matrix = arith.constant dense<[[-0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0], [0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0], [-0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0], [0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0], [-0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52]]> : tensor<16x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x16x3 = linalg.fill ins(%zero : f32) outs(%e2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<16x16xf32>, tensor<2x16x3xf32>) outs(%z2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// CHECK-LABEL: @toeplitz_matrix_of_the_future
// CHECK: mixer.mix {{.*}}support = #mixer.full, transport = #mixer.toeplitz<center = 15>
func.func @toeplitz_matrix_of_the_future(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %matrix = arith.constant dense<[[-0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53, 0.99, -0.06, 0.67, -0.05, 0.28, -0.7], [0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53, 0.99, -0.06, 0.67, -0.05, 0.28], [0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53, 0.99, -0.06, 0.67, -0.05], [0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53, 0.99, -0.06, 0.67], [0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53, 0.99, -0.06], [0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53, 0.99], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48, -0.53], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67, -0.48], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97, 0.67], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87, -0.97], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25, -0.87], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21, 0.25], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26, 0.21], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09, -0.26], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52, 0.09], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -0.52]]> : tensor<16x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x16x3 = linalg.fill ins(%zero : f32) outs(%e2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<16x16xf32>, tensor<2x16x3xf32>) outs(%z2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// Cosines and sines of the padded tokens and of the kernel, their complex product, and the way back.
// CHECK-LABEL: @product_of_spectra
// CHECK: mixer.mix {{.*}}tensor<1x3x16xf32>{{.*}}support = #mixer.causal, transport = #mixer.toeplitz}
// CHECK-NOT: structured
// REMARK: raised{{.*}}a long convolution of 16 taps
func.func @product_of_spectra(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %x low[0, 0, 0] high[0, 16, 0] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x16x3xf32> to tensor<2x32x3xf32>
  %signal = tensor.expand_shape %padded [[0], [1, 2], [3]] output_shape [2, 32, 1, 3] : tensor<2x32x3xf32> into tensor<2x32x1x3xf32>
  %kernel = arith.constant dense<[[[0.33, 0.04, -0.42], [-0.32, -0.55, -0.86], [0.18, -0.43, 0.62], [-0.91, 0.81, 0.39], [0.85, 0.79, 0.8], [0.15, -0.97, 0.49], [-0.66, -0.4, 0.33], [0.05, -0.17, 0.88], [0.22, -0.32, -0.5], [0.72, -0.05, 0.56], [-0.3, -0.61, 0.07], [0.63, -0.66, 0.58], [0.84, 0.61, 0.65], [-0.98, 0.26, 0.73], [-0.9, -0.46, -0.46], [0.05, -0.15, -0.05]]]> : tensor<1x16x3xf32>
  %kernel_padded = tensor.pad %kernel low[0, 0, 0] high[0, 16, 0] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<1x16x3xf32> to tensor<1x32x3xf32>
  %response = tensor.expand_shape %kernel_padded [[0], [1, 2], [3]] output_shape [1, 32, 1, 3] : tensor<1x32x3xf32> into tensor<1x32x1x3xf32>
  %e2x32x1x3 = tensor.empty() : tensor<2x32x1x3xf32>
  %x_re = mixer.mix value(%signal : tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x32x1x3xf32>
  %x_im = mixer.mix value(%signal : tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x32x1x3xf32>
  %e1x32x1x3 = tensor.empty() : tensor<1x32x1x3xf32>
  %k_re = mixer.mix value(%response : tensor<1x32x1x3xf32>) outs(%e1x32x1x3 : tensor<1x32x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<1x32x1x3xf32>
  %k_im = mixer.mix value(%response : tensor<1x32x1x3xf32>) outs(%e1x32x1x3 : tensor<1x32x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<1x32x1x3xf32>
  %rr_row = tensor.collapse_shape %k_re [[0, 1], [2], [3]] : tensor<1x32x1x3xf32> into tensor<32x1x3xf32>
  %rr_rows = linalg.broadcast ins(%rr_row : tensor<32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) dimensions = [0]
  %rr = linalg.mul ins(%x_re, %rr_rows : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %ii_row = tensor.collapse_shape %k_im [[0, 1], [2], [3]] : tensor<1x32x1x3xf32> into tensor<32x1x3xf32>
  %ii_rows = linalg.broadcast ins(%ii_row : tensor<32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) dimensions = [0]
  %ii = linalg.mul ins(%x_im, %ii_rows : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %re = linalg.sub ins(%rr, %ii : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %ri_row = tensor.collapse_shape %k_im [[0, 1], [2], [3]] : tensor<1x32x1x3xf32> into tensor<32x1x3xf32>
  %ri_rows = linalg.broadcast ins(%ri_row : tensor<32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) dimensions = [0]
  %ri = linalg.mul ins(%x_re, %ri_rows : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %ir_row = tensor.collapse_shape %k_re [[0, 1], [2], [3]] : tensor<1x32x1x3xf32> into tensor<32x1x3xf32>
  %ir_rows = linalg.broadcast ins(%ir_row : tensor<32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) dimensions = [0]
  %ir = linalg.mul ins(%x_im, %ir_rows : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %im = linalg.add ins(%ri, %ir : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %back_re = mixer.mix value(%re : tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x32x1x3xf32>
  %back_im = mixer.mix value(%im : tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x32x1x3xf32>
  %sum = linalg.add ins(%back_re, %back_im : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %scale = arith.constant dense<32.0> : tensor<2x32x1x3xf32>
  %filtered = linalg.div ins(%sum, %scale : tensor<2x32x1x3xf32>, tensor<2x32x1x3xf32>) outs(%e2x32x1x3 : tensor<2x32x1x3xf32>) -> tensor<2x32x1x3xf32>
  %kept = tensor.extract_slice %filtered[0, 0, 0, 0] [2, 16, 1, 3] [1, 1, 1, 1] : tensor<2x32x1x3xf32> to tensor<2x16x1x3xf32>
  %y = tensor.collapse_shape %kept [[0], [1, 2], [3]] : tensor<2x16x1x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// Without padding the kernel goes round: what is behind a token reaches it.
// CHECK-LABEL: @circular_matrix
// CHECK: mixer.mix {{.*}}support = #mixer.full, transport = #mixer.toeplitz<center = 15>
func.func @circular_matrix(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %matrix = arith.constant dense<[[-0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09], [0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26], [-0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21], [0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25], [0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87], [-0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97], [-0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67], [0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48], [-0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53], [-0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06, 0.99], [0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67, -0.06], [-0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05, 0.67], [0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28, -0.05], [-0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7, 0.28], [0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, -0.7], [-0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52]]> : tensor<16x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x16x3 = linalg.fill ins(%zero : f32) outs(%e2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<16x16xf32>, tensor<2x16x3xf32>) outs(%z2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// CHECK-LABEL: @no_circular_product_is_causal
// CHECK-NOT: support = #mixer.causal
func.func @no_circular_product_is_causal(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %signal = tensor.expand_shape %x [[0], [1, 2], [3]] output_shape [2, 16, 1, 3] : tensor<2x16x3xf32> into tensor<2x16x1x3xf32>
  %kernel = arith.constant dense<[[[0.55, -1.0, -0.89], [-0.75, -0.75, -0.86], [0.95, 0.71, -0.83], [0.5, -0.37, -0.37], [-0.3, 0.29, 0.17], [-0.28, -0.62, -0.34], [-0.75, 0.11, 0.43], [-0.24, -0.84, -0.64], [-0.25, 0.21, 0.57], [-0.24, 0.6, 0.25], [-0.14, -0.26, -0.01], [0.41, -0.16, 0.39], [-0.08, -0.51, 0.07], [0.39, -0.86, -0.15], [-0.15, 0.76, 0.87], [-0.25, 0.8, 0.58]]]> : tensor<1x16x3xf32>
  %response = tensor.expand_shape %kernel [[0], [1, 2], [3]] output_shape [1, 16, 1, 3] : tensor<1x16x3xf32> into tensor<1x16x1x3xf32>
  %e2x16x1x3 = tensor.empty() : tensor<2x16x1x3xf32>
  %x_re = mixer.mix value(%signal : tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x16x1x3xf32>
  %x_im = mixer.mix value(%signal : tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x16x1x3xf32>
  %e1x16x1x3 = tensor.empty() : tensor<1x16x1x3xf32>
  %k_re = mixer.mix value(%response : tensor<1x16x1x3xf32>) outs(%e1x16x1x3 : tensor<1x16x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<1x16x1x3xf32>
  %k_im = mixer.mix value(%response : tensor<1x16x1x3xf32>) outs(%e1x16x1x3 : tensor<1x16x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<1x16x1x3xf32>
  %rr_row = tensor.collapse_shape %k_re [[0, 1], [2], [3]] : tensor<1x16x1x3xf32> into tensor<16x1x3xf32>
  %rr_rows = linalg.broadcast ins(%rr_row : tensor<16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) dimensions = [0]
  %rr = linalg.mul ins(%x_re, %rr_rows : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %ii_row = tensor.collapse_shape %k_im [[0, 1], [2], [3]] : tensor<1x16x1x3xf32> into tensor<16x1x3xf32>
  %ii_rows = linalg.broadcast ins(%ii_row : tensor<16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) dimensions = [0]
  %ii = linalg.mul ins(%x_im, %ii_rows : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %re = linalg.sub ins(%rr, %ii : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %ri_row = tensor.collapse_shape %k_im [[0, 1], [2], [3]] : tensor<1x16x1x3xf32> into tensor<16x1x3xf32>
  %ri_rows = linalg.broadcast ins(%ri_row : tensor<16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) dimensions = [0]
  %ri = linalg.mul ins(%x_re, %ri_rows : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %ir_row = tensor.collapse_shape %k_re [[0, 1], [2], [3]] : tensor<1x16x1x3xf32> into tensor<16x1x3xf32>
  %ir_rows = linalg.broadcast ins(%ir_row : tensor<16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) dimensions = [0]
  %ir = linalg.mul ins(%x_im, %ir_rows : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %im = linalg.add ins(%ri, %ir : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %back_re = mixer.mix value(%re : tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x16x1x3xf32>
  %back_im = mixer.mix value(%im : tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<2x16x1x3xf32>
  %sum = linalg.add ins(%back_re, %back_im : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %scale = arith.constant dense<16.0> : tensor<2x16x1x3xf32>
  %filtered = linalg.div ins(%sum, %scale : tensor<2x16x1x3xf32>, tensor<2x16x1x3xf32>) outs(%e2x16x1x3 : tensor<2x16x1x3xf32>) -> tensor<2x16x1x3xf32>
  %y = tensor.collapse_shape %filtered [[0], [1, 2], [3]] : tensor<2x16x1x3xf32> into tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}

// CHECK-LABEL: @no_short_filter
// CHECK-NOT: mixer.mix
func.func @no_short_filter(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %filter = arith.constant dense<[[-0.48, -0.07, -0.75, 0.63], [0.32, 0.77, 0.58, 0.34], [0.47, 0.13, -0.79, 0.18]]> : tensor<3x4xf32>
  %e2x3x16 = tensor.empty() : tensor<2x3x16xf32>
  %channels = linalg.transpose ins(%x : tensor<2x16x3xf32>) outs(%e2x3x16 : tensor<2x3x16xf32>) permutation = [0, 2, 1]
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %channels low[0, 0, 3] high[0, 0, 3] {
  ^bb0(%i0: index, %i1: index, %i2: index):
    tensor.yield %zero : f32
  } : tensor<2x3x16xf32> to tensor<2x3x22xf32>
  %e2x3x19 = tensor.empty() : tensor<2x3x19xf32>
  %z2x3x19 = linalg.fill ins(%zero : f32) outs(%e2x3x19 : tensor<2x3x19xf32>) -> tensor<2x3x19xf32>
  %sums = linalg.generic {indexing_maps = [affine_map<(b, c, t, k) -> (b, c, t + k)>, affine_map<(b, c, t, k) -> (c, k)>, affine_map<(b, c, t, k) -> (b, c, t)>],
      iterator_types = ["parallel", "parallel", "parallel", "reduction"]} ins(%padded, %filter : tensor<2x3x22xf32>, tensor<3x4xf32>) outs(%z2x3x19 : tensor<2x3x19xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %out, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x3x19xf32>
  %kept = tensor.extract_slice %sums[0, 0, 0] [2, 3, 16] [1, 1, 1] : tensor<2x3x19xf32> to tensor<2x3x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %y = linalg.transpose ins(%kept : tensor<2x3x16xf32>) outs(%e2x16x3 : tensor<2x16x3xf32>) permutation = [0, 2, 1]
  return %y : tensor<2x16x3xf32>
}

// One entry off its diagonal.
// CHECK-LABEL: @no_matrix_that_varies
// CHECK-NOT: mixer.mix
func.func @no_matrix_that_varies(%x: tensor<2x16x3xf32>) -> tensor<2x16x3xf32> {
  %matrix = arith.constant dense<[[-0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.53, -0.48, 0.67, -0.97, 2.0, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0, 0.0], [-0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0, 0.0], [0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0, 0.0], [-0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0, 0.0], [0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52, 0.0], [-0.7, 0.28, -0.05, 0.67, -0.06, 0.99, -0.53, -0.48, 0.67, -0.97, -0.87, 0.25, 0.21, -0.26, 0.09, -0.52]]> : tensor<16x16xf32>
  %e2x16x3 = tensor.empty() : tensor<2x16x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x16x3 = linalg.fill ins(%zero : f32) outs(%e2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<16x16xf32>, tensor<2x16x3xf32>) outs(%z2x16x3 : tensor<2x16x3xf32>) -> tensor<2x16x3xf32>
  return %y : tensor<2x16x3xf32>
}
