"""Cases of the operators of com.microsoft."""
import math

import numpy as np

from cases import case, i64, ints, rand
from references import linear_attention, rotate, softmax_attention


def contrib(name, op, arrays, expect, **more):
    case("contrib-" + name, op, 17, arrays, domain="com.microsoft", expect=expect, **more)


def fused():
    gelu = np.vectorize(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2))))
    a, b, g = rand(2, 3, 4), rand(4), rand(4)
    contrib("biasgelu", "BiasGelu", {"x": a, "b": b}, gelu(a + b).astype(np.float32))
    tanh = lambda v: (0.5 * v * (1 + np.tanh(np.sqrt(2 / np.pi) * (v + 0.044715 * v**3)))).astype(np.float32)
    contrib("fastgelu", "FastGelu", {"x": a, "b": b}, tanh(a + b))
    contrib("quickgelu", "QuickGelu", {"x": a}, a / (1 + np.exp(-1.702 * a)))
    m = rand(2, 5, 4)
    contrib("fusedmatmul", "FusedMatMul", {"a": a, "b": m}, 0.5 * a @ m.transpose(0, 2, 1), transB=1, alpha=0.5)
    rms = lambda v: v / np.sqrt((v * v).mean(-1, keepdims=True) + 1e-5)
    case("simplifiednorm", "SimplifiedLayerNormalization", 17, {"x": a, "g": g}, epsilon=1e-5, expect=rms(a) * g)
    skip = rand(2, 3, 4)
    total = a + skip
    centered = (total - total.mean(-1, keepdims=True)) / np.sqrt(total.var(-1, keepdims=True) + 1e-5)
    contrib("skipnorm", "SkipLayerNormalization", {"x": a, "s": skip, "g": g, "b": b}, centered * g + b, epsilon=1e-5)
    contrib("skiprms", "SkipSimplifiedLayerNormalization", {"x": a, "s": skip, "g": g}, rms(total) * g, epsilon=1e-5)
    packed, table = rand(2, 3, 8), rand(9, 2)
    cos, sin = np.cos(table), np.sin(table)
    places = np.broadcast_to(np.arange(3) + 4, (2, 3))
    contrib("rotary", "RotaryEmbedding", {"x": packed, "p": i64(4), "c": cos, "s": sin},
            rotate(packed.reshape(2, 3, 2, 4), cos[places], sin[places], 0).reshape(packed.shape), num_heads=2)


def softplus(x):
    return np.log1p(np.exp(x))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gates():
    x, scale, gate = rand(2, 3, 8), rand(4), rand(2, 3, 8)
    grouped = x.reshape(2, 3, 2, 4)
    normal = grouped / np.sqrt((grouped**2).mean(-1, keepdims=True) + 1e-6) * scale
    contrib("gatedrmsnorm", "GatedRMSNorm", {"x": x, "s": scale, "g": gate}, normal.reshape(x.shape) * gate * sigmoid(gate), epsilon=1e-6)
    a, bias, rate, b = rand(2, 3, 4), rand(4), rand(4, high=0), rand(2, 3, 4)
    contrib("lineargate", "LinearAttentionGate", {"a": a, "d": bias, "s": rate, "b": b}, [rate * softplus(a + bias), sigmoid(b)], outputs=2)
    contrib("lineargate-decay", "LinearAttentionGate", {"a": a, "d": bias, "s": rate}, rate * softplus(a + bias))
    contrib("gelu", "Gelu", {"x": a}, np.vectorize(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2))))(a).astype(np.float32))
    signal = rand(2, 3, 8)
    half = np.fft.rfft(signal)
    pairs = lambda z: np.stack([z.real, z.imag], -1).astype(np.float32)
    contrib("rfft", "Rfft", {"x": signal}, pairs(half), signal_ndim=1, onesided=1, normalized=0)
    contrib("irfft", "Irfft", {"x": pairs(half)}, signal, signal_ndim=1, onesided=1, normalized=0)
    left, right = rand(2, 3) + 1j * rand(2, 3), rand(3) + 1j * rand(3)
    contrib("complexmul", "ComplexMul", {"a": pairs(left), "b": pairs(right)}, pairs(left * right))
    contrib("complexmulconj", "ComplexMulConj", {"a": pairs(left), "b": pairs(right)}, pairs(left * right.conj()))
    quantized()
    gated_delta_net()


def pack(numbers, bits):
    """The last axis, from the low bits of a byte on."""
    parts = numbers.reshape(*numbers.shape[:-1], -1, 8 // bits)
    return sum(parts[..., i].astype(np.uint8) << np.uint8(bits * i) for i in range(8 // bits)).astype(np.uint8)


def quantized():
    """Rows of weights in blocks of 16, packed from the low bits of a byte on."""
    x, bias = rand(2, 40), rand(3)
    for bits in [2, 4, 8]:
        numbers = ints(3, 48, low=0, high=2**bits, dtype=np.uint8)
        scales, zeros = rand(3, 3), ints(3, 4, low=0, high=2**bits, dtype=np.uint8)
        weights = lambda zero: ((numbers.reshape(3, 3, 16).astype(np.float32) - zero) * scales[..., None]).reshape(3, 48)[:, :40]
        arrays = {"x": x, "w": pack(numbers, bits).reshape(3, 3, -1), "s": scales.reshape(-1)}
        attributes = {"K": 40, "N": 3, "bits": bits, "block_size": 16}
        contrib(f"matmulnbits{bits}", "MatMulNBits", arrays, x @ weights(2**(bits - 1)).T, **attributes)
        # A row's zero points fill whole bytes.
        listed = pack(zeros, bits)[:, :-(-3 * bits // 8)]
        more = dict(arrays, z=listed.reshape(-1), b=bias)
        contrib(f"matmulnbits{bits}-zeros", "MatMulNBits", more, x @ weights(zeros[:, :3, None].astype(np.float32)).T + bias, slots=["x", "w", "s", "z", "", "b"],
                **attributes)
    contrib("matmulnbits-floatzeros", "MatMulNBits", dict(arrays, z=scales), x @ weights(scales[..., None]).T, **attributes)


def gated_delta_net():
    """Heads of queries and keys that several heads of values share; the state is value major."""
    q, k, v = rand(2, 5, 2, 4), rand(2, 5, 2, 4), rand(2, 5, 4, 3, low=-0.5, high=0.5)
    decay, beta, state, a_log, dt_bias = rand(2, 5, 4), rand(2, 5, 4), rand(2, 4, 3, 4), rand(4), rand(4)
    unit = lambda x: x / np.sqrt((x * x).sum(-1, keepdims=True))
    flat = lambda x: x.reshape(2, 5, -1)
    shared = lambda x: flat(np.repeat(x, 2, 2))
    slots = ["q", "k", "v", "", "d", "b", "s", "a", "t"]
    for rule in ["linear", "gated", "delta", "gated_delta"]:
        effective = -np.exp(a_log) * softplus(decay + dt_bias)
        y, final = linear_attention(rule, shared(unit(q)), shared(unit(k)), flat(v), effective, sigmoid(beta), state.transpose(0, 1, 3, 2), 4, 0.5)
        expect = [y.reshape(2, 5, 4, 3), final.transpose(0, 1, 3, 2)]
        arrays = {"q": q, "k": k, "v": v, "d": decay, "b": beta, "s": state, "a": a_log, "t": dt_bias}
        attributes = {"update_rule": rule, "gate_activation": "qwen", "beta_activation": "sigmoid", "qk_l2_norm": 1}
        contrib("gateddeltanet-" + rule, "GatedDeltaNet", arrays, expect, outputs=2, slots=slots, **attributes)
        packed = {name: array if name in "sat" else array.reshape(10, *array.shape[2:]) for name, array in arrays.items()}
        contrib("gateddeltanet-packed-" + rule, "GatedDeltaNet", packed, [expect[0].reshape(10, 4, 3), expect[1]], outputs=2, slots=slots, **attributes)


def heads_of(x, heads):
    """[B, T, H * D] as [B, H, T, D]"""
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def flat_of(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def attention():
    q, k, v = rand(2, 3, 8), rand(2, 5, 8), rand(2, 5, 6)
    split = lambda x: heads_of(x, 2)
    plain = lambda k, v, mask: flat_of(softmax_attention(split(q), k, v, mask, 0.5))
    multi = lambda name, arrays, expect, **more: contrib("multihead" + name, "MultiHeadAttention", arrays, expect, num_heads=2, **more)
    multi("", {"q": q, "k": k, "v": v}, plain(split(k), split(v), 0))
    bias = rand(22)
    whole = softmax_attention(split(q + bias[:8]), split(k + bias[8:16]), split(v + bias[16:]), 0, 0.3)
    multi("-bias", {"q": q, "k": k, "v": v, "b": bias}, flat_of(whole), scale=0.3)
    lengths, extra = np.array([5, 2], np.int32), rand(1, 2, 3, 5)
    padded = np.where(np.arange(5) < lengths[:, None, None, None], 0, -10000)
    multi("-lengths", {"q": q, "k": k, "v": v, "m": lengths}, plain(split(k), split(v), padded), slots=["q", "k", "v", "", "m"])
    multi("-padding", {"q": q, "k": k, "v": v, "m": (padded[:, 0, 0] == 0).astype(np.int32), "e": extra}, plain(split(k), split(v), padded + extra),
          slots=["q", "k", "v", "", "m", "e"])
    past_k, past_v = rand(2, 2, 4, 4), rand(2, 2, 4, 3)
    all_k, all_v = np.concatenate([past_k, split(k[:, :3])], 2), np.concatenate([past_v, split(v[:, :3])], 2)
    behind = np.triu(np.full((3, 7), -np.inf), 5)
    multi("-past", {"q": q, "k": k[:, :3], "v": v[:, :3], "pk": past_k, "pv": past_v}, [plain(all_k, all_v, behind), all_k, all_v], outputs=3, unidirectional=1,
          slots=["q", "k", "v", "", "", "", "pk", "pv"])
    packed = rand(2, 3, 2, 3, 4)
    parts = [packed[:, :, :, i].transpose(0, 2, 1, 3) for i in range(3)]
    multi("-packed", {"qkv": packed}, flat_of(softmax_attention(*parts, 0, 0.5)))
    pair = rand(2, 5, 2, 2, 4)
    multi("-packed-pair", {"q": q, "kv": pair}, plain(pair[:, :, :, 0].transpose(0, 2, 1, 3), pair[:, :, :, 1].transpose(0, 2, 1, 3), 0))
    multi("-cross", {"q": q, "k": split(k), "v": split(v)}, plain(split(k), split(v), 0))
    projected()
    grouped()


def projected():
    """Attention: queries, keys and values are products of one input."""
    x, weight, bias = rand(2, 3, 6), rand(6, 22), rand(22)
    q, k, v = (heads_of(part, 2) for part in np.split(x @ weight + bias, [8, 16], 2))
    attend = lambda name, arrays, expect, **more: contrib("attention" + name, "Attention", arrays, expect, num_heads=2, **more)
    whole = {"x": x, "w": weight, "b": bias}
    attend("", whole, flat_of(softmax_attention(q, k, v, 0, 0.5)), qkv_hidden_sizes=[8, 8, 6])
    visible = np.array([[[1, 0, 0], [1, 1, 0], [1, 0, 1]], [[1, 1, 1], [1, 1, 1], [0, 1, 1]]], np.int32)
    masked = softmax_attention(q, k, v, np.where(visible[:, None], 0, -10000), 0.5)
    attend("-mask", dict(whole, m=visible), flat_of(masked), qkv_hidden_sizes=[8, 8, 6])
    q, k, v = (heads_of(part, 2) for part in np.split(x @ weight[:, :18], 3, 2))
    past = rand(2, 2, 2, 4, 3)
    keys, values = np.concatenate([past[0], k], 2), np.concatenate([past[1], v], 2)
    behind = np.triu(np.full((3, 7), -np.inf), 5)
    attend("-past", {"x": x, "w": weight[:, :18], "p": past}, [flat_of(softmax_attention(q, keys, values, behind, 3**-0.5)), np.stack([keys, values])], outputs=2,
           unidirectional=1, slots=["x", "w", "", "", "p"])


def grouped():
    """GroupQueryAttention: 4 heads of queries share 2 of keys; each sample has a past of its own length."""
    q, k, v = rand(2, 3, 16), rand(2, 3, 8), rand(2, 3, 8)
    wide = lambda x: np.repeat(x, 2, 1)
    total = np.array(3, np.int32)
    group = lambda name, arrays, expect, **more: contrib("groupquery" + name, "GroupQueryAttention", arrays, expect, num_heads=4, kv_num_heads=2, **more)
    causal = np.triu(np.full((3, 3), -np.inf), 1)
    prompt = flat_of(softmax_attention(heads_of(q, 4), wide(heads_of(k, 2)), wide(heads_of(v, 2)), causal, 0.5))
    slots = ["q", "k", "v", "", "", "n", "t"]
    arrays = {"q": q, "k": k, "v": v, "n": np.array([2, 2], np.int32), "t": total}
    group("", arrays, [prompt, heads_of(k, 2), heads_of(v, 2)], outputs=3, slots=slots)
    joined = {"q": np.concatenate([q, k, v], 2), "n": arrays["n"], "t": total}
    group("-packed", joined, prompt, slots=["q", "", "", "", "", "n", "t"])
    window = causal + np.tril(np.full((3, 3), -np.inf), -2)
    local = flat_of(softmax_attention(heads_of(q, 4), wide(heads_of(k, 2)), wide(heads_of(v, 2)), window, 0.5))
    group("-window", arrays, local, slots=slots, local_window_size=2)

    past_k, past_v, lengths = rand(2, 2, 4, 4), rand(2, 2, 4, 4), np.array([4, 2])
    cos, sin = np.cos(rand(9, 2)), np.sin(rand(9, 2))
    places = lengths[:, None] + np.arange(3)
    turn = lambda x: rotate(x.transpose(0, 2, 1, 3), cos[places], sin[places], 0).transpose(0, 2, 1, 3)
    new_q, new_k = turn(heads_of(q, 4)), turn(heads_of(k, 2))
    keys, values = (np.concatenate([past, np.zeros((2, 2, 3, 4), np.float32)], 2) for past in [past_k, past_v])
    for sample in range(2):
        keys[sample][:, places[sample]], values[sample][:, places[sample]] = new_k[sample], heads_of(v, 2)[sample]
    visible = np.where(np.arange(7) <= places[:, None, :, None], 0, -np.inf)
    expect = flat_of(softmax_attention(new_q, wide(keys), wide(values), visible, 0.5))
    arrays = {"q": q, "k": k, "v": v, "pk": past_k, "pv": past_v, "n": (lengths + 2).astype(np.int32), "t": np.array(7, np.int32), "c": cos, "s": sin}
    group("-past", arrays, [expect, keys, values], outputs=3, slots=["q", "k", "v", "pk", "pv", "n", "t", "c", "s"], do_rotary=1)
