"""Writes an ONNX model like the trace of a Mamba: every scan unrolled over the tokens, one group of nodes for each token.

  unrolled_mamba.py OUT [--layers 8] [--tokens 256] [--width 8] [--states 4]

With the defaults about 20,000 nodes: what import and raise take for it shows whether they are linear in the nodes.
"""
import argparse

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save


class Graph:
    """Nodes and weights under construction; every method returns the name of its result."""

    def __init__(self, seed):
        self.nodes, self.weights, self.random = [], [], np.random.default_rng(seed)

    def op(self, operator, *inputs, **attributes):
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def weight(self, *shape):
        return self.constant(self.random.normal(0, 0.3, shape).astype(np.float32))


def scan(g, decay, update, read, tokens, width, states):
    """h_t = decay_t * h_{t-1} + update_t; y_t = h_t read_t, token by token."""
    state = g.constant(np.zeros((1, width, states), np.float32))
    last, outputs = g.integers(-1), []
    for token in range(tokens):
        position = g.constant(np.array(token, np.int64))
        kept = g.op("Mul", g.op("Gather", decay, position, axis=1), state)
        state = g.op("Add", kept, g.op("Gather", update, position, axis=1))
        column = g.op("Unsqueeze", g.op("Gather", read, position, axis=1), last)
        token_output = g.op("Squeeze", g.op("MatMul", state, column), last)
        outputs.append(g.op("Unsqueeze", token_output, g.integers(1)))
    return g.op("Concat", *outputs, axis=1)


def layer(g, x, tokens, width, states):
    last, inner = g.integers(-1), g.integers(-2)
    hidden = g.op("MatMul", x, g.weight(width, width))
    gate = g.op("MatMul", x, g.weight(width, width))
    hidden = g.op("Mul", hidden, g.op("Sigmoid", hidden))
    step = g.op("Softplus", g.op("MatMul", hidden, g.weight(width, width)))
    rate = g.constant(-np.exp(g.random.normal(0, 0.3, (width, states))).astype(np.float32))
    decay = g.op("Exp", g.op("Mul", g.op("Unsqueeze", step, last), rate))
    key = g.op("Unsqueeze", g.op("MatMul", hidden, g.weight(width, states)), inner)
    update = g.op("Mul", g.op("Unsqueeze", g.op("Mul", step, hidden), last), key)
    read = g.op("MatMul", hidden, g.weight(width, states))
    mixed = g.op("Add", scan(g, decay, update, read, tokens, width, states), g.op("Mul", hidden, g.weight(width)))
    gated = g.op("Mul", mixed, g.op("Mul", gate, g.op("Sigmoid", gate)))
    return g.op("Add", x, g.op("MatMul", gated, g.weight(width, width)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    for name, default in (("layers", 8), ("tokens", 256), ("width", 8), ("states", 4), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    g, value = Graph(options.seed), "x"
    for _ in range(options.layers):
        value = layer(g, value, options.tokens, options.width, options.states)
    shape = [1, options.tokens, options.width]
    graph = helper.make_graph(
        g.nodes, "unrolled_mamba", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(value, TensorProto.FLOAT, shape)], g.weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), options.out)
    print(f"{len(g.nodes)} nodes")


if __name__ == "__main__":
    main()
