// Updates that no affine transport expresses become region transports.
// RUN: heddle-opt %s --heddle-raise-recurrences=verify=always --canonicalize --cse | FileCheck %s

// The new state is computed by the region; weights are read from outside, tokens are operands.
// CHECK-LABEL: func.func @gru(
// CHECK:         mixer.mix value(%{{[^ ,]+}} : tensor<1x1x1x6xf32>) transport(%{{[^ ,]+}} : tensor<2x7x6xf32>)
// CHECK-SAME:      transport = #mixer.region
// CHECK:         ^bb0(%{{[^ ,]+}}: tensor<2x1x1x6xf32>, %{{[^ ,]+}}: tensor<2x6xf32>):
// CHECK-NOT:     scf.for
func.func @gru(%x: tensor<2x7x6xf32>, %wz: tensor<6x6xf32>, %wr: tensor<6x6xf32>, %wh: tensor<6x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %h0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:2 = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %h0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.empty() : tensor<2x6xf32>
    %v3 = linalg.fill ins(%zero : f32) outs(%v2 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %wz : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.add ins(%v1, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.generic {indexing_maps = [affine_map<(b, e) -> (b, e)>, affine_map<(b, e) -> (b, e)>], iterator_types = ["parallel", "parallel"]}
        ins(%v6 : tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %unit = arith.constant 1.0 : f32
      %minus = arith.negf %e0 : f32
      %ex = math.exp %minus : f32
      %more = arith.addf %ex, %unit : f32
      %prod = arith.divf %unit, %more : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.fill ins(%zero : f32) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %wr : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v10 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v12 = tensor.empty() : tensor<2x6xf32>
    %v13 = linalg.add ins(%v1, %v11 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v12 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v14 = tensor.empty() : tensor<2x6xf32>
    %v15 = linalg.generic {indexing_maps = [affine_map<(b, e) -> (b, e)>, affine_map<(b, e) -> (b, e)>], iterator_types = ["parallel", "parallel"]}
        ins(%v13 : tensor<2x6xf32>) outs(%v14 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %unit = arith.constant 1.0 : f32
      %minus = arith.negf %e0 : f32
      %ex = math.exp %minus : f32
      %more = arith.addf %ex, %unit : f32
      %prod = arith.divf %unit, %more : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v16 = tensor.empty() : tensor<2x6xf32>
    %v17 = linalg.mul ins(%v15, %h : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v16 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v18 = tensor.empty() : tensor<2x6xf32>
    %v19 = linalg.fill ins(%zero : f32) outs(%v18 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v20 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%v17, %wh : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v19 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v21 = tensor.empty() : tensor<2x6xf32>
    %v22 = linalg.add ins(%v1, %v20 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v21 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v23 = tensor.empty() : tensor<2x6xf32>
    %v24 = linalg.tanh ins(%v22 : tensor<2x6xf32>) outs(%v23 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v25 = tensor.empty() : tensor<2x6xf32>
    %v26 = linalg.mul ins(%v8, %h : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v25 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v27 = tensor.empty() : tensor<2x6xf32>
    %v28 = linalg.generic {indexing_maps = [affine_map<(b, d) -> (b, d)>, affine_map<(b, d) -> (b, d)>], iterator_types = ["parallel", "parallel"]}
        ins(%v8 : tensor<2x6xf32>) outs(%v27 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %factor = arith.constant 1.0 : f32
      %prod = arith.subf %factor, %e0 : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v29 = tensor.empty() : tensor<2x6xf32>
    %v30 = linalg.mul ins(%v28, %v24 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v29 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v31 = tensor.empty() : tensor<2x6xf32>
    %v32 = linalg.add ins(%v26, %v30 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v31 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v32 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v32, %wrote : tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#1 : tensor<2x7x6xf32>
}

// Two states side by side in one; both come in and go out.
// CHECK-LABEL: func.func @lstm(
// CHECK:         mixer.mix value(%{{[^ ,]+}} : tensor<1x1x1x12xf32>)
// CHECK-SAME:      state(%{{[^ ,]+}} : tensor<2x1x1x12xf32>)
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @lstm(%x: tensor<2x7x6xf32>, %wi: tensor<6x6xf32>, %wf: tensor<6x6xf32>, %wo: tensor<6x6xf32>, %wc: tensor<6x6xf32>, %before: tensor<2x6xf32>) -> (tensor<2x7x6xf32>, tensor<2x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %cell0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:3 = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %before, %cell = %cell0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.empty() : tensor<2x6xf32>
    %v3 = linalg.fill ins(%zero : f32) outs(%v2 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %wi : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.add ins(%v1, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.generic {indexing_maps = [affine_map<(b, e) -> (b, e)>, affine_map<(b, e) -> (b, e)>], iterator_types = ["parallel", "parallel"]}
        ins(%v6 : tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %unit = arith.constant 1.0 : f32
      %minus = arith.negf %e0 : f32
      %ex = math.exp %minus : f32
      %more = arith.addf %ex, %unit : f32
      %prod = arith.divf %unit, %more : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.fill ins(%zero : f32) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %wf : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v10 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v12 = tensor.empty() : tensor<2x6xf32>
    %v13 = linalg.add ins(%v1, %v11 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v12 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v14 = tensor.empty() : tensor<2x6xf32>
    %v15 = linalg.generic {indexing_maps = [affine_map<(b, e) -> (b, e)>, affine_map<(b, e) -> (b, e)>], iterator_types = ["parallel", "parallel"]}
        ins(%v13 : tensor<2x6xf32>) outs(%v14 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %unit = arith.constant 1.0 : f32
      %minus = arith.negf %e0 : f32
      %ex = math.exp %minus : f32
      %more = arith.addf %ex, %unit : f32
      %prod = arith.divf %unit, %more : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v16 = tensor.empty() : tensor<2x6xf32>
    %v17 = linalg.fill ins(%zero : f32) outs(%v16 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v18 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %wo : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v17 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v19 = tensor.empty() : tensor<2x6xf32>
    %v20 = linalg.add ins(%v1, %v18 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v19 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v21 = tensor.empty() : tensor<2x6xf32>
    %v22 = linalg.generic {indexing_maps = [affine_map<(b, e) -> (b, e)>, affine_map<(b, e) -> (b, e)>], iterator_types = ["parallel", "parallel"]}
        ins(%v20 : tensor<2x6xf32>) outs(%v21 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %o: f32):
      %unit = arith.constant 1.0 : f32
      %minus = arith.negf %e0 : f32
      %ex = math.exp %minus : f32
      %more = arith.addf %ex, %unit : f32
      %prod = arith.divf %unit, %more : f32
      linalg.yield %prod : f32
    } -> tensor<2x6xf32>
    %v23 = tensor.empty() : tensor<2x6xf32>
    %v24 = linalg.fill ins(%zero : f32) outs(%v23 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v25 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %wc : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v24 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v26 = tensor.empty() : tensor<2x6xf32>
    %v27 = linalg.add ins(%v1, %v25 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v26 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v28 = tensor.empty() : tensor<2x6xf32>
    %v29 = linalg.tanh ins(%v27 : tensor<2x6xf32>) outs(%v28 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v30 = tensor.empty() : tensor<2x6xf32>
    %v31 = linalg.mul ins(%v15, %cell : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v30 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v32 = tensor.empty() : tensor<2x6xf32>
    %v33 = linalg.mul ins(%v8, %v29 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v32 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v34 = tensor.empty() : tensor<2x6xf32>
    %v35 = linalg.add ins(%v31, %v33 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v34 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v36 = tensor.empty() : tensor<2x6xf32>
    %v37 = linalg.tanh ins(%v35 : tensor<2x6xf32>) outs(%v36 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v38 = tensor.empty() : tensor<2x6xf32>
    %v39 = linalg.mul ins(%v22, %v37 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v38 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v39 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v39, %v35, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#2, %r#1 : tensor<2x7x6xf32>, tensor<2x6xf32>
}

// The second layer reads the first: a mixer for each.
// CHECK-LABEL: func.func @two_layers(
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK:         mixer.mix
// CHECK-SAME:      transport = #mixer.region
// CHECK-NOT:     scf.for
func.func @two_layers(%x: tensor<2x7x6xf32>, %w1: tensor<6x6xf32>, %w2: tensor<6x6xf32>) -> (tensor<2x7x6xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c7 = arith.constant 7 : index
  %zero = arith.constant 0.0 : f32
  %h0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %g0 = arith.constant dense<0.0> : tensor<2x6xf32>
  %empty = tensor.empty() : tensor<2x7x6xf32>
  %r:3 = scf.for %t = %c0 to %c7 step %c1 iter_args(%h = %h0, %g = %g0, %out = %empty) -> (tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>) {
    %v1 = tensor.extract_slice %x[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x7x6xf32> to tensor<2x6xf32>
    %v2 = tensor.empty() : tensor<2x6xf32>
    %v3 = linalg.fill ins(%zero : f32) outs(%v2 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v4 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%h, %w1 : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v3 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v5 = tensor.empty() : tensor<2x6xf32>
    %v6 = linalg.add ins(%v1, %v4 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v5 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v7 = tensor.empty() : tensor<2x6xf32>
    %v8 = linalg.tanh ins(%v6 : tensor<2x6xf32>) outs(%v7 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v9 = tensor.empty() : tensor<2x6xf32>
    %v10 = linalg.fill ins(%zero : f32) outs(%v9 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v11 = linalg.generic {indexing_maps = [affine_map<(b, e, d) -> (b, d)>, affine_map<(b, e, d) -> (d, e)>, affine_map<(b, e, d) -> (b, e)>], iterator_types = ["parallel", "parallel", "reduction"]}
        ins(%g, %w2 : tensor<2x6xf32>, tensor<6x6xf32>) outs(%v10 : tensor<2x6xf32>) {
    ^bb0(%e0: f32, %e1: f32, %o: f32):
      %prod = arith.mulf %e0, %e1 : f32
      %sum = arith.addf %o, %prod : f32
      linalg.yield %sum : f32
    } -> tensor<2x6xf32>
    %v12 = tensor.empty() : tensor<2x6xf32>
    %v13 = linalg.add ins(%v8, %v11 : tensor<2x6xf32>, tensor<2x6xf32>) outs(%v12 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %v14 = tensor.empty() : tensor<2x6xf32>
    %v15 = linalg.tanh ins(%v13 : tensor<2x6xf32>) outs(%v14 : tensor<2x6xf32>) -> tensor<2x6xf32>
    %wrote = tensor.insert_slice %v15 into %out[0, %t, 0] [2, 1, 6] [1, 1, 1] : tensor<2x6xf32> into tensor<2x7x6xf32>
    scf.yield %v8, %v15, %wrote : tensor<2x6xf32>, tensor<2x6xf32>, tensor<2x7x6xf32>
  }
  return %r#2 : tensor<2x7x6xf32>
}
