"""MoE and QMoE of com.microsoft, each expert in turn."""
import numpy as np

from cases import case, ints, rand
from contrib import pack

relu = lambda x: np.maximum(x, 0)
silu = lambda x: x / (1 + np.exp(-x))
gelu = lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def swiglu(gate, linear, alpha, beta, limit):
    gate, linear = np.minimum(gate, limit), np.clip(linear, -limit, limit)
    return gate / (1 + np.exp(-alpha * gate)) * (linear + beta)


def mixture(x, router, hidden, down, down_bias, k, normalizes):
    """hidden(e, token): the activations of expert e."""
    y = np.zeros((len(router), x.shape[-1]))
    for row, token, logits in zip(y, x.reshape(len(router), -1), router):
        likely = np.exp(logits) / np.exp(logits).sum()
        chosen = np.argsort(-likely, kind="stable")[:k]
        for e in chosen:
            row += likely[e] / (likely[chosen].sum() if normalizes else 1) * (down[e] @ hidden(e, token) + down_bias[e])
    return y.reshape(x.shape).astype(np.float32)


def chosen_by(x, router, shares, hidden, down, normalizes):
    """As a mixture of 2 experts without biases, whose weights are given."""
    y = np.zeros((len(router), x.shape[-1]))
    for row, token, logits, share in zip(y, x.reshape(len(router), -1), router, shares):
        chosen = np.argsort(-logits, kind="stable")[:2]
        row += sum(share[e] / (share[chosen].sum() if normalizes else 1) * (down[e] @ hidden(e, token)) for e in chosen)
    return y.reshape(x.shape).astype(np.float32)


def moe(name, arrays, expect, op="MoE", slots=None, **attributes):
    case(f"{op.lower()}-{name}", op, 17, arrays, domain="com.microsoft", expect=expect, slots=slots, **attributes)


def experts():
    x, router = rand(2, 3, 6), rand(6, 4)
    up, up_bias, down, down_bias = rand(4, 5, 6), rand(4, 5), rand(4, 6, 5), rand(4, 6)
    arrays = {"x": x, "r": router, "u": up, "ub": up_bias, "d": down, "db": down_bias}
    for name, function in [("relu", relu), ("gelu", gelu), ("silu", silu), ("identity", lambda v: v)]:
        for k, normalizes in [(1, 0), (2, 1)]:
            expect = mixture(x, router, lambda e, t: function(up[e] @ t + up_bias[e]), down, down_bias, k, normalizes)
            moe(f"{name}{k}", arrays, expect, activation_type=name, k=k, normalize_routing_weights=normalizes)
    # Without biases, on tokens without batches, and with a product that gates; of equal experts the first.
    gate, flat, level = rand(4, 5, 6), x.reshape(6, 6), np.zeros((6, 4), np.float32)
    expect = mixture(flat, level, lambda e, t: silu(up[e] @ t) * (gate[e] @ t), down, 0 * down_bias, 2, 0)
    moe("gated", {"x": flat, "r": level, "u": up, "d": down, "g": gate}, expect, slots=["x", "r", "u", "", "d", "", "g"], activation_type="silu", k=2)
    expect = mixture(x, router, lambda e, t: relu(up[e] @ t + up_bias[e]), down, down_bias, 2, 1)
    moe("symbols", arrays, expect, symbols={"x": ["batch", "tokens", 6], "r": ["rows", 4]}, k=2, normalize_routing_weights=1)
    gated(arrays)
    quantized(router)


def gated(arrays):
    """swiglu: pairs, halves or two products."""
    wide, wide_bias = rand(4, 10, 6), rand(4, 10)
    x, router, down, down_bias = (arrays[name] for name in ["x", "r", "d", "db"])
    attributes = {"activation_type": "swiglu", "k": 2, "activation_alpha": 1.7, "activation_beta": 1.0, "swiglu_limit": 1.5}
    orders = {1: (slice(0, None, 2), slice(1, None, 2)), 2: (slice(0, 5), slice(5, None))}
    for fusion, (first, second) in orders.items():
        whole = lambda e, t: wide[e] @ t + wide_bias[e]
        expect = mixture(x, router, lambda e, t: swiglu(whole(e, t)[first], whole(e, t)[second], 1.7, 1, 1.5), down, down_bias, 2, 0)
        moe(f"swiglu{fusion}", dict(arrays, u=wide, ub=wide_bias), expect, swiglu_fusion=fusion, **attributes)
    up, gate, gate_bias = arrays["u"], rand(4, 5, 6), rand(4, 5)
    hidden = lambda e, t: swiglu(up[e] @ t + arrays["ub"][e], gate[e] @ t + gate_bias[e], 1.7, 1, 1.5)
    moe("swiglu0", dict(arrays, g=gate, gb=gate_bias), mixture(x, router, hidden, down, down_bias, 2, 0), **attributes)


def quantized(router):
    x = rand(2, 3, 32)
    for bits in [2, 4, 8]:
        number = lambda *shape: ints(*shape, low=0, high=2**bits, dtype=np.uint8)
        up, down, middle = number(4, 16, 32), number(4, 32, 16), 2.0**(bits - 1)
        plain = lambda up, down: mixture(x, router, lambda e, t: relu(up[e] @ t), down, np.zeros((4, 32)), 2, 1)
        attributes = {"k": 2, "normalize_routing_weights": 1, "expert_weight_bits": bits}
        small = lambda *shape: rand(*shape, low=0.1, high=0.5) / np.float32(2**bits)
        up_scale, down_scale = small(4, 16), small(4, 32)
        slots = ["x", "r", "u", "us", "", "d", "ds"]
        arrays = {"x": x, "r": router, "u": pack(up, bits), "us": up_scale, "d": pack(down, bits), "ds": down_scale}
        moe(f"rows{bits}", arrays, plain((up - middle) * up_scale[..., None], (down - middle) * down_scale[..., None]), "QMoE", slots, **attributes)
        up_zero, down_zero = number(4, 16), number(4, 32)
        expect = plain((up - 1.0 * up_zero[..., None]) * up_scale[..., None], (down - 1.0 * down_zero[..., None]) * down_scale[..., None])
        more = dict(arrays, uz=pack(up_zero, bits), dz=pack(down_zero, bits))
        zero_slots = [*slots, *[""] * 4, "uz", "dz"]
        moe(f"rows{bits}-zeros", more, expect, "QMoE", zero_slots, **attributes)
        # The router chooses, and weights are those of another input.
        shares = rand(6, 4, low=0, high=1)
        for normalizes in [0, 1]:
            expect = chosen_by(x, router, shares, lambda e, t: relu(((up[e] - middle) * up_scale[e][:, None]) @ t), (down - middle) * down_scale[..., None], normalizes)
            moe(f"shares{bits}-{normalizes}", dict(arrays, rw=shares), expect, "QMoE", [*slots, *[""] * 7, "rw"],
                **dict(attributes, normalize_routing_weights=normalizes, quant_type="int", weights_prepacked=0))
        # Blocks of 4 along a row; their zero points fill whole bytes.
        up_scale, down_scale, up_zero, down_zero = small(4, 16, 8), small(4, 32, 4), number(4, 16, 8), number(4, 32, 4)
        spread = lambda w, zero, scale: (w - 1.0 * np.repeat(zero, 4, 2)) * np.repeat(scale, 4, 2)
        blocked = dict(more, us=up_scale, ds=down_scale, uz=pack(up_zero, bits), dz=pack(down_zero, bits))
        moe(f"blocks{bits}", blocked, plain(spread(up, up_zero, up_scale), spread(down, down_zero, down_scale)), "QMoE", zero_slots, block_size=4, **attributes)
