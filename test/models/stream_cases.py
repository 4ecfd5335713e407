"""Writes small models that run token by token, each by another operator, with inputs and outputs beside them.

  stream_cases.py FOLDER

Expected outputs come from ONNX's own reference evaluator.
"""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, checker, helper, save
from onnx.reference import ReferenceEvaluator

from unrolled_mamba import Graph

TOKENS, WIDTH = 29, 6
FLOATS = TensorProto.FLOAT


def swapped(g, x):
    return g.op("Transpose", x, perm=[0, 2, 1])


def cumulative_sum(g, x):
    return g.op("CumSum", x, g.constant(np.array(1, np.int64)))


def sum_before(g, x):
    return g.op("CumSum", x, g.constant(np.array(1, np.int64)), exclusive=1)


def cumulative_mean(g, x):
    axis = g.constant(np.array(1, np.int64))
    count = g.op("CumSum", g.op("Add", g.op("Mul", x, g.constant(np.zeros(1, np.float32))), g.constant(np.ones(1, np.float32))), axis)
    return g.op("Div", g.op("CumSum", x, axis), count)


def causal_convolution(g, x):
    return swapped(g, g.op("Conv", swapped(g, x), g.weight(WIDTH, 1, 4), group=WIDTH, pads=[3, 0]))


def dilated_convolution(g, x):
    return swapped(g, g.op("Conv", swapped(g, x), g.weight(WIDTH, WIDTH, 3), dilations=[2], pads=[4, 0]))


def causal_average(g, x):
    padded = g.op("Pad", swapped(g, x), g.integers(0, 0, 2, 0, 0, 0))
    return swapped(g, g.op("AveragePool", padded, kernel_shape=[3]))


def causal_maximum(g, x):
    padded = g.op("Pad", swapped(g, x), g.integers(0, 0, 2, 0, 0, 0), g.constant(np.array(-1e30, np.float32)))
    return swapped(g, g.op("MaxPool", padded, kernel_shape=[3]))


def shifted(g, x):
    first = g.constant(np.full((1, 1, WIDTH), 0.5, np.float32))
    before = g.op("Concat", first, g.op("Slice", x, g.integers(0), g.integers(-1), g.integers(1)), axis=1)
    return g.op("Add", x, before)


def differences(g, x):
    first = g.op("Mul", g.weight(1, 2, WIDTH), g.constant(np.array(2, np.float32)))
    padded = g.op("Concat", first, x, axis=1)
    return g.op("Sub", x, g.op("Slice", padded, g.integers(0), g.integers(-2), g.integers(1)))


def gru(g, x):
    outputs = g.op("GRU", g.op("Transpose", x, perm=[1, 0, 2]), g.weight(1, 3 * WIDTH, WIDTH), g.weight(1, 3 * WIDTH, WIDTH), hidden_size=WIDTH)
    return g.op("Transpose", g.op("Squeeze", outputs, g.integers(1)), perm=[1, 0, 2])


def gru_with_state(g, x):
    outputs = g.op("GRU", g.op("Transpose", x, perm=[1, 0, 2]), g.weight(1, 3 * WIDTH, WIDTH), g.weight(1, 3 * WIDTH, WIDTH), "", "",
                   g.weight(1, 1, WIDTH), hidden_size=WIDTH)
    return g.op("Transpose", g.op("Squeeze", outputs, g.integers(1)), perm=[1, 0, 2])


def body(name, operator):
    value = lambda name: helper.make_tensor_value_info(name, FLOATS, [1, WIDTH])
    nodes = [helper.make_node(operator, ["before", "now"], ["after"]), helper.make_node("Identity", ["after"], ["seen"])]
    return helper.make_graph(nodes, name, [value("before"), value("now")], [value("after"), value("seen")])


def scan(g, x, operator, first):
    name = f"s{len(g.nodes)}"
    first = g.constant(np.full((1, WIDTH), first, np.float32))
    g.nodes.append(helper.make_node("Scan", [first, g.op("Transpose", x, perm=[1, 0, 2])], [name + "last", name], num_scan_inputs=1,
                                    body=body(name + "body", operator)))
    return g.op("Transpose", name, perm=[1, 0, 2])


def cumulative_maximum(g, x):
    return scan(g, x, "Max", -1e30)


def cumulative_product(g, x):
    return scan(g, g.op("Add", g.constant(np.array(1, np.float32)), g.op("Mul", x, g.constant(np.array(0.1, np.float32)))), "Mul", 1)


def attention(g, x, bias):
    q, k, v = (g.op("MatMul", x, g.weight(WIDTH, WIDTH)) for _ in range(3))
    weights = g.op("Softmax", g.op("Add", g.op("MatMul", q, swapped(g, k)), bias), axis=-1)
    return g.op("MatMul", weights, v)


def attention_with_table(g, x):
    """A learned number for each pair of the 29 positions, -inf for keys that follow."""
    table = g.random.normal(0, 1, (TOKENS, TOKENS)) + np.triu(np.full((TOKENS, TOKENS), -np.inf), 1)
    return attention(g, x, g.constant(table.astype(np.float32)))


def causal_matrix(g, x):
    """A learned matrix over the 29 tokens, whose upper triangle is 0, as in a spatial gating unit."""
    return g.op("MatMul", g.constant(np.tril(g.random.normal(0, 0.3, (TOKENS, TOKENS))).astype(np.float32)), x)


def learned_positions(g, x):
    return cumulative_sum(g, g.op("Add", x, g.weight(1, TOKENS, WIDTH)))


def centred(g, x, taps=3):
    return swapped(g, g.op("Conv", swapped(g, x), g.weight(WIDTH, 1, taps), group=WIDTH, pads=[taps // 2, taps // 2]))


def centred_convolution(g, x):
    return centred(g, x)


def centred_layers(g, x):
    """Three layers with a residual, each with taps on two tokens that follow."""
    for _ in range(3):
        x = g.op("Add", x, g.op("Relu", centred(g, x, taps=5)))
    return x


def convolution_ahead(g, x):
    return swapped(g, g.op("Conv", swapped(g, x), g.weight(WIDTH, WIDTH, 3), dilations=[2], pads=[0, 4]))


def centred_maximum(g, x):
    padded = g.op("Pad", swapped(g, x), g.integers(0, 0, 2, 0, 0, 2), g.constant(np.array(-1e30, np.float32)))
    return swapped(g, g.op("MaxPool", padded, kernel_shape=[5]))


def shifted_ahead(g, x):
    last = g.constant(np.full((1, 1, WIDTH), 0.5, np.float32))
    return g.op("Add", x, g.op("Concat", g.op("Slice", x, g.integers(1), g.integers(2**62), g.integers(1)), last, axis=1))


def sum_of_centred(g, x):
    return cumulative_sum(g, centred(g, x))


def gru_of_centred(g, x):
    return gru(g, centred(g, x))


def centred_of_sum(g, x):
    return centred(g, cumulative_sum(g, x))


def centred_with_positions(g, x):
    return centred(g, g.op("Add", x, g.weight(1, TOKENS, WIDTH)))


# Of these an exporter that knows one length writes what only makes sense at it, or nothing that says which size counts tokens.
ONE_LENGTH = [attention_with_table, causal_matrix, learned_positions, centred_with_positions]
ANY_LENGTH = [shifted, differences, shifted_ahead]
CASES = [cumulative_sum, sum_before, cumulative_mean, causal_convolution, dilated_convolution, causal_average, causal_maximum, shifted, differences,
         gru, gru_with_state, cumulative_maximum, cumulative_product, attention_with_table, causal_matrix, learned_positions,
         centred_convolution, centred_layers, convolution_ahead, centred_maximum, shifted_ahead, sum_of_centred, gru_of_centred, centred_of_sum,
         centred_with_positions]


def write(path, case, sizes, tokens):
    """Writes PATH.onnx, and CASE.npz beside it. `sizes`: of the tokens of x and y in the model, numbers or names; `tokens`: of the inputs."""
    g = Graph(seed=len(case.__name__))
    g.nodes.append(helper.make_node("Identity", [case(g, "x")], ["y"]))
    x, y = (helper.make_tensor_value_info(name, FLOATS, [1, size, WIDTH]) for name, size in zip("xy", sizes))
    model = helper.make_model(helper.make_graph(g.nodes, case.__name__, [x], [y], g.weights), opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    checker.check_model(model)
    save(model, path.with_name(f"{path.name}.onnx"))
    inputs = {"x": np.random.default_rng(1).normal(0, 1, (1, tokens, WIDTH)).astype(np.float32)}
    outputs, = ReferenceEvaluator(model).run(None, inputs)
    np.savez(path.with_name(f"{case.__name__}.npz"), y=outputs, **inputs)


def main():
    folder = pathlib.Path(sys.argv[1]) / "cases"
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        if case not in ANY_LENGTH:
            write(folder / f"{case.__name__}.fixed", case, [TOKENS, TOKENS], TOKENS)
        if case not in ONE_LENGTH:
            write(folder / f"{case.__name__}.open", case, ["tokens", "tokens"], TOKENS)


if __name__ == "__main__":
    main()
