"""Softmax attention: supports, score biases, shared key heads."""
import math

import numpy as np

from .functions import heads, merge, repeat_heads, rms, rotary


def sees(support, i, j):
    if support in ("full", "causal"):
        return support == "full" or j <= i
    (kind, v), = support.items()
    if kind == "window":
        return i - v["left"] <= j <= i + v.get("right", 0)
    if kind == "sinks":
        return j < v
    if kind == "global":
        return i in v or j in v
    return (any if kind == "any_of" else all)(sees(each, i, j) for each in v)


def mask(support, tokens, segments, batch):
    pairs = np.array([[sees(support, i, j) for j in range(tokens)] for i in range(tokens)])
    pairs = np.broadcast_to(pairs, (batch, tokens, tokens))
    return pairs if segments is None else pairs & (segments[:, :, None] == segments[:, None, :])


def t5_bucket(ahead, buckets, largest, both):
    """The bucket of a relative position, after the published code."""
    first = 0
    if both:
        buckets //= 2
        first, ahead = (ahead > 0) * buckets, abs(ahead)
    else:
        ahead = max(-ahead, 0)
    exact = buckets // 2
    if ahead < exact:
        return first + ahead
    return first + min(buckets - 1, exact + int(math.log(ahead / exact) / math.log(largest / exact) * (buckets - exact)))


def score_bias(w, h, bias, queries, keys):
    if bias["kind"] != "t5":
        raise NotImplementedError(bias["kind"])
    table = w.normal("score_bias", bias["buckets"], h, deviation=0.1)
    rows = [[table[t5_bucket(j - i, bias["buckets"], bias["max_distance"], bias["bidirectional"])] for j in range(keys)] for i in range(queries)]
    return np.moveaxis(np.array(rows), 2, 0)


def attention(w, x, p, inputs):
    h, kv = p["heads"], p.get("kv_heads", p["heads"])
    d = x.shape[-1] // h
    source = inputs[p["keys_from"]] if "keys_from" in p else x
    q, k, v = heads(w.project(x, "query", h * d), h), heads(w.project(source, "key", kv * d), kv), heads(w.project(source, "value", kv * d), kv)
    if p.get("qk_norm"):
        q, k = rms(q, 1e-6), rms(k, 1e-6)
    if "rotary" in p:
        q, k = rotary(q, **p["rotary"]), rotary(k, **p["rotary"])
    s = np.einsum("bihd,bjhd->bhij", q, repeat_heads(k, h)) * p.get("scale", 1 / math.sqrt(d))
    if p.get("soft_cap"):
        s = p["soft_cap"] * np.tanh(s / p["soft_cap"])
    if p.get("alibi"):
        position = np.arange(x.shape[1])
        s = s - (2.0 ** (-8.0 * (np.arange(h) + 1) / h))[:, None, None] * abs(position[:, None] - position)
    if "score_bias" in p:
        s = s + score_bias(w, h, p["score_bias"], x.shape[1], source.shape[1])
    if "keys_from" not in p:
        pairs = mask(p.get("support", "causal"), x.shape[1], inputs.get(p.get("segments")), x.shape[0])
        s = np.where(pairs[:, None], s, -np.inf)
    s = np.exp(s - s.max(-1, keepdims=True))
    o = np.einsum("bhij,bjhd->bihd", s / s.sum(-1, keepdims=True), repeat_heads(v, h))
    return w.project(merge(o), "output", x.shape[-1])
