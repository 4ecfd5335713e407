// The slots of the template as attributes.
#ifndef HEDDLE_MIXER_ATTRS_TD
#define HEDDLE_MIXER_ATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "dialects/mixer/MixerDialect.td"
include "dialects/mixer/MixerInterfaces.td"

class Mixer_Attr<string name, string mnemonic_, list<Trait> traits = []>
    : AttrDef<Mixer_Dialect, name, traits> { let mnemonic = mnemonic_; }

// A real number, kept as a double and printed so that it reads back bit for bit.
class Mixer_Real<string default = ""> : AttrOrTypeParameter<"::llvm::APFloat", "a real number"> {
  let comparator = "$_lhs.bitwiseIsEqual($_rhs)";
  let parser = "::heddle::mixer::parseReal($_parser)";
  let printer = "$_printer.printFloat($_self)";
  let defaultValue = default;
}
class Mixer_DefaultEnum<EnumInfo info, string default> : EnumParameter<info> { let defaultValue = default; }

//===--- enums ---------------------------------------------------------------------------===//

class Mixer_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::heddle::mixer";
  let genSpecializedAttr = 0;
}
def Mixer_Order : Mixer_Enum<"Order", "order in which tokens are visited", [
  I32EnumAttrCase<"Forward", 0, "forward">, I32EnumAttrCase<"Reverse", 1, "reverse">,
  I32EnumAttrCase<"Bidirectional", 2, "bidirectional">]>;
def Mixer_Align : Mixer_Enum<"Align", "which ends of query and key positions coincide", [
  I32EnumAttrCase<"Start", 0, "start">, I32EnumAttrCase<"End", 1, "end">]>;
def Mixer_BiasKind : Mixer_Enum<"BiasKind", "meaning of the bias operand", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Dense", 1, "dense">,
  I32EnumAttrCase<"Relative", 2, "relative">, I32EnumAttrCase<"Alibi", 3, "alibi">]>;
def Mixer_NormKind : Mixer_Enum<"NormKind", "what divides the weighted sum", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"RowSum", 1, "row_sum">,
  I32EnumAttrCase<"Running", 2, "running">]>;
def Mixer_StructuredKind : Mixer_Enum<"StructuredKind", "fixed token-mixing matrix", [
  I32EnumAttrCase<"Dense", 0, "dense">, I32EnumAttrCase<"Cosine", 1, "cosine">,
  I32EnumAttrCase<"Sine", 2, "sine">]>;
def Mixer_FormKind : Mixer_Enum<"FormKind", "execution form", [
  I32EnumAttrCase<"Dense", 0, "dense">,          // every pair, no L x L buffer: adjoint walk or two softmax passes
  I32EnumAttrCase<"Flash", 1, "flash">,          // online softmax over key tiles
  I32EnumAttrCase<"Recurrent", 2, "recurrent">,  // state carried token by token
  I32EnumAttrCase<"Chunked", 3, "chunked">,      // state carried chunk by chunk, pairs inside of a chunk
  I32EnumAttrCase<"Direct", 4, "direct">,        // position-only or structured matrix applied row by row
  I32EnumAttrCase<"Fft", 5, "fft">,              // position-only kernel by fast Fourier transform
  I32EnumAttrCase<"Factored", 6, "factored">]>;  // one state of all tokens, then its read-out

//===--- layout ---------------------------------------------------------------------------===//

def Mixer_LayoutAttr : Mixer_Attr<"Layout", "layout"> {
  let summary = "order of the tokens and alignment of query and key positions";
  let parameters = (ins EnumParameter<Mixer_Order>:$order,
                        Mixer_DefaultEnum<Mixer_Align, "Align::Start">:$align);
  let assemblyFormat = "`<` $order (`,` `align` `=` $align^)? `>`";
  let constBuilderCall = "$0";  // a default value of this type is written as a C++ expression
}

//===--- supports -------------------------------------------------------------------------===//

class Mixer_Support<string name, string mnemonic_>
    : Mixer_Attr<name, mnemonic_, [DeclareAttrInterfaceMethods<SupportAttrInterface>]>;

def Mixer_FullAttr : Mixer_Support<"Full", "full"> { let summary = "every pair"; }
def Mixer_CausalAttr : Mixer_Support<"Causal", "causal"> { let summary = "j <= i"; }
def Mixer_BlockCausalAttr : Mixer_Support<"BlockCausal", "block_causal"> {
  let summary = "j / block <= i / block";
  let description = [{Constraints: (C1) block >= 1}];
  let parameters = (ins "int64_t":$block);
  let assemblyFormat = "`<` $block `>`"; let genVerifyDecl = 1;
}
def Mixer_WindowAttr : Mixer_Support<"Window", "window"> {
  let summary = "i - left <= j <= i + right";
  let description = [{Constraints: (C1) left >= 0 (C2) right >= 0}];
  let parameters = (ins "int64_t":$left, "int64_t":$right);
  let assemblyFormat = "`<` `left` `=` $left `,` `right` `=` $right `>`"; let genVerifyDecl = 1;
}
def Mixer_SinksAttr : Mixer_Support<"Sinks", "sinks"> {
  let summary = "j < count: the first tokens are seen by all";
  let description = [{Constraints: (C1) count >= 1}];
  let parameters = (ins "int64_t":$count);
  let assemblyFormat = "`<` $count `>`"; let genVerifyDecl = 1;
}
def Mixer_GlobalAttr : Mixer_Support<"Global", "global"> {
  let summary = "i or j is one of the listed positions";
  let description = [{Constraints: (C1) at least one position (C2) positions >= 0 (C3) positions strictly increase}];
  let parameters = (ins ArrayRefParameter<"int64_t">:$positions);
  let assemblyFormat = "`<` `[` $positions `]` `>`"; let genVerifyDecl = 1;
}
def Mixer_DilatedAttr : Mixer_Support<"Dilated", "dilated"> {
  let summary = "i - left <= j <= i + right and (i - j) a multiple of step";
  let description = [{Constraints: (C1) left >= 0 (C2) right >= 0 (C3) step >= 1}];
  let parameters = (ins "int64_t":$left, "int64_t":$right, "int64_t":$step);
  let assemblyFormat = "`<` `left` `=` $left `,` `right` `=` $right `,` `step` `=` $step `>`"; let genVerifyDecl = 1;
}
def Mixer_BlockListAttr : Mixer_Support<"BlockList", "block_list"> {
  let summary = "key blocks listed for each query block (compressed rows: offsets, blocks)";
  let description = [{Query block r = i / block sees key blocks `blocks[offsets[r] .. offsets[r+1])`. Query
    blocks past the last row see nothing.

    Constraints: (C1) block >= 1 (C2) at least two offsets, the first 0 (C3) offsets do not decrease (C4) the last offset is the
    number of blocks (C5) the blocks of a row are non-negative and strictly increase}];
  let parameters = (ins "int64_t":$block, ArrayRefParameter<"int64_t">:$offsets, ArrayRefParameter<"int64_t">:$blocks);
  let assemblyFormat = "`<` $block `,` `offsets` `=` `[` $offsets `]` `,` `blocks` `=` `[` $blocks `]` `>`"; let genVerifyDecl = 1;
}
def Mixer_GroupsAttr : Mixer_Support<"Groups", "groups"> {
  let summary = "(i + shift) / size == (j + shift) / size";
  let description = [{Constraints: (C1) size >= 1 (C2) shift >= 0}];
  let parameters = (ins "int64_t":$size, "int64_t":$shift);
  let assemblyFormat = "`<` $size `,` `shift` `=` $shift `>`"; let genVerifyDecl = 1;
}
def Mixer_Window2DAttr : Mixer_Support<"Window2D", "window_2d"> {
  let summary = "tokens are a row-major grid: |row_i - row_j| <= rows and |col_i - col_j| <= cols";
  let description = [{Constraints: (C1) width >= 1 (C2) rows >= 0 (C3) cols >= 0}];
  let parameters = (ins "int64_t":$width, "int64_t":$rows, "int64_t":$cols);
  let assemblyFormat = "`<` `width` `=` $width `,` `rows` `=` $rows `,` `cols` `=` $cols `>`"; let genVerifyDecl = 1;
}
def Mixer_PerHeadAttr : Mixer_Support<"PerHead", "per_head"> {
  let summary = "head h uses classes[heads[h]]";
  let description = [{Constraints: (C1) classes are supports (C2) every head names a class}];
  let parameters = (ins ArrayRefParameter<"int64_t">:$heads, ArrayRefParameter<"::mlir::Attribute">:$classes);
  let assemblyFormat = "`<` `[` $heads `]` `,` `[` $classes `]` `>`"; let genVerifyDecl = 1;
}
def Mixer_AnyOfAttr : Mixer_Support<"AnyOf", "any_of"> {
  let summary = "union of supports";
  let description = [{Constraints: (C1) parts are supports}];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$supports);
  let assemblyFormat = "`<` $supports `>`"; let genVerifyDecl = 1;
}
def Mixer_AllOfAttr : Mixer_Support<"AllOf", "all_of"> {
  let summary = "intersection of supports";
  let description = [{Constraints: (C1) parts are supports}];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$supports);
  let assemblyFormat = "`<` $supports `>`"; let genVerifyDecl = 1;
}

//===--- transports -----------------------------------------------------------------------===//

class Mixer_Transport<string name, string mnemonic_>
    : Mixer_Attr<name, mnemonic_, [DeclareAttrInterfaceMethods<TransportAttrInterface>]>;

def Mixer_IdentityAttr : Mixer_Transport<"Identity", "identity"> { let summary = "S_t = S_{t-1} + k v^T"; }
def Mixer_ScalarAttr : Mixer_Transport<"Scalar", "scalar"> {
  let summary = "S_t = exp(a_t) S_{t-1} + k v^T; operand a: [B|1, T|1, Ht]";
}
def Mixer_KeyChannelAttr : Mixer_Transport<"KeyChannel", "key_channel"> {
  let summary = "S_t = diag(exp(a_t)) S_{t-1} + k v^T; operand a: [B|1, T|1, Ht, dk]";
}
def Mixer_ElementwiseAttr : Mixer_Transport<"Elementwise", "elementwise"> {
  let summary = "S_t = exp(a_t) . S_{t-1} + k v^T; operand a: [B|1, T|1, Ht, dk, dv], or factored";
  let description = [{When `factored`: two operands step [B|1, T|1, Ht, dv] and rate [Hr, dk, dv], with
    a_t[n, d] = step_t[d] * rate[n, d]. This is the selective scan of Mamba: the L x D x N product is never stored.}];
  let parameters = (ins DefaultValuedParameter<"bool", "false">:$factored);
  let assemblyFormat = "(`<` `factored` `=` $factored^ `>`)?";
}
def Mixer_ComplexDiagonalAttr : Mixer_Transport<"ComplexDiagonal", "complex_diagonal"> {
  let summary = "S_t = diag(exp(a_t + i w_t)) S_{t-1} + k v^T with complex S, k, q; o = Re(q^T S)";
  let description = [{Operands a (log modulus) and w (phase): [B|1, T|1, Ht, dk]. q, k and the state hold the real block
    [0, dk) then the imaginary block [dk, 2 dk) along the key dimension. q is not conjugated.}];
}
def Mixer_DeltaAttr : Mixer_Transport<"Delta", "delta"> {
  let summary = "S_t = exp(a_t) (I - b_t k k^T) S_{t-1} + b_t k v^T; operands b: [B|1,T|1,Ht] and, if gated, a: [B|1,T|1,Ht]";
  let parameters = (ins DefaultValuedParameter<"bool", "false">:$gated);
  let assemblyFormat = "(`<` `gated` `=` $gated^ `>`)?";
}
def Mixer_ConstantAttr : Mixer_Transport<"Constant", "constant"> {
  let summary = "S_t = A S_{t-1} + k v^T; operand A: [Ht, dk, dk]";
}
def Mixer_ToeplitzAttr : Mixer_Transport<"Toeplitz", "toeplitz"> {
  let summary = "o_i = sum_j kernel[i - j + center] v_j; operand kernel: [H|1, dv|1, K], zero outside of [0, K)";
  let description = [{Constraints: (C1) center >= 0}];
  let parameters = (ins DefaultValuedParameter<"int64_t", "0">:$center);
  let assemblyFormat = "(`<` `center` `=` $center^ `>`)?"; let genVerifyDecl = 1;
}
def Mixer_StructuredAttr : Mixer_Transport<"Structured", "structured"> {
  let summary = "o_i = sum_j W[i, j] v_j with a fixed matrix";
  let description = [{`dense`: operand weight [H|1, T, S]. `cosine`: W[i,j] = cos(2 pi i j / S), `sine`: W[i,j] = sin(2 pi i j / S),
    no operand, T = S: the real and the negated imaginary part of the discrete Fourier transform.}];
  let parameters = (ins EnumParameter<Mixer_StructuredKind>:$kind);
  let assemblyFormat = "`<` $kind `>`";
}
def Mixer_RegionAttr : Mixer_Transport<"Region", "region"> {
  let summary = "S_t = region(S_{t-1}, operands at t) + k v^T: any recurrence (GRU, LSTM, inner gradient steps)";
}

//===--- scores and normalisers -----------------------------------------------------------===//

def Mixer_LinearAttr : Mixer_Attr<"Linear", "linear"> {
  let summary = "weight = scale * q . T k; with log_keys, k is the logarithm of the key: weight = scale * q . T exp(k)";
  let description = [{log_keys is evaluated with a running maximum per key channel, so that large keys do not overflow (RWKV-4).

    Constraints: (C1) scale is finite}];
  let parameters = (ins Mixer_Real<"::llvm::APFloat(1.0)">:$scale,
                        DefaultValuedParameter<"bool", "false">:$log_keys);
  let assemblyFormat = "(`<` struct($scale, $log_keys)^ `>`)?";
  let genVerifyDecl = 1;
}
def Mixer_SoftmaxAttr : Mixer_Attr<"Softmax", "softmax"> {
  let summary = "weight = exp(s), s = cap(scale * q . k) + bias; cap(x) = soft_cap * tanh(x / soft_cap), 0 = no cap";
  let description = [{bias: `dense`, operand [B|1, H|1, T|1, S|1]; `relative`, operand table [H|1, R], s += table[clamp(j - i + R / 2, 0, R - 1)]
    (integer division); `alibi`, operand slopes [H], s -= slopes[h] * |i - j|. Here i is the position of the query among the keys:
    `align = end` adds S - T to it, `positions` that of the row's first query. A dense bias already has a row for each query and is not moved: its row is the query's own
    position, counted in the order of the layout like that of the key.

    Constraints: (C1) scale is finite (C2) soft_cap >= 0 and finite}];
  let parameters = (ins Mixer_Real<>:$scale,
                        Mixer_Real<"::llvm::APFloat(0.0)">:$soft_cap,
                        Mixer_DefaultEnum<Mixer_BiasKind, "BiasKind::None">:$bias);
  let assemblyFormat = "`<` struct($scale, $soft_cap, $bias) `>`";
  let genVerifyDecl = 1;
}
def Mixer_NormAttr : Mixer_Attr<"Norm", "norm"> {
  let summary = "divide by nothing, by the row sum of the weights, or by a row sum that is part of the carried state";
  let description = [{o_i = (sum_j w_ij v_j) / (sum_j w_ij + epsilon); a row without any weight gives 0. `running` equals `row_sum`, and the
    sum enters and leaves with the state.

    Constraints: (C1) epsilon >= 0 and finite}];
  let parameters = (ins EnumParameter<Mixer_NormKind>:$kind,
                        Mixer_Real<"::llvm::APFloat(0.0)">:$epsilon);
  let assemblyFormat = "`<` $kind (`,` `epsilon` `=` $epsilon^)? `>`";
  let genVerifyDecl = 1;
}

//===--- form -----------------------------------------------------------------------------===//

def Mixer_FormAttr : Mixer_Attr<"Form", "form"> {
  let summary = "execution form chosen for a mixer, with its chunk (tile) length";
  let description = [{Constraints: (C1) chunk >= 0; 0 leaves the length to the expansion}];
  let parameters = (ins EnumParameter<Mixer_FormKind>:$kind, DefaultValuedParameter<"int64_t", "0">:$chunk);
  let assemblyFormat = "`<` $kind (`,` `chunk` `=` $chunk^)? `>`";
  let genVerifyDecl = 1;
}

#endif
