"""Cases of the operators of com.microsoft."""
import math

import numpy as np

from cases import case, i64, rand
from references import rotate


def contrib(name, op, arrays, expect, **more):
    case("contrib-" + name, op, 17, arrays, domain="com.microsoft", expect=expect, **more)


def fused():
    gelu = np.vectorize(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2))))
    a, b, g = rand(2, 3, 4), rand(4), rand(4)
    contrib("biasgelu", "BiasGelu", {"x": a, "b": b}, gelu(a + b).astype(np.float32))
    tanh = lambda v: (0.5 * v * (1 + np.tanh(np.sqrt(2 / np.pi) * (v + 0.044715 * v**3)))).astype(np.float32)
    contrib("fastgelu", "FastGelu", {"x": a, "b": b}, tanh(a + b))
    contrib("quickgelu", "QuickGelu", {"x": a}, a / (1 + np.exp(-1.702 * a)))
    m = rand(2, 5, 4)
    contrib("fusedmatmul", "FusedMatMul", {"a": a, "b": m}, 0.5 * a @ m.transpose(0, 2, 1), transB=1, alpha=0.5)
    rms = lambda v: v / np.sqrt((v * v).mean(-1, keepdims=True) + 1e-5)
    case("simplifiednorm", "SimplifiedLayerNormalization", 17, {"x": a, "g": g}, epsilon=1e-5, expect=rms(a) * g)
    skip = rand(2, 3, 4)
    total = a + skip
    centered = (total - total.mean(-1, keepdims=True)) / np.sqrt(total.var(-1, keepdims=True) + 1e-5)
    contrib("skipnorm", "SkipLayerNormalization", {"x": a, "s": skip, "g": g, "b": b}, centered * g + b, epsilon=1e-5)
    contrib("skiprms", "SkipSimplifiedLayerNormalization", {"x": a, "s": skip, "g": g}, rms(total) * g, epsilon=1e-5)
    packed, table = rand(2, 3, 8), rand(9, 2)
    cos, sin = np.cos(table), np.sin(table)
    places = np.broadcast_to(np.arange(3) + 4, (2, 3))
    contrib("rotary", "RotaryEmbedding", {"x": packed, "p": i64(4), "c": cos, "s": sin},
            rotate(packed.reshape(2, 3, 2, 4), cos[places], sin[places], 0).reshape(packed.shape), num_heads=2)
