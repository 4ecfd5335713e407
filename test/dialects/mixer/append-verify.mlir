// RUN: heddle-opt %s --split-input-file --verify-diagnostics
// Constraint Cn of mixer.append fails here as @append_cn.

func.func @append_c1(%tokens: memref<2x3x4xf32>, %positions: tensor<2xi64>, %init: tensor<2x8x4xf32>) {
  // expected-error@+1 {{operands, expected tensors like the init but got 'memref<2x3x4xf32>' and 'tensor<2xi64>'}}
  %kept = mixer.append %tokens at(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4xf32>) : memref<2x3x4xf32> -> tensor<2x8x4xf32>
  return
}

// -----

func.func @append_c2(%tokens: tensor<2x3x4xf16>, %positions: tensor<2xi64>, %init: tensor<2x8x4xf32>) {
  // expected-error@+1 {{tokens, expected rank and element type of the init, 'tensor<2x8x4xf32>', at least 2, but got 'tensor<2x3x4xf16>'}}
  %kept = mixer.append %tokens at(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4xf32>) : tensor<2x3x4xf16> -> tensor<2x8x4xf32>
  return
}

// -----

func.func @append_c2_rank(%tokens: tensor<2xf32>, %positions: tensor<2xi64>, %init: tensor<2xf32>) {
  // expected-error@+1 {{tokens, expected rank and element type of the init, 'tensor<2xf32>', at least 2, but got 'tensor<2xf32>'}}
  %kept = mixer.append %tokens at(%positions : tensor<2xi64>) outs(%init : tensor<2xf32>) : tensor<2xf32> -> tensor<2xf32>
  return
}

// -----

func.func @append_c3(%tokens: tensor<2x3x5xf32>, %positions: tensor<2xi64>, %init: tensor<2x8x4xf32>) {
  // expected-error@+1 {{dimension 2 of tokens, expected 4 but got 5}}
  %kept = mixer.append %tokens at(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4xf32>) : tensor<2x3x5xf32> -> tensor<2x8x4xf32>
  return
}

// -----

func.func @append_c4(%tokens: tensor<2x3x4xf32>, %positions: tensor<3xi64>, %init: tensor<2x8x4xf32>) {
  // expected-error@+1 {{positions, expected 1 or 2 of i32 or i64 but got 'tensor<3xi64>'}}
  %kept = mixer.append %tokens at(%positions : tensor<3xi64>) outs(%init : tensor<2x8x4xf32>) : tensor<2x3x4xf32> -> tensor<2x8x4xf32>
  return
}

// -----

func.func @append_c4_type(%tokens: tensor<2x3x4xf32>, %positions: tensor<2xf32>, %init: tensor<2x8x4xf32>) {
  // expected-error@+1 {{positions, expected 1 or 2 of i32 or i64 but got 'tensor<2xf32>'}}
  %kept = mixer.append %tokens at(%positions : tensor<2xf32>) outs(%init : tensor<2x8x4xf32>) : tensor<2x3x4xf32> -> tensor<2x8x4xf32>
  return
}

// -----

func.func @append_c5(%tokens: tensor<2x3x4xf32>, %positions: tensor<2xi64>, %init: tensor<2x8x4xf32>) {
  // expected-error@+1 {{ring, expected 1 to 8 but got 9}}
  %kept = mixer.append %tokens at(%positions : tensor<2xi64>) outs(%init : tensor<2x8x4xf32>) {ring = 9 : i64} : tensor<2x3x4xf32> -> tensor<2x8x4xf32>
  return
}
