"""Writes models that must be refused: X.expect holds a regex for the first error of X.onnx."""
from onnx import helper

import cases
from cases import model_of, rand

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
