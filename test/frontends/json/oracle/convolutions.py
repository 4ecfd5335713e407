"""Convolutions as long as the sequence and constant matrices over tokens: Hyena, long convolutions, FNet, MLP-Mixer."""
import math

import numpy as np

from .functions import gelu


def convolve(x, kernel, center=0):
    """kernel [D, K]; out[i] = sum_j kernel[i - j + center] x[j]."""
    y = np.zeros_like(x)
    for i in range(x.shape[1]):
        for j in range(x.shape[1]):
            if 0 <= i - j + center < kernel.shape[1]:
                y[:, i] += kernel[:, i - j + center] * x[:, j]
    return y


def hyena(w, x, p, inputs):
    d, length, order, bands, hidden = x.shape[-1], p["max_tokens"], p.get("order", 2), p.get("bands", 8), p.get("filter_hidden", 64)
    t = np.arange(length)
    frequency = 1e-4 + (bands - 1 - 1e-4) * np.arange(bands) / (bands - 1)
    angle = 2 * np.pi * t[:, None] / length * frequency
    place = t / (length - 1)
    z = np.zeros((length, 2 * bands + 1))
    z[:, 0], z[:, 1::2], z[:, 2::2] = place, np.cos(angle), -np.sin(angle)
    for name in ("input", "hidden"):
        z = np.sin(10 * w.project(z, "filter." + name, hidden))
    z = w.project(z, "filter.output", order * d).reshape(length, order, d)
    rate = -math.log(0.01) / (0.3 + np.arange(d) / (d - 1) * 1.2)
    kernel = z * (np.exp(-rate * place[:, None]) + 0.05)[:, None] / math.sqrt(length)
    streams = np.split(w.conv(w.project(x, "input", (order + 1) * d), "conv", p.get("taps", 3)), order + 1, -1)
    y = streams[-1]
    for i in range(order):
        y = streams[i] * (convolve(y, kernel[:, i].T) + y * w.normal(f"skip_{i}", d, deviation=1))
    return w.project(y, "output", d)


def finish_conv(w, x, y):
    d = x.shape[-1]
    return w.gated_linear(gelu(y + x * w.normal("skip", d, deviation=1)), "output", d)


def longconv(w, x, p, inputs):
    d, length = x.shape[-1], p["max_tokens"]
    kernel = w.normal("kernel", d, length, deviation=1 / math.sqrt(length))
    return finish_conv(w, x, convolve(x, np.sign(kernel) * np.maximum(abs(kernel) - 0.003, 0)))


def sgconv(w, x, p, inputs):
    d, length, base = x.shape[-1], p["max_tokens"], p["base"]
    scales = 1 + max(0, math.ceil(math.log2(length / base)))

    def direction(name):
        points = w.normal(name, scales, d, base, deviation=1)
        parts = []
        for i in range(scales):
            stretch = 2 ** max(0, i - 1)
            source = (np.arange(base * stretch) + 0.5) / stretch - 0.5
            parts.append(2.0 ** (scales - 1 - i) * np.stack([np.interp(source, np.arange(base), row) for row in points[i]]))
        kernel = np.concatenate(parts, 1)
        return (kernel / np.linalg.norm(kernel, axis=1, keepdims=True))[:, :length]

    kernel, center = direction("kernel"), 0
    if p.get("bidirectional"):
        kernel, center = np.concatenate([direction("kernel_reverse")[:, : length - 1][:, ::-1], kernel], 1), length - 1
    return finish_conv(w, x, convolve(x, kernel, center))


def fnet(w, x, p, inputs):
    return np.fft.fft2(x, axes=(1, 2)).real


def mlp_mixer(w, x, p, inputs):
    tokens, hidden = x.shape[1], p["hidden"]
    up = w.normal("up.weight", hidden, tokens, deviation=1 / math.sqrt(tokens))
    down = w.normal("down.weight", tokens, hidden, deviation=1 / math.sqrt(hidden))
    return down @ gelu(up @ x)
