"""Random weights by the rule of docs/json-model.md, so that no weights have to be exchanged."""
import math

import numpy as np

from .functions import short_conv, sigmoid

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


def fnv(name):
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) & MASK
    return h


def mix64(z):
    z = np.asarray(z, np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def bits(seed, name, count):
    with np.errstate(over="ignore"):
        stream = mix64((seed + STEP) & MASK) ^ mix64((fnv(name) + STEP) & MASK)
        return mix64(stream + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(STEP))


def normal(seed, name, count):
    z = bits(seed, name, count)
    parts = [(z >> np.uint64(s)) & np.uint64(0xFFFF) for s in (0, 16, 32, 48)]
    return (sum(p.astype(np.int64) for p in parts) - 2 * 0xFFFF).astype(np.float32) / np.float32(37836.9)


def uniform(seed, name, count):
    return (bits(seed, name, count) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


class Weights:
    def __init__(self, seed, prefix="blocks."):
        self.seed, self.prefix = seed, prefix

    def under(self, name):
        return Weights(self.seed, f"{self.prefix}{name}.")

    def normal(self, name, *shape, deviation):
        w = np.float32(deviation) * normal(self.seed, self.prefix + name, math.prod(shape))
        return w.astype(np.float64).reshape(shape)

    def uniform(self, name, *shape, low, high):
        low, high = np.float32(low), np.float32(high)
        return (low + (high - low) * uniform(self.seed, self.prefix + name, math.prod(shape))).astype(np.float64).reshape(shape)

    def project(self, x, name, width):
        """Biases start at zero."""
        return x @ self.normal(name + ".weight", x.shape[-1], width, deviation=1 / math.sqrt(x.shape[-1]))

    def conv(self, x, name, taps):
        return short_conv(x, self.normal(name + ".weight", x.shape[-1], taps, deviation=1 / math.sqrt(taps)))

    def gated_linear(self, x, name, width):
        return self.project(x, name, width) * sigmoid(self.project(x, name + "_gate", width))
