"""Mixers whose state is a matrix per head: linear attention, retention, GLA, delta rules."""
import math

import numpy as np

from .functions import heads, l2, layer, merge, rms, rotary, scan, sigmoid, silu, softplus


def elu1(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def linear_attention(w, x, p, inputs):
    h, d = p["heads"], x.shape[-1]
    q, k, v = elu1(heads(w.project(x, "query", d), h)), elu1(heads(w.project(x, "key", d), h)), heads(w.project(x, "value", d), h)
    s = np.einsum("bihd,bjhd->bhij", q, k) * np.tri(x.shape[1])
    o = np.einsum("bhij,bjhd->bihd", s, v) / (np.moveaxis(s.sum(-1), 1, 2)[..., None] + 1e-6)
    return w.project(merge(o), "output", d)


def recurrence(q, k, v, decay, scale=1.0):
    """S = exp(decay) * S + k v^T; decay [B, T, H, dk or 1]; q, k, v with the same heads."""
    state = np.zeros((v.shape[0], v.shape[2], k.shape[3], v.shape[3]))

    def step(t):
        nonlocal state
        state = np.exp(decay[:, t])[..., None] * state + k[:, t][..., None] * v[:, t][..., None, :]
        return scale * np.einsum("bhk,bhkv->bhv", q[:, t], state)

    return scan("forward", step, v.shape[1])


def retention(w, x, p, inputs):
    h, d = p["heads"], x.shape[-1]
    q = rotary(heads(w.project(x, "query", d), h), interleaved=True)
    k = rotary(heads(w.project(x, "key", d), h), interleaved=True)
    v = heads(w.project(x, "value", 2 * d), h)
    decay = np.broadcast_to(np.log(1 - 2.0 ** (-5 - np.arange(h)))[None, None, :, None], (*x.shape[:2], h, 1))
    y = merge(layer(recurrence(q, k, v, decay, 1 / math.sqrt(d // h)), 1e-5))
    return w.project(silu(w.project(x, "gate", 2 * d)) * y, "output", d)


def gla(w, x, p, inputs):
    h, d = p["heads"], x.shape[-1]
    q, k, v = heads(w.project(x, "query", d // 2), h), heads(w.project(x, "key", d // 2), h), heads(w.project(x, "value", d), h)
    decay = heads(-softplus(-w.project(w.project(x, "gate_down", p.get("gate_rank", 16)), "gate_up", d // 2)) / 16, h)
    y = merge(rms(recurrence(q, k, v, decay, 1 / math.sqrt(d // 2 // h)), 1e-5))
    return w.project(silu(w.project(x, "gate", d)) * y, "output", d)


def delta(w, x, p, inputs, gated=False):
    h, d = p["heads"], x.shape[-1]
    stream = lambda name: heads(silu(w.conv(w.project(x, name, d), name + "_conv", 4)), h)
    q, k, v = l2(stream("query")), l2(stream("key")), stream("value")
    beta = sigmoid(w.project(x, "beta", h))
    keep = np.ones_like(beta)
    if gated:
        rate = -np.exp(w.uniform("log_rate", h, low=0, high=math.log(16)))
        keep = np.exp(softplus(w.project(x, "decay", h) + w.uniform("step_bias", h, low=-6.9, high=-2.25)) * rate)
    state = np.zeros((x.shape[0], h, d // h, d // h))

    def step(t):
        nonlocal state
        b, a = beta[:, t, :, None, None], keep[:, t, :, None, None]
        kt = k[:, t][..., None]
        erased = state - b * kt * np.einsum("bhk,bhkv->bhv", k[:, t], state)[..., None, :]
        state = a * erased + b * kt * v[:, t][..., None, :]
        return np.einsum("bhk,bhkv->bhv", q[:, t], state) / math.sqrt(d // h)

    y = merge(rms(scan("forward", step, x.shape[1]), 1e-5))
    if gated:
        y = y * silu(w.project(x, "gate", d))
    return w.project(y, "output", d)


def gated_delta(w, x, p, inputs):
    return delta(w, x, p, inputs, gated=True)
