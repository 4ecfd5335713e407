// Means with exponential weights that are carried in units of the largest weight.
// RUN: heddle-opt %s --heddle-raise-recurrences=verify=always --canonicalize --cse | FileCheck %s

// The newest token has a weight of its own; weights are kept in units of the largest.
// CHECK-LABEL: func.func @weighted_mean(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<1x1x6x1xf32>) current(%{{[^ ,]+}} : tensor<6x1xf32>)
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @weighted_mean(%k: tensor<2x7x6xf32>, %v: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %n0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %d0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %n0, %d = %d0, %m = %low, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v1, %u : tensor<2x6xf32>, tensor<6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.max ins(%m, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.sub ins(%m, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.exp ins(%v8 : tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.sub ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.exp ins(%v12 : tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.mul ins(%v10, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.mul ins(%v14, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.add ins(%v16, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v21 = tensor.empty() : tensor<2x6xf32>
    %v22 = linalg.mul ins(%v10, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v21 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v23 = tensor.empty() : tensor<2x6xf32>
    %v24 = linalg.add ins(%v22, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v23 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v25 = tensor.empty() : tensor<2x6xf32>
    %v26 = linalg.div ins(%v20, %v24 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v25 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v27 = tensor.empty() : tensor<2x6xf32>
    %v28 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w : tensor<2x6xf32>, tensor<6xf32>) outs(%v27 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v29 = tensor.empty() : tensor<2x6xf32>
    %v30 = linalg.max ins(%v28, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v29 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v31 = tensor.empty() : tensor<2x6xf32>
    %v32 = linalg.sub ins(%v28, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v31 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v33 = tensor.empty() : tensor<2x6xf32>
    %v34 = linalg.exp ins(%v32 : tensor<2x6xf32>) outs(%v33 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v35 = tensor.empty() : tensor<2x6xf32>
    %v36 = linalg.sub ins(%v1, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v35 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v37 = tensor.empty() : tensor<2x6xf32>
    %v38 = linalg.exp ins(%v36 : tensor<2x6xf32>) outs(%v37 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v39 = tensor.empty() : tensor<2x6xf32>
    %v40 = linalg.mul ins(%v34, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v39 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v41 = tensor.empty() : tensor<2x6xf32>
    %v42 = linalg.mul ins(%v38, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v41 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v43 = tensor.empty() : tensor<2x6xf32>
    %v44 = linalg.add ins(%v40, %v42 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v43 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v45 = tensor.empty() : tensor<2x6xf32>
    %v46 = linalg.mul ins(%v34, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v45 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v47 = tensor.empty() : tensor<2x6xf32>
    %v48 = linalg.add ins(%v46, %v38 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v47 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v26 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v44, %v48, %v30, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// States come in and go out: numerator, denominator and unit, which is the largest exponent here and in a mixer.
// CHECK-LABEL: func.func @carried_mean(
// CHECK:         %[[MIX:.*]]:4 = mixer.mix
// CHECK-SAME:      state(%{{[^ ,]+}}, %{{[^ ,]+}}, %{{[^ ,]+}} : tensor<2x6x1x1xf32>, tensor<2x6x1xf32>, tensor<2x6x1xf32>)
// CHECK-SAME:      norm = #mixer.norm<running>, score = #mixer.linear<log_keys = true>
// CHECK-NOT:     scf.for
// CHECK-NOT:     transport_region
func.func @carried_mean(%k: tensor<2x7x6xf32>, %v: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>,
                        %n0: tensor<2x6xf32>, %d0: tensor<2x6xf32>, %low: tensor<2x6xf32>)
    -> (tensor<2x7x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %n0, %d = %d0, %m = %low, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v1, %u : tensor<2x6xf32>, tensor<6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.max ins(%m, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.sub ins(%m, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.exp ins(%v8 : tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.sub ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.exp ins(%v12 : tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.mul ins(%v10, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.mul ins(%v14, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.add ins(%v16, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v21 = tensor.empty() : tensor<2x6xf32>
    %v22 = linalg.mul ins(%v10, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v21 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v23 = tensor.empty() : tensor<2x6xf32>
    %v24 = linalg.add ins(%v22, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v23 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v25 = tensor.empty() : tensor<2x6xf32>
    %v26 = linalg.div ins(%v20, %v24 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v25 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v27 = tensor.empty() : tensor<2x6xf32>
    %v28 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w : tensor<2x6xf32>, tensor<6xf32>) outs(%v27 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v29 = tensor.empty() : tensor<2x6xf32>
    %v30 = linalg.max ins(%v28, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v29 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v31 = tensor.empty() : tensor<2x6xf32>
    %v32 = linalg.sub ins(%v28, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v31 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v33 = tensor.empty() : tensor<2x6xf32>
    %v34 = linalg.exp ins(%v32 : tensor<2x6xf32>) outs(%v33 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v35 = tensor.empty() : tensor<2x6xf32>
    %v36 = linalg.sub ins(%v1, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v35 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v37 = tensor.empty() : tensor<2x6xf32>
    %v38 = linalg.exp ins(%v36 : tensor<2x6xf32>) outs(%v37 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v39 = tensor.empty() : tensor<2x6xf32>
    %v40 = linalg.mul ins(%v34, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v39 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v41 = tensor.empty() : tensor<2x6xf32>
    %v42 = linalg.mul ins(%v38, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v41 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v43 = tensor.empty() : tensor<2x6xf32>
    %v44 = linalg.add ins(%v40, %v42 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v43 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v45 = tensor.empty() : tensor<2x6xf32>
    %v46 = linalg.mul ins(%v34, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v45 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v47 = tensor.empty() : tensor<2x6xf32>
    %v48 = linalg.add ins(%v46, %v38 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v47 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v26 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v44, %v48, %v30, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3, %r#0, %r#1, %r#2 : tensor<2x7x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>
}

// CHECK-LABEL: func.func @final_states(
// CHECK:         %[[MIX:.*]]:4 = mixer.mix
// CHECK-NOT:       state(
// CHECK-SAME:      norm = #mixer.norm<running>, score = #mixer.linear<log_keys = true>
// CHECK-NOT:     scf.for
func.func @final_states(%k: tensor<2x7x6xf32>, %v: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %n0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %d0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %n0, %d = %d0, %m = %low, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v1, %u : tensor<2x6xf32>, tensor<6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.max ins(%m, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.sub ins(%m, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.exp ins(%v8 : tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.sub ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.exp ins(%v12 : tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.mul ins(%v10, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.mul ins(%v14, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.add ins(%v16, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v21 = tensor.empty() : tensor<2x6xf32>
    %v22 = linalg.mul ins(%v10, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v21 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v23 = tensor.empty() : tensor<2x6xf32>
    %v24 = linalg.add ins(%v22, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v23 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v25 = tensor.empty() : tensor<2x6xf32>
    %v26 = linalg.div ins(%v20, %v24 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v25 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v27 = tensor.empty() : tensor<2x6xf32>
    %v28 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w : tensor<2x6xf32>, tensor<6xf32>) outs(%v27 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v29 = tensor.empty() : tensor<2x6xf32>
    %v30 = linalg.max ins(%v28, %v1 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v29 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v31 = tensor.empty() : tensor<2x6xf32>
    %v32 = linalg.sub ins(%v28, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v31 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v33 = tensor.empty() : tensor<2x6xf32>
    %v34 = linalg.exp ins(%v32 : tensor<2x6xf32>) outs(%v33 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v35 = tensor.empty() : tensor<2x6xf32>
    %v36 = linalg.sub ins(%v1, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v35 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v37 = tensor.empty() : tensor<2x6xf32>
    %v38 = linalg.exp ins(%v36 : tensor<2x6xf32>) outs(%v37 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v39 = tensor.empty() : tensor<2x6xf32>
    %v40 = linalg.mul ins(%v34, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v39 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v41 = tensor.empty() : tensor<2x6xf32>
    %v42 = linalg.mul ins(%v38, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v41 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v43 = tensor.empty() : tensor<2x6xf32>
    %v44 = linalg.add ins(%v40, %v42 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v43 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v45 = tensor.empty() : tensor<2x6xf32>
    %v46 = linalg.mul ins(%v34, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v45 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v47 = tensor.empty() : tensor<2x6xf32>
    %v48 = linalg.add ins(%v46, %v38 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v47 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v26 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v44, %v48, %v30, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3, %r#0, %r#2 : tensor<2x7x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>
}

// The unit counts the bonus of the newest token, so that all states differ from a mixer's: a region hands them out.
// CHECK-LABEL: func.func @other_unit(
// CHECK:         mixer.mix
// CHECK-SAME:      transport_region
// CHECK-NOT:     scf.for
func.func @other_unit(%k: tensor<2x7x6xf32>, %v: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>,
                        %n0: tensor<2x6xf32>, %d0: tensor<2x6xf32>, %low: tensor<2x6xf32>)
    -> (tensor<2x7x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %n0, %d = %d0, %m = %low, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %k[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.extract_slice %v[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v3 = tensor.empty() : tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v1, %u : tensor<2x6xf32>, tensor<6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.max ins(%m, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.sub ins(%m, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.exp ins(%v8 : tensor<2x6xf32>) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = tensor.empty() : tensor<2x6xf32>
    %v12 = linalg.sub ins(%v4, %v6 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v11 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v13 = tensor.empty() : tensor<2x6xf32>
    %v14 = linalg.exp ins(%v12 : tensor<2x6xf32>) outs(%v13 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v15 = tensor.empty() : tensor<2x6xf32>
    %v16 = linalg.mul ins(%v10, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v15 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v17 = tensor.empty() : tensor<2x6xf32>
    %v18 = linalg.mul ins(%v14, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v17 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.add ins(%v16, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v21 = tensor.empty() : tensor<2x6xf32>
    %v22 = linalg.mul ins(%v10, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v21 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v23 = tensor.empty() : tensor<2x6xf32>
    %v24 = linalg.add ins(%v22, %v14 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v23 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v25 = tensor.empty() : tensor<2x6xf32>
    %v26 = linalg.div ins(%v20, %v24 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v25 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v27 = tensor.empty() : tensor<2x6xf32>
    %v28 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w : tensor<2x6xf32>, tensor<6xf32>) outs(%v27 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %sum = arith.addf %e0, %e1 : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v29 = tensor.empty() : tensor<2x6xf32>
    %v30 = linalg.max ins(%v28, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v29 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v31 = tensor.empty() : tensor<2x6xf32>
    %v32 = linalg.sub ins(%v28, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v31 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v33 = tensor.empty() : tensor<2x6xf32>
    %v34 = linalg.exp ins(%v32 : tensor<2x6xf32>) outs(%v33 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v35 = tensor.empty() : tensor<2x6xf32>
    %v36 = linalg.sub ins(%v1, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v35 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v37 = tensor.empty() : tensor<2x6xf32>
    %v38 = linalg.exp ins(%v36 : tensor<2x6xf32>) outs(%v37 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v39 = tensor.empty() : tensor<2x6xf32>
    %v40 = linalg.mul ins(%v34, %n : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v39 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v41 = tensor.empty() : tensor<2x6xf32>
    %v42 = linalg.mul ins(%v38, %v2 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v41 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v43 = tensor.empty() : tensor<2x6xf32>
    %v44 = linalg.add ins(%v40, %v42 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v43 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v45 = tensor.empty() : tensor<2x6xf32>
    %v46 = linalg.mul ins(%v34, %d : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v45 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v47 = tensor.empty() : tensor<2x6xf32>
    %v48 = linalg.add ins(%v46, %v38 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v47 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v26 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v44, %v48, %v30, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3, %r#0, %r#1, %r#2 : tensor<2x7x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>
}

// The unit decays and the sums do not: what they mean is the mean of all tokens alike.
// CHECK-LABEL: func.func @undecayed_sums(
// CHECK-DAG:     %[[NONE:.*]] = arith.constant dense<0.000000e+00> : tensor<1x1x1x1xf32>
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%[[NONE]] :
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @undecayed_sums(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_m1 : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.subf %e_k, %e_m1 : f32
      %t5 = math.exp %t4 : f32
      %t6 = arith.mulf %t5, %e_v : f32
      %t7 = arith.addf %t3, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %m1, %c, %k : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_m1 : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_c : f32
      %t4 = arith.subf %e_k, %e_m1 : f32
      %t5 = math.exp %t4 : f32
      %t6 = arith.addf %t3, %t5 : f32
      linalg.yield %t6 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// The unit is larger than it needs to be.
// CHECK-LABEL: func.func @unit_of_another_key(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<1x1x6x1xf32>) current(%{{[^ ,]+}} : tensor<6x1xf32>)
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @unit_of_another_key(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k, %u : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.addf %e_k, %e_u : f32
      %t3 = arith.maximumf %t1, %t2 : f32
      linalg.yield %t3 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// No maximum at all: the unit is the newest key, and the read counts in units of the state before.
// CHECK-LABEL: func.func @no_maximum(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<1x1x6x1xf32>) current(%{{[^ ,]+}} : tensor<6x1xf32>)
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @no_maximum(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<0.0> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v, %u, %k, %m, %n, %c : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_v: f32, %e_u: f32, %e_k: f32, %e_m: f32, %e_n: f32, %e_c: f32, %o: f32):
      %t1 = arith.addf %e_u, %e_k : f32
      %t2 = arith.subf %t1, %e_m : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %e_v, %t3 : f32
      %t5 = arith.addf %t4, %e_n : f32
      %t6 = arith.addf %e_u, %e_k : f32
      %t7 = arith.subf %t6, %e_m : f32
      %t8 = math.exp %t7 : f32
      %t9 = arith.addf %t8, %e_c : f32
      %t10 = arith.divf %t5, %t9 : f32
      linalg.yield %t10 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%k : tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_k: f32, %o: f32):
      %t1 = arith.constant 0.0 : f32
      %t2 = arith.addf %e_k, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v, %n, %m, %k, %w : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_v: f32, %e_n: f32, %e_m: f32, %e_k: f32, %e_w: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_k : f32
      %t2 = arith.addf %t1, %e_w : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %e_n, %t3 : f32
      %t5 = arith.addf %e_v, %t4 : f32
      linalg.yield %t5 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %w, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_w: f32, %e_c: f32, %o: f32):
      %t1 = arith.constant 1.0 : f32
      %t2 = arith.subf %e_k, %e_w : f32
      %t3 = arith.subf %e_m, %t2 : f32
      %t4 = math.exp %t3 : f32
      %t5 = arith.mulf %t4, %e_c : f32
      %t6 = arith.addf %t1, %t5 : f32
      linalg.yield %t6 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// The newest token weighs in the read as it does in the sums: no bonus.
// CHECK-LABEL: func.func @read_after_update(
// CHECK:         mixer.mix
// CHECK-NOT:       current(
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @read_after_update(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%n1, %c1_ : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_n1: f32, %e_c1_: f32, %o: f32):
      %t1 = arith.divf %e_n1, %e_c1_ : f32
      linalg.yield %t1 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// A product with one over the sum of the weights, and a bonus that is a number.
// CHECK-LABEL: func.func @product_with_reciprocal(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<1x1x6x1xf32>) current(%{{[^ ,]+}} : tensor<6x1xf32>)
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @product_with_reciprocal(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k : tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %o: f32):
      %t1 = arith.constant 0.5 : f32
      %t2 = arith.addf %e_k, %t1 : f32
      %t3 = arith.maximumf %e_m, %t2 : f32
      linalg.yield %t3 : f32
    } -> tensor<2x6xf32>
    %below = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %c, %k : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.constant 1.0 : f32
      %t2 = arith.subf %e_m, %e_p : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.constant 0.5 : f32
      %t6 = arith.addf %e_k, %t5 : f32
      %t7 = arith.subf %t6, %e_p : f32
      %t8 = math.exp %t7 : f32
      %t9 = arith.addf %t4, %t8 : f32
      %t10 = arith.divf %t1, %t9 : f32
      linalg.yield %t10 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %v, %below : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_v: f32, %e_below: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.constant 0.5 : f32
      %t5 = arith.addf %e_k, %t4 : f32
      %t6 = arith.subf %t5, %e_p : f32
      %t7 = math.exp %t6 : f32
      %t8 = arith.mulf %t7, %e_v : f32
      %t9 = arith.addf %t3, %t8 : f32
      %t10 = arith.mulf %t9, %e_below : f32
      linalg.yield %t10 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// Each token has its own decay.
// CHECK-LABEL: func.func @decay_of_the_token(
// CHECK:         mixer.mix
// CHECK-SAME:      transport(%{{[^ ,]+}} : tensor<2x7x6x1xf32>) current(
// CHECK-SAME:      norm = #mixer.norm<row_sum>, score = #mixer.linear<log_keys = true>
// CHECK-SAME:      transport = #mixer.key_channel
// CHECK-NOT:     scf.for
func.func @decay_of_the_token(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %ws: tensor<2x7x6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %w = tensor.extract_slice %ws[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// Each token has its own bonus, which the mixer does not know.
// CHECK-LABEL: func.func @bonus_of_the_token(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @bonus_of_the_token(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %us: tensor<2x7x6xf32>, %w: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %u = tensor.extract_slice %us[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// The sum of the weights does not decay.
// CHECK-LABEL: func.func @numerator_decays_alone(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @numerator_decays_alone(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %m1, %c, %k : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_m1 : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_c : f32
      %t4 = arith.subf %e_k, %e_m1 : f32
      %t5 = math.exp %t4 : f32
      %t6 = arith.addf %t3, %t5 : f32
      linalg.yield %t6 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// Values and weights are summed with different keys.
// CHECK-LABEL: func.func @weights_of_another_key(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @weights_of_another_key(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_v, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// What is added to the numerator is in units of the read.
// CHECK-LABEL: func.func @sum_in_another_unit(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @sum_in_another_unit(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %p = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %k, %u : tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_k: f32, %e_u: f32, %o: f32):
      %t1 = arith.addf %e_k, %e_u : f32
      %t2 = arith.maximumf %e_m, %t1 : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %p, %n, %k, %u, %v, %c : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_p: f32, %e_n: f32, %e_k: f32, %e_u: f32, %e_v: f32, %e_c: f32, %o: f32):
      %t1 = arith.subf %e_m, %e_p : f32
      %t2 = math.exp %t1 : f32
      %t3 = arith.mulf %t2, %e_n : f32
      %t4 = arith.addf %e_k, %e_u : f32
      %t5 = arith.subf %t4, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t3, %t7 : f32
      %t9 = arith.subf %e_m, %e_p : f32
      %t10 = math.exp %t9 : f32
      %t11 = arith.mulf %t10, %e_c : f32
      %t12 = arith.addf %e_k, %e_u : f32
      %t13 = arith.subf %t12, %e_p : f32
      %t14 = math.exp %t13 : f32
      %t15 = arith.addf %t11, %t14 : f32
      %t16 = arith.divf %t8, %t15 : f32
      linalg.yield %t16 : f32
    } -> tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %p, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_p: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_p : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}

// The numerator is read after its update, the sum of the weights before its own.
// CHECK-LABEL: func.func @read_of_two_times(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @read_of_two_times(%ks: tensor<2x7x6xf32>, %vs: tensor<2x7x6xf32>, %w: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %low = arith.constant dense<-1.0e+38> : tensor<2x6xf32>
  %zeros = arith.constant dense<0.0> : tensor<2x6xf32>
  %init = tensor.empty() : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:4 = scf.for %t = %c0 to %c7 step %c1 iter_args(%n = %zeros, %c = %zeros, %m = %low, %out = %empty)
      -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %k = tensor.extract_slice %ks[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v = tensor.extract_slice %vs[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %m1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.maximumf %t1, %e_k : f32
      linalg.yield %t2 : f32
    } -> tensor<2x6xf32>
    %n1 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %n, %k, %v : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_n: f32, %e_k: f32, %e_v: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_n : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.mulf %t6, %e_v : f32
      %t8 = arith.addf %t4, %t7 : f32
      linalg.yield %t8 : f32
    } -> tensor<2x6xf32>
    %c1_ = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m, %w, %m1, %c, %k : tensor<2x6xf32>, tensor<6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m: f32, %e_w: f32, %e_m1: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = arith.addf %e_m, %e_w : f32
      %t2 = arith.subf %t1, %e_m1 : f32
      %t3 = math.exp %t2 : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = arith.subf %e_k, %e_m1 : f32
      %t6 = math.exp %t5 : f32
      %t7 = arith.addf %t4, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %y = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%m1, %n1, %m, %c, %k : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>) outs(%init : tensor<2x6xf32>) {
    ^bb0(%e_m1: f32, %e_n1: f32, %e_m: f32, %e_c: f32, %e_k: f32, %o: f32):
      %t1 = math.exp %e_m1 : f32
      %t2 = arith.mulf %t1, %e_n1 : f32
      %t3 = math.exp %e_m : f32
      %t4 = arith.mulf %t3, %e_c : f32
      %t5 = math.exp %e_k : f32
      %t6 = arith.addf %t4, %t5 : f32
      %t7 = arith.divf %t2, %t6 : f32
      linalg.yield %t7 : f32
    } -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %y into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %n1, %c1_, %m1, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#3 : tensor<2x7x6xf32>
}
