"""Writes models with a delta rule in chunks, as frameworks compute it and exporters trace it, with inputs and outputs beside them.

  delta_rules.py FOLDER

S_t = exp(a_t) (I - b_t k_t k_t^T) S_{t-1} + b_t k_t v_t^T, o_t = q_t S_t. Within a chunk the corrections are a triangular system, solved row by row;
states go from chunk to chunk. Expected outputs come from the rule itself, token by token, in NumPy and double precision.
"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, save

from unrolled_mamba import Graph

HEADS, KEYS, VALUES = 2, 3, 4
WIDTH = HEADS * VALUES


class Rule:
    """Projections of x: [1, T, WIDTH] as [1, HEADS, T, ..], and the chunked rule on them."""

    def __init__(self, tokens, chunk, gated):
        self.g, self.tokens, self.chunk, self.gated = Graph(seed=0), tokens, chunk, gated
        self.chunks = -(-tokens // chunk)
        self.weights = {}

    def project(self, name, *features):
        """[1, HEADS, T, features] of x, or without features [1, HEADS, T]."""
        g, size = self.g, HEADS * int(np.prod(features))
        weight = g.random.normal(0, 0.3, (WIDTH, size)).astype(np.float32)
        self.weights[name] = weight
        rows = g.op("Reshape", g.op("MatMul", "x", g.constant(weight)), g.integers(1, self.tokens, HEADS, *features))
        return g.op("Transpose", rows, perm=[0, 2, 1, 3] if features else [0, 2, 1])

    def split(self, x, rank):
        """Whole chunks: [1, HEADS, chunks, chunk, ..]."""
        g, rest = self.g, self.chunks * self.chunk - self.tokens
        if rest:
            x = g.op("Pad", x, g.integers(*[0] * rank, 0, 0, rest, *[0] * (rank - 3)))
        return g.op("Reshape", x, g.integers(1, HEADS, self.chunks, self.chunk, *[-1] * (rank - 3)))

    def slice(self, x, axis, start, end):
        return self.g.op("Slice", x, self.g.integers(start), self.g.integers(end), self.g.integers(axis))

    def column(self, x):
        return self.g.op("Unsqueeze", x, self.g.integers(-1))

    def transposed(self, x, rank=5):
        return self.g.op("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])

    def pair_decays(self, total):
        """exp(a_{j+1} + .. + a_i) for j <= i, else 0."""
        g = self.g
        distance = g.op("Sub", self.column(total), g.op("Unsqueeze", total, g.integers(-2)))
        future = g.constant(np.triu(np.ones((self.chunk, self.chunk), bool), 1))
        return g.op("Exp", g.op("Where", future, g.constant(np.float32(-np.inf)), distance))

    def inverse(self, system):
        """(I + system)^-1 of strictly lower triangles, by forward substitution."""
        g = self.g
        solved = g.op("Trilu", g.op("Neg", system), g.constant(np.array(-1)), upper=0)
        for row in range(1, self.chunk):
            left = self.slice(self.slice(solved, 3, row, row + 1), 4, 0, row)
            above = self.slice(self.slice(solved, 3, 0, row), 4, 0, row)
            product = g.op("ReduceSum", g.op("Mul", self.transposed(left), above), g.integers(-2), keepdims=1)
            rest = self.slice(self.slice(solved, 3, row, row + 1), 4, row, self.chunk)
            whole = g.op("Concat", g.op("Add", left, product), rest, axis=4)
            parts = [self.slice(solved, 3, 0, row), whole] + ([self.slice(solved, 3, row + 1, self.chunk)] if row + 1 < self.chunk else [])
            solved = g.op("Concat", *parts, axis=3)
        return g.op("Add", solved, g.constant(np.eye(self.chunk, dtype=np.float32)))

    def chunk_of(self, x, number):
        return self.g.op("Gather", x, self.g.constant(np.array(number)), axis=2)

    def build(self):
        g = self.g
        query, key, value = self.project("q", KEYS), self.project("k", KEYS), self.project("v", VALUES)
        step = g.op("Sigmoid", self.project("b"))
        decay = g.op("Neg", g.op("Softplus", self.project("a"))) if self.gated else None
        query = g.op("Mul", query, g.constant(np.float32(KEYS ** -0.5)))
        query, key, value, step = (self.split(x, rank) for x, rank in ((query, 4), (key, 4), (value, 4), (step, 3)))
        value, stepped = g.op("Mul", value, self.column(step)), g.op("Mul", key, self.column(step))
        system, scores = g.op("MatMul", stepped, self.transposed(key)), g.op("MatMul", query, self.transposed(key))
        total = g.op("CumSum", self.split(decay, 3) if self.gated else g.op("Mul", step, g.constant(np.float32(0))), g.constant(np.array(3)))
        pairs = self.pair_decays(total)
        system, scores = g.op("Mul", system, pairs), g.op("Mul", scores, pairs)
        solved, since_start = self.inverse(system), self.column(g.op("Exp", total))
        new, old = g.op("MatMul", solved, value), g.op("MatMul", solved, g.op("Mul", stepped, since_start))
        query = g.op("Mul", query, since_start)
        last = self.slice(total, 3, self.chunk - 1, self.chunk)
        key, across = g.op("Mul", key, self.column(g.op("Exp", g.op("Sub", last, total)))), self.column(g.op("Exp", last))
        state, rows = g.constant(np.zeros((1, HEADS, KEYS, VALUES), np.float32)), []
        for number in range(self.chunks):
            at = lambda x: self.chunk_of(x, number)
            corrected = g.op("Sub", at(new), g.op("MatMul", at(old), state))
            row = g.op("Add", g.op("MatMul", at(query), state), g.op("MatMul", at(scores), corrected))
            rows.append(g.op("Unsqueeze", row, g.integers(2)))
            state = g.op("Add", g.op("Mul", state, at(across)), g.op("MatMul", self.transposed(at(key), 4), corrected))
        rows = g.op("Concat", *rows, axis=2) if self.chunks > 1 else rows[0]
        rows = g.op("Reshape", rows, g.integers(1, HEADS, self.chunks * self.chunk, VALUES))
        rows = g.op("Transpose", self.slice(rows, 2, 0, self.tokens), perm=[0, 2, 1, 3])
        g.nodes.append(helper.make_node("Reshape", [rows, g.integers(1, self.tokens, WIDTH)], ["y"]))

    def model(self):
        info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, self.tokens, WIDTH])
        graph = helper.make_graph(self.g.nodes, "delta", [info("x")], [info("y")], self.g.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model, full_check=True)
        return model

    def reference(self, x):
        rows = {name: (x[0] @ weight).reshape(self.tokens, HEADS, -1) for name, weight in self.weights.items()}
        step = 1 / (1 + np.exp(-rows["b"]))
        decay = np.exp(-np.logaddexp(rows["a"], 0)) if self.gated else np.ones_like(step)
        state, outputs = np.zeros((HEADS, KEYS, VALUES)), []
        for q, k, v, b, a in zip(rows["q"], rows["k"], rows["v"], step, decay):
            state = a[:, :, None] * state
            state = state + np.einsum("hk,hv->hkv", k, b * (v - np.einsum("hk,hkv->hv", k, state)))
            outputs.append(np.einsum("hk,hkv->hv", q * KEYS ** -0.5, state).reshape(WIDTH))
        return np.array([outputs])


VARIANTS = {"gated": (20, 8, True), "many_chunks": (21, 4, True), "one_chunk": (11, 16, True), "whole_chunks": (16, 8, True), "ungated": (14, 4, False)}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (tokens, chunk, gated) in VARIANTS.items():
        rule = Rule(tokens, chunk, gated)
        rule.build()
        save(rule.model(), str(folder / f"{name}.onnx"))
        x = np.random.default_rng(1).normal(size=(1, tokens, WIDTH)).astype(np.float32)
        np.savez(folder / f"{name}.npz", x=x, y=rule.reference(x.astype(np.float64)).astype(np.float32))
    print(f"{len(VARIANTS)} models")


main()
