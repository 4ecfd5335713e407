"""Models with graphs in attributes and with functions of their own: graphs.py DIRECTORY."""
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

import cases
from cases import graph_case, i64, model_of, rand, save

node = helper.make_node
F32, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def info(name, shape=None, kind=F32):
    return helper.make_tensor_value_info(name, kind, shape)


def graph(name, nodes, inputs, outputs, initializers=()):
    return helper.make_graph(nodes, name, [info(*i) for i in inputs], [info(*o) for o in outputs], list(initializers))


def scans():
    """A recurrence with an outer capture, in both directions, and Scan before opset 9."""
    x, h, w = rand(5, 2, 3), rand(2, 3), rand(3, 3, low=-0.5, high=0.5)
    body = graph("body", [node("MatMul", ["h", "w"], ["moved"]), node("Add", ["moved", "x"], ["next"]), node("Tanh", ["next"], ["y"])],
                 [("h", [2, 3]), ("x", [2, 3])], [("next", [2, 3]), ("y", [2, 3])])

    def reference(reverse, axis):
        state, rows = h.astype(np.float64), [None] * 5
        for t in reversed(range(5)) if reverse else range(5):
            state = state @ w + x[t]
            rows[t] = np.tanh(state)
        return {"final": state.astype(np.float32), "y": np.stack(rows, axis).astype(np.float32)}

    for name, reverse, axis in [("scan", 0, 0), ("scan-reverse", 1, 0), ("scan-axis", 0, 1)]:
        op = node("Scan", ["h", "x", ], ["final", "y"], body=body, num_scan_inputs=1, scan_input_directions=[reverse], scan_output_directions=[reverse],
                  scan_output_axes=[axis])
        graph_case(name, [op], {"h": h, "x": x, "w": w}, ["final", "y"], 17, expect=reference(reverse, axis))
    samples, starts = rand(2, 4, 3), rand(2, 3)
    plain = graph("body", [node("Add", ["h", "x"], ["next"]), node("Identity", ["next"], ["y"])], [("h", [3]), ("x", [3])], [("next", [3]), ("y", [3])])
    sums = starts[:, None] + np.cumsum(samples, 1)
    graph_case("scan8", [node("Scan", ["", "h", "x"], ["final", "y"], body=plain, num_scan_inputs=1)], {"h": starts, "x": samples}, ["final", "y"], 8,
               expect={"final": sums[:, -1], "y": sums})
    # A sample ends where its length says: there its state stays, and its rows are 0. Backwards it begins at its last token.
    lengths, inside = i64(4, 2), np.arange(4)[None, :, None] < np.array([4, 2])[:, None, None]
    turned = np.stack([sample[list(range(length))[::-1] + list(range(length, 4))] for sample, length in zip(samples, lengths)])
    for name, backwards, order in [("scan8-lengths", 0, samples), ("scan8-lengths-backwards", 1, turned)]:
        sums = starts[:, None] + np.cumsum(np.where(inside, order, 0), 1)
        graph_case(name, [node("Scan", ["n", "h", "x"], ["final", "y"], body=plain, num_scan_inputs=1, directions=[backwards])],
                   {"n": lengths, "h": starts, "x": samples}, ["final", "y"], 8, expect={"final": sums[:, -1], "y": np.where(inside, sums, 0)})


def loops():
    x = rand(3)
    body = graph("body", [node("Add", ["v", "x"], ["next"]), node("Identity", ["c"], ["on"]), node("Identity", ["next"], ["row"])],
                 [("i", [], I64), ("c", [], BOOL), ("v", [3])], [("on", [], BOOL), ("next", [3]), ("row", [3])])
    rows = np.cumsum(np.stack([x] * 4), 0)
    counted = {"n": np.int64(4).reshape(()), "x": x, "v": np.zeros(3, np.float32)}
    graph_case("loop", [node("Loop", ["n", "", "v"], ["final", "rows"], body=body)], counted, ["final", "rows"], const=["n"], expect={"final": rows[-1], "rows": rows})
    swap = graph("body", [node("Identity", ["b"], ["a2"]), node("Add", ["a", "b"], ["b2"]), node("Identity", ["c"], ["on"])],
                 [("i", [], I64), ("c", [], BOOL), ("a", [3]), ("b", [3])], [("on", [], BOOL), ("a2", [3]), ("b2", [3])])
    a, b = rand(3), rand(3)
    pairs = [a, b]
    for _ in range(5):
        pairs = [pairs[1], pairs[0] + pairs[1]]
    graph_case("loop-fibonacci", [node("Loop", ["n", "", "a", "b"], ["p", "q"], body=swap)], {"n": np.int64(5).reshape(()), "a": a, "b": b}, ["p", "q"], const=["n"],
               expect={"p": pairs[0], "q": pairs[1]})
    grow = graph("body", [node("Concat", ["v", "x"], ["next"], axis=0), node("Identity", ["c"], ["on"])],
                 [("i", [], I64), ("c", [], BOOL), ("v", None)], [("on", [], BOOL), ("next", None)])
    graph_case("loop-growing", [node("Loop", ["n", "", "x"], ["final"], body=grow)], {"n": np.int64(3).reshape(()), "x": x}, ["final"], const=["n"],
               expect={"final": np.concatenate([x] * 4)})


def stacks():
    """A sequence that a Loop of as many iterations as `x` has rows appends to, joined and side by side."""
    x, h = rand(4, 2, 3), np.zeros((2, 3), np.float32)
    body = graph("body", [node("Gather", ["x", "i"], ["row"], axis=0), node("Add", ["h", "row"], ["next"]), node("Identity", ["next"], ["kept"]),
                          node("Identity", ["s"], ["s0"]), node("SequenceInsert", ["s0", "kept"], ["s1"]), node("Identity", ["c"], ["on"])],
                 [("i", [], I64), ("c", [], BOOL), ("h", [2, 3]), ("s", None)], [("on", [], BOOL), ("next", [2, 3]), ("s1", None), ("row", [2, 3])])
    body.input[3].CopyFrom(helper.make_tensor_sequence_value_info("s", F32, None))
    body.output[2].CopyFrom(helper.make_tensor_sequence_value_info("s1", F32, None))
    loop = [node("Shape", ["x"], ["n"], end=1), node("SequenceEmpty", [], ["none"]),
            node("Loop", ["n", "", "h", "none"], ["final", "sums", "rows"], body=body)]
    sums = np.cumsum(x, 0)
    for name, attributes, expected in [("stack", {"axis": 1, "new_axis": 1}, np.stack(sums, 1)), ("stack-last", {"axis": -1, "new_axis": 1}, np.stack(sums, -1)),
                                       ("stack-joined", {"axis": 1}, np.concatenate(list(sums), 1))]:
        graph_case(f"loop-{name}", loop + [node("ConcatFromSequence", ["sums"], ["y"], **attributes)], {"x": x, "h": h}, ["final", "rows", "y"], 17,
                   const=["h"], symbols={"x": ["len", 2, 3]}, expect={"final": sums[-1], "rows": x, "y": expected})


def branches():
    x = rand(2, 3)
    then = graph("then", [node("Neg", ["x"], ["a"])], [], [("a", [2, 3])])
    otherwise = graph("else", [node("Abs", ["x"], ["b"])], [], [("b", [2, 3])])
    for flag in [True, False]:
        graph_case(f"if-{flag}", [node("If", ["c"], ["y"], then_branch=then, else_branch=otherwise)], {"c": np.array(flag), "x": x}, ["y"],
                   expect={"y": -x if flag else np.abs(x)})
    graph_case("if-known", [node("If", ["c"], ["y"], then_branch=then, else_branch=otherwise)], {"c": np.array(True), "x": x}, ["y"], const=["c"], expect={"y": -x})


def functions():
    """Functions that call functions, with attributes handed on, names that other functions use too, and a call inside of a Scan body."""
    inner = helper.make_function("local", "Scaled", ["x"], ["y"], [node("Constant", [], ["t"], value_float=2.0), node("Mul", ["x", "t"], ["u"]),
                                                                    node("Elu", ["u"], ["y"])], [helper.make_opsetid("", 17)], ["alpha"])
    reference = inner.node[2].attribute.add()
    reference.name, reference.ref_attr_name, reference.type = "alpha", "alpha", onnx.AttributeProto.FLOAT
    outer = helper.make_function("local", "Twice", ["x"], ["y"], [node("Scaled", ["x"], ["t"], domain="local", alpha=0.5), node("Scaled", ["t"], ["y"], domain="local")],
                                 [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)])
    older = helper.make_function("local", "Sum", ["x"], ["y"], [node("ReduceSum", ["x"], ["y"], axes=[0], keepdims=0)], [helper.make_opsetid("", 11)])
    elu = lambda v, alpha: np.where(v < 0, alpha * (np.exp(v) - 1), v)
    x = rand(2, 3)

    def function_case(name, nodes, inputs, expect):
        model = model_of(nodes, inputs, list(expect), 17)
        model.functions.extend([inner, outer, older])
        save(name, model, inputs, {key: np.asarray(array, np.float32) for key, array in expect.items()})

    twice = elu(2 * elu(2 * x, 0.5), 1.0)
    function_case("function-nested", [node("Twice", ["x"], ["t"], domain="local"), node("Neg", ["t"], ["y"])], {"x": x}, {"y": -twice})
    function_case("function-older-opset", [node("Sum", ["x"], ["y"], domain="local")], {"x": x}, {"y": x.sum(0)})
    rows, start = rand(4, 3), np.zeros(3, np.float32)
    body = graph("body", [node("Twice", ["r"], ["t"], domain="local"), node("Add", ["h", "t"], ["next"])], [("h", [3]), ("r", [3])], [("next", [3])])
    total = elu(2 * elu(2 * rows, 0.5), 1.0).sum(0)
    function_case("function-in-scan", [node("Scan", ["h", "rows"], ["y"], body=body, num_scan_inputs=1)], {"h": start, "rows": rows}, {"y": total})


def sequences():
    x, y = rand(2, 3), rand(1, 3)
    graph_case("sequence", [node("SequenceConstruct", ["x", "y"], ["s"]), node("SequenceInsert", ["s", "x"], ["t"]), node("ConcatFromSequence", ["t"], ["z"], axis=0)],
               {"x": x, "y": y}, ["z"], expect={"z": np.concatenate([x, y, x])})
    graph_case("optional", [node("Optional", ["x"], ["o"]), node("OptionalHasElement", ["o"], ["h"]), node("OptionalGetElement", ["o"], ["z"])], {"x": x}, ["h", "z"],
               expect={"h": np.array(True), "z": x})


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    cases.directory.mkdir(parents=True, exist_ok=True)
    for group in [scans, loops, stacks, branches, functions, sequences]:
        group()
