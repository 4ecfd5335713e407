// RUN: heddle-opt %s --heddle-reroll-recurrences --canonicalize --cse | FileCheck %s

// The first step has lost its zeros: h0 = a * 0 + x0 is x0.
// CHECK-LABEL: func.func @reroll_forward
// CHECK-SAME:    %[[X:.*]]: tensor<2x4x8xf32>, %[[A:.*]]: tensor<2x8xf32>
// CHECK-DAG:     %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : tensor<2x8xf32>
// CHECK-DAG:     %[[N:.*]] = arith.constant 4 : index
// CHECK:         %[[R:.*]]:2 = scf.for %[[T:.*]] = %{{.*}} to %[[N]] step %{{.*}} iter_args(%[[H:.*]] = %[[ZERO]], %[[OUT:.*]] = %{{.*}})
// CHECK-NEXT:      %[[AH:.*]] = arith.mulf %[[A]], %[[H]]
// CHECK-NEXT:      %[[XT:.*]] = tensor.extract_slice %[[X]][0, %[[T]], 0] [2, 1, 8] [1, 1, 1]
// CHECK-NEXT:      %[[NEXT:.*]] = arith.addf %[[AH]], %[[XT]]
// CHECK-NEXT:      %[[Y:.*]] = tensor.insert_slice %[[NEXT]] into %[[OUT]][0, %[[T]], 0] [2, 1, 8] [1, 1, 1]
// CHECK-NEXT:      scf.yield %[[NEXT]], %[[Y]]
// CHECK:         return %[[R]]#1
func.func @reroll_forward(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %h0 = arith.addf %x0, %zero : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.mulf %a, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// Time runs towards the first token.
// CHECK-LABEL: func.func @reroll_reverse
// CHECK-DAG:     %[[MAP:.*]] = arith.constant 4 : index
// CHECK:         scf.for %[[T:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[H:.*]] = %{{.*}}, %[[OUT:.*]] = %{{.*}})
// CHECK:           %[[AT:.*]] = affine.apply #{{.*}}(%[[T]])
// CHECK:           tensor.extract_slice %{{.*}}[0, %[[AT]], 0]
// CHECK:           tensor.insert_slice %{{.*}} into %[[OUT]][0, %[[AT]], 0]
func.func @reroll_reverse(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %h4 = arith.constant dense<0.5> : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h4 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.mulf %a, %h3 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %h2 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m0 = arith.mulf %a, %h1 : tensor<2x8xf32>
  %h0 = arith.addf %m0, %x0 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// Outputs read the state before its update; the last state is used as well.
// CHECK-LABEL: func.func @reroll_before_update
// CHECK-SAME:    %[[X:.*]]: tensor<2x4x8xf32>, %[[A:.*]]: tensor<2x8xf32>, %[[S:.*]]: tensor<2x8xf32>
// CHECK:         %[[R:.*]]:2 = scf.for %[[T:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[H:.*]] = %[[S]], %[[OUT:.*]] = %{{.*}})
// CHECK-DAG:       %[[O:.*]] = math.exp %[[H]]
// CHECK-DAG:       %[[XT:.*]] = tensor.extract_slice %[[X]][0, %[[T]], 0]
// CHECK-DAG:       %[[AH:.*]] = arith.mulf %[[A]], %[[H]]
// CHECK-DAG:       %[[NEXT:.*]] = arith.addf %[[AH]], %[[XT]]
// CHECK:           %[[Y:.*]] = tensor.insert_slice %[[O]] into %[[OUT]][0, %[[T]], 0]
// CHECK:           scf.yield %[[NEXT]], %[[Y]]
// CHECK:         return %[[R]]#1, %[[R]]#0
func.func @reroll_before_update(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>, %s: tensor<2x8xf32>) -> (tensor<2x4x8xf32>, tensor<2x8xf32>) {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %o0 = math.exp %s : tensor<2x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m0 = arith.mulf %a, %s : tensor<2x8xf32>
  %h0 = arith.addf %m0, %x0 : tensor<2x8xf32>
  %o1 = math.exp %h0 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %o2 = math.exp %h1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.mulf %a, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %o3 = math.exp %h2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %o0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %o1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %o2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %o3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3, %h3 : tensor<2x4x8xf32>, tensor<2x8xf32>
}

// A state of two steps before is carried twice.
// CHECK-LABEL: func.func @reroll_two_steps_back
// CHECK:         scf.for {{.*}} iter_args(%[[H1:.*]] = %{{.*}}, %[[H2:.*]] = %{{.*}}, %{{.*}} = %{{.*}})
// CHECK:           arith.mulf %{{.*}}, %[[H2]]
// CHECK:           scf.yield %{{.*}}, %[[H1]], %{{.*}}
func.func @reroll_two_steps_back(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m0 = arith.mulf %a, %zero : tensor<2x8xf32>
  %n0 = arith.addf %m0, %zero : tensor<2x8xf32>
  %h0 = arith.addf %n0, %x0 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %zero : tensor<2x8xf32>
  %n1 = arith.addf %m1, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %n1, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.mulf %a, %h0 : tensor<2x8xf32>
  %n2 = arith.addf %m2, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %n2, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h1 : tensor<2x8xf32>
  %n3 = arith.addf %m3, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %n3, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// A running maximum starts from the number that the first step mentions.
// CHECK-LABEL: func.func @reroll_maximum
// CHECK-DAG:     %[[START:.*]] = arith.constant dense<-1.000000e+30> : tensor<2x8xf32>
// CHECK:         scf.for {{.*}} iter_args(%[[H:.*]] = %[[START]], %{{.*}} = %{{.*}})
// CHECK:           arith.maximumf %[[H]], %{{.*}}
func.func @reroll_maximum(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %least = arith.constant dense<-1.0e30> : tensor<2x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h0 = arith.maxnumf %x0, %least : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h1 = arith.maximumf %h0, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h2 = arith.maximumf %h1, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h3 = arith.maximumf %h2, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// The first step is another function: it stays in front of a loop over the other three.
// CHECK-LABEL: func.func @reroll_behind_odd_step
// CHECK-DAG:     %[[N:.*]] = arith.constant 3 : index
// CHECK:         %[[H0:.*]] = math.exp %{{.*}}
// CHECK:         %[[Y0:.*]] = tensor.insert_slice %[[H0]] into %{{.*}}[0, 0, 0]
// CHECK:         scf.for %[[T:.*]] = %{{.*}} to %[[N]] step %{{.*}} iter_args(%[[H:.*]] = %[[H0]], %[[OUT:.*]] = %[[Y0]])
// CHECK:           %[[AT:.*]] = affine.apply #{{.*}}(%[[T]])
// CHECK:           tensor.extract_slice %{{.*}}[0, %[[AT]], 0]
func.func @reroll_behind_odd_step(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h0 = math.exp %x0 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.mulf %a, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// Constants that differ from step to step become a table.
// CHECK-LABEL: func.func @reroll_position_constants
// CHECK-DAG:     %[[TABLE:.*]] = arith.constant dense<[{{\[}}1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00, 5.000000e+00, 6.000000e+00, 7.000000e+00, 8.000000e+00], [3
// CHECK:         scf.for %[[T:.*]] = %{{.*}} to %{{.*}} step
// CHECK:           tensor.extract_slice %[[TABLE]][%[[T]], 0] [1, 8] [1, 1] : tensor<4x8xf32> to tensor<8xf32>
func.func @reroll_position_constants(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %c0 = arith.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]> : tensor<8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %b0 = linalg.broadcast ins(%c0 : tensor<8xf32>) outs(%zero : tensor<2x8xf32>) dimensions = [0]
  %m0 = arith.mulf %b0, %zero : tensor<2x8xf32>
  %h0 = arith.addf %m0, %x0 : tensor<2x8xf32>
  %c1 = arith.constant dense<[3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0]> : tensor<8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %b1 = linalg.broadcast ins(%c1 : tensor<8xf32>) outs(%zero : tensor<2x8xf32>) dimensions = [0]
  %m1 = arith.mulf %b1, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %c2 = arith.constant dense<[5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]> : tensor<8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %b2 = linalg.broadcast ins(%c2 : tensor<8xf32>) outs(%zero : tensor<2x8xf32>) dimensions = [0]
  %m2 = arith.mulf %b2, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %c3 = arith.constant dense<[7.0, 8.0, 9.0, 10.0, 11.0, 12.0, 13.0, 14.0]> : tensor<8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %b3 = linalg.broadcast ins(%c3 : tensor<8xf32>) outs(%zero : tensor<2x8xf32>) dimensions = [0]
  %m3 = arith.mulf %b3, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// The second layer reads the stack of the first: two loops.
// CHECK-LABEL: func.func @reroll_two_layers
// CHECK:         %[[FIRST:.*]]:2 = scf.for
// CHECK:         %[[SECOND:.*]]:2 = scf.for
// CHECK:           tensor.extract_slice %[[FIRST]]#1
// CHECK:         return %[[SECOND]]#1
func.func @reroll_two_layers(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %x10 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m10 = arith.mulf %a, %zero : tensor<2x8xf32>
  %h10 = arith.addf %m10, %x10 : tensor<2x8xf32>
  %x11 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m11 = arith.mulf %a, %h10 : tensor<2x8xf32>
  %h11 = arith.addf %m11, %x11 : tensor<2x8xf32>
  %x12 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m12 = arith.mulf %a, %h11 : tensor<2x8xf32>
  %h12 = arith.addf %m12, %x12 : tensor<2x8xf32>
  %x13 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m13 = arith.mulf %a, %h12 : tensor<2x8xf32>
  %h13 = arith.addf %m13, %x13 : tensor<2x8xf32>
  %y10 = tensor.insert_slice %h10 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y11 = tensor.insert_slice %h11 into %y10[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y12 = tensor.insert_slice %h12 into %y11[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y13 = tensor.insert_slice %h13 into %y12[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %x20 = tensor.extract_slice %y13[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m20 = arith.mulf %a, %zero : tensor<2x8xf32>
  %h20 = arith.addf %m20, %x20 : tensor<2x8xf32>
  %x21 = tensor.extract_slice %y13[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m21 = arith.mulf %a, %h20 : tensor<2x8xf32>
  %h21 = arith.addf %m21, %x21 : tensor<2x8xf32>
  %x22 = tensor.extract_slice %y13[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m22 = arith.mulf %a, %h21 : tensor<2x8xf32>
  %h22 = arith.addf %m22, %x22 : tensor<2x8xf32>
  %x23 = tensor.extract_slice %y13[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m23 = arith.mulf %a, %h22 : tensor<2x8xf32>
  %h23 = arith.addf %m23, %x23 : tensor<2x8xf32>
  %y20 = tensor.insert_slice %h20 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y21 = tensor.insert_slice %h21 into %y20[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y22 = tensor.insert_slice %h22 into %y21[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y23 = tensor.insert_slice %h23 into %y22[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y23 : tensor<2x4x8xf32>
}

// Only the last state is used: no stack to start from.
// CHECK-LABEL: func.func @reroll_last_state
// CHECK:         %[[R:.*]] = scf.for %[[T:.*]] = %{{.*}} to %{{.*}} step %{{.*}} iter_args(%[[H:.*]] = %{{.*}})
// CHECK:           arith.mulf %{{.*}}, %[[H]]
// CHECK:         return %[[R]]
func.func @reroll_last_state(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m0 = arith.mulf %a, %zero : tensor<2x8xf32>
  %h0 = arith.addf %m0, %x0 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.mulf %a, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  return %h3 : tensor<2x8xf32>
}

// Nothing is handed on from step to step: no recurrence.
// CHECK-LABEL: func.func @no_reroll_without_state
// CHECK-NOT:     scf.for
func.func @no_reroll_without_state(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h0 = arith.mulf %a, %x0 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h1 = arith.mulf %a, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h2 = arith.mulf %a, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %h3 = arith.mulf %a, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}

// One of the middle steps does something else.
// CHECK-LABEL: func.func @no_reroll_unlike_steps
// CHECK-NOT:     scf.for
func.func @no_reroll_unlike_steps(%x: tensor<2x4x8xf32>, %a: tensor<2x8xf32>) -> tensor<2x4x8xf32> {
  %e = tensor.empty() : tensor<2x4x8xf32>
  %zero = arith.constant dense<0.0> : tensor<2x8xf32>
  %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m0 = arith.mulf %a, %zero : tensor<2x8xf32>
  %h0 = arith.addf %m0, %x0 : tensor<2x8xf32>
  %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m1 = arith.mulf %a, %h0 : tensor<2x8xf32>
  %h1 = arith.addf %m1, %x1 : tensor<2x8xf32>
  %x2 = tensor.extract_slice %x[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m2 = arith.subf %a, %h1 : tensor<2x8xf32>
  %h2 = arith.addf %m2, %x2 : tensor<2x8xf32>
  %x3 = tensor.extract_slice %x[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x4x8xf32> to tensor<2x8xf32>
  %m3 = arith.mulf %a, %h2 : tensor<2x8xf32>
  %h3 = arith.addf %m3, %x3 : tensor<2x8xf32>
  %y0 = tensor.insert_slice %h0 into %e[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y2 = tensor.insert_slice %h2 into %y1[0, 2, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  %y3 = tensor.insert_slice %h3 into %y2[0, 3, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x4x8xf32>
  return %y3 : tensor<2x4x8xf32>
}
