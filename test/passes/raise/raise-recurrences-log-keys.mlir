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

// The largest weight decays, the sums do not: no mean with one weight for each token.
// CHECK-LABEL: func.func @undecayed_numerator(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @undecayed_numerator(%k: tensor<2x7x6xf32>, %v: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
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
    %v32 = linalg.sub ins(%m, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v31 : tensor<2x6xf32>) -> tensor<2x6xf32>
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

// The maximum is over the keys with bonus: larger than needed, and the sums still count in its units.
// CHECK-LABEL: func.func @maximum_of_another_key(
// CHECK:         mixer.mix
// CHECK-NOT:     scf.for
func.func @maximum_of_another_key(%k: tensor<2x7x6xf32>, %v: tensor<2x7x6xf32>, %w: tensor<6xf32>, %u: tensor<6xf32>) -> (tensor<2x7x6xf32>) {
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
  return %r#3 : tensor<2x7x6xf32>
}
