// RUN: heddle-opt %s --heddle-expand-mix --split-input-file --verify-diagnostics

func.func @no_expand_tensors(%query: tensor<?x?x1x8xf32>, %init: tensor<?x?x1x8xf32>) -> tensor<?x?x1x8xf32> {
  // expected-error @+1 {{operands, expected memrefs but got 'tensor<?x?x1x8xf32>'; run --heddle-bufferize first}}
  %output = mixer.mix query(%query : tensor<?x?x1x8xf32>) key(%query : tensor<?x?x1x8xf32>)
    value(%query : tensor<?x?x1x8xf32>) outs(%init : tensor<?x?x1x8xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<recurrent>} -> tensor<?x?x1x8xf32>
  return %output : tensor<?x?x1x8xf32>
}

// -----

func.func @no_expand_without_form(%query: memref<?x?x1x8xf32>, %output: memref<?x?x1x8xf32>) {
  // expected-error @+1 {{form, expected one of the admitted forms but got none; run --heddle-pick-form first}}
  mixer.mix query(%query : memref<?x?x1x8xf32>) key(%query : memref<?x?x1x8xf32>) value(%query : memref<?x?x1x8xf32>)
    outs(%output : memref<?x?x1x8xf32>)
    {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
  return
}

// -----

func.func @no_expand_factored(%query: memref<?x?x1x8xf32>, %output: memref<?x?x1x8xf32>) {
  // expected-error @+1 {{form, expected one of buffers but got factored; run --heddle-expand-factored first}}
  mixer.mix query(%query : memref<?x?x1x8xf32>) key(%query : memref<?x?x1x8xf32>) value(%query : memref<?x?x1x8xf32>)
    outs(%output : memref<?x?x1x8xf32>)
    {support = #mixer.full, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>,
     form = #mixer.form<factored>}
  return
}
