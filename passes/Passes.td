// Every pass of Heddle, grouped by phase in the order data travels. Each description shows the IR before and after.
#ifndef HEDDLE_PASSES_TD
#define HEDDLE_PASSES_TD

include "mlir/Pass/PassBase.td"

//===--- raise: what the exporter wrote becomes what it means -----------------------------===//

def SliceGathersPass : Pass<"heddle-slice-gathers", "::mlir::func::FuncOp"> {
  let summary = "write gathers at constant positions as slices";
  let description = [{
    An exporter that unrolls a loop over tokens reads token 5 by a gather with the constant index 5. As a slice it can be seen
    what is read: the passes that follow find unrolled steps by their slices.

    Before:
    ```mlir
    %token = linalg.generic {..} outs(%init : tensor<2x16xf32>) {
      %b = linalg.index 0 : index
      %d = linalg.index 1 : index
      %element = tensor.extract %x[%b, %c5, %d] : tensor<2x64x16xf32>
      linalg.yield %element : f32
    } -> tensor<2x16xf32>
    ```
    After:
    ```mlir
    %token = tensor.extract_slice %x[0, 5, 0] [2, 1, 16] [1, 1, 1] : tensor<2x64x16xf32> to tensor<2x16xf32>
    ```
  }];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def RerollRecurrencesPass : Pass<"heddle-reroll-recurrences", "::mlir::func::FuncOp"> {
  let summary = "write loops that an exporter unrolled over the tokens as loops";
  let description = [{
    A trace of a loop over 64 tokens is 64 copies of its body. Starts at each tensor that is written piece by piece, walks all
    pieces at once towards the slices that they were computed from, and finds the rows of ops that are alike from iteration to
    iteration, whatever state they hand on: any number of tensors, any number of steps back, in either direction, several
    independent or nested loops in one trace. What the first and last iterations do otherwise, because a fold has simplified
    them, is either shown to be the same with an initial state that is guessed, or stays in front of and behind the loop.
    Each loop is proved or the trace is left alone; remarks of category `reroll-recurrences` say which.

    Before:
    ```mlir
    %x0 = tensor.extract_slice %x[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x64x8xf32> to tensor<2x8xf32>
    %x1 = tensor.extract_slice %x[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x64x8xf32> to tensor<2x8xf32>
    %a1 = linalg.mul ins(%decay, %x0 : ..) ..
    %h1 = linalg.add ins(%a1, %x1 : ..) ..
    %y0 = tensor.insert_slice %x0 into %empty[0, 0, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x64x8xf32>
    %y1 = tensor.insert_slice %h1 into %y0[0, 1, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x64x8xf32>
    ..
    ```
    After:
    ```mlir
    %r:2 = scf.for %t = %c0 to %c64 step %c1 iter_args(%h = %zero, %y = %empty) {
      %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x64x8xf32> to tensor<2x8xf32>
      %a = linalg.mul ins(%decay, %h : ..) ..
      %h1 = linalg.add ins(%a, %x_t : ..) ..
      %y1 = tensor.insert_slice %h1 into %y[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x8xf32> into tensor<2x64x8xf32>
      scf.yield %h1, %y1 : ..
    }
    ```
  }];
  let options = [
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def FreeLengthPass : Pass<"heddle-free-length", "::mlir::func::FuncOp"> {
  let summary = "make a length that a trace has frozen symbolic again";
  let description = [{
    An exporter that traces a model at 64 tokens writes 64 everywhere. Groups the dimensions of all tensors into classes of equal
    size, and pins those that an op needs as they are: constant tensors, splits into chunks, kernels with a number for each token,
    bodies that compare positions with numbers. A class along which mixers mix or loops over tokens run, that reaches an argument and
    that nothing pins, becomes a symbol: types, sizes and the entry's shapes follow. The new entry is compared with the old one at the
    traced length, and with itself at others; otherwise the entry stays as it is. What pins the length is kept in the attribute
    `heddle.frozen_length`, and in remarks of category `free-length`.

    Before:
    ```mlir
    func.func @forward(%x: tensor<2x64x8xf32>) -> tensor<2x64x8xf32> attributes {heddle.symbols = []}
    ```
    After:
    ```mlir
    func.func @forward(%x: tensor<2x?x8xf32>) -> tensor<2x?x8xf32> attributes {heddle.symbols = ["T"]}
    ```
  }];
  let options = [
    Option<"keep", "keep", "bool", /*default=*/"false", "leave every length as it was traced">,
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def ContractProductsPass : Pass<"heddle-contract-products", "::mlir::func::FuncOp"> {
  let summary = "write a product that is summed at once as a contraction";
  let description = [{
    An exporter without einsum multiplies tensors that it has stretched to a common shape, then sums: the product may be many
    times as large as its factors. As one operation it is never stored.

    Before:
    ```mlir
    %product = linalg.generic {..} ins(%c, %b) outs(..) {arith.mulf} -> tensor<2x8x8x16xf32>
    %sum = linalg.generic {.., "reduction"} ins(%product) outs(%zero) {arith.addf} -> tensor<2x8x8xf32>
    ```
    After:
    ```mlir
    %sum = linalg.generic {.., "reduction"} ins(%c, %b) outs(%zero) {arith.mulf, arith.addf} -> tensor<2x8x8xf32>
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def RaiseAttentionPass : Pass<"heddle-raise-attention", "::mlir::func::FuncOp"> {
  let summary = "raise softmax attention written as contractions and elementwise ops to mixers";
  let description = [{
    Starts at each contraction whose one side is exp(f(q . k)) divided by something that is the same for all keys, with any
    arithmetic f, guard, cast, reshape, transpose or repeat of heads between. Masks are evaluated at one or two lengths and
    fitted to the support family; on the support, conditions on positions fold away, and the rest of f becomes scale, soft
    cap, bias, or a score region. Each raise is proved or left alone; remarks of category `raise-attention` say which.

    Before:
    ```mlir
    %scores = linalg.batch_matmul ins(%q, %k : tensor<8x64x16xf32>, tensor<8x16x64xf32>) ..
    %masked = linalg.generic .. ins(%scores, %mask) { arith.addf }
    %max = linalg.generic .. { arith.maximumf }
    %sum = linalg.generic .. { arith.subf; math.exp; arith.addf }
    %weights = linalg.generic .. { arith.subf; math.exp; arith.divf }
    %o = linalg.batch_matmul ins(%weights, %v : tensor<8x64x64xf32>, tensor<8x64x16xf32>) ..
    ```
    After:
    ```mlir
    %o = mixer.mix query(%q : tensor<2x64x4x16xf32>) key(%k) value(%v) outs(%init) {support = #mixer.causal, ..}
    ```
  }];
  let options = [
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def RaiseLinearAttentionPass : Pass<"heddle-raise-linear-attention", "::mlir::func::FuncOp"> {
  let summary = "raise sums along tokens, decay masks and chunks to linear attention";
  let description = [{
    Cuts out every region between tensors with a row for each token and a tensor that has one again, evaluates it, and reads
    off what it is: which input acts linearly, and on which tokens, heads and features. Sums of outer products, products with
    a triangular matrix of decays, and chunks whose states are passed on all become `mixer.mix` with the decays as operand; no
    spelling is known by name. A mixer divided by the sums of its weights gets norm `row_sum`. docs/raise.md has the method.

    Before:
    ```mlir
    %pairs = linalg.generic {..} ins(%k, %v) outs(..) {arith.mulf} -> tensor<2x64x16x16xf32>
    %sums = linalg.generic {.., "reduction"} ins(%pairs) outs(..) {sum up to each token} -> tensor<2x64x16x16xf32>
    %read = linalg.generic {.., "reduction"} ins(%q, %sums) outs(..) {arith.mulf, arith.addf} -> tensor<2x64x16xf32>
    ```
    After:
    ```mlir
    %mixed = mixer.mix query(%q) key(%k) value(%v) outs(..)
        {support = #mixer.causal, transport = #mixer.identity, score = #mixer.linear, norm = #mixer.norm<none>}
    ```
  }];
  let options = [
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how far raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

def RaiseConvolutionsPass : Pass<"heddle-raise-convolutions", "::mlir::func::FuncOp"> {
  let summary = "raise products of spectra and wide filters to long convolutions";
  let description = [{
    A region with one input that answers to a shifted input with a shifted output is a convolution, whether it is spelled as
    transforms and products of spectra, as a wide depthwise filter or as a product with a matrix. Its kernel is what it answers to an
    impulse, or the tensor in the region that is: a kernel computed for the length at hand stays an operand. Filters of up to 8
    taps stay what they are.

    Before:
    ```mlir
    %padded = tensor.pad %x .. : tensor<2x16x64xf32> to tensor<2x16x127xf32>
    %filtered = linalg.generic {..} ins(%padded, %filter) outs(..) {sum over 64 taps} -> tensor<2x16x64xf32>
    ```
    After:
    ```mlir
    %mixed = mixer.mix value(%x) transport(%kernel : tensor<1x16x64xf32>) outs(..)
        {support = #mixer.causal, transport = #mixer.toeplitz, score = #mixer.linear, norm = #mixer.norm<none>}
    ```
  }];
  let options = [
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how far raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect"];
}

def RaiseTokenMatricesPass : Pass<"heddle-raise-token-matrices", "::mlir::func::FuncOp"> {
  let summary = "raise sums along tokens, Fourier transforms of tokens and dense layers across tokens";
  let description = [{
    A region with one input whose output is a fixed matrix times the tokens: lower triangular ones (a sum along tokens), powers of a
    decay, cosines and sines (a discrete Fourier transform, one part for each of real and imaginary), or the matrix of a dense
    layer.

    Before:
    ```mlir
    %hidden = linalg.generic {.., "reduction"} ins(%x, %weight) outs(..) {arith.mulf, arith.addf} -> tensor<2x16x32xf32>
    ```
    After:
    ```mlir
    %mixed = mixer.mix value(%x) transport(%weight : tensor<1x32x64xf32>) outs(..)
        {support = #mixer.full, transport = #mixer.structured<dense>, score = #mixer.linear, norm = #mixer.norm<none>}
    ```
  }];
  let options = [
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how far raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::arith::ArithDialect"];
}

def RaiseRecurrencesPass : Pass<"heddle-raise-recurrences", "::mlir::func::FuncOp"> {
  let summary = "raise loops over tokens to mixers";
  let description = [{
    Takes each `scf.for` that reads slices of one token, carries states and writes slices of one token. What does not depend on a
    state is computed for all tokens in front of the loop, what follows from reads of the state behind it. The update of each state
    is read as a polynomial of degree one; its factors say which transport it is (identity, scalar, key_channel, elementwise,
    factored or not, delta, constant) and which dimensions of the state are batch, heads, keys and values. A quotient of two sums that
    are kept in units of an exponential, as softmax statistics are, is read off its exponents: keys are logarithms then. Every
    other update is a region transport. Each raise is proved or left alone; remarks of category `raise-recurrences` say which.

    Before:
    ```mlir
    %r:2 = scf.for %t = %c0 to %c64 step %c1 iter_args(%h = %zeros, %out = %empty) -> (tensor<2x8xf32>, tensor<2x64x8xf32>) {
      %x_t = tensor.extract_slice %x[0, %t, 0] [2, 1, 8] [1, 1, 1] : tensor<2x64x8xf32> to tensor<2x8xf32>
      %kept = linalg.generic .. ins(%h) { arith.mulf by 0.9 }
      %next = linalg.generic .. ins(%kept, %x_t) { arith.addf }
      %wrote = tensor.insert_slice %next into %out[0, %t, 0] [2, 1, 8] [1, 1, 1]
      scf.yield %next, %wrote
    }
    ```
    After:
    ```mlir
    %mixed = mixer.mix query(%ones) key(%ones) value(%x : tensor<2x64x1x8xf32>) transport(%log : tensor<1x1x1xf32>) outs(%init)
        {support = #mixer.causal, transport = #mixer.scalar, score = #mixer.linear, norm = #mixer.norm<none>}
    ```
  }];
  let options = [
    Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how raises are proved: off, cheap or always">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

//===--- form: pick and expand the execution form of each mixer ---------------------------===//

def PickFormPass : Pass<"heddle-pick-form"> {
  let summary = "choose the execution form of every mixer";
  let description = [{
    Asks the mixer interface which forms are admitted and what each costs, estimates their times, and writes the form with the
    least time into the mixer. A remark of category `mixer-pick-form` names the choice, one more each form not chosen, both
    with estimated time, flops, bytes and exponentials. Dynamic batch and token counts are estimated at the sizes of the options.

    Before:
    ```mlir
    mixer.mix query(..) key(..) value(..) outs(..) {score = #mixer.softmax<scale = 0.125>, ..}
    ```
    After:
    ```mlir
    mixer.mix query(..) key(..) value(..) outs(..) {form = #mixer.form<flash, chunk = 64>, score = .., ..}
    ```
  }];
  let options = [
    Option<"force", "force", "std::string", /*default=*/"", "take this form; an error where it is not admitted">,
    Option<"chunk", "chunk", "int64_t", /*default=*/"0", "tile length of the forms that have one, 0 for their own">,
    Option<"batch", "batch", "int64_t", /*default=*/"1", "batch size at which a dynamic batch is estimated">,
    Option<"tokens", "tokens", "int64_t", /*default=*/"2048", "length at which a dynamic number of tokens is estimated">,
  ];
  let dependentDialects = ["::heddle::mixer::MixerDialect"];
}

def ExpandRegionTransportPass : Pass<"heddle-expand-region-transport"> {
  let summary = "write mixers with a transport region as loops over tokens";
  let description = [{
    A recurrence that only its region knows has one form: token by token. The region, the update by key and value, and the
    read-out become tensor operations in an `scf.for` that carries the state and the output.

    Before:
    ```mlir
    %o = mixer.mix value(%v) transport(%gates) outs(%init) {transport = #mixer.region, ..} transport_region {..}
    ```
    After:
    ```mlir
    %r:2 = scf.for %t = 0 to %T step 1 iter_args(%state = %zeros, %out = %init) {
      %gates_t = tensor.extract_slice %gates[0, %t, ..] ..
      ..
      %over = bufferization.materialize_in_destination %next in %state
      scf.yield %over, %inserted
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

//===--- fuse: what stands around a mixer joins its kernel --------------------------------===//

def FuseElementwisePass : Pass<"heddle-fuse-elementwise", "::mlir::func::FuncOp"> {
  let summary = "fuse elementwise linalg operations into their only or cheap uses";
  let description = [{
    Named elementwise operations, and `arith` and `math` on whole tensors, become `linalg.generic`, and a producer joins
    its consumer when nothing expensive is computed twice: it has one use that reads each of its elements once, or it is
    cheap (casts, broadcasts, an addition) and has few uses. Operands of contractions stay as they are. Reshapes move out of
    the way where that enables a fusion.

    Before:
    ```mlir
    %0 = linalg.generic {..} ins(%x) outs(%e) { arith.mulf } -> tensor<?x64xf32>
    %1 = linalg.generic {..} ins(%0, %bias) outs(%e) { arith.addf } -> tensor<?x64xf32>
    ```
    After:
    ```mlir
    %1 = linalg.generic {..} ins(%x, %bias) outs(%e) { arith.mulf; arith.addf } -> tensor<?x64xf32>
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

//===--- tile: mixers and linalg become parallel kernels on memrefs -----------------------===//

def ExpandMixPass : Pass<"heddle-expand-mix"> {
  let summary = "expand every mixer on memrefs into the kernel of its form";
  let description = [{
    Reads the `form` attribute and writes the loops of that form: parallel kernels over batch, heads and blocks, with sequential
    bodies of `scf`, `vector`, `arith` and `math`. Operands of 16 bits are extended as they are loaded; states and sums are f32
    (f64 for f64 inputs). Intermediate buffers that outlive a kernel are `memref.alloc` of sizes known at entry.

    Before:
    ```mlir
    mixer.mix query(%q) key(%k) value(%v) outs(%o) {form = #mixer.form<recurrent>, transport = #mixer.scalar, ..}
    ```
    After:
    ```mlir
    scf.parallel (%b, %head, %block) = .. {
      %state:16 = scf.for %t = 0 to %T step 1 iter_args(16 x vector<16xf32>) { .. }
    } {heddle.kernel = "mix_recurrent", heddle.work = ..}
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def PackWeightsPass : Pass<"heddle-pack-weights", "::mlir::ModuleOp"> {
  let summary = "store the constant right operand of a contraction in the order its kernel reads it";
  let description = [{
    A constant matrix `[K, N]` (or `[N, K]`) that is the right operand of a contraction becomes panels
    `[ceil(N / 32), K, 32]`, padded with zeros: a kernel then streams it once, in order. The contraction becomes a
    `linalg.generic` whose map says where element (k, n) lies, so its meaning does not depend on the kernel that is chosen later.
    Runs on tensors, before bufferization. The old constant dies with its last use.

    Before:
    ```mlir
    %w = arith.constant dense_resource<w> : tensor<768x3072xf32>
    %y = linalg.matmul ins(%x, %w : tensor<?x768xf32>, tensor<768x3072xf32>) outs(%z : tensor<?x3072xf32>) -> ..
    ```
    After:
    ```mlir
    %w = arith.constant dense_resource<w_panels> : tensor<96x768x32xf32>
    %y = linalg.generic {indexing_maps = [(m, n, k) -> (m, k), (m, n, k) -> (n floordiv 32, k, n mod 32),
                                          (m, n, k) -> (m, n)], ..} ins(%x, %w) outs(%z) { mulf; addf } -> ..
    ```
  }];
  let options = [
    Option<"minBytes", "min-bytes", "int64_t", /*default=*/"16384", "leave smaller constants as they are">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect"];
}

def LowerContractionsPass : Pass<"heddle-lower-contractions", "::mlir::func::FuncOp"> {
  let summary = "lower contractions on memrefs to register-tiled vector kernels";
  let description = [{
    A linalg operation `out[outer.., m, n] += lhs[outer.., m, k] * rhs[outer.., k, n]` accumulating in f32 (operands f32, f16 or
    bf16, in any order of dimensions) becomes one parallel kernel over (outer, row blocks, column blocks). A block keeps an
    8 x 32 tile of the output in vector registers over a stretch of k and reads the right operand as panels: those of
    `heddle-pack-weights`, or ones that it copies to the stack. A preceding fill of the output joins the kernel.
    Every other contraction is left to `heddle-lower-generics`.

    Before:
    ```mlir
    linalg.matmul ins(%x, %w : memref<?x64xf32>, memref<64x32xf32>) outs(%y : memref<?x32xf32>)
    ```
    After:
    ```mlir
    scf.parallel (%mb, %nb) = .. {
      scf.for %n .. { scf.for %m .. step 8 {
        %tile:16 = scf.for %k .. iter_args(16 x vector<16xf32>) { vector.fma .. } } }
    } {heddle.kernel = "matmul", heddle.work = ..}
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def LowerGenericsPass : Pass<"heddle-lower-generics", "::mlir::func::FuncOp"> {
  let summary = "lower every remaining linalg operation on memrefs to one parallel kernel";
  let description = [{
    Each linalg operation and each larger `memref.copy` becomes one `scf.parallel` over its outer parallel loops around
    sequential loops, the innermost one with unit stride. Neighbouring loops over contiguous memory are merged first. A
    reduction keeps its accumulators in loop-carried scalars, or, where lanes run beside the reduction, in a block on the stack;
    the output is written once. Inside of a parallel loop everything stays sequential.

    Before:
    ```mlir
    linalg.generic {maps = [(r, c) -> (r, c), (r, c) -> (r)], iterators = [parallel, reduction]}
      ins(%x : memref<?x64xf32>) outs(%y : memref<?xf32>) { arith.addf }
    ```
    After:
    ```mlir
    scf.parallel (%r) = (0) to (%rows) step (1) {
      %init = memref.load %y[%r]
      %sum = scf.for %c = 0 to 64 step 1 iter_args(%acc = %init) { .. arith.addf .. }
      memref.store %sum, %y[%r]
    } {heddle.kernel = "reduce", heddle.work = 64}
    ```
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect"];
}

def FuseKernelsPass : Pass<"heddle-fuse-kernels", "::mlir::func::FuncOp"> {
  let summary = "join neighbouring kernels over the same rows";
  let description = [{
    Two kernels with one parallel dimension of the same size become one when, of every buffer that either writes, both touch
    only the row of their task. Between them stand only operations without effects and allocations. Sizes are compared as
    formulas of the entry's symbols.

    Before:
    ```mlir
    scf.parallel (%r) = (0) to (%rows) step (1) { %sum = .. ; memref.store %sum, %s[%r] } {heddle.kernel = "reduce", ..}
    scf.parallel (%r) = (0) to (%rows) step (1) { scf.for %c .. { %s1 = memref.load %s[%r] .. } } {heddle.kernel = "elementwise", ..}
    ```
    After:
    ```mlir
    scf.parallel (%r) = (0) to (%rows) step (1) {
      %sum = .. ; memref.store %sum, %s[%r]
      scf.for %c .. { %s1 = memref.load %s[%r] .. }
    } {heddle.kernel = "rows", ..}
    ```
  }];
}

def LocalizeBuffersPass : Pass<"heddle-localize-buffers", "::mlir::func::FuncOp"> {
  let summary = "move rows of temporaries that only one kernel sees onto its stack";
  let description = [{
    An allocation that one kernel alone touches, each task in its own row, becomes a row on the stack of the task. The
    allocation dies with its last use.

    Before:
    ```mlir
    %s = memref.alloc(%rows) : memref<?xf32>
    scf.parallel (%r) = .. { memref.store %sum, %s[%r] .. memref.load %s[%r] }
    ```
    After:
    ```mlir
    scf.parallel (%r) = .. { %s = memref.alloca() : memref<1xf32> .. memref.store %sum, %s[0] .. memref.load %s[0] }
    ```
  }];
  let options = [
    Option<"maxStackBytes", "max-stack-bytes", "int64_t", /*default=*/"16384", "rows of one kernel together, at most">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

//===--- lower: memory plan, kernels, C ABI, LLVM dialect ---------------------------------===//

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
    A size that depends on data is an error.

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
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
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
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
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

#endif
