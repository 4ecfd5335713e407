"""Operators of com.microsoft on packed sequences of different lengths, and on states that keep a window."""
import numpy as np

from cases import case, rand
from contrib import flat_of, sigmoid
from references import causal_conv, linear_attention, rotate, softmax_attention


def microsoft(name, op, arrays, expect, **more):
    case("ragged-" + name, op, 17, arrays, domain="com.microsoft", expect=expect, **more)


def ragged():
    packed_convolutions()
    windows()
    delta_nets()
    paged()


def sequences(packed, starts):
    """The sequences of packed tokens, each as a batch of its own."""
    return [packed[None, first:last] for first, last in zip(starts, starts[1:])]


def spread(weight, dilation):
    """A kernel with zeros between its taps."""
    wide = np.zeros((*weight.shape[:2], (weight.shape[2] - 1) * dilation + 1), np.float32)
    wide[:, :, ::dilation] = weight
    return wide


def windowed(joined, reach, length, window):
    """The carries behind the last tokens, the latest last; joined [1, C, reach + length]."""
    behind = [joined[:, :, length - back:length - back + reach] if length > back else np.zeros((1, joined.shape[1], reach), np.float32) for back in reversed(range(window))]
    return np.stack(behind)


def packed_convolutions():
    starts = np.array([0, 1, 6, 8], np.int32)
    x, w, bias = rand(8, 3), rand(3, 1, 4), rand(3)
    slots = ["x", "w", "c", "b", "s"]
    for dilation in [1, 2]:
        carry = rand(3, 3, 3 * dilation)
        parts = [causal_conv(part.transpose(0, 2, 1), spread(w, dilation), bias, past[None]) for part, past in zip(sequences(x, starts), carry)]
        y, final = np.concatenate([part[0][0].T for part in parts]), np.concatenate([part[1] for part in parts])
        arrays = {"x": x, "w": w, "c": starts, "b": bias, "s": carry}
        microsoft(f"conv{dilation}", "VarlenCausalConvWithState", arrays, [y, final], outputs=2, slots=slots, dilation=dilation)
        silu = y * sigmoid(y)
        count = np.array([5, 2, 0], np.int32)
        captured = np.zeros((3, 3, 3), np.float32)
        captured[0, :1], captured[1, :2] = x[:1], x[1:3]
        microsoft(f"conv{dilation}-capture", "VarlenCausalConvWithState", dict(arrays, n=count), [silu, final, captured], outputs=3, slots=[*slots, "n"],
                  dilation=dilation, activation="silu", state_update_capacity=3)
    # The earlier version: carries in a window, or none at all.
    arrays["s"] = rand(2, 3, 3, 3)
    parts = [(part.transpose(0, 2, 1), past[None]) for part, past in zip(sequences(x, starts), arrays["s"][1])]
    y = np.concatenate([causal_conv(part, w, bias, past)[0][0].T for part, past in parts])
    states = np.concatenate([windowed(np.concatenate([past, part], 2), 3, part.shape[2], 2) for part, past in parts], 1)
    microsoft("conv-window", "VarlenCausalConvWithState", arrays, [y, states], outputs=2, slots=slots, state_window=2)
    parts = [causal_conv(part.transpose(0, 2, 1), w, 0 * bias, np.zeros((1, 3, 3), np.float32)) for part in sequences(x, starts)]
    expect = [np.concatenate([part[0][0].T for part in parts]), np.concatenate([part[1] for part in parts])]
    microsoft("conv-begin", "VarlenCausalConvWithState", {"x": x, "w": w, "c": starts}, expect, outputs=2, ndim=1)
    microsoft("conv-symbols", "VarlenCausalConvWithState", {"x": x, "w": w, "c": starts}, expect, outputs=2, symbols={"x": ["tokens", 3], "c": ["places"]})


def windows():
    """CausalConvWithState and LinearAttention that keep the states behind the last tokens."""
    w, bias = rand(6, 1, 3), rand(6)
    for tokens, window in [(5, 2), (2, 4)]:
        x, past = rand(1, 6, tokens), rand(window, 1, 6, 2)
        expect = [causal_conv(x, w, bias, past[-1])[0], windowed(np.concatenate([past[-1], x], 2), 2, tokens, window)]
        microsoft(f"window-conv{tokens}", "CausalConvWithState", {"x": x, "w": w, "b": bias, "s": past}, expect, outputs=2, state_window=window)
        last = lambda a: np.moveaxis(a, -2, -1).reshape(*a.shape[:-2], a.shape[-1], 2, 3)
        microsoft(f"window-conv-last{tokens}", "CausalConvWithState", {"x": last(x), "w": w, "b": bias, "s": last(past)}, [last(a) for a in expect], outputs=2,
                  state_window=window, channels_last=1)
        q, k, v, past = rand(1, tokens, 8), rand(1, tokens, 8, low=-0.5, high=0.5), rand(1, tokens, 6), rand(window, 1, 2, 4, 3)
        for rule in ["linear", "gated", "delta", "gated_delta"]:
            for features in [2, 8]:
                decay, beta = rand(1, tokens, features, low=-1, high=0), rand(1, tokens, 2, low=0, high=1)
                run = lambda n: linear_attention(rule, q[:, :n], k[:, :n], v[:, :n], decay[:, :n], beta[:, :n], past[-1], 2, 0.5)
                states = [run(tokens - back)[1] if tokens > back else np.zeros_like(past[0]) for back in reversed(range(window))]
                arrays = {"q": q, "k": k, "v": v, "s": past, "d": decay, "b": beta}
                microsoft(f"window-{rule}-{features}-{tokens}", "LinearAttention", arrays, [run(tokens)[0], np.stack(states)], outputs=2, update_rule=rule, q_num_heads=2,
                          kv_num_heads=2, state_window=window)
    x, past = rand(2, 6, 5), rand(2, 6, 6)
    expect = causal_conv(x, spread(w, 3), bias, past)
    microsoft("dilated-conv", "CausalConvWithState", {"x": x, "w": w, "b": bias, "s": past}, expect, outputs=2, dilation=3)


def delta_nets():
    starts = np.array([0, 3, 4, 9], np.int32)
    q, k, v = rand(9, 2, 4), rand(9, 2, 4, low=-0.5, high=0.5), rand(9, 2, 3)
    decay, beta, state = rand(9, 2, low=-1, high=0), rand(9, 2, low=0, high=1), rand(3, 2, 3, 4)
    flat = lambda x: x.reshape(1, x.shape[1], -1)
    for rule in ["linear", "gated", "delta", "gated_delta"]:
        pieces = [sequences(x, starts) for x in [q, k, v, decay, beta]]
        parts = [linear_attention(rule, *[flat(x) for x in part[:3]], *part[3:], past[None].transpose(0, 1, 3, 2), 2, 0.5) for *part, past in zip(*pieces, state)]
        y = np.concatenate([part[0].reshape(-1, 2, 3) for part in parts])
        final = np.concatenate([part[1].transpose(0, 1, 3, 2) for part in parts])
        arrays = {"q": q, "k": k, "v": v, "c": starts, "d": decay, "b": beta, "s": state}
        microsoft("gateddeltanet-" + rule, "GatedDeltaNet", arrays, [y, final], outputs=2, update_rule=rule)


def paged():
    """4 heads of queries share 2 of keys; pages of 4 rows."""
    starts, past = np.array([0, 3, 4, 6], np.int32), np.array([2, 5, 0], np.int32)
    table = np.array([[5, 1, -1], [0, 3, 2], [4, -1, -1]], np.int32)
    q, k, v = rand(6, 16), rand(6, 8), rand(6, 8)
    keys, values = rand(6, 4, 2, 4), rand(6, 4, 2, 4)
    cos, sin = np.cos(rand(9, 2)), np.sin(rand(9, 2))
    slots = ["q", "k", "v", "pk", "pv", "n", "p", "t"]
    arrays = {"q": q, "k": k, "v": v, "pk": keys, "pv": values, "n": starts, "p": past, "t": table}
    group = lambda name, arrays, expect, slots=slots, **more: microsoft("paged" + name, "PagedAttention", arrays, expect, outputs=3, slots=slots, num_heads=4, kv_num_heads=2, **more)
    group("", arrays, attend_pages(arrays, lambda x, places: x))
    turn = lambda x, places: rotate(x[None], cos[None, places], sin[None, places], 0)[0]
    group("-rotary", dict(arrays, c=cos, s=sin), attend_pages(arrays, turn), [*slots, "c", "s"], do_rotary=1)
    group("-window", arrays, attend_pages(arrays, lambda x, places: x, window=2), local_window_size=2, softcap=0.0)
    group("-both", arrays, attend_pages(arrays, lambda x, places: x, causal=False), is_causal=0)
    group("-packed", dict(arrays, q=np.concatenate([q, k, v], 1)), attend_pages(arrays, lambda x, places: x), ["q", "", "", *slots[3:]])
    sink = rand(4)
    group("-sink", dict(arrays, h=sink), attend_pages(arrays, lambda x, places: x, sink=sink), [*slots, "", "", "", "h"])
    weights = {"qn": rand(4, low=0.5), "kn": rand(4, low=0.5)}
    unit = lambda x, scale: (x.reshape(6, -1, 4) / np.sqrt((x.reshape(6, -1, 4)**2).mean(-1, keepdims=True) + 1e-6) * scale).reshape(x.shape)
    normal = dict(arrays, q=unit(q, weights["qn"]), k=unit(k, weights["kn"]))
    group("-norms", dict(arrays, **weights), attend_pages(normal, lambda x, places: x), [*slots, *[""] * 4, "qn", "kn"])
    # Rows that each token is written to; -1: nowhere, what stands in the cache is read.
    rows = np.array([22, 23, -1, 13, 16, 17], np.int32)
    group("-slots", dict(arrays, r=rows), attend_pages(arrays, lambda x, places: x, rows=rows), [*slots, "", "", "r"])


def attend_pages(arrays, turn, window=None, causal=True, sink=None, rows=None):
    q, k, v, keys, values, starts, past, table = (arrays[name].copy() for name in ["q", "k", "v", "pk", "pv", "n", "p", "t"])
    output = []
    for number, (first, last) in enumerate(zip(starts, starts[1:])):
        places = past[number] + np.arange(last - first)
        queries, new_keys = turn(q[first:last].reshape(-1, 4, 4), places), turn(k[first:last].reshape(-1, 2, 4), places)
        for row, place in enumerate(places):
            slot = table[number, place // 4] * 4 + place % 4 if rows is None else rows[first + row]
            if slot >= 0:
                keys[slot // 4, slot % 4], values[slot // 4, slot % 4] = new_keys[row], v[first + row].reshape(2, 4)
        seen = np.arange(past[number] + last - first)
        read = lambda cache: np.repeat(np.stack([cache[table[number, place // 4], place % 4] for place in seen], 1), 2, 0)[None]
        distance = places[:, None] - seen
        hidden = (distance < 0) * causal + (distance >= (window or 99))
        output.append(softmax_with_sink(queries.transpose(1, 0, 2)[None], read(keys), read(values), np.where(hidden, -np.inf, 0), sink))
    return [np.concatenate(output), keys, values]


def softmax_with_sink(q, k, v, mask, sink):
    if sink is None:
        return flat_of(softmax_attention(q, k, v, mask, 0.5))[0]
    scores = np.einsum("bhtd,bhsd->bhts", q, k) * 0.5 + mask
    weights = np.exp(scores) / (np.exp(scores).sum(-1, keepdims=True) + np.exp(sink)[None, :, None, None])
    return flat_of(np.einsum("bhts,bhsd->bhtd", weights, v).astype(np.float32))[0]
