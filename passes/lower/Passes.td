// Memory plan, kernels, C ABI, LLVM dialect.
#ifndef HEDDLE_PASSES_LOWER_PASSES_TD
#define HEDDLE_PASSES_LOWER_PASSES_TD

include "mlir/Pass/PassBase.td"

def BufferizePass : Pass<"heddle-bufferize", "::mlir::ModuleOp"> {
  let summary = "turn tensors into dense buffers, function boundaries included";
  let description = [{
    One analysis of the whole module decides which ops may write in place. Inputs of an entry are never written. Arguments and
    results of functions are row-major memrefs without a layout.

    Before:
    ```mlir
    func.func @forward(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
      %e = tensor.empty(%t) : tensor<?x64xf32>
      %y = linalg.exp ins(%x : tensor<?x64xf32>) outs(%e : tensor<?x64xf32>) -> tensor<?x64xf32>
      return %y : tensor<?x64xf32>
    ```
    After:
    ```mlir
    func.func @forward(%x: memref<?x64xf32>) -> memref<?x64xf32> {
      %y = memref.alloc(%t) : memref<?x64xf32>
      linalg.exp ins(%x : memref<?x64xf32>) outs(%y : memref<?x64xf32>)
      return %y : memref<?x64xf32>
    ```
  }];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect", "::mlir::memref::MemRefDialect"];
}

def PlanMemoryPass : Pass<"heddle-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "place every buffer of an entry in one arena, results in output parameters";
  let description = [{
    Buffers that never live together share a slot of the arena; a slot is as large as its largest buffer. Sizes are formulas
    of the entry's symbols, so offsets are computed at run time and the total is known before the run (`heddle.memory`). A
    buffer that is returned becomes an output parameter; a result that is no whole buffer is copied into one.
    An output that is an input with something appended (`heddle.append`) takes the input's place: it is copied there first, unless the
    caller has given the same memory for both. A size that depends on data is an error.

    Before:
    ```mlir
    func.func @forward(%x: memref<?x64xf32> {heddle.shape = affine_map<()[s0] -> (s0, 64)>}) -> memref<?x64xf32> {
      %a = memref.alloc(%t) : memref<?x64xf32>
      %y = memref.alloc(%t) : memref<?x64xf32>
    ```
    After:
    ```mlir
    func.func @forward(%x: memref<?x64xf32>, %out: memref<?xi8>, %t: index, %arena: memref<?xi8>)
        attributes {heddle.memory = "256*T"} {
      %a = memref.view %arena[%c0][%t] : memref<?xi8> to memref<?x64xf32>
      %y = memref.view %out[%c0][%t] : memref<?xi8> to memref<?x64xf32>
    ```
  }];
  let options = [
    Option<"typicalLength", "typical-length", "int64_t", /*default=*/"4096",
           "value of symbols other than B at which slots are compared, unless the entry has heddle.defaults">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def ExternalizeConstantsPass : Pass<"heddle-externalize-constants", "::mlir::ModuleOp"> {
  let summary = "move large constants from the code into the constants section";
  let description = [{
    A constant of more than `max-elements` elements becomes a view of one constants parameter at an offset that is a
    multiple of 64. Equal contents are stored once. The module's `heddle.constants` lists offsets and values; the bytes
    stay where the frontend put them until the package is written.

    Before:
    ```mlir
    memref.global "private" constant @w : memref<64x64xf32> = dense_resource<w>
    %w = memref.get_global @w : memref<64x64xf32>
    ```
    After:
    ```mlir
    module attributes {heddle.constants = [{offset = 0 : i64, value = dense_resource<w> : tensor<64x64xf32> } ]}
    %w = memref.view %constants[%c0][] : memref<?xi8> to memref<64x64xf32>
    ```
  }];
  let options = [
    Option<"maxElements", "max-elements", "int64_t", /*default=*/"64", "largest constant that stays in the code">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def OutlineKernelsPass : Pass<"heddle-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "make each top-level parallel loop a function of a range of its iterations";
  let description = [{
    The iteration space is linear in the function, so that any range of it can run on any thread. Constants and index
    arithmetic move into the kernel, everything else is passed. Buffers that cannot overlap are `llvm.noalias`.

    Before:
    ```mlir
    scf.parallel (%i) = (%c0) to (%n) step (%c1) { .. } {heddle.kernel = "relu", heddle.work = 64 : i64}
    ```
    After:
    ```mlir
    call @kernel_relu_0(%c0, %n, %x, %y) {heddle.launch = {grain = 512 : i64, kernel = "relu"}}
    func.func private @kernel_relu_0(%begin: index, %end: index, %x: memref<..> {llvm.noalias, llvm.readonly}, ..) {
      scf.for %i = %begin to %end step %c1 { .. }
    ```
  }];
  let options = [
    Option<"minWork", "min-work", "int64_t", /*default=*/"32768", "operations that make a range worth another thread">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::scf::SCFDialect"];
}

def LowerCopiesPass : Pass<"heddle-lower-copies"> {
  let summary = "turn copies between strided memrefs into loops";
  let description = [{
    Dense copies stay: they become `memcpy`.

    Before:
    ```mlir
    memref.copy %a, %b : memref<8x8xf32, strided<[16, 1]>> to memref<8x8xf32>
    ```
    After:
    ```mlir
    scf.for %i = .. { scf.for %j = .. { memref.store (memref.load %a[%i, %j]), %b[%i, %j] } }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def SetFastmathPass : Pass<"heddle-set-fastmath"> {
  let summary = "allow reassociation, contraction and unsigned zeros in float arithmetic";
  let description = [{
    Sums may be split over lanes and products joined with sums. NaN and infinity keep their meaning: `nnan` and `ninf` are
    never set, comparisons and extrema are left alone.

    Before:
    ```mlir
    %s = arith.addf %a, %b : f32
    ```
    After:
    ```mlir
    %s = arith.addf %a, %b fastmath<reassoc,nsz,contract> : f32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def ApproximateMathPass : Pass<"heddle-approximate-math"> {
  let summary = "expand f32 math functions into arithmetic that vectorises, integer powers into products";
  let description = [{
    Loops with calls of libm do not vectorise. Functions of f64, and those without an expansion here, stay calls.
    `math.ipowi` becomes a loop over the bits of the exponent: 0^0 is 1, and a negative exponent gives the reciprocal
    rounded to zero (0 for base 0), so that no input traps.

    Before:
    ```mlir
    %y = math.exp %x : f32
    ```
    After:
    ```mlir
    %n = math.roundeven (%x * log2(e)) : f32      // exp(x) = 2^n * exp(r), |r| <= ln(2) / 2
    %r = math.fma %n, -ln(2), %x : f32
    ..
    ```
    The last product with 2^n is two, because no float holds 2^n for the smallest and the largest results. A machine that
    has an instruction for it gets `llvm.ldexp`; elsewhere that would be a call for each number.
  }];
  let options = [
    Option<"scalesByPowersOfTwo", "scales-by-powers-of-two", "bool", /*default=*/"false",
           "the machine multiplies by 2^n in one instruction">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def EmitEntryPointsPass : Pass<"heddle-emit-entry-points", "::mlir::ModuleOp"> {
  let summary = "emit the C functions through which the runtime plans and runs an entry";
  let description = [{
    Each planned entry gets `heddle_plan_NAME` (arena size and output shapes from the symbols) and `heddle_entry_NAME` (the
    call), as in runtime/abi/kernel_abi.h. Every other function becomes internal.

    Before:
    ```mlir
    func.func @forward(%x: memref<?x64xf32>, %out: memref<?xi8>, %t: index, %arena: memref<?xi8>, %constants: memref<?xi8>)
    ```
    After:
    ```mlir
    func.func private @forward(.., %context: !llvm.ptr)
    func.func @heddle_plan_forward(%dims: !llvm.ptr, %arena_bytes: !llvm.ptr, %output_dims: !llvm.ptr)
    func.func @heddle_entry_forward(%context: !llvm.ptr, %dims: !llvm.ptr, %inputs: !llvm.ptr, %outputs: !llvm.ptr,
                                    %arena: !llvm.ptr, %constants: !llvm.ptr) -> i32
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"];
}

def LowerLaunchesPass : Pass<"heddle-lower-launches", "::mlir::ModuleOp"> {
  let summary = "run kernels through the context's parallel_for";
  let description = [{
    The arguments of a launch are packed on the stack; a task function unpacks them. The module's `heddle.kernels` names the
    kernels by the number that parallel_for receives. Before each launch a relaxed load of the context's `cancelled` decides
    whether the entry returns early.

    Before:
    ```mlir
    llvm.call @kernel_relu_0(%c0, %n, %x, %y) {heddle.launch = {grain = 512 : i64, kernel = "relu"}}
    ```
    After:
    ```mlir
    %flag = llvm.load %cancelled atomic monotonic {alignment = 4 : i64} : !llvm.ptr -> i32
    llvm.cond_br (%flag != 0), ^return, ^launch
    ^launch:
    %parallel_for = llvm.load %context : !llvm.ptr -> !llvm.ptr
    llvm.call %parallel_for(%context, @task_kernel_relu_0, %arguments, %n, 512, 0)
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def ExpandReshapesPass : Pass<"heddle-expand-reshapes", "::mlir::func::FuncOp"> {
  let summary = "write reshapes with several dynamic sizes in one group as explicit views";
  let description = [{
    A contiguous `memref.expand_shape` that splits one dimension into several dynamic ones becomes a
    `memref.reinterpret_cast` with all sizes and strides.

    Before:
    ```mlir
    %x = memref.expand_shape %rows [[0, 1], [2]] output_shape [%b, %t, 96] : memref<?x96xf32> into memref<?x?x96xf32>
    ```
    After:
    ```mlir
    %stride = arith.muli %t, %c96 : index
    %x = memref.reinterpret_cast %rows to offset: [0], sizes: [%b, %t, 96], strides: [%stride, 96, 1] : ..
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

#endif // HEDDLE_PASSES_LOWER_PASSES_TD
