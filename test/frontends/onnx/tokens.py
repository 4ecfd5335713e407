"""Cases of the operators made for sequence models."""
import numpy as np

from cases import bools, case, i64, ints, rand
from references import causal_conv, linear_attention, rotate, softmax_attention


def tokens():
    q, k, v = rand(2, 4, 5, 8), rand(2, 2, 5, 8), rand(2, 2, 5, 6)
    wide = lambda x: np.repeat(x, 2, 1)
    causal = np.triu(np.full((5, 5), -np.inf), 1)
    case("attention", "Attention", 23, {"q": q, "k": k, "v": v}, expect=softmax_attention(q, wide(k), wide(v), 0, 8**-0.5))
    case("attention-causal", "Attention", 23, {"q": q, "k": k, "v": v}, is_causal=1, scale=0.3, expect=softmax_attention(q, wide(k), wide(v), causal, 0.3))
    # Fewer queries than keys and no past: the first query sees the first key.
    case("attention-causal-cross", "Attention", 23, {"q": q[:, :, :3], "k": k, "v": v}, is_causal=1,
         expect=softmax_attention(q[:, :, :3], wide(k), wide(v), causal[:3], 8**-0.5))
    visible = bools(5, 5) | np.eye(5, dtype=bool)
    case("attention-mask", "Attention", 23, {"q": q, "k": k, "v": v, "m": visible},
         expect=softmax_attention(q, wide(k), wide(v), np.where(visible, 0, -np.inf), 8**-0.5))
    past_k, past_v = rand(2, 2, 3, 8), rand(2, 2, 3, 6)
    all_k, all_v = np.concatenate([past_k, k], 2), np.concatenate([past_v, v], 2)
    behind = np.triu(np.full((5, 8), -np.inf), 4)
    case("attention-past", "Attention", 23, {"q": q, "k": k, "v": v, "pk": past_k, "pv": past_v}, slots=["q", "k", "v", "", "pk", "pv"], outputs=3, is_causal=1,
         expect=[softmax_attention(q, wide(all_k), wide(all_v), behind, 8**-0.5), all_k, all_v])
    # As many keys as each sample has; its queries are the last of them.
    lengths = np.array([5, 2])
    seen = np.arange(5) <= (lengths[:, None] - 2 + np.arange(2))[:, None, :, None]
    few, slots = q[:, :, :2], ["q", "k", "v", "", "", "", "n"]
    case("attention-lengths", "Attention", 24, {"q": few, "k": k, "v": v, "n": lengths}, slots=slots, is_causal=1,
         expect=softmax_attention(few, wide(k), wide(v), np.where(seen, 0, -np.inf), 8**-0.5))
    case("attention-lengths-mask", "Attention", 24, {"q": few, "k": k, "v": v, "m": visible[:2], "n": lengths}, slots=["q", "k", "v", "m", "", "", "n"], is_causal=1,
         expect=softmax_attention(few, wide(k), wide(v), np.where(seen & visible[:2], 0, -np.inf), 8**-0.5))
    window = np.where(np.abs(np.arange(5)[:, None] - np.arange(5)) <= 1, 0, -np.inf)
    case("attention-window", "Attention", 25, {"q": q, "k": k, "v": v}, left_window_size=1, right_window_size=1,
         expect=softmax_attention(q, wide(k), wide(v), window, 8**-0.5))

    x, angles = rand(2, 3, 8), rand(2, 3, 2)
    cos, sin = np.cos(angles), np.sin(angles)
    for interleaved in [0, 1]:
        expect = rotate(x.reshape(2, 3, 2, 4), cos, sin, interleaved).reshape(x.shape)
        case(f"rotary{interleaved}", "RotaryEmbedding", 23, {"x": x, "c": cos, "s": sin}, num_heads=2, interleaved=interleaved, expect=expect)
    heads_first = rand(2, 2, 3, 4)
    table_c, table_s, places = np.cos(rand(7, 2)), np.sin(rand(7, 2)), ints(2, 3, low=0, high=7)
    expect = rotate(heads_first.transpose(0, 2, 1, 3), table_c[places], table_s[places], 0).transpose(0, 2, 1, 3)
    case("rotary-positions", "RotaryEmbedding", 23, {"x": heads_first, "c": table_c, "s": table_s, "p": places}, expect=expect)

    cache, update = rand(2, 3, 6, 2), rand(2, 3, 4, 2)
    for mode, starts in [("linear", i64(0, 2)), ("circular", i64(4, 5))]:
        written = cache.copy()
        for b in range(2):
            for t in range(4):
                written[b, :, (starts[b] + t) % 6] = update[b, :, t]
        case("tensorscatter-" + mode, "TensorScatter", 24, {"c": cache, "u": update, "w": starts}, mode=mode, expect=written)

    q, k, v = rand(2, 5, 16), rand(2, 5, 8, low=-0.5, high=0.5), rand(2, 5, 6)
    for rule in ["linear", "gated", "delta", "gated_delta"]:
        for name, features in [("", 2), ("-channels", 8)]:
            decay, beta, state = rand(2, 5, features, low=-1, high=0), rand(2, 5, 2, low=0, high=1), rand(2, 2, 4, 3)
            arrays = {"q": q, "k": k, "v": v, "s": state, "d": decay, "b": beta}
            expect = linear_attention(rule, q, k, v, decay, beta, state, 2, 0.5)
            for prefix, domain in [("", ""), ("contrib-", "com.microsoft")]:
                case(f"{prefix}linear-attention-{rule}{name}", "LinearAttention", 27, arrays, outputs=2, domain=domain, update_rule=rule, q_num_heads=4, kv_num_heads=2,
                     scale=0.5, expect=expect)
    # Of com.microsoft, heads of keys and values may share queries.
    keys, values, state = rand(2, 5, 16), rand(2, 5, 12), rand(2, 4, 4, 3)
    wide = np.repeat(q.reshape(2, 5, 4, 4)[:, :, :2], 2, 2).reshape(2, 5, 16)
    case("contrib-linear-attention-shared-queries", "LinearAttention", 27, {"q": q[:, :, :8], "k": keys, "v": values, "s": state}, outputs=2, domain="com.microsoft",
         update_rule="linear", q_num_heads=2, kv_num_heads=4, scale=0.5, expect=linear_attention("linear", wide, keys, values, None, None, state, 4, 0.5))
    x, w, bias, carry = rand(2, 3, 5), rand(3, 1, 4), rand(3), rand(2, 3, 3)
    y, next_carry = causal_conv(x, w, bias, carry)
    for prefix, domain in [("", ""), ("contrib-", "com.microsoft")]:
        case(prefix + "causal-conv", "CausalConvWithState", 27, {"x": x, "w": w, "b": bias, "c": carry}, outputs=2, domain=domain, expect=[y, next_carry])
    case("causal-conv-silu", "CausalConvWithState", 27, {"x": x, "w": w, "b": bias, "c": carry}, outputs=2, activation="silu", expect=[y / (1 + np.exp(-y)), next_carry])
    short = causal_conv(x[:, :, :2], w, bias, np.zeros_like(carry))
    case("causal-conv-short", "CausalConvWithState", 27, {"x": x[:, :, :2], "w": w, "b": bias}, outputs=2, expect=short)
