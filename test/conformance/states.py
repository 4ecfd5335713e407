"""Node cases of LinearAttention and CausalConvWithState through states: states.py HEDDLE RUNTIME SUITE SCRATCH.

Tokens and rows of a case become symbols. Its step, given the case's state as an input, makes the case's outputs; and one row of it, taken through a state
object one and two tokens at a time from the state of zeros, makes what the model makes of all tokens at once.
"""
import pathlib
import sys

import numpy as np
import onnx
from onnx import helper

from state_cases import check_all, close, run, tensors


def tokens_second(model, inputs, expected):
    """A convolution has its tokens last; a step of one row takes them behind the rows."""
    node, graph = model.graph.node[0], model.graph
    if node.op_type != "CausalConvWithState":
        return
    x, y = node.input[0], node.output[0]
    node.input[0], node.output[0] = "channels_first", "mixed"
    turn = lambda source, target: helper.make_node("Transpose", [source], [target], perm=[0, 2, 1])
    nodes = [turn(x, "channels_first"), *graph.node, turn("mixed", y)]
    del graph.node[:]
    graph.node.extend(nodes)
    for info in [*graph.input, *graph.output]:
        if info.name in [x, y]:
            sizes = info.type.tensor_type.shape.dim
            sizes[1].dim_value, sizes[2].dim_value = sizes[2].dim_value, sizes[1].dim_value
    inputs[x], expected[y] = (np.ascontiguousarray(array.transpose(0, 2, 1)) for array in [inputs[x], expected[y]])


def free_sizes(model, node):
    """Rows and tokens as symbols; the names of the inputs and outputs that have tokens."""
    named = set()
    ordinary = {model.graph.output[0].name, model.graph.input[0].name}
    if node.op_type == "LinearAttention":
        ordinary |= {name for name in [*node.input[:3], *node.input[4:]] if name}
    for info in [*model.graph.input, *model.graph.output]:
        sizes = info.type.tensor_type.shape.dim
        is_weight = node.op_type == "CausalConvWithState" and info.name in list(node.input[1:3])
        if is_weight:
            continue
        sizes[0].dim_param = "B"
        if info.name in ordinary:
            sizes[1].dim_param = "T"
            named.add(info.name)
    return named


def check(heddle, runtime, case, folder):
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx.load(case / "model.onnx")
    inputs, expected = tensors(case, "input", model.graph.input), tensors(case, "output", model.graph.output)
    node, output = model.graph.node[0], model.graph.output[0].name
    tokens_second(model, inputs, expected)
    named = free_sizes(model, node)
    slack = 2e-3 if inputs[model.graph.input[0].name].dtype == np.float16 else 2e-5
    onnx.save(model, folder / "model.onnx")
    package = folder / "model.heddle"
    run(heddle, "compile", "-q", "--entries=forward,step", "--tokens", "T", folder / "model.onnx", "-o", package)
    state = {node.input[3]} - {""} if len(node.input) > 3 else set()
    if state:
        rows = next(inputs[name].shape[0] for name in state)
        np.savez(folder / "in.npz", **inputs, position=np.zeros(rows, np.int64))
        run(runtime, "run", package, "--entry", "step", "--data", folder / "in.npz", "--output-data", folder / "out.npz")
        made = np.load(folder / "out.npz")
        if not close(made[output], expected[output], slack) or not close(made[next(iter(state))], expected[model.graph.output[1].name], slack):
            return "step differs from the case"
    one = {name: array[:1] if name in named else 0 * array[:1] if name in state else array for name, array in inputs.items()}
    np.savez(folder / "one.npz", **one)
    run(runtime, "run", package, "--entry", "forward", "--data", folder / "one.npz", "--output-data", folder / "whole.npz")
    given = []
    for name, array in one.items():
        np.save(folder / f"{name}.npy", array)
        given += [] if name in state else ["--input", f"{name}=@{folder / name}.npy"]
    for chunk in [1, 2]:
        run(runtime, "stream", package, *given, "--output", f"{output}=@{folder / 'y.npy'}", "--chunk", chunk)
        if not close(np.load(folder / "y.npy"), np.load(folder / "whole.npz")[output], slack):
            return f"{chunk} tokens at a time differ"
    return ""


heddle, runtime, suite, scratch = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]), pathlib.Path(sys.argv[4])
cases = [case for kind in ["linear_attention", "causal_conv_with_state"] for case in sorted(suite.glob(f"test_{kind}_*")) if "expanded" not in case.name]
check_all(cases, lambda case: check(heddle, runtime, case, scratch / case.name))
