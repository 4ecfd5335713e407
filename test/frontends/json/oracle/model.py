"""Whole models: blocks in their order, presets by name."""
import numpy as np

from .attention import attention
from .convolutions import fnet, hyena, longconv, mlp_mixer, sgconv
from .functions import ACTIVATIONS, layer, rms, sigmoid, silu
from .linear_attention import delta, gated_delta, gla, linear_attention, retention
from .slots import slots
from .state_space import lru, mamba, mamba2, rwkv4, s4d, s5
from .weights import Weights

PRESETS = {f.__name__: f for f in (attention, linear_attention, retention, gla, delta, gated_delta, mamba, mamba2, s4d, s5, lru, rwkv4, hyena,
                                   longconv, sgconv, fnet, mlp_mixer)}


def pooled(w, x, b, inputs):
    (rows, tokens, d), stride, is_mean = x.shape, b["stride"], b.get("pool") == "mean"
    groups = x.reshape(rows, tokens // stride, stride, d)
    y = groups.mean(2) if is_mean else w.project(groups.reshape(rows, -1, stride * d), "down", b.get("features", d))
    y = chain(w, y, b["blocks"], inputs)
    if b.get("shift", True):
        y = np.concatenate([np.zeros_like(y[:, :1]), y[:, :-1]], 1)
    return np.repeat(y, stride, 1) if is_mean else w.project(y, "up", stride * d).reshape(x.shape)


def block(w, x, b, inputs):
    kind, d = b["type"], x.shape[-1]
    if kind == "mixer":
        return slots(w, x, b["slots"], inputs) if "slots" in b else PRESETS[b["preset"]](w, x, b, inputs)
    if kind == "repeat":
        for i in range(b["count"]):
            x = chain(w.under(str(i)), x, b["blocks"], inputs)
        return x
    if kind == "residual":
        return x + chain(w, x, b["blocks"], inputs)
    if kind == "pooled":
        return pooled(w, x, b, inputs)
    if kind == "embedding":
        return w.normal("weight", b["vocabulary"], b["features"], deviation=1)[x]
    if kind == "head":
        return w.project(rms(x, 1e-5), "proj", b["features"])
    if kind == "mlp":
        return w.project(ACTIVATIONS[b.get("activation", "gelu")](w.project(x, "up", b["hidden"])), "down", d)
    if kind == "positions":
        return x + w.normal("weight", b["max_tokens"], d, deviation=0.02)[: x.shape[1]]
    if kind == "gated_mlp":
        return w.project(silu(w.project(x, "gate", b["hidden"])) * w.project(x, "up", b["hidden"]), "down", d)
    if kind == "channel_mix":
        key = np.maximum(w.project(w.conv(x, "shift_key", 2), "key", b["hidden"]), 0) ** 2
        return sigmoid(w.project(w.conv(x, "shift_gate", 2), "gate", d)) * w.project(key, "value", d)
    return {"layer_norm": layer, "rms_norm": rms}[kind](x, 1e-5)


def chain(w, x, blocks, inputs):
    for i, b in enumerate(blocks):
        x = block(w.under(b.get("name", str(i))), x, b, inputs)
    return x


def run(model, inputs):
    first = inputs[model["inputs"][0]["name"]]
    return chain(Weights(model["weights"]["random"]["seed"]), first, model["blocks"], inputs)
