// RUN: heddle-opt %s --heddle-plan-memory --split-input-file --verify-diagnostics

func.func @size_from_data(%x: memref<4xindex>) {
  %c0 = arith.constant 0 : index
  %n = memref.load %x[%c0] : memref<4xindex>
  // expected-error @+1 {{size of dimension 0 of this buffer, expected a function of the entry's symbols but got}}
  %a = memref.alloc(%n) : memref<?xf32>
  linalg.exp ins(%a : memref<?xf32>) outs(%a : memref<?xf32>)
  return
}

// -----

func.func @allocation_in_kernel() {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.parallel (%i) = (%c0) to (%c1) step (%c1) {
    // expected-error @+1 {{allocation inside of a kernel, expected memref.alloca}}
    %a = memref.alloc() : memref<8xf32>
    linalg.exp ins(%a : memref<8xf32>) outs(%a : memref<8xf32>)
  }
  return
}

// -----

func.func @carried_to_next_iteration(%x: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %r = scf.for %i = %c0 to %c1 step %c1 iter_args(%m = %x) -> memref<8xf32> {
    // expected-error @+1 {{buffer made in a loop, expected its content to be dead at the end of the iteration}}
    %a = memref.alloc() : memref<8xf32>
    linalg.exp ins(%m : memref<8xf32>) outs(%a : memref<8xf32>)
    scf.yield %a : memref<8xf32>
  }
  return
}

// -----

// expected-error @+1 {{input 0 of entry 'strided_input', expected a dense row-major memref but got}}
func.func @strided_input(%x: memref<8xf32, strided<[2]>>) {
  return
}

// -----

// expected-error @+1 {{input 0 of entry 'no_shape', expected attribute heddle.shape with 1 sizes but got}}
func.func @no_shape(%x: memref<?xf32>) {
  return
}

// -----

// expected-error @+1 {{output 0 of entry 'appended_elsewhere', expected the input that it is appended to but got another buffer}}
func.func @appended_elsewhere(%x: memref<8xf32> {heddle.append}) -> (memref<8xf32> {heddle.append}) {
  %y = memref.alloc() : memref<8xf32>
  memref.copy %x, %y : memref<8xf32> to memref<8xf32>
  return %y : memref<8xf32>
}
