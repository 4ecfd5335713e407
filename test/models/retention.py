"""Writes models with retention in its parallel form, as frameworks compute it and exporters trace it, with data beside them.

  retention.py FOLDER

o_i = sum_{j <= i} (q_i . k_j) g^(i - j) v_j for heads with decays g of their own. The decays of a row may be divided by the root of their sum, and the
weights that come of it by the size of their sum where that is above 1. Expected outputs come from the recurrence, token by token, in NumPy and double
precision: a state of keys times values, and one of keys alone for the sums.
"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, save

from unrolled_mamba import Graph

HEADS, FEATURES, TOKENS = 3, 4, 21
WIDTH = HEADS * FEATURES
DECAYS = 1 - 2.0 ** (-2 - np.arange(HEADS))


class Retention:
    """`mask` is where decays come from: a table, a table that is divided already, or positions of an open length."""

    def __init__(self, mask, is_normalised=False, is_clamped=False):
        self.g, self.mask, self.is_normalised, self.is_clamped = Graph(seed=0), mask, is_normalised, is_clamped
        self.weights = {}

    def heads(self, name):
        """[B, HEADS, T, FEATURES] of x."""
        g = self.g
        self.weights[name] = g.random.normal(0, 0.5, (WIDTH, WIDTH)).astype(np.float32)
        rows = g.op("Reshape", g.op("MatMul", "x", g.constant(self.weights[name])), g.integers(0, 0, HEADS, FEATURES))
        return g.op("Transpose", rows, perm=[0, 2, 1, 3])

    def table(self):
        distance = np.subtract.outer(np.arange(TOKENS), np.arange(TOKENS))
        return np.where(distance < 0, 0, DECAYS[:, None, None] ** np.maximum(distance, 0))

    def decays(self):
        g = self.g
        if self.mask == "divided":
            return g.constant((self.table() / np.sqrt(self.table().sum(-1, keepdims=True))).astype(np.float32))
        if self.mask == "table":
            mask = g.constant(self.table().astype(np.float32))
        else:
            length = g.op("Gather", g.op("Shape", "x"), g.constant(np.array(1)))
            places = g.op("Range", g.constant(np.array(0)), length, g.constant(np.array(1)))
            distance = g.op("Sub", g.op("Unsqueeze", places, g.integers(1)), g.op("Unsqueeze", places, g.integers(0)))
            logarithm = g.constant(np.log(DECAYS)[:, None, None].astype(np.float32))
            powers = g.op("Exp", g.op("Mul", g.op("Cast", distance, to=TensorProto.FLOAT), logarithm))
            future = g.op("Less", distance, g.constant(np.array(0)))
            mask = g.op("Where", future, g.constant(np.float32(0)), powers)
        if not self.is_normalised:
            return mask
        return g.op("Div", mask, g.op("Sqrt", g.op("ReduceSum", mask, g.integers(-1), keepdims=1)))

    def build(self):
        g = self.g
        query, key, value = self.heads("q"), self.heads("k"), self.heads("v")
        scores = g.op("MatMul", query, g.op("Transpose", key, perm=[0, 1, 3, 2]))
        scores = g.op("Mul", g.op("Mul", scores, self.decays()), g.constant(np.float32(FEATURES ** -0.5)))
        if self.is_clamped:
            size = g.op("Abs", g.op("ReduceSum", scores, g.integers(-1), keepdims=1))
            scores = g.op("Div", scores, g.op("Max", size, g.constant(np.float32(1))))
        rows = g.op("Transpose", g.op("MatMul", scores, value), perm=[0, 2, 1, 3])
        g.nodes.append(helper.make_node("Reshape", [rows, g.integers(0, 0, WIDTH)], ["y"]))
        sizes = ["batch", "length", WIDTH] if self.mask == "positions" else [2, TOKENS, WIDTH]
        info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes)
        graph = helper.make_graph(g.nodes, "retention", [info("x")], [info("y")], g.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model, full_check=True)
        return model

    def reference(self, x):
        q, k, v = ((x @ self.weights[name]).reshape(*x.shape[:2], HEADS, FEATURES) for name in "qkv")
        state, keys, of_decays = np.zeros((len(x), HEADS, FEATURES, FEATURES)), np.zeros((len(x), HEADS, FEATURES)), np.zeros(HEADS)
        outputs = []
        for token in range(x.shape[1]):
            now = q[:, token] * FEATURES ** -0.5
            state = DECAYS[:, None, None] * state + k[:, token, :, :, None] * v[:, token, :, None, :]
            keys = DECAYS[:, None] * keys + k[:, token]
            of_decays = DECAYS * of_decays + 1
            divisor = np.sqrt(of_decays) if self.is_normalised else np.ones(HEADS)
            row, total = np.einsum("bhk,bhkv->bhv", now, state) / divisor[:, None], np.sum(now * keys, -1) / divisor
            outputs.append(row / (np.maximum(np.abs(total), 1)[:, :, None] if self.is_clamped else 1))
        return np.stack(outputs, 1).reshape(x.shape)


VARIANTS = {"plain": ("table",), "plain_open": ("positions",),
            "normalised": ("table", True), "normalised_divided": ("divided", True), "normalised_open": ("positions", True),
            "clamped": ("table", True, True), "clamped_divided": ("divided", True, True), "clamped_open": ("positions", True, True),
            "clamped_alone": ("table", False, True)}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, options in VARIANTS.items():
        retention = Retention(*options)
        save(retention.build(), str(folder / f"{name}.onnx"))
        x = np.random.default_rng(1).normal(size=(2, TOKENS, WIDTH)).astype(np.float32)
        np.savez(folder / f"{name}.npz", x=x, y=retention.reference(x.astype(np.float64)).astype(np.float32))
    print(f"{len(VARIANTS)} models")


main()
