"""Writes exponential moving averages unrolled over the tokens, whose first token is the first state, with data beside them.

  moving_averages.py FOLDER

h_0 = x_0, h_t = a x_t + (1 - a) h_{t-1} for channels with rates of their own. Expected outputs come from NumPy in double precision.
"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, save

from unrolled_mamba import Graph

TOKENS, WIDTH = 12, 5


def model(rates, batch):
    g = Graph(seed=0)
    rate = g.op("Sigmoid", g.constant(rates))
    rest = g.op("Sub", g.constant(np.float32(1)), rate)
    at = lambda token: g.op("Gather", "x", g.constant(np.array(token)), axis=1)
    state = at(0)
    rows = [g.op("Unsqueeze", state, g.integers(1))]
    for token in range(1, TOKENS):
        state = g.op("Add", g.op("Mul", rate, at(token)), g.op("Mul", rest, state))
        rows.append(g.op("Unsqueeze", state, g.integers(1)))
    g.nodes.append(helper.make_node("Concat", rows, ["y"], axis=1))
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, TOKENS, WIDTH])
    graph = helper.make_graph(g.nodes, "average", [info("x")], [info("y")], g.weights)
    result = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(result, full_check=True)
    return result


def reference(rates, x):
    rate, rows = 1 / (1 + np.exp(-rates.astype(np.float64))), [x[:, 0]]
    for token in range(1, TOKENS):
        rows.append(rate * x[:, token] + (1 - rate) * rows[-1])
    return np.stack(rows, 1)


def main():
    folder, random = pathlib.Path(sys.argv[1]), np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    rates, x = random.normal(size=WIDTH).astype(np.float32), random.normal(size=(3, TOKENS, WIDTH)).astype(np.float32)
    for name, batch in (("fixed", 3), ("open_batch", "batch")):
        save(model(rates, batch), str(folder / f"{name}.onnx"))
        np.savez(folder / f"{name}.npz", x=x, y=reference(rates, x.astype(np.float64)).astype(np.float32))


main()
