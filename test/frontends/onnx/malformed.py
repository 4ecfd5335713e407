"""Malformed models, each with the error it must cause: malformed.py DIRECTORY. X.expect holds a regex for the first error of X.onnx."""
import pathlib
import sys

import onnx
from onnx import TensorProto, helper

import cases
import malformed_data
import malformed_nodes
from cases import i64, model_of, rand
from refusals import bad, node, write, x


def good():
    return model_of([node("Add", ["x", "w"], ["y"])], {"x": x, "w": rand(3)}, ["y"], 17, ["w"])


def files():
    whole = good().SerializeToString()
    for part in [1, len(whole) // 4, len(whole) // 2, len(whole) - 1]:
        write(f"truncated-{part}", whole[:part], "truncated or not in this format|IR version|opset|no graph|no node, input or initialiser")
    write("empty", b"", "IR version 0, expected")
    write("text", b"this is no model", "truncated or not in this format")
    write("garbage", bytes(range(256)) * 8, "truncated or not in this format")
    nested = b""
    for _ in range(300):  # a graph in an attribute of a node in a graph ...
        length = lambda data: onnx.TensorProto(raw_data=data).SerializeToString()[1:]
        attribute = b"\x32" + length(nested)
        in_node = b"\x2a" + length(attribute)
        nested = b"\x0a" + length(in_node)
    write("deeply-nested", b"\x08\x08\x3a" + length(nested), "truncated or not in this format")


def versions():
    def opset(version):
        def edit(model):
            model.opset_import[0].version = version
        return edit

    add = [node("Add", ["x", "x"], ["y"])]
    bad("opset-old", add, r"opset 0 of the default operator set, expected one in \[1, 28\]", edit=opset(0))
    bad("opset-new", add, r"opset 99 of the default operator set, expected", edit=opset(99))
    bad("opset-missing", add, "the model imports none", edit=lambda m: m.ClearField("opset_import"))
    bad("ir-version-new", add, r"IR version 999, expected", edit=lambda m: setattr(m, "ir_version", 999))
    bad("no-graph", add, "model has no graph", edit=lambda m: m.ClearField("graph"))
    bad("no-outputs", add, "no output, expected at least one", outputs=())


def graphs():
    bad("cycle", [node("Add", ["x", "b"], ["a"], name="first"), node("Neg", ["a"], ["b"], name="second"), node("Neg", ["b"], ["y"])],
        "nodes form a cycle, expected none: .*'first'.*")
    bad("self-cycle", [node("Add", ["x", "y"], ["y"], name="loop")], "loop: nodes form a cycle, expected none: 'loop'")
    bad("missing-input", [node("Add", ["x", "w"], ["y"], name="sum")], "sum: Add: input 1 is value 'w', which no node, input or initialiser defines")
    bad("missing-output", [node("Neg", ["x"], ["z"])], "output 'y', which no node, input or initialiser defines")
    bad("duplicate-output", [node("Neg", ["x"], ["y"]), node("Abs", ["x"], ["y"], name="again")], "again: value 'y' is defined twice")
    bad("output-is-input", [node("Neg", ["x"], ["x"])], "value 'x' is defined twice", outputs=("x",))
    bad("duplicate-initializer", [node("Add", ["x", "w"], ["y"])], "initialiser 'w' is defined twice", {"x": x, "w": rand(3)}, const=["w"],
        edit=lambda m: m.graph.initializer.append(m.graph.initializer[0]))
    bad("duplicate-input", [node("Neg", ["x"], ["y"])], "input name 'x', expected .* names one input", edit=lambda m: m.graph.input.append(m.graph.input[0]))
    bad("duplicate-result", [node("Neg", ["x"], ["y"])], "output name 'y', expected .* names one output", outputs=("y", "y"))
    bad("unnamed-input", [node("Constant", [], ["y"], value_int=1)], "input name '', expected UTF-8 text that is not empty",
        edit=lambda m: setattr(m.graph.input[0], "name", ""))
    bad("unknown-operator", [node("Sofmax", ["x"], ["y"], name="s")], "s: operator 'Sofmax' is not supported; the nearest supported operator is 'Softmax'")
    bad("unknown-operators", [node("Foo", ["x"], ["a"], name="f"), node("Foo", ["a"], ["b"], name="g"), node("Baz", ["b"], ["y"])],
        "operator 'Baz' is not supported")
    bad("unknown-domain", [node("Add", ["x", "x"], ["y"], domain="com.example")], "operator 'com.example.Add' is not supported")
    bad("operator-too-new", [node("Gelu", ["x"], ["y"])], "operator 'Gelu' exists since opset 20, but the model imports opset 17")
    bad("output-type", [node("Neg", ["x"], ["y"])], "output 'y' is declared as int64, but the graph computes 'f32'",
        outputs=(helper.make_tensor_value_info("y", TensorProto.INT64, None),))
    bad("too-many-outputs", [node("Neg", ["x"], ["y", "z"], name="n")], "n: Neg: output 1 \\('z'\\), expected at most 1")


def subgraphs():
    """Functions and control flow that cannot be imported, each with its reason."""
    def functions(*made):
        return lambda model: (model.functions.extend(made), model.opset_import.append(helper.make_opsetid("local", 1)))

    def function(name, *calls):
        return helper.make_function("local", name, ["x"], ["y"], list(calls), [helper.make_opsetid("", 17), helper.make_opsetid("local", 1)])

    call = lambda name, x="x", y="y": node(name, [x], [y], domain="local")
    bad("function-cycle", [call("A")], "function 'A' calls itself", edit=functions(function("A", call("B")), function("B", call("A"))))
    chain = [function(f"F{i}", call(f"F{i + 1}")) for i in range(100)] + [function("F100", node("Neg", ["x"], ["y"]))]
    bad("function-deep", [call("F0")], "functions are nested more than 64 deep", edit=functions(*chain))
    double = [function(f"F{i}", call(f"F{i + 1}", "x", "t"), call(f"F{i + 1}", "t", "y")) for i in range(30)] + [function("F30", node("Neg", ["x"], ["y"]))]
    bad("function-bomb", [call("F0")], "functions make more than 1048576 nodes", edit=functions(*double))
    bad("function-inputs", [node("A", ["x", "x"], ["y"], domain="local")], "2 inputs and 1 outputs, expected at most 1 and 1",
        edit=functions(function("A", node("Neg", ["x"], ["y"]))))

    def graph(name, nodes, inputs, outputs):
        value = lambda item: helper.make_tensor_value_info(*item)
        return helper.make_graph(nodes, name, [value(i) for i in inputs], [value(o) for o in outputs])

    state = [("i", TensorProto.INT64, []), ("c", TensorProto.BOOL, []), ("v", TensorProto.FLOAT, None)]
    stacks = graph("body", [node("ReduceSum", ["v"], ["sum"], keepdims=0), node("Less", ["sum", "sum"], ["on"]), node("Neg", ["v"], ["next"]), node("Neg", ["v"], ["row"])],
                   state, [("on", TensorProto.BOOL, []), ("next", TensorProto.FLOAT, None), ("row", TensorProto.FLOAT, None)])
    bad("loop-unknown-trip-count", [node("Loop", ["", "", "x"], ["f", "y"], body=stacks)], "Loop: stacks the values of as many iterations as the data says")
    grows = graph("body", [node("Concat", ["v", "v"], ["next"], axis=0), node("Identity", ["c"], ["on"])], state,
                  [("on", TensorProto.BOOL, []), ("next", TensorProto.FLOAT, None)])
    bad("loop-shape-change", [node("Loop", ["", "", "x"], ["y"], body=grows)], "expected equal ones|expected a known trip count|does not depend on the data")
    prepends = graph("body", [node("Identity", ["c"], ["on"]), node("SequenceInsert", ["s", "x", "first"], ["next"])], state[:2] + [("s", TensorProto.FLOAT, None)],
                     [("on", TensorProto.BOOL, []), ("next", TensorProto.FLOAT, None)])
    bad("loop-prepends", [node("Shape", ["x"], ["n"], end=1), node("SequenceEmpty", [], ["none"]), node("Loop", ["n", "", "none"], ["s"], body=prepends),
                          node("ConcatFromSequence", ["s"], ["y"], axis=0)],
        "Loop: carries sequences, or values whose shapes change, expected a known trip count", {"x": x, "first": i64(0).reshape(())}, const=["first"],
        symbols={"x": ["len", 3]})
    appends = graph("body", [node("Identity", ["c"], ["on"]), node("SequenceInsert", ["s", "x"], ["next"])], state[:2] + [("s", TensorProto.FLOAT, None)],
                    [("on", TensorProto.BOOL, []), ("next", TensorProto.FLOAT, None)])
    bad("loop-stack-element", [node("Shape", ["x"], ["n"], end=1), node("SequenceEmpty", [], ["none"]), node("Loop", ["n", "", "none"], ["s"], body=appends),
                               node("SequenceAt", ["s", "first"], ["y"])],
        "SequenceAt: input 0 is a sequence of as many elements as a loop has iterations, expected a sequence of a known number of elements",
        {"x": x, "first": i64(0).reshape(())}, const=["first"], symbols={"x": ["len", 3]})
    few = graph("body", [node("Identity", ["c"], ["on"])], state[:2], [("on", TensorProto.BOOL, [])])
    bad("loop-few-inputs", [node("Loop", ["", "", "x"], ["y"], body=few)], "graph 'body' has 2 inputs, expected 3")
    reads = graph("then", [node("Neg", ["nowhere"], ["a"])], [], [("a", TensorProto.FLOAT, None)])
    bad("if-undefined-value", [node("Greater", ["x", "x"], ["m"]), node("If", ["m"], ["y"], then_branch=reads, else_branch=reads)],
        "Neg: input 0 is value 'nowhere', which no node, input or initialiser defines")


def inputs():
    def dimension(value):
        def edit(model):
            model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = value
        return edit

    neg = [node("Neg", ["x"], ["y"])]
    bad("negative-size", neg, "input 'x' has size -4 in dimension 0", edit=dimension(-4))
    bad("huge-size", neg, "input 'x' has more elements than expected", edit=dimension(2**62))
    bad("no-shape", neg, "input 'x' has no shape", edit=lambda m: m.graph.input[0].type.tensor_type.ClearField("shape"))
    bad("string-input", neg, "input 'x', expected elements of type .* but got string",
        edit=lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", TensorProto.STRING))
    bad("unknown-element-type", neg, "but got element type 77", edit=lambda m: setattr(m.graph.input[0].type.tensor_type, "elem_type", 77))
    bad("sequence-input", neg, "input 'x', expected a tensor but got a sequence",
        edit=lambda m: m.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info("x", 1, [2])))


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    cases.directory.mkdir(parents=True, exist_ok=True)
    for group in [
            files, versions, graphs, subgraphs, inputs, malformed_data.initializers, malformed_nodes.nodes, malformed_nodes.data_dependent, malformed_nodes.gradients,
            malformed_nodes.microsoft, malformed_nodes.randoms
    ]:
        group()
