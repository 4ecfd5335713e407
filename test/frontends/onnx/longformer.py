"""LongformerAttention of com.microsoft."""
import numpy as np

from cases import case, rand
from references import softmax_attention


def attend(arrays, heads, window):
    """A window around each token and the global tokens; those see everything with projections of their own; padding is zero."""
    batch, tokens, width = arrays["x"].shape
    split = lambda x: x.reshape(batch, tokens, heads, -1).transpose(0, 2, 1, 3)
    parts = lambda w, b: [split(part) for part in np.split(arrays["x"] @ arrays[w] + arrays[b], 3, 2)]
    mask, is_global = arrays["m"], arrays["global"][0] != 0
    place = np.arange(tokens)
    seen = (abs(place[:, None] - place) <= window) | is_global
    scale = (width // heads)**-0.5
    local = softmax_attention(*parts("w", "b"), np.where(seen, mask[:, None, None], -np.inf), scale)
    anew = softmax_attention(*parts("gw", "gb"), mask[:, None, None], scale)
    y = np.where(is_global[:, None], anew, local).transpose(0, 2, 1, 3).reshape(batch, tokens, width)
    return np.where(mask[..., None] < 0, 0, y).astype(np.float32)


def longformer():
    x, weights, biases = rand(2, 12, 8), rand(2, 8, 24, low=-0.5, high=0.5), rand(2, 24)
    mask = np.zeros((2, 12), np.float32)
    mask[1, 9:] = -10000
    for name, places in [("", []), ("-first", [0]), ("-apart", [0, 1, 7])]:
        flags = np.zeros((2, 12), np.int32)
        flags[:, places] = 1
        arrays = {"x": x, "w": weights[0], "b": biases[0], "m": mask, "gw": weights[1], "gb": biases[1], "global": flags}
        case("longformer" + name, "LongformerAttention", 17, arrays, const=["global"], domain="com.microsoft", expect=attend(arrays, 2, 2), num_heads=2, window=2)
        case("longformer-folded" + name, "LongformerAttention", 17, arrays, const=["w", "b", "gw", "gb", "global"], domain="com.microsoft",
             expect=attend(arrays, 2, 2), num_heads=2, window=2, symbols={"x": ["batch", "tokens", 8], "m": ["batch", "tokens"]})
