"""Models that bring their states along: in one run of all tokens, and through the states of their step, some tokens at a time.

usage: explicit-states.py HEDDLE RUNTIME SCRATCH
"""
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

TOKENS, random = 11, np.random.default_rng(3)


def rand(*shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def info(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, inputs, outputs, constants, opset=27):
    weights = [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "g", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


def linear_attention():
    """Decay and delta; the state is f32 [B, H, dk, dv]."""
    node = helper.make_node("LinearAttention", ["q", "k", "v", "past_state", "d", "b"], ["y", "present_state"], update_rule="gated_delta", q_num_heads=2, kv_num_heads=2)
    sizes = {"q": 8, "k": 8, "v": 6, "d": 2, "b": 2}
    inputs = [info(name, ["B", "T", size]) for name, size in sizes.items()]
    state = ["B", 2, 4, 3]
    data = {name: rand(1, TOKENS, size) * 0.5 for name, size in sizes.items()}
    data["d"] = -abs(data["d"])
    outputs = [info("y", ["B", "T", 6]), info("present_state", state)]
    return model([node], [*inputs, info("past_state", state)], outputs, {}), data, {"past_state": np.zeros((1, 2, 4, 3), np.float32)}, []


def short_convolution():
    """Two layers, tokens last inside."""
    nodes, names = [helper.make_node("Transpose", ["x"], ["x0"], perm=[0, 2, 1])], ["past_key_values.0.conv_state", "past_key_values.1.conv_state"]
    for layer, name in enumerate(names):
        present = name.replace("past_key_values", "present")
        nodes.append(helper.make_node("CausalConvWithState", [f"x{layer}", "w", "bias", name], [f"x{layer + 1}", present], activation="silu"))
    nodes.append(helper.make_node("Transpose", ["x2"], ["y"], perm=[0, 2, 1]))
    states = [info(name, ["B", 5, 3]) for name in names]
    outputs = [info("y", ["B", "T", 5]), *[info(name.replace("past_key_values", "present"), ["B", 5, 3]) for name in names]]
    made = model(nodes, [info("x", ["B", "T", 5]), *states], outputs, {"w": rand(5, 1, 4), "bias": rand(5)})
    return made, {"x": rand(1, TOKENS, 5)}, {name: np.zeros((1, 5, 3), np.float32) for name in names}, []


def lstm():
    """Rows are the second dimension; y has directions."""
    node = helper.make_node("LSTM", ["x", "W", "R", "", "", "initial_h", "initial_c"], ["Y", "Y_h", "Y_c"], hidden_size=4, layout=0)
    states = [info(name, [1, "B", 4]) for name in ["initial_h", "initial_c"]]
    outputs = [info("Y", ["T", 1, "B", 4]), info("Y_h", [1, "B", 4]), info("Y_c", [1, "B", 4])]
    made = model([node], [info("x", ["T", "B", 3]), *states], outputs, {"W": rand(1, 16, 3), "R": rand(1, 16, 4)}, 17)
    zeros = np.zeros((1, 1, 4), np.float32)
    return made, {"x": rand(TOKENS, 1, 3)}, {"initial_h": zeros, "initial_c": zeros}, []


def scan():
    """A carry whose names say nothing is paired by hand; it begins at 2."""
    body = helper.make_graph([helper.make_node("Mul", ["s", "half"], ["m"]), helper.make_node("Add", ["m", "r"], ["t"]), helper.make_node("Identity", ["t"], ["o"])], "b",
                             [info("s", ["B", 3]), info("r", ["B", 3])], [info("t", ["B", 3]), info("o", ["B", 3])])
    nodes = [helper.make_node("Scan", ["a", "x"], ["z", "y"], body=body, num_scan_inputs=1, scan_input_axes=[1], scan_output_axes=[1])]
    made = model(nodes, [info("x", ["B", "T", 3]), info("a", ["B", 3])], [info("y", ["B", "T", 3]), info("z", ["B", 3])], {"half": np.float32(0.5)}, 17)
    return made, {"x": rand(1, TOKENS, 3)}, {"a": np.full((1, 3), 2, np.float32)}, ["--state", "a=z=2"]


def growing():
    """Caches grow by the tokens of a call; a short convolution in front of them keeps its state beside them. Expected is numpy's."""
    nodes = [helper.make_node("Transpose", ["x"], ["xt"], perm=[0, 2, 1]),
             helper.make_node("CausalConvWithState", ["xt", "w", "", "past_conv"], ["ct", "present_conv"]),
             helper.make_node("Transpose", ["ct"], ["c"], perm=[0, 2, 1]),
             helper.make_node("Attention", ["c", "x", "x", "", "past_key", "past_value"], ["y", "present_key", "present_value"], is_causal=1, q_num_heads=2, kv_num_heads=2)]
    caches = [info(name, ["B", 2, "P", 4]) for name in ["past_key", "past_value"]]
    presents = [info(name, ["B", 2, None, 4]) for name in ["present_key", "present_value"]]
    weight, x = rand(8, 1, 3), rand(1, TOKENS, 8)
    made = model(nodes, [info("x", ["B", "T", 8]), info("past_conv", ["B", 8, 2]), *caches], [info("y", ["B", "T", 8]), info("present_conv", ["B", 8, 2]), *presents],
                 {"w": weight})
    padded = np.concatenate([np.zeros((2, 8), np.float32), x[0]])
    queries = sum(padded[tap:tap + TOKENS] * weight[:, 0, tap] for tap in range(3)).reshape(TOKENS, 2, 4)
    keys = x[0].reshape(TOKENS, 2, 4)
    scores = np.einsum("thd,shd->hts", queries, keys) / 2 + np.triu(np.full((TOKENS, TOKENS), -np.inf), 1)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    y = np.einsum("hts,shd->thd", weights / weights.sum(-1, keepdims=True), keys).reshape(1, TOKENS, 8)
    return made, {"x": x}, y, []


def masked(outputs=("y", "present_key", "present_value")):
    """A mask of all keys beside caches that grow: it is kept with them, and a call takes that of its tokens."""
    nodes = [helper.make_node("Unsqueeze", ["attention_mask", "axes"], ["m"]),
             helper.make_node("Attention", ["x", "x", "x", "m", "past_key", "past_value"], outputs, is_causal=1, q_num_heads=2, kv_num_heads=2)]
    caches = [info(name, ["B", 2, "P", 4]) for name in ["past_key", "past_value"]]
    presents = [info(name, ["B", 2, None, 4]) for name in ["present_key", "present_value"]]
    scores = [info(name, ["B", 2, "T", None]) for name in outputs[3:]]
    made = model(nodes, [info("x", ["B", "T", 8]), info("attention_mask", ["B", "S"]), *caches], [info("y", ["B", "T", 8]), *presents, *scores], {"axes": np.array([1, 2])})
    x, mask = rand(1, TOKENS, 8), rand(1, TOKENS)
    keys = x[0].reshape(TOKENS, 2, 4)
    mask[0, :2] = -1e30  # as of a padding in front
    mask[0, 6] = -np.inf
    scores = np.einsum("thd,shd->hts", keys, keys) / 2 + mask + np.triu(np.full((TOKENS, TOKENS), -np.inf), 1)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    y = np.einsum("hts,shd->thd", weights / weights.sum(-1, keepdims=True), keys).reshape(1, TOKENS, 8)
    return made, {"x": x, "attention_mask": mask}, y, []


def scored():
    """With its scores as an output too: the step is the model itself, and the mask is handed on with its past."""
    return masked(("y", "present_key", "present_value", "scores"))


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert result.returncode == 0, (command, result.stdout, result.stderr)
    return result.stdout + result.stderr


def check(heddle, runtime, folder, make):
    made, data, states, options = make()  # states: of the first call, or what is expected
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(made, folder / "model.onnx")
    output = made.graph.output[0].name
    run(heddle, "compile", "-q", "--entries=forward,step", "--tokens", "T", *options, folder / "model.onnx", "-o", folder / "model.heddle")
    for name, array in data.items():
        np.save(folder / f"{name}.npy", array)
    whole = states
    if isinstance(states, dict):
        np.savez(folder / "in.npz", **data, **states)
        run(runtime, "run", folder / "model.heddle", "--entry", "forward", "--data", folder / "in.npz", "--output-data", folder / "whole.npz")
        whole = np.load(folder / "whole.npz")[output]
    for chunk in [1, 3, 4]:
        given = [part for name in data for part in ["--input", f"{name}=@{folder / name}.npy"]]
        run(runtime, "stream", folder / "model.heddle", *given, "--output", f"{output}=@{folder / 'y.npy'}", "--chunk", chunk)
        streamed = np.load(folder / "y.npy")
        difference = abs(streamed - whole).max() / abs(whole).max()
        assert streamed.shape == whole.shape and difference < 1e-5, (make.__name__, chunk, difference)
    print(make.__name__, "continues")


if __name__ == "__main__":
    for make in [linear_attention, short_convolution, lstm, scan, growing, masked, scored]:
        check(sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]) / make.__name__, make)
