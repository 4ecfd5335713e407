"""What blocks and presets share: activations, norms, rotary positions, the short convolution, heads and the loop over tokens."""
import math

import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0, x)


def silu(x):
    return x * sigmoid(x)


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


ACTIVATIONS = {"gelu": gelu, "identity": lambda x: x, "relu": lambda x: np.maximum(x, 0), "sigmoid": sigmoid, "silu": silu, "softplus": softplus,
               "relu_squared": lambda x: np.maximum(x, 0) ** 2, "tanh": np.tanh,
               "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))}


def short_conv(x, w):
    taps = w.shape[1]
    padded = np.concatenate([np.zeros_like(x[:, : taps - 1]), x], 1)
    return sum(padded[:, j : j + x.shape[1]] * w[:, j] for j in range(taps))


def rms(x, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)


def layer(x, epsilon):
    x = x - x.mean(-1, keepdims=True)
    return rms(x, epsilon)


def l2(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)


def heads(x, h):
    return x.reshape(*x.shape[:-1], h, -1)


def merge(x):
    return x.reshape(*x.shape[:-2], -1)


def repeat_heads(x, h):
    return np.repeat(x, h // x.shape[2], axis=2)


def rotary(x, base=10000.0, interleaved=False, features=0, scale=1.0, offset=0):
    d = features or x.shape[-1]
    angle = ((np.arange(x.shape[1]) + offset) * scale)[:, None] * base ** (-2.0 * np.arange(d // 2) / d)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    y = x.copy()
    first, second = (slice(0, d, 2), slice(1, d, 2)) if interleaved else (slice(0, d // 2), slice(d // 2, d))
    y[..., first] = x[..., first] * c - x[..., second] * s
    y[..., second] = x[..., second] * c + x[..., first] * s
    return y


def scan(x_order, step, tokens):
    """Runs step(t) over tokens in the given order and stacks what it returns."""
    out = [None] * tokens
    for t in range(tokens)[:: -1 if x_order == "reverse" else 1]:
        out[t] = step(t)
    return np.stack(out, 1)
