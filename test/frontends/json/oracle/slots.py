"""Mixers by slots, with a score or a transport as a formula."""
import math

import numpy as np

from .functions import heads, merge, scan, sigmoid

FUNCTIONS = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sigmoid": sigmoid, "abs": abs, "max": np.maximum, "min": np.minimum,
             "select": np.where}


def formula(text, **values):
    return eval(text, {"__builtins__": {}}, dict(FUNCTIONS, **values))


def slots(w, x, p, inputs):
    """Mixers by formula: a linear score over the past, and a region transport."""
    h, keys = p["query_heads"], p["key_features"]
    values, tokens = p.get("value_features", keys), x.shape[1]
    q, k, v = (heads(w.project(x, name, h * n), h) for name, n in (("query", keys), ("key", keys), ("value", values)))
    if "transport" not in p:
        s = np.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(keys)
        position = np.arange(tokens)
        s = np.zeros_like(s) + formula(p["score"]["expression"], score=s, i=position[:, None], j=position, h=np.arange(h)[:, None, None],
                                       b=np.arange(len(x))[:, None, None, None]) * np.tri(tokens)
        return w.project(merge(np.einsum("bhij,bjhd->bihd", s, v)), "output", x.shape[-1])
    keep = heads(sigmoid(w.project(x, "transport.keep", h * keys)), h)
    state = np.zeros((x.shape[0], h, keys, values))

    def step(t):
        nonlocal state
        state = formula(p["transport"]["expression"], state=state, keep=keep[:, t][..., None]) + k[:, t][..., None] * v[:, t][..., None, :]
        return np.einsum("bhk,bhkv->bhv", q[:, t], state)

    return w.project(merge(scan("forward", step, tokens)), "output", x.shape[-1])
