"""Nodes that are refused, each with its reason."""
import numpy as np

from cases import i64, rand
from refusals import bad, node, one, x


def nodes():
    one("axis-outside", "Softmax", "Softmax: axis 5 is outside of rank 2", axis=5)
    one("axis-twice", "Squeeze", "Squeeze: axis 1 is listed twice", {"x": rand(2, 1), "a": i64(1, -1)})
    one("squeeze-size", "Squeeze", "Squeeze: sizes 3 and 1, expected equal ones", {"x": x, "a": i64(1)})
    one("attribute-kind", "Softmax", "Softmax: attribute 'axis', expected kind INT but got STRING", axis="last")
    one("attribute-unknown", "Neg", "Neg: attribute 'speed' is not one that opset 17 defines", speed=3)
    one("input-unknown", "Neg", "Neg: input 1 \\('w'\\) is more than opset 17 defines", {"x": x, "w": x})
    one("element-types", "Add", "Add: inputs have element types 'f32' and 'i64', expected one type", {"x": x, "w": i64(1)})
    one("broadcast", "Add", r"Add: sizes 3 and 4, expected equal ones in shapes \[2, 3\], \[4\]", {"x": x, "w": rand(4)})
    one("matmul-sizes", "MatMul", "MatMul: sizes 3 and 4, expected equal ones", {"x": x, "w": rand(4, 2)})
    one("matmul-scalar", "MatMul", "MatMul: inputs of rank 2 and 0", {"x": x, "w": np.float32(1).reshape(())})
    one("gemm-rank", "Gemm", "Gemm: inputs of rank 2 and 1, expected 2", {"x": x, "w": rand(3)})
    one("reshape-count", "Reshape", "Reshape: .*expected the same number of elements but got 8 and 6", {"x": x, "s": i64(2, 4)})
    one("reshape-indivisible", "Reshape", "Reshape: .*expected sizes that divide its 6 elements", {"x": x, "s": i64(4, -1)})
    one("reshape-two-rests", "Reshape", "Reshape: shape .*at most one -1", {"x": x, "s": i64(-1, -1)})
    one("reshape-negative", "Reshape", "Reshape: shape", {"x": x, "s": i64(-2, 3)})
    one("reshape-overflow", "Reshape", "Reshape: ", {"x": x, "s": i64(2**62, 2**62)})
    one("reshape-data", "Reshape", "Reshape: input 'shape' \\(value 's'\\), expected integers computed from constants and sizes", {"x": x, "s": i64(3, 2)}, const=[])
    one("expand-sizes", "Expand", "Expand: sizes 3 and 4, expected equal ones", {"x": x, "s": i64(2, 4)})
    one("constantofshape-huge", "ConstantOfShape", "ConstantOfShape: shape .*at most 2\\^48 elements", {"s": i64(2**40, 2**40)}, const=["s"])
    one("constantofshape-negative", "ConstantOfShape", "ConstantOfShape: shape", {"s": i64(-2)}, const=["s"])
    one("transpose-perm", "Transpose", "Transpose: axis 1 is listed twice", perm=[1, 1])
    one("transpose-short", "Transpose", "Transpose: attribute 'perm' has 1 axes, expected 2", perm=[0])
    one("concat-ranks", "Concat", "Concat: inputs, expected one rank", {"x": x, "w": rand(3)}, axis=0)
    one("concat-sizes", "Concat", "Concat: sizes 4 and 3, expected equal ones", {"x": x, "w": rand(2, 4)}, axis=0)
    one("slice-step", "Slice", "Slice: step 0", {"x": x, "s": i64(0), "e": i64(1), "a": i64(0), "t": i64(0)})
    one("slice-lists", "Slice", "Slice: 1 starts, 2 ends", {"x": x, "s": i64(0), "e": i64(1, 2)})
    one("gather-outside", "Gather", "Gather: index 7 is outside of size 2", {"w": rand(2), "i": i64(7)}, const=["w", "i"])
    one("gather-row", "Gather", "Gather: size of the dimension that is read, expected at least 8 but got 2", {"x": x, "i": i64(7)}, const=["i"])
    one("gather-float", "Gather", "gather has indices of a float type", {"x": x, "i": rand(2)})
    one("cast-string", "Cast", "Cast: attribute 'to', expected elements of type .* but got string", to=8)
    one("range-step", "Range", "Range: .*delta other than 0", {k: np.int64(v).reshape(()) for k, v in [("s", 0), ("e", 5), ("d", 0)]}, const=["s", "e", "d"])
    one("range-huge", "Range", "Range: range of", {k: np.float32(v).reshape(()) for k, v in [("s", 0), ("e", 3e38), ("d", 1)]}, const=["s", "e", "d"])
    one("einsum-equation", "Einsum", "", {"x": x, "w": x}, equation="ij,->(")
    one("unsqueeze-no-axes", "Unsqueeze", "Unsqueeze: no axes", opset=11)
    one("missing-operand", "Add", "Add: 1 inputs, expected 2")
    bad("constant-empty", [node("Constant", [], ["c"], name="bad"), node("Add", ["x", "c"], ["y"])], "bad: Constant: no value, expected one of")
    bad("constant-string", [node("Constant", [], ["c"], name="bad", value_string="a"), node("Add", ["x", "c"], ["y"])], "bad: Constant: constant of strings")
    one("training-dropout", "Dropout", "Dropout: training_mode is true", {"x": x, "r": np.float32(0.5).reshape(()), "t": np.bool_(True).reshape(())})
    bad("symbols-that-differ", [node("Concat", ["x", "x"], ["c"], axis=0, name="double"), node("Add", ["x", "c"], ["y"], name="bad")],
        "bad: Add: sizes .*, expected equal ones", symbols={"x": ["n", 3]})
    bad("indivisible-sum", [node("Concat", ["x", "row"], ["c"], axis=0), node("Reshape", ["c", "s"], ["y"], name="bad")],
        "bad: Reshape: .*expected sizes that divide its", {"x": x, "row": rand(1, 3), "s": i64(4, -1)}, const=["s"], symbols={"x": ["n", 3]})


def data_dependent():
    """Operators whose shape the data decides."""
    one("nonzero-data", "NonZero", "NonZero: the number of elements that are not 0 depends on the data")
    one("unique-data", "Unique", "Unique: the number of distinct elements depends on the data")
    flags = np.array([True, False])
    one("compress-data", "Compress", "Compress: the number of selected elements depends on the data", {"x": x, "c": flags}, const=[], axis=0)
    one("compress-long", "Compress", "Compress: selected dimension, expected at least 2 but got 1", {"x": rand(1, 3), "c": flags}, axis=0)


def gradients():
    preview = "ai.onnx.preview.training"
    sine = [node("Sin", ["x"], ["s"]), node("Gradient", ["x"], ["y"], name="bad", domain=preview, xs=["x"], y="s")]
    bad("gradient-operator", sine, "bad: Gradient: operator 'Sin', expected Add, Sub, Mul")
    other = [node("Neg", ["x"], ["s"]), node("Gradient", ["s"], ["y"], name="bad", domain=preview, xs=["x"], y="s")]
    bad("gradient-elsewhere", other, "bad: Gradient: inputs, expected the values that attributes 'xs' and 'zs' name")
    bad("gradient-nowhere", [node("Gradient", ["x"], ["y"], name="bad", domain=preview, xs=["x"], y="t")], "bad: Gradient: value 't', expected one of the graph")


def microsoft():
    q, lengths, total = rand(1, 3, 8), np.array([2], np.int32), np.array(3, np.int32)

    def contrib(name, op, inputs, expect, slots=None, const=(), **attributes):
        call = node(op, slots or list(inputs), ["y"], name="bad", domain="com.microsoft", **attributes)
        bad(name, [call], f"bad: {op}: " + expect, inputs, const=const)

    three = {"q": q, "k": q, "v": q}
    contrib("multihead-heads", "MultiHeadAttention", three, "attribute 'num_heads', expected a positive number but got 0")
    contrib("multihead-buffer", "MultiHeadAttention", dict(three, p=total), "input 'past_sequence_length', expected none", ["q", "k", "v", *[""] * 5, "p"], num_heads=2)
    contrib("multihead-ranks", "MultiHeadAttention", {"q": rand(3, 8), "k": q, "v": q}, "query, key and value, expected", num_heads=2)
    contrib("attention-widths", "Attention", {"x": q, "w": rand(8, 24)}, "attribute 'qkv_hidden_sizes', expected three sizes with the sum 24", num_heads=2,
            qkv_hidden_sizes=[8, 8, 9])
    contrib("attention-rotary", "Attention", {"x": q, "w": rand(8, 24)}, "attribute 'do_rotary', expected 0", num_heads=2, do_rotary=1)
    group = dict(three, n=lengths, t=total)
    slots = ["q", "k", "v", "", "", "n", "t"]
    contrib("groupquery-heads", "GroupQueryAttention", group, "attributes 'num_heads' 3 and 'kv_num_heads' 2", slots, num_heads=3, kv_num_heads=2)
    contrib("groupquery-sink", "GroupQueryAttention", dict(group, s=rand(3)), "sizes 3 and 4, expected equal ones", [*slots, *[""] * 4, "s"], num_heads=4, kv_num_heads=4)
    contrib("groupquery-norm", "GroupQueryAttention", dict(group, s=rand(2)), "input 15 is missing", [*slots, *[""] * 7, "s"], num_heads=4, kv_num_heads=4)
    contrib("groupquery-quantized", "GroupQueryAttention", group, "attribute 'k_quant_type', expected NONE", slots, num_heads=4, kv_num_heads=4, k_quant_type="PER_TENSOR")
    contrib("groupquery-tables", "GroupQueryAttention", group, "attribute 'do_rotary' is 1, expected inputs", slots, num_heads=4, kv_num_heads=4, do_rotary=1)
    four = {"q": rand(1, 3, 2, 4), "k": rand(1, 3, 2, 4), "v": rand(1, 3, 2, 4)}
    contrib("gateddeltanet-ragged", "GatedDeltaNet", dict(four, c=np.array([0, 3], np.int32)), "query, key and value, expected rank 4, or rank 3", update_rule="linear")
    contrib("gateddeltanet-capture", "GatedDeltaNet", four, "attribute 'state_update_capacity', expected 0 but got 2", update_rule="linear", state_update_capacity=2)
    contrib("gateddeltanet-rule", "GatedDeltaNet", four, "attribute 'update_rule', expected linear, gated, delta or gated_delta but got 'none'", update_rule="none")
    contrib("linear-window", "LinearAttention", three, "attribute 'state_window' 9, expected 0 to 8", update_rule="linear", q_num_heads=2, kv_num_heads=2, state_window=9)
    weights = {"x": rand(2, 32), "w": np.zeros((3, 2, 8), np.uint8), "s": rand(6)}
    contrib("matmulnbits-bits", "MatMulNBits", weights, "attributes 'K', 'N', 'block_size' and 'bits', expected", K=32, N=3, bits=3, block_size=16)
    contrib("gatherblock-axis", "GatherBlockQuantized", {"t": weights["w"][0], "i": np.zeros(1, np.int64), "s": rand(2, 1)}, "attributes 'bits' 4 and 'gather_axis' 1, expected", gather_axis=1)
    contrib("gatherblock-block", "GatherBlockQuantized", {"t": weights["w"][0], "i": np.zeros(1, np.int64), "s": rand(2, 1)}, "attribute 'block_size' 24, expected", block_size=24)
    contrib("gatherblock-zeros", "GatherBlockQuantized", {"t": weights["w"][0], "i": np.zeros(1, np.int64), "s": rand(2, 1), "z": np.zeros((2, 2), np.uint8)},
            r"zero points of shape \[2, 2\], expected \[2, 1\]")
    contrib("gatherblock-scales", "GatherBlockQuantized", {"t": weights["w"][0], "i": np.zeros(1, np.int64), "s": rand(2, 2)}, r"scales of shape \[2, 2\], expected \[2, 1\]")
    contrib("complexmul-pairs", "ComplexMul", {"a": x, "b": x}, r"input of shape \[2, 3\], expected pairs in the last dimension")
    contrib("rfft-dimensions", "Rfft", {"x": x}, "attributes 'signal_ndim', 'onesided' and 'normalized', expected 1, 1 and 0", signal_ndim=2)
    contrib("gatedrmsnorm-width", "GatedRMSNorm", {"x": q, "s": rand(3), "g": q}, "last dimension 8, expected a multiple of the scale's length")
    sparse(contrib)
    ragged(contrib)


def sparse(contrib):
    arrays = {"x": rand(1, 4, 8), "w": rand(8, 24), "b": rand(24), "m": rand(1, 4), "gw": rand(8, 24), "gb": rand(24), "g": np.zeros((1, 4), np.int32)}
    contrib("longformer-global", "LongformerAttention", arrays, "input 'global', expected constant flags", num_heads=2, window=2)
    contrib("longformer-window", "LongformerAttention", arrays, "attributes 'num_heads' 2 and 'window' 0, expected positive", num_heads=2)
    contrib("longformer-weights", "LongformerAttention", dict(arrays, gw=rand(8, 23)), r"weights of shape \[8, 23\], expected \[8, 24\]", num_heads=2, window=2)
    moe = {"x": rand(3, 6), "r": rand(3, 4), "u": rand(4, 5, 6), "ub": rand(4, 5), "d": rand(4, 6, 5)}
    contrib("moe-k", "MoE", moe, "attribute 'k' 5, expected 1 to 4", k=5)
    contrib("moe-mixer", "MoE", moe, "attribute 'use_sparse_mixer', expected 0", use_sparse_mixer=1)
    contrib("moe-activation", "MoE", moe, "attribute 'activation_type', expected relu, gelu, silu, swiglu or identity but got 'tanh'", activation_type="tanh")
    contrib("moe-fusion", "MoE", moe, "attribute 'swiglu_fusion' 0, expected 0 with input 'fc3_experts_weights'", activation_type="swiglu")
    contrib("moe-weights", "MoE", dict(moe, u=rand(4, 6, 5)), r"weights of shape \[4, 6, 5\], expected \[4, 5, 6\]; the order \[experts, in, out\] of early releases is not read")
    byte = np.zeros((4, 6, 3), np.uint8)
    quantized = {"x": rand(3, 6), "r": rand(3, 4), "u": byte, "us": rand(4, 5), "d": byte, "ds": rand(4, 6)}
    contrib("qmoe-scales", "QMoE", quantized, r"scales or zero points, expected shapes \[4, 6\] and \[4, 3\]", ["x", "r", "u", "us", "", "d", "ds"])
    slots = ["x", "r", "u", "us", "", "d", "ds"]
    contrib("qmoe-type", "QMoE", quantized, "attribute 'quant_type', expected int but got 'fp4'", slots, quant_type="fp4")
    contrib("qmoe-prepacked", "QMoE", quantized, "attribute 'weights_prepacked' 1, expected 0", slots, weights_prepacked=1)
    q, cache, lengths = rand(1, 3, 16), rand(1, 2, 8, 4), np.array([3], np.int32)
    attention = {"q": q, "k": q[..., :8], "v": q[..., :8], "pk": cache, "pv": cache, "r": np.array([[0, 1]], np.int32), "c": np.array([[0]], np.int32), "n": lengths, "t": lengths}
    heads = {"num_heads": 4, "kv_num_heads": 2}
    contrib("sparse-layout", "SparseAttention", attention, "inputs 'block_row_indices' and 'block_col_indices', expected constants", sparse_block_size=8, **heads)
    contrib("sparse-column", "SparseAttention", dict(attention, c=np.array([[3]], np.int32)), "layout 0, expected places that do not decrease and blocks below 1",
            const=["r", "c"], sparse_block_size=8, **heads)
    contrib("sparse-cache", "SparseAttention", dict(attention, pk=cache[:, :, :2]), "length of the cache, expected at least 3 but got 2", const=["r", "c"], sparse_block_size=8, **heads)


def ragged(contrib):
    starts = np.array([0, 2, 5], np.int32)
    conv = {"x": rand(5, 3), "w": rand(3, 1, 4), "c": starts, "b": rand(3), "s": rand(2, 3, 3), "n": np.array([1, 1], np.int32)}
    both = "attributes or inputs of two versions of the operator, expected either 'state_window'"
    contrib("varlen-versions", "VarlenCausalConvWithState", conv, both, state_window=2, state_update_capacity=2)
    contrib("varlen-capture", "VarlenCausalConvWithState", conv, "attribute 'state_update_capacity' 0, expected 1 to 8 with input 'capture_count'")
    contrib("varlen-dilation", "VarlenCausalConvWithState", conv, "attribute 'dilation' 0, expected a positive number", ["x", "w", "c", "b", "s"], dilation=0)
    contrib("varlen-carry", "VarlenCausalConvWithState", conv, "sizes 3 and 6, expected equal ones", ["x", "w", "c", "b", "s"], dilation=2)
    contrib("varlen-places", "VarlenCausalConvWithState", dict(conv, c=starts[:1]), "number of places where sequences begin, expected at least 2", ["x", "w", "c", "b", "s"])
    contrib("conv-dimensions", "CausalConvWithState", {"x": rand(1, 3, 5), "w": rand(3, 1, 4)}, "attribute 'ndim' 2, expected 1", ndim=2)
    pages, heads = rand(3, 4, 2, 4), {"num_heads": 4, "kv_num_heads": 2}
    paged = {"q": rand(5, 16), "k": rand(5, 8), "v": rand(5, 8), "pk": pages, "pv": pages, "n": starts, "p": np.zeros(2, np.int32), "t": np.zeros((2, 1), np.int32)}
    contrib("paged-quantized", "PagedAttention", paged, "attribute 'k_quant_type', expected NONE", k_quant_type="PER_TENSOR", **heads)
    contrib("paged-latent", "PagedAttention", paged, "attribute 'kv_cache_layout', expected SEPARATE", kv_cache_layout="LATENT", **heads)
    contrib("paged-cache", "PagedAttention", dict(paged, pv=pages[..., :3]), "sizes 3 and 4, expected equal ones", **heads)
    contrib("paged-table", "PagedAttention", dict(paged, t=np.zeros(2, np.int32)), "inputs 'past_seqlens' and 'block_table', expected ranks 1 and 2", **heads)


def randoms():
    absent = "attribute 'seed' is absent, expected a number: set a seed"
    for op in ["RandomUniformLike", "RandomNormalLike", "Bernoulli", "Multinomial"]:
        one(f"{op.lower()}-seed", op, f"{op}: {absent}")
    bad("randomuniform-seed", [node("RandomUniform", [], ["y"], name="bad", shape=[2])], f"bad: RandomUniform: {absent}")
    bad("randomnormal-shape", [node("RandomNormal", [], ["y"], name="bad", seed=1.0)], "bad: RandomNormal: attribute 'shape' is absent, expected sizes")
    one("randomuniformlike-type", "RandomUniformLike", "RandomUniformLike: elements of type 'i64', expected a float type: give attribute 'dtype'", {"x": i64(1)}, seed=1.0)
    one("multinomial-samples", "Multinomial", "Multinomial: input, attribute 'sample_size' and 'dtype', expected", seed=1.0, sample_size=0)
