// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-token-matrices{verify=always}),canonicalize)' \
// RUN:   --mlir-disable-threading | FileCheck %s
// RUN: heddle-opt %s --pass-pipeline='builtin.module(func.func(heddle-raise-token-matrices))' --mlir-disable-threading \
// RUN:   --remarks-filter='raise-token-matrices' -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// A loop that adds up the tokens.
// CHECK-LABEL: @running_sum
// CHECK: mixer.mix query(%[[ONE:.*]] : tensor<1x1x1x1xf32>) key(%[[ONE]] : tensor<1x1x1x1xf32>) value(%{{.*}} : tensor<2x8x1x3xf32>)
// CHECK-SAME: support = #mixer.causal, transport = #mixer.identity
// CHECK-NOT: scf.for
// REMARK: raised{{.*}}a sum along tokens
func.func @running_sum(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %last = arith.constant 7 : index
  %e2x3 = tensor.empty() : tensor<2x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x3 = linalg.fill ins(%zero : f32) outs(%e2x3 : tensor<2x3xf32>) -> tensor<2x3xf32>
  %e8x2x3 = tensor.empty() : tensor<8x2x3xf32>
  %loop:2 = scf.for %t = %c0 to %c8 step %c1 iter_args(%total = %z2x3, %rows = %e8x2x3) -> (tensor<2x3xf32>, tensor<8x2x3xf32>) {
    %now = tensor.extract_slice %x[0, %t, 0] [2, 1, 3] [1, 1, 1] : tensor<2x8x3xf32> to tensor<2x3xf32>
    %next = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%total, %now : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e2x3 : tensor<2x3xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    } -> tensor<2x3xf32>
    %wrote = tensor.insert_slice %next into %rows[%t, 0, 0] [1, 2, 3] [1, 1, 1] : tensor<2x3xf32> into tensor<8x2x3xf32>
    scf.yield %next, %wrote : tensor<2x3xf32>, tensor<8x2x3xf32>
  }
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %y = linalg.transpose ins(%loop#1 : tensor<8x2x3xf32>) outs(%e2x8x3 : tensor<2x8x3xf32>) permutation = [1, 0, 2]
  return %y : tensor<2x8x3xf32>
}

// CHECK-LABEL: @running_sum_from_the_end
// CHECK: mixer.mix {{.*}}layout = #mixer.layout<reverse>{{.*}}support = #mixer.causal, transport = #mixer.identity
func.func @running_sum_from_the_end(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  %last = arith.constant 7 : index
  %e2x3 = tensor.empty() : tensor<2x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x3 = linalg.fill ins(%zero : f32) outs(%e2x3 : tensor<2x3xf32>) -> tensor<2x3xf32>
  %e8x2x3 = tensor.empty() : tensor<8x2x3xf32>
  %loop:2 = scf.for %t = %c0 to %c8 step %c1 iter_args(%total = %z2x3, %rows = %e8x2x3) -> (tensor<2x3xf32>, tensor<8x2x3xf32>) {
    %place = arith.subi %last, %t : index
    %now = tensor.extract_slice %x[0, %place, 0] [2, 1, 3] [1, 1, 1] : tensor<2x8x3xf32> to tensor<2x3xf32>
    %next = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%total, %now : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e2x3 : tensor<2x3xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    } -> tensor<2x3xf32>
    %wrote = tensor.insert_slice %next into %rows[%place, 0, 0] [1, 2, 3] [1, 1, 1] : tensor<2x3xf32> into tensor<8x2x3xf32>
    scf.yield %next, %wrote : tensor<2x3xf32>, tensor<8x2x3xf32>
  }
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %y = linalg.transpose ins(%loop#1 : tensor<8x2x3xf32>) outs(%e2x8x3 : tensor<2x8x3xf32>) permutation = [1, 0, 2]
  return %y : tensor<2x8x3xf32>
}

// CHECK-LABEL: @triangular_matrix
// CHECK: mixer.mix {{.*}}support = #mixer.causal, transport = #mixer.identity
func.func @triangular_matrix(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %matrix = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]]> : tensor<8x8xf32>
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x3 = linalg.fill ins(%zero : f32) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// CHECK-LABEL: @powers_of_a_decay
// CHECK: %[[LOG:.*]] = arith.constant dense<-0.693147{{[0-9]*}}> : tensor<1x1x1xf32>
// CHECK: mixer.mix {{.*}}transport(%[[LOG]] : tensor<1x1x1xf32>){{.*}}transport = #mixer.scalar
func.func @powers_of_a_decay(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %matrix = arith.constant dense<[[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.25, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0], [0.125, 0.25, 0.5, 1.0, 0.0, 0.0, 0.0, 0.0], [0.0625, 0.125, 0.25, 0.5, 1.0, 0.0, 0.0, 0.0], [0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0, 0.0, 0.0], [0.015625, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0, 0.0], [0.0078125, 0.015625, 0.03125, 0.0625, 0.125, 0.25, 0.5, 1.0]]> : tensor<8x8xf32>
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x3 = linalg.fill ins(%zero : f32) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// CHECK-LABEL: @cosines
// CHECK: mixer.mix value(%{{.*}}) outs(%{{.*}}){{.*}}support = #mixer.full, transport = #mixer.structured<cosine>
// CHECK-NOT: linalg
// REMARK: raised{{.*}}a Fourier transform along tokens
func.func @cosines(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %matrix = arith.constant dense<[[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 0.7071067811865476, 6.123233995736766e-17, -0.7071067811865475, -1.0, -0.7071067811865477, -1.8369701987210297e-16, 0.7071067811865474], [1.0, 6.123233995736766e-17, -1.0, -1.8369701987210297e-16, 1.0, 6.123233995736766e-17, -1.0, -1.8369701987210297e-16], [1.0, -0.7071067811865475, -1.8369701987210297e-16, 0.7071067811865476, -1.0, 0.7071067811865474, 6.123233995736766e-17, -0.7071067811865477], [1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0], [1.0, -0.7071067811865477, 6.123233995736766e-17, 0.7071067811865474, -1.0, 0.7071067811865476, -1.8369701987210297e-16, -0.7071067811865475], [1.0, -1.8369701987210297e-16, -1.0, 6.123233995736766e-17, 1.0, -1.8369701987210297e-16, -1.0, 6.123233995736766e-17], [1.0, 0.7071067811865474, -1.8369701987210297e-16, -0.7071067811865477, -1.0, -0.7071067811865475, 6.123233995736766e-17, 0.7071067811865476]]> : tensor<8x8xf32>
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x3 = linalg.fill ins(%zero : f32) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// CHECK-LABEL: @sines_with_a_factor
// CHECK: %[[FACTOR:.*]] = arith.constant -2.000000e+00
// CHECK: mixer.mix {{.*}}transport = #mixer.structured<sine>
// CHECK: arith.mulf %{{.*}}, %[[FACTOR]]
func.func @sines_with_a_factor(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %matrix = arith.constant dense<[[-0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0, -0.0], [-0.0, -1.414213562373095, -2.0, -1.4142135623730951, -2.4492935982947064e-16, 1.414213562373095, 2.0, 1.4142135623730954], [-0.0, -2.0, -2.4492935982947064e-16, 2.0, -0.0, -2.0, -2.4492935982947064e-16, 2.0], [-0.0, -1.4142135623730951, 2.0, -1.414213562373095, -2.4492935982947064e-16, 1.4142135623730954, -2.0, 1.414213562373095], [-0.0, -2.4492935982947064e-16, -0.0, -2.4492935982947064e-16, -0.0, -2.4492935982947064e-16, -0.0, -2.4492935982947064e-16], [-0.0, 1.414213562373095, -2.0, 1.4142135623730954, -2.4492935982947064e-16, -1.414213562373095, 2.0, -1.4142135623730951], [-0.0, 2.0, -2.4492935982947064e-16, -2.0, -0.0, 2.0, -2.4492935982947064e-16, -2.0], [-0.0, 1.4142135623730954, 2.0, 1.414213562373095, -2.4492935982947064e-16, -1.4142135623730951, -2.0, -1.414213562373095]]> : tensor<8x8xf32>
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x3 = linalg.fill ins(%zero : f32) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%matrix, %x : tensor<8x8xf32>, tensor<2x8x3xf32>) outs(%z2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// CHECK-LABEL: @layers_across_tokens
// CHECK: mixer.mix value(%{{.*}} : tensor<2x8x1x3xf32>) transport(%{{.*}} : tensor<1x4x8xf32>) outs(%{{.*}} : tensor<2x4x1x3xf32>){{.*}}transport = #mixer.structured<dense>
// CHECK: linalg.exp
// CHECK: mixer.mix value(%{{.*}} : tensor<2x4x1x3xf32>) transport(%{{.*}} : tensor<1x8x4xf32>)
// REMARK: raised{{.*}}a dense layer across tokens
func.func @layers_across_tokens(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %up = arith.constant dense<[[0.25, 0.48, 0.59, 0.88, 0.48, 0.84, -0.94, -0.07], [0.89, 0.3, 0.8, -0.77, -0.06, -0.51, 0.09, 0.15], [-0.97, -0.57, -0.44, 0.83, 0.53, -0.68, 0.59, -0.72], [0.23, -0.75, -1.0, 0.74, -0.58, -0.57, 0.96, 0.74]]> : tensor<4x8xf32>
  %e2x4x3 = tensor.empty() : tensor<2x4x3xf32>
  %zero = arith.constant 0.0 : f32
  %z2x4x3 = linalg.fill ins(%zero : f32) outs(%e2x4x3 : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %hidden = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%up, %x : tensor<4x8xf32>, tensor<2x8x3xf32>) outs(%z2x4x3 : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %active = linalg.exp ins(%hidden : tensor<2x4x3xf32>) outs(%e2x4x3 : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %down = arith.constant dense<[[-0.42, 0.92, 0.08, 0.36], [-0.59, 0.88, 0.38, 0.93], [0.79, -0.4, -0.28, -0.67], [-0.71, -0.87, -0.4, 0.21], [-0.99, 0.36, -0.32, -0.38], [0.64, -0.04, -0.37, -0.04], [0.41, -0.89, 0.95, -0.95], [0.5, 0.69, -0.96, 0.58]]> : tensor<8x4xf32>
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %z2x8x3 = linalg.fill ins(%zero : f32) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, d, i, j) -> (i, j)>, affine_map<(b, d, i, j) -> (b, j, d)>, affine_map<(b, d, i, j) -> (b, i, d)>]
      ins(%down, %active : tensor<8x4xf32>, tensor<2x4x3xf32>) outs(%z2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// The exporter's way: a product of the transposed tokens.
// CHECK-LABEL: @layer_of_transposed_tokens
// CHECK: mixer.mix value(%{{.*}} : tensor<2x8x1x3xf32>) transport(%{{.*}} : tensor<1x4x8xf32>)
func.func @layer_of_transposed_tokens(%x: tensor<2x8x3xf32>) -> tensor<2x3x4xf32> {
  %e2x3x8 = tensor.empty() : tensor<2x3x8xf32>
  %channels = linalg.transpose ins(%x : tensor<2x8x3xf32>) outs(%e2x3x8 : tensor<2x3x8xf32>) permutation = [0, 2, 1]
  %rows = tensor.collapse_shape %channels [[0, 1], [2]] : tensor<2x3x8xf32> into tensor<6x8xf32>
  %weight = arith.constant dense<[[0.25, 0.89, -0.97, 0.23], [0.48, 0.3, -0.57, -0.75], [0.59, 0.8, -0.44, -1.0], [0.88, -0.77, 0.83, 0.74], [0.48, -0.06, 0.53, -0.58], [0.84, -0.51, -0.68, -0.57], [-0.94, 0.09, 0.59, 0.96], [-0.07, 0.15, -0.72, 0.74]]> : tensor<8x4xf32>
  %e6x4 = tensor.empty() : tensor<6x4xf32>
  %zero = arith.constant 0.0 : f32
  %z6x4 = linalg.fill ins(%zero : f32) outs(%e6x4 : tensor<6x4xf32>) -> tensor<6x4xf32>
  %product = linalg.matmul ins(%rows, %weight : tensor<6x8xf32>, tensor<8x4xf32>) outs(%z6x4 : tensor<6x4xf32>) -> tensor<6x4xf32>
  %y = tensor.expand_shape %product [[0, 1], [2]] output_shape [2, 3, 4] : tensor<6x4xf32> into tensor<2x3x4xf32>
  return %y : tensor<2x3x4xf32>
}

// A transform of the features mixes no tokens.
// CHECK-LABEL: @transform_of_features
// CHECK: linalg.matmul
// CHECK-NOT: mixer.mix
// REMARK: raised{{.*}}a product of features with a Fourier matrix
func.func @transform_of_features(%x: tensor<2x8x3xf32>) -> tensor<2x8x3xf32> {
  %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x8x3xf32> into tensor<16x3xf32>
  %features = tensor.expand_shape %rows [[0], [1, 2, 3]] output_shape [16, 3, 1, 1] : tensor<16x3xf32> into tensor<16x3x1x1xf32>
  %e16x3x1x1 = tensor.empty() : tensor<16x3x1x1xf32>
  %mixed = mixer.mix value(%features : tensor<16x3x1x1xf32>) outs(%e16x3x1x1 : tensor<16x3x1x1xf32>) {support = #mixer.full, transport = #mixer.structured<cosine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<16x3x1x1xf32>
  %back = tensor.collapse_shape %mixed [[0], [1, 2, 3]] : tensor<16x3x1x1xf32> into tensor<16x3xf32>
  %y = tensor.expand_shape %back [[0, 1], [2]] output_shape [2, 8, 3] : tensor<16x3xf32> into tensor<2x8x3xf32>
  return %y : tensor<2x8x3xf32>
}

// The imaginary part of real features: its transform is left out.
// CHECK-LABEL: @transform_of_zeros
// CHECK-NOT: mixer.mix
// CHECK: return
// REMARK: raised{{.*}}zeros
func.func @transform_of_zeros(%x: tensor<2x8x3xf32>) -> tensor<16x3x1x1xf32> {
  %rows = tensor.collapse_shape %x [[0, 1], [2]] : tensor<2x8x3xf32> into tensor<16x3xf32>
  %features = tensor.expand_shape %rows [[0], [1, 2, 3]] output_shape [16, 3, 1, 1] : tensor<16x3xf32> into tensor<16x3x1x1xf32>
  %zeros = arith.constant dense<0.0> : tensor<16x3x1x1xf32>
  %e16x3x1x1 = tensor.empty() : tensor<16x3x1x1xf32>
  %mixed = mixer.mix value(%zeros : tensor<16x3x1x1xf32>) outs(%e16x3x1x1 : tensor<16x3x1x1xf32>) {support = #mixer.full, transport = #mixer.structured<sine>, score = #mixer.linear, norm = #mixer.norm<none>} -> tensor<16x3x1x1xf32>
  %y = linalg.sub ins(%features, %mixed : tensor<16x3x1x1xf32>, tensor<16x3x1x1xf32>) outs(%e16x3x1x1 : tensor<16x3x1x1xf32>) -> tensor<16x3x1x1xf32>
  return %y : tensor<16x3x1x1xf32>
}

// CHECK-LABEL: @part_of_a_pair
// CHECK: %[[FIRST:.*]] = linalg.exp
// CHECK: %[[PART:.*]] = tensor.expand_shape %[[FIRST]]
// CHECK: return %[[PART]]
func.func @part_of_a_pair(%x: tensor<2x8x3xf32>) -> tensor<2x8x3x1xf32> {
  %e2x8x3 = tensor.empty() : tensor<2x8x3xf32>
  %first = linalg.exp ins(%x : tensor<2x8x3xf32>) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %second = linalg.abs ins(%x : tensor<2x8x3xf32>) outs(%e2x8x3 : tensor<2x8x3xf32>) -> tensor<2x8x3xf32>
  %e2x8x3x2 = tensor.empty() : tensor<2x8x3x2xf32>
  %first_part = tensor.expand_shape %first [[0], [1], [2, 3]] output_shape [2, 8, 3, 1] : tensor<2x8x3xf32> into tensor<2x8x3x1xf32>
  %second_part = tensor.expand_shape %second [[0], [1], [2, 3]] output_shape [2, 8, 3, 1] : tensor<2x8x3xf32> into tensor<2x8x3x1xf32>
  %one = tensor.insert_slice %first_part into %e2x8x3x2[0, 0, 0, 0] [2, 8, 3, 1] [1, 1, 1, 1] : tensor<2x8x3x1xf32> into tensor<2x8x3x2xf32>
  %both = tensor.insert_slice %second_part into %one[0, 0, 0, 1] [2, 8, 3, 1] [1, 1, 1, 1] : tensor<2x8x3x1xf32> into tensor<2x8x3x2xf32>
  %y = tensor.extract_slice %both[0, 0, 0, 0] [2, 8, 3, 1] [1, 1, 1, 1] : tensor<2x8x3x2xf32> to tensor<2x8x3x1xf32>
  return %y : tensor<2x8x3x1xf32>
}

// CHECK-LABEL: @no_layer_of_features
// CHECK-NOT: mixer.mix
func.func @no_layer_of_features(%x: tensor<2x8x3xf32>) -> tensor<2x8x4xf32> {
  %matrix = arith.constant dense<[[-0.27, 0.16, -0.98], [-0.91, -0.64, 0.91], [-0.61, 0.51, 0.86], [0.88, -0.31, -0.29]]> : tensor<4x3xf32>
  %e2x8x4 = tensor.empty() : tensor<2x8x4xf32>
  %zero = arith.constant 0.0 : f32
  %z2x8x4 = linalg.fill ins(%zero : f32) outs(%e2x8x4 : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  %y = linalg.contract indexing_maps = [affine_map<(b, i, j, t) -> (i, j)>, affine_map<(b, i, j, t) -> (b, t, j)>, affine_map<(b, i, j, t) -> (b, t, i)>]
      ins(%matrix, %x : tensor<4x3xf32>, tensor<2x8x3xf32>) outs(%z2x8x4 : tensor<2x8x4xf32>) -> tensor<2x8x4xf32>
  return %y : tensor<2x8x4xf32>
}
