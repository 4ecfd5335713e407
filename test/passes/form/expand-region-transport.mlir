// RUN: heddle-opt %s --heddle-expand-region-transport --canonicalize | FileCheck %s

// CHECK-LABEL: func.func @gated_state
// CHECK-SAME:    %[[QUERY:[a-z0-9]+]]: tensor<2x?x2x4xf32>, %[[VALUE:[a-z0-9]+]]: tensor<2x?x2x3xf32>, %[[GATE:[a-z0-9]+]]: tensor<2x?x2x4x3xf32>
// CHECK:         %[[LOOP:.+]]:2 = scf.for %[[T:.+]] = %{{.+}} to %{{.+}} step %{{.+}} iter_args(%[[STATE:.+]] = %{{.+}}, %[[OUT:.+]] = %{{.+}})
// CHECK:           tensor.extract_slice %[[GATE]][0, %[[T]], 0, 0, 0]
// CHECK:           arith.mulf
// The update by key and value, then the read-out.
// CHECK:           tensor.extract_slice %{{.+}}[0, %[[T]], 0, 0]
// CHECK:           linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "parallel"]
// CHECK:           tensor.extract_slice %[[QUERY]][0, %[[T]], 0, 0]
// CHECK:           linalg.generic {{.*}}iterator_types = ["parallel", "parallel", "parallel", "reduction"]
// CHECK:           tensor.insert_slice %{{.+}} into %[[OUT]][0, %[[T]], 0, 0]
// The next state takes the place of the last one.
// CHECK:           bufferization.materialize_in_destination %{{.+}} in %[[STATE]]
// CHECK-NOT:     mixer.mix
func.func @gated_state(%query: tensor<2x?x2x4xf32>, %value: tensor<2x?x2x3xf32>, %gate: tensor<2x?x2x4x3xf32>,
                       %init: tensor<2x?x2x3xf32>) -> tensor<2x?x2x3xf32> {
  %output = mixer.mix query(%query : tensor<2x?x2x4xf32>) key(%query : tensor<2x?x2x4xf32>)
    value(%value : tensor<2x?x2x3xf32>) transport(%gate : tensor<2x?x2x4x3xf32>) outs(%init : tensor<2x?x2x3xf32>)
    {support = #mixer.causal, transport = #mixer.region, score = #mixer.linear, norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<2x2x4x3xf32>, %now: tensor<2x2x4x3xf32>):
      %next = arith.mulf %state, %now : tensor<2x2x4x3xf32>
      mixer.yield %next : tensor<2x2x4x3xf32>
    } -> tensor<2x?x2x3xf32>
  return %output : tensor<2x?x2x3xf32>
}

// Reverse order visits the last token first; without a query the single row of the state is the output.
// CHECK-LABEL: func.func @reverse_without_query
// CHECK:         scf.for %[[P:[a-z0-9]+]] =
// CHECK:           %[[TOKEN:[0-9]+]] = arith.subi %{{[0-9]+}}, %[[P]] :
// CHECK:           tensor.extract_slice %{{.+}}[0, %[[TOKEN]], 0, 0, 0]
// CHECK-NOT:       tensor.extract_slice
// CHECK:           tensor.insert_slice %{{.+}}[0, %[[TOKEN]], 0, 0]
func.func @reverse_without_query(%value: tensor<1x?x1x3xf32>, %gate: tensor<1x?x1x1x3xf32>, %init: tensor<1x?x1x3xf32>)
    -> tensor<1x?x1x3xf32> {
  %output = mixer.mix value(%value : tensor<1x?x1x3xf32>) transport(%gate : tensor<1x?x1x1x3xf32>)
    outs(%init : tensor<1x?x1x3xf32>)
    {layout = #mixer.layout<reverse>, support = #mixer.causal, transport = #mixer.region, score = #mixer.linear,
     norm = #mixer.norm<none>}
    transport_region {
    ^bb0(%state: tensor<1x1x1x3xf32>, %now: tensor<1x1x1x3xf32>):
      %next = arith.addf %state, %now : tensor<1x1x1x3xf32>
      mixer.yield %next : tensor<1x1x1x3xf32>
    } -> tensor<1x?x1x3xf32>
  return %output : tensor<1x?x1x3xf32>
}
