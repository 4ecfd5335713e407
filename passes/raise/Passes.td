// What the exporter wrote becomes what it means.
#ifndef HEDDLE_PASSES_RAISE_PASSES_TD
#define HEDDLE_PASSES_RAISE_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyRaises
    : Option<"verify", "verify", "std::string", /*default=*/"\"cheap\"", "how raises are proved: off, cheap or always">;

def SliceGathersPass : Pass<"heddle-slice-gathers", "::mlir::func::FuncOp"> {
  let summary = "write gathers at one position and scatters to a box as slices";
  let description = [{
    An exporter that unrolls a loop over tokens reads token 5 by a gather with the constant index 5, and one that keeps the loop
    reads token `%t`, as far as that cannot be negative or too large. As a slice it can be seen what is read: the passes that
    follow find unrolled steps and the tokens of loops by their slices. Scatters whose positions are a box become slices that are
    written, likewise; gathers from a flat tensor at places that are sums of multiples of the loops become gathers from the
    tensor that was made flat. A slice that takes padding away stands behind what padded chunks give, not behind what is added.

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
  let options = [VerifyRaises];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def FreeLengthPass : Pass<"heddle-free-length", "::mlir::func::FuncOp"> {
  let summary = "make a length that a trace has frozen symbolic again";
  let description = [{
    An exporter that traces a model at 64 tokens writes 64 everywhere. Groups the dimensions of all tensors into classes of equal
    size, and pins those that an op needs as they are: constant tensors that do not count positions, splits into chunks, kernels with
    a number for each token, bodies that compare positions with numbers. A class along which mixers mix or loops over tokens run, that
    reaches an argument and that nothing pins, becomes a symbol: types, sizes and the entry's shapes follow. The new entry is compared
    with the old one at the traced length, and with itself at others; otherwise the entry stays as it is. What pins the length is
    kept in the attribute `heddle.frozen_length`, and in remarks of category `free-length`.

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
    VerifyRaises,
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
    cap, bias, or a score region. One more score than there are keys becomes a first token of zeros. Where no pair of contractions is the attention (overlapping chunks, gathered blocks, rows of
    several softmaxes put together), the region between query, key, value and output is probed: responses to one-hot values
    show the support and the scale. Each raise is proved or left alone; remarks of category `raise-attention` say which.

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
  let options = [VerifyRaises];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def RaiseLinearAttentionPass : Pass<"heddle-raise-linear-attention", "::mlir::func::FuncOp"> {
  let summary = "raise sums along tokens, decay masks and chunks to linear attention";
  let description = [{
    Cuts out every region between tensors with a row for each token and a tensor that has one again, evaluates it, and reads
    off what it is: which input acts linearly, and on which tokens, heads and features. Sums of outer products, products with
    a triangular matrix of decays, and chunks whose states are passed on all become `mixer.mix` with the decays as operand; no
    spelling is known by name. Factors that all weights of a row share are moved behind the sum first. A mixer divided by the sums
    of its weights gets norm `row_sum`. docs/raise.md has the method.

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
  let options = [VerifyRaises];
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
  let options = [VerifyRaises];
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
  let options = [VerifyRaises];
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
  let options = [VerifyRaises];
  let dependentDialects = ["::heddle::mixer::MixerDialect", "::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

#endif // HEDDLE_PASSES_RAISE_PASSES_TD
