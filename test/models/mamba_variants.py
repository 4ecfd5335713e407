"""Writes small Mamba-like models as exporters write them, each another way, with inputs and outputs beside them.

  mamba_variants.py FOLDER

Expected outputs come from ONNX's own reference evaluator, so that neither these scripts nor Heddle says what is right.
"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, save
from onnx.reference import ReferenceEvaluator

from unrolled_mamba import Graph

TOKENS, WIDTH, STATES, RANK = 11, 6, 4, 2


def rms_norm(g, x, weight=None):
    """Falcon-Mamba norms step, key and query without weights, Jamba with them."""
    mean = g.op("ReduceMean", g.op("Pow", x, g.constant(np.float32(2))), axes=[-1], keepdims=1)
    normed = g.op("Div", x, g.op("Sqrt", g.op("Add", mean, g.constant(np.float32(1e-5)))))
    return g.op("Mul", normed, weight) if weight else normed


class Streams:
    """What the scan reads: u, step [1, T, D]; key, query [1, T, N]; rate [D, N]."""

    def __init__(self, g, x, norm=None):
        self.g = g
        self.u = g.op("MatMul", x, g.weight(WIDTH, WIDTH))
        self.u = g.op("Mul", self.u, g.op("Sigmoid", self.u))
        norm = norm or (lambda value, size: value)
        low = norm(g.op("MatMul", self.u, g.weight(WIDTH, RANK)), RANK)
        self.key = norm(g.op("MatMul", self.u, g.weight(WIDTH, STATES)), STATES)
        self.query = norm(g.op("MatMul", self.u, g.weight(WIDTH, STATES)), STATES)
        self.step = g.op("Softplus", g.op("Add", g.op("MatMul", low, g.weight(RANK, WIDTH)), g.weight(WIDTH)))
        self.rate = g.op("Neg", g.op("Exp", g.weight(WIDTH, STATES)))

    def column(self, x):
        return self.g.op("Unsqueeze", x, self.g.integers(-1))

    def row(self, x):
        return self.g.op("Unsqueeze", x, self.g.integers(-2))

    def decay(self):
        return self.g.op("Exp", self.g.op("Mul", self.column(self.step), self.rate))

    def update(self):
        return self.g.op("Mul", self.column(self.g.op("Mul", self.step, self.u)), self.row(self.key))


def token(g, x, position):
    return g.op("Gather", x, g.constant(np.array(position, np.int64)), axis=1)


def unrolled(s, order=range(TOKENS), read_by_product=False):
    """One group of nodes for each token; decay and update of all tokens come first."""
    g, decay, update, outputs = s.g, s.decay(), s.update(), {}
    state = g.constant(np.zeros((1, WIDTH, STATES), np.float32))
    for t in order:
        state = g.op("Add", g.op("Mul", token(g, decay, t), state), token(g, update, t))
        query = token(g, s.query, t)
        if read_by_product:
            outputs[t] = g.op("ReduceSum", g.op("Mul", s.row(query), state), g.integers(-1), keepdims=0)
        else:
            outputs[t] = g.op("Squeeze", g.op("MatMul", state, s.column(query)), g.integers(-1))
    return g.op("Concat", *(s.row(outputs[t]) for t in range(TOKENS)), axis=1)


def unrolled_steps(s):
    """Decay and update inside of each step, tokens by Split, the state as [N, D]."""
    g, outputs = s.g, []

    def parts(x):
        g.nodes.append(helper.make_node("Split", [x], [f"{x}_{t}" for t in range(TOKENS)], axis=1))
        return [g.op("Squeeze", f"{x}_{t}", g.integers(1)) for t in range(TOKENS)]

    state, rate = g.constant(np.zeros((1, STATES, WIDTH), np.float32)), g.op("Transpose", s.rate, perm=[1, 0])
    for u, step, key, query in zip(*(parts(x) for x in (s.u, s.step, s.key, s.query))):
        decay = g.op("Exp", g.op("Mul", rate, s.row(step)))
        entering = g.op("Mul", s.column(key), s.row(g.op("Mul", u, step)))
        state = g.op("Add", entering, g.op("Mul", state, decay))
        outputs.append(g.op("Squeeze", g.op("MatMul", s.row(query), state), g.integers(-2)))
    return g.op("Concat", *(s.row(y) for y in outputs), axis=1)


def step_body(name, inputs, outputs, decay, update, query, extra=()):
    """h, decay, update, query -> h', y: what Scan and Loop repeat."""
    nodes = list(extra) + [
        helper.make_node("Mul", [decay, "h"], ["kept"]), helper.make_node("Add", ["kept", update], ["h_next"]),
        helper.make_node("Unsqueeze", [query, "last"], ["q_column"]), helper.make_node("MatMul", ["h_next", "q_column"], ["y_column"]),
        helper.make_node("Squeeze", ["y_column", "last"], ["y_t"])]
    return helper.make_graph(nodes, name, inputs, outputs, [helper.make_tensor("last", TensorProto.INT64, [1], [-1])])


def info(name, *shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


STATE_OUT, TOKEN_OUT = info("h_next", 1, WIDTH, STATES), info("y_t", 1, WIDTH)


def scanned(s):
    g = s.g
    body = step_body("step", [info("h", 1, WIDTH, STATES), info("a", 1, WIDTH, STATES), info("b", 1, WIDTH, STATES), info("q", 1, STATES)],
                     [STATE_OUT, TOKEN_OUT], "a", "b", "q")
    start = g.constant(np.zeros((1, WIDTH, STATES), np.float32))
    tokens_first = [g.op("Transpose", x, perm=[1, 0, *range(2, rank)]) for x, rank in ((s.decay(), 4), (s.update(), 4), (s.query, 3))]
    g.nodes.append(helper.make_node("Scan", [start, *tokens_first], ["h_last", "y_scan"], body=body, num_scan_inputs=3))
    return g.op("Transpose", "y_scan", perm=[1, 0, 2])


def looped(s):
    g = s.g
    decay, update, query = s.decay(), s.update(), s.query
    reads = [helper.make_node("Gather", [x, "t"], [y], axis=1) for x, y in ((decay, "a"), (update, "b"), (query, "q"))]
    reads.append(helper.make_node("Identity", ["go"], ["go_on"]))
    flag = lambda name: info(name, kind=TensorProto.BOOL)
    body = step_body("step", [info("t", kind=TensorProto.INT64), flag("go"), info("h", 1, WIDTH, STATES)], [flag("go_on"), STATE_OUT, TOKEN_OUT],
                     "a", "b", "q", reads)
    inputs = [g.constant(np.array(TOKENS, np.int64)), g.constant(np.array(True)), g.constant(np.zeros((1, WIDTH, STATES), np.float32))]
    g.nodes.append(helper.make_node("Loop", inputs, ["h_last", "y_loop"], body=body))
    return g.op("Transpose", "y_loop", perm=[1, 0, 2])


def falcon(g, x):
    return unrolled(Streams(g, x, lambda value, size: rms_norm(g, value)))


def jamba(g, x):
    return unrolled_steps(Streams(g, x, lambda value, size: rms_norm(g, value, g.weight(size))))


def bidirectional(g, x):
    """Vision Mamba: one scan in each direction, their sum."""
    return g.op("Add", unrolled(Streams(g, x)), unrolled(Streams(g, x), order=range(TOKENS)[::-1]))


VARIANTS = {"falcon": falcon, "jamba": jamba, "bidirectional": bidirectional,
            "product": lambda g, x: unrolled(Streams(g, x), read_by_product=True), "steps": lambda g, x: unrolled_steps(Streams(g, x)),
            "scan": lambda g, x: scanned(Streams(g, x)), "loop": lambda g, x: looped(Streams(g, x))}


def model_of(name, build):
    g = Graph(seed=0)
    x = g.op("Add", "x", g.weight(WIDTH))
    y = g.op("Add", "x", g.op("MatMul", build(g, x), g.weight(WIDTH, WIDTH)))
    g.nodes.append(helper.make_node("Identity", [y], ["y"]))
    graph = helper.make_graph(g.nodes, name, [info("x", 1, TOKENS, WIDTH)], [info("y", 1, TOKENS, WIDTH)], g.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    return model


def write(name, build, folder):
    save(model_of(name, build), str(folder / f"{name}.onnx"))
    x = np.random.default_rng(1).normal(size=(1, TOKENS, WIDTH)).astype(np.float32)
    # The evaluator concatenates what Loop and Scan should stack; the unrolled model with the same weights says the same.
    unrolled_twin = VARIANTS["product"] if name in ("loop", "scan") else build
    y, = ReferenceEvaluator(model_of(name, unrolled_twin)).run(None, {"x": x})
    np.savez(folder / f"{name}.npz", x=x, y=y)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, build in VARIANTS.items():
        write(name, build, folder)
    print(f"{len(VARIANTS)} models")


main()
