// A product in f32 whose result is f64.
module {
  func.func @forward(%x: tensor<4x64xf32> {heddle.name = "x", heddle.shape = affine_map<() -> (4, 64)>})
      -> (tensor<4x4xf64> {heddle.name = "y", heddle.shape = affine_map<() -> (4, 4)>}) attributes {heddle.symbols = []} {
    %zero = arith.constant 0.0 : f32
    %empty = tensor.empty() : tensor<4x4xf32>
    %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<4x4xf32>) -> tensor<4x4xf32>
    %product = linalg.generic {indexing_maps = [affine_map<(i, j, d) -> (i, d)>, affine_map<(i, j, d) -> (j, d)>, affine_map<(i, j, d) -> (i, j)>],
        iterator_types = ["parallel", "parallel", "reduction"]} ins(%x, %x : tensor<4x64xf32>, tensor<4x64xf32>) outs(%init : tensor<4x4xf32>) {
    ^bb0(%a: f32, %b: f32, %out: f32):
      %p = arith.mulf %a, %b : f32
      %s = arith.addf %out, %p : f32
      linalg.yield %s : f32
    } -> tensor<4x4xf32>
    %wide = tensor.empty() : tensor<4x4xf64>
    %y = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%product : tensor<4x4xf32>) outs(%wide : tensor<4x4xf64>) {
    ^bb0(%a: f32, %out: f64):
      %e = arith.extf %a : f32 to f64
      linalg.yield %e : f64
    } -> tensor<4x4xf64>
    return %y : tensor<4x4xf64>
  }
}
