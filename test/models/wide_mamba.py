"""Writes an ONNX model like a Mamba at the width of a real one: a short convolution and a Scan over tokens in each layer.

  wide_mamba.py OUT [--layers 24] [--tokens 64] [--width 1536] [--states 16] [--taps 4]

What raising takes for it shows whether probes and proofs follow the width, or the number of layers. The weights of the
defaults take 1.4 GB.
"""
import argparse

import numpy as np
from onnx import TensorProto, helper, save

from unrolled_mamba import Graph


def info(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def silu(g, x):
    return g.op("Mul", x, g.op("Sigmoid", x))


def causal_filter(g, x, tokens, width, taps):
    padded = g.op("Conv", g.op("Transpose", x, perm=[0, 2, 1]), g.weight(width, 1, taps), g.weight(width), group=width,
                  pads=[taps - 1, taps - 1], kernel_shape=[taps])
    kept = g.op("Slice", padded, g.integers(0), g.integers(tokens), g.integers(2))
    return g.op("Transpose", kept, perm=[0, 2, 1])


def scan(g, decay, update, query, width, states):
    """h_t = decay_t * h_{t-1} + update_t; y_t = h_t query_t, as a Scan."""
    body = helper.make_graph(
        [helper.make_node("Mul", ["decay", "h"], ["kept"]), helper.make_node("Add", ["kept", "update"], ["h_next"]),
         helper.make_node("Unsqueeze", ["query", "last"], ["column"]), helper.make_node("MatMul", ["h_next", "column"], ["y_column"]),
         helper.make_node("Squeeze", ["y_column", "last"], ["y_t"])], "step",
        [info("h", 1, width, states), info("decay", 1, width, states), info("update", 1, width, states), info("query", 1, states)],
        [info("h_next", 1, width, states), info("y_t", 1, width)], [helper.make_tensor("last", TensorProto.INT64, [1], [-1])])
    start = g.constant(np.zeros((1, width, states), np.float32))
    tokens_first = [g.op("Transpose", x, perm=[1, 0, *range(2, rank)]) for x, rank in ((decay, 4), (update, 4), (query, 3))]
    outputs = [f"h{len(g.nodes)}", f"y{len(g.nodes)}"]
    g.nodes.append(helper.make_node("Scan", [start, *tokens_first], outputs, body=body, num_scan_inputs=3))
    return g.op("Transpose", outputs[1], perm=[1, 0, 2])


def layer(g, x, options):
    width, inner, states = options.width, 2 * options.width, options.states
    last, row = g.integers(-1), g.integers(-2)
    hidden, gate = g.op("MatMul", x, g.weight(width, inner)), g.op("MatMul", x, g.weight(width, inner))
    hidden = silu(g, causal_filter(g, hidden, options.tokens, inner, options.taps))
    rank = max(1, width // 16)
    step = g.op("Softplus", g.op("MatMul", g.op("MatMul", hidden, g.weight(inner, rank)), g.weight(rank, inner)))
    rate = g.constant(-np.exp(g.random.normal(0, 0.3, (inner, states))).astype(np.float32))
    decay = g.op("Exp", g.op("Mul", g.op("Unsqueeze", step, last), rate))
    key, query = (g.op("MatMul", hidden, g.weight(inner, states)) for _ in range(2))
    update = g.op("Mul", g.op("Unsqueeze", g.op("Mul", step, hidden), last), g.op("Unsqueeze", key, row))
    mixed = g.op("Add", scan(g, decay, update, query, inner, states), g.op("Mul", hidden, g.weight(inner)))
    return g.op("Add", x, g.op("MatMul", g.op("Mul", mixed, silu(g, gate)), g.weight(inner, width)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    for name, default in (("layers", 24), ("tokens", 64), ("width", 1536), ("states", 16), ("taps", 4), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    g, value = Graph(options.seed), "x"
    for _ in range(options.layers):
        value = layer(g, value, options)
    shape = [1, options.tokens, options.width]
    graph = helper.make_graph(g.nodes, "wide_mamba", [info("x", *shape)], [info(value, *shape)], g.weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), options.out)
    print(f"{len(g.nodes)} nodes")


if __name__ == "__main__":
    main()
