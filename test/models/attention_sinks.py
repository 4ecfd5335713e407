"""Writes attention whose softmax has one more score than there are keys, as exporters trace it, with data beside it.

  attention_sinks.py FOLDER

w_ij = exp(s_ij) / (exp(z_h) + sum_j exp(s_ij)) for heads with sinks z of their own: a column that is put beside the scores and dropped behind the softmax.
Expected outputs come from NumPy in double precision.
"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, save

from unrolled_mamba import Graph

HEADS, FEATURES, TOKENS = 4, 3, 19
WIDTH = HEADS * FEATURES


class Sinks:
    """`window` tokens are seen, or the whole past; the column that is dropped behind the softmax is the sink, or the one at the other end."""

    def __init__(self, is_open, key_heads=HEADS, window=None, is_first=False, drops_sink=True, stretches=False):
        self.is_open, self.key_heads, self.window, self.is_first = is_open, key_heads, window, is_first
        self.drops_sink, self.stretches = drops_sink, stretches
        self.g, self.weights = Graph(seed=0), {}
        self.sinks = self.g.random.normal(1, 1, HEADS).astype(np.float32)

    def heads(self, name, count):
        g = self.g
        self.weights[name] = g.random.normal(0, 0.5, (WIDTH, count * FEATURES)).astype(np.float32)
        rows = g.op("Reshape", g.op("MatMul", "x", g.constant(self.weights[name])), g.integers(0, 0, count, FEATURES))
        rows = g.op("Transpose", rows, perm=[0, 2, 1, 3])
        return rows if count == HEADS else g.op("Reshape", g.op("Expand", g.op("Unsqueeze", rows, g.integers(2)), g.integers(1, 1, HEADS // count, 1, 1)),
                                                g.integers(0, HEADS, -1, FEATURES))

    def hidden(self):
        """Which pairs [T, T] do not exist."""
        g = self.g
        length = g.op("Gather", g.op("Shape", "x"), g.constant(np.array(1))) if self.is_open else g.constant(np.array(TOKENS))
        places = g.op("Range", g.constant(np.array(0)), length, g.constant(np.array(1)))
        distance = g.op("Sub", g.op("Unsqueeze", places, g.integers(1)), g.op("Unsqueeze", places, g.integers(0)))
        future = g.op("Less", distance, g.constant(np.array(0)))
        return future if not self.window else g.op("Or", future, g.op("GreaterOrEqual", distance, g.constant(np.array(self.window))))

    def column(self, scores):
        """The sinks as [B, HEADS, T, 1]."""
        g, sinks = self.g, self.sinks.reshape(1, HEADS, 1, 1)
        if self.stretches:
            return g.constant(np.broadcast_to(sinks, (2, HEADS, TOKENS, 1)).copy())
        return g.op("Expand", g.constant(sinks), g.op("Concat", g.op("Slice", g.op("Shape", scores), g.integers(0), g.integers(3)), g.integers(1), axis=0))

    def build(self):
        g = self.g
        query, key, value = self.heads("q", HEADS), self.heads("k", self.key_heads), self.heads("v", self.key_heads)
        scores = g.op("Mul", g.op("MatMul", query, g.op("Transpose", key, perm=[0, 1, 3, 2])), g.constant(np.float32(FEATURES ** -0.5)))
        scores = g.op("Where", self.hidden(), g.constant(np.float32(-1e9)), scores)
        columns = [self.column(scores), scores] if self.is_first else [scores, self.column(scores)]
        weights = g.op("Softmax", g.op("Concat", *columns, axis=3), axis=3)
        drops_first = self.is_first == self.drops_sink
        ends = (1, np.iinfo(np.int64).max) if drops_first else (0, -1)
        weights = g.op("Slice", weights, g.integers(ends[0]), g.integers(ends[1]), g.integers(3))
        rows = g.op("Transpose", g.op("MatMul", weights, value), perm=[0, 2, 1, 3])
        g.nodes.append(helper.make_node("Reshape", [rows, g.integers(0, 0, WIDTH)], ["y"]))
        sizes = ["batch", "length", WIDTH] if self.is_open else [2, TOKENS, WIDTH]
        info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
        graph = helper.make_graph(g.nodes, "sinks", [info("x")], [info("y")], g.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model, full_check=True)
        return model

    def reference(self, x):
        q, k, v = ((x @ self.weights[name]).reshape(*x.shape[:2], -1, FEATURES) for name in "qkv")
        k, v = (np.repeat(heads, HEADS // self.key_heads, 2) for heads in (k, v))
        scores = np.einsum("bihd,bjhd->bhij", q, k) * FEATURES ** -0.5
        distance = np.subtract.outer(np.arange(x.shape[1]), np.arange(x.shape[1]))
        scores = np.where((distance < 0) | (distance >= (self.window or TOKENS)), -1e9, scores)
        column = np.broadcast_to(self.sinks[None, :, None, None].astype(np.float64), scores.shape[:3] + (1,))
        scores = np.concatenate([column, scores] if self.is_first else [scores, column], 3)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights = weights / weights.sum(-1, keepdims=True)
        weights = weights[..., 1:] if self.is_first == self.drops_sink else weights[..., :-1]
        return np.einsum("bhij,bjhd->bihd", weights, v).reshape(x.shape)


VARIANTS = {"causal": dict(is_open=False), "causal_open": dict(is_open=True), "causal_first": dict(is_open=True, is_first=True),
            "causal_stretched": dict(is_open=False, stretches=True), "window": dict(is_open=False, window=5),
            "window_shared": dict(is_open=True, window=5, key_heads=2), "other_dropped": dict(is_open=True, drops_sink=False)}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in VARIANTS.items():
        sinks = Sinks(**options)
        save(sinks.build(), str(folder / f"{name}.onnx"))
        x = np.random.default_rng(1).normal(size=(2, TOKENS, WIDTH)).astype(np.float32)
        np.savez(folder / f"{name}.npz", x=x, y=sinks.reference(x.astype(np.float64)).astype(np.float32))
    print(f"{len(VARIANTS)} models")


main()
