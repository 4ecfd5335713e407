"""Malformed models, each with the error it must cause: malformed.py DIRECTORY. X.expect holds a regex for the first error of X.onnx."""
import os
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

import cases
from cases import i64, model_of, rand

node = helper.make_node
x = rand(2, 3)


def write(name, data, expect):
    (cases.directory / f"{name}.onnx").write_bytes(data if isinstance(data, bytes) else data.SerializeToString())
    (cases.directory / f"{name}.expect").write_text(expect + "\n")


def bad(name, nodes, expect, inputs=None, outputs=("y",), opset=17, const=(), symbols=None, edit=None):
    model = model_of(nodes, inputs or {"x": x}, outputs, opset, const, symbols)
    if edit:
        edit(model)
    write(name, model, expect)


def one(name, op, expect, inputs=None, opset=17, const=None, **attributes):
    inputs = inputs or {"x": x}
    const = [key for key in inputs if key != "x"] if const is None else const
    bad(name, [node(op, list(inputs), ["y"], name="bad", **attributes)], "bad: " + expect, inputs, opset=opset, const=const)


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


def initializers():
    add = [node("Add", ["x", "w"], ["y"])]
    arrays = {"x": x, "w": rand(3)}

    def edited(name, expect, change):
        bad(name, add, expect, arrays, const=["w"], edit=lambda m: change(m.graph.initializer[0]))

    edited("raw-data-short", "initialiser 'w' has data of 11 bytes, expected 12", lambda t: setattr(t, "raw_data", t.raw_data[:-1]))
    edited("raw-data-missing", "initialiser 'w' has data of 0 bytes, expected 12", lambda t: t.ClearField("raw_data"))
    edited("typed-data-short", "initialiser 'w' has data of 8 bytes, expected 12", lambda t: (t.ClearField("raw_data"), t.float_data.extend([1, 2])))
    edited("negative-dims", r"initialiser 'w' has dimensions \[-3\]", lambda t: t.dims.__setitem__(0, -3))
    edited("huge-dims", r"initialiser 'w' has dimensions .*product of at most 2\^48", lambda t: t.dims.extend([2**40, 2**40]))
    edited("wrong-dims", "initialiser 'w' has data of 12 bytes, expected 16 for 4 elements", lambda t: t.dims.__setitem__(0, 4))
    edited("float8-weight", "has data of 12 bytes, expected 3 for 3 elements of type float8e4m3fn", lambda t: setattr(t, "data_type", 17))
    edited("string-weight", "but got string", lambda t: setattr(t, "data_type", TensorProto.STRING))
    edited("undefined-type", "but got undefined", lambda t: t.ClearField("data_type"))
    bad("sparse-initializer", add, "initialiser 's' is sparse", arrays, const=["w"], edit=lambda m: m.graph.sparse_initializer.append(
        helper.make_sparse_tensor(helper.make_tensor("s", 1, [1], [1.0]), helper.make_tensor("i", 7, [1], [0]), [3])))
    external(edited)


def external(edited):
    def at(**entries):
        def change(tensor):
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in entries.items():
                tensor.external_data.add(key=key, value=str(value))
        return change

    inside = cases.directory / "inside"
    inside.mkdir(exist_ok=True)
    (inside / "weights.bin").write_bytes(rand(3).tobytes())
    outside = cases.directory.parent / (cases.directory.name + "-outside.bin")
    outside.write_bytes(rand(3).tobytes())
    link = cases.directory / "link.bin"
    link.unlink(missing_ok=True)
    link.symlink_to(outside)
    escape = "expected a file inside of the model's directory"
    edited("external-parent", escape, at(location="../" + outside.name))
    edited("external-hidden-parent", escape, at(location="inside/../../" + outside.name))
    edited("external-absolute", escape, at(location=str(outside.resolve())))
    edited("external-link", escape, at(location="link.bin"))
    edited("external-backslash", escape, at(location="..\\" + outside.name))
    edited("external-missing", "'nowhere.bin' is not a readable file", at(location="nowhere.bin"))
    edited("external-directory", "'inside' is not a readable file", at(location="inside"))
    pipe = cases.directory / "pipe.bin"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    device = cases.directory / "device.bin"
    device.unlink(missing_ok=True)
    device.symlink_to("/dev/zero")
    folder = cases.directory / "folder-link"
    folder.unlink(missing_ok=True)
    folder.symlink_to(outside.parent)
    edited("external-pipe", "'pipe.bin' is not a readable file", at(location="pipe.bin"))
    edited("external-device", "'device.bin' is not a readable file", at(location="device.bin"))
    edited("external-folder-link", escape, at(location="folder-link/" + outside.name))
    edited("external-nul", escape, at(location="inside/weights.bin\0.txt"))
    edited("external-empty", "external data has no location", at(location=""))
    edited("external-self", "ends beyond|expected 12 bytes|is not a readable file", at(location="external-self.onnx", offset=2**40))
    edited("external-no-location", "external data has no location", at(offset=0))
    edited("external-beyond", "at offset 4 with length 12 ends beyond 'inside/weights.bin', which has 12 bytes", at(location="inside/weights.bin", offset=4))
    edited("external-far-offset", "ends beyond", at(location="inside/weights.bin", offset=2**63 - 8))
    edited("external-negative-offset", "offset '-4', expected a non-negative number", at(location="inside/weights.bin", offset=-4))
    edited("external-wrong-length", "length 8, expected 12 bytes", at(location="inside/weights.bin", length=8))
    edited("external-bad-offset", "offset 'many', expected a non-negative number", at(location="inside/weights.bin", offset="many"))


def nodes():
    one("axis-outside", "Softmax", "Softmax: axis 5 is outside of rank 2", axis=5)
    one("axis-twice", "Squeeze", "Squeeze: axis 1 is listed twice", {"x": rand(2, 1), "a": i64(1, -1)})
    one("squeeze-size", "Squeeze", "Squeeze: sizes 3 and 1, expected equal ones", {"x": x, "a": i64(1)})
    one("attribute-kind", "Softmax", "Softmax: attribute 'axis', expected kind INT but got STRING", axis="last")
    one("attribute-unknown", "Neg", "Neg: attribute 'speed' is not one that opset 17 defines", speed=3)
    one("input-unknown", "Neg", "Neg: input 1 \\('w'\\) is more than opset 17 defines", {"x": x, "w": x})
    one("element-types", "Add", "Add: inputs have element types 'f32' and 'i64', expected one type", {"x": x, "w": i64(1)})
    one("broadcast", "Add", r"Add: sizes 3 and 4, expected equal ones in shapes \[2, 3\], \[4\]", {"x": x, "w": rand(4)})
    one("matmul-sizes", "MatMul", "MatMul: sizes 3 and 4, expected equal ones", {"x": x, "w": rand(4, 2)})
    one("matmul-scalar", "MatMul", "MatMul: inputs of rank 2 and 0", {"x": x, "w": np.float32(1).reshape(())})
    one("gemm-rank", "Gemm", "Gemm: inputs of rank 2 and 1, expected 2", {"x": x, "w": rand(3)})
    one("reshape-count", "Reshape", "Reshape: .*expected the same number of elements but got 8 and 6", {"x": x, "s": i64(2, 4)})
    one("reshape-indivisible", "Reshape", "Reshape: .*expected sizes that divide its 6 elements", {"x": x, "s": i64(4, -1)})
    one("reshape-two-rests", "Reshape", "Reshape: shape .*at most one -1", {"x": x, "s": i64(-1, -1)})
    one("reshape-negative", "Reshape", "Reshape: shape", {"x": x, "s": i64(-2, 3)})
    one("reshape-overflow", "Reshape", "Reshape: ", {"x": x, "s": i64(2**62, 2**62)})
    one("reshape-data", "Reshape", "Reshape: input 'shape' \\(value 's'\\), expected integers computed from constants and sizes", {"x": x, "s": i64(3, 2)}, const=[])
    one("expand-sizes", "Expand", "Expand: sizes 3 and 4, expected equal ones", {"x": x, "s": i64(2, 4)})
    one("constantofshape-huge", "ConstantOfShape", "ConstantOfShape: shape .*at most 2\\^48 elements", {"s": i64(2**40, 2**40)}, const=["s"])
    one("constantofshape-negative", "ConstantOfShape", "ConstantOfShape: shape", {"s": i64(-2)}, const=["s"])
    one("transpose-perm", "Transpose", "Transpose: axis 1 is listed twice", perm=[1, 1])
    one("transpose-short", "Transpose", "Transpose: attribute 'perm' has 1 axes, expected 2", perm=[0])
    one("concat-ranks", "Concat", "Concat: inputs, expected one rank", {"x": x, "w": rand(3)}, axis=0)
    one("concat-sizes", "Concat", "Concat: sizes 4 and 3, expected equal ones", {"x": x, "w": rand(2, 4)}, axis=0)
    one("slice-step", "Slice", "Slice: step 0", {"x": x, "s": i64(0), "e": i64(1), "a": i64(0), "t": i64(0)})
    one("slice-lists", "Slice", "Slice: 1 starts, 2 ends", {"x": x, "s": i64(0), "e": i64(1, 2)})
    one("gather-outside", "Gather", "Gather: index 7 is outside of size 2", {"w": rand(2), "i": i64(7)}, const=["w", "i"])
    one("gather-float", "Gather", "gather has indices of a float type", {"x": x, "i": rand(2)})
    one("cast-string", "Cast", "Cast: attribute 'to', expected elements of type .* but got string", to=8)
    one("range-step", "Range", "Range: .*delta other than 0", {k: np.int64(v).reshape(()) for k, v in [("s", 0), ("e", 5), ("d", 0)]}, const=["s", "e", "d"])
    one("range-huge", "Range", "Range: range of", {k: np.float32(v).reshape(()) for k, v in [("s", 0), ("e", 3e38), ("d", 1)]}, const=["s", "e", "d"])
    one("einsum-equation", "Einsum", "", {"x": x, "w": x}, equation="ij,->(")
    one("unsqueeze-no-axes", "Unsqueeze", "Unsqueeze: no axes", opset=11)
    one("missing-operand", "Add", "Add: 1 inputs, expected 2")
    bad("constant-empty", [node("Constant", [], ["c"], name="bad"), node("Add", ["x", "c"], ["y"])], "bad: Constant: no value, expected one of")
    bad("constant-string", [node("Constant", [], ["c"], name="bad", value_string="a"), node("Add", ["x", "c"], ["y"])], "bad: Constant: constant of strings")
    one("training-dropout", "Dropout", "Dropout: training_mode is true", {"x": x, "r": np.float32(0.5).reshape(()), "t": np.bool_(True).reshape(())})
    bad("symbols-that-differ", [node("Concat", ["x", "x"], ["c"], axis=0, name="double"), node("Add", ["x", "c"], ["y"], name="bad")],
        "bad: Add: sizes .*, expected equal ones", symbols={"x": ["n", 3]})
    bad("indivisible-symbol", [node("Reshape", ["x", "s"], ["y"], name="bad")], "bad: Reshape: .*expected sizes that divide its", {"x": x, "s": i64(4, -1)},
        const=["s"], symbols={"x": ["n", 3]})


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    cases.directory.mkdir(parents=True, exist_ok=True)
    for group in [files, versions, graphs, subgraphs, inputs, initializers, nodes]:
        group()
