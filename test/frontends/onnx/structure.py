"""Models whose IR is looked at: structure.py DIRECTORY."""
import os
import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper

import cases
from cases import i64, model_of, rand

node = helper.make_node


def write(name, nodes, inputs, outputs, const=(), symbols=None, opset=17, edit=None):
    model = model_of(nodes, inputs, outputs, opset, const, symbols)
    if edit:
        edit(model)
    onnx.save(model, cases.directory / f"{name}.onnx")


def main():
    x, w = rand(2, 5, 6), rand(3, 5)
    symbols = {"x": ["batch", "len", 6]}
    write("fixed", [node("MatMul", ["w", "x"], ["y"], name="mix")], {"x": x, "w": w}, ["y"], ["w"], symbols)
    write("ranges", [node("Slice", ["x", "zero", "two", "one"], ["a"]), node("Slice", ["x", "zero", "minus", "two"], ["y"], name="rest"),
                     node("Shape", ["x"], ["s"]), node("Gather", ["s", "one"], ["t"]), node("Slice", ["buffer", "zero", "t"], ["z"])],
          {"x": x, "zero": i64(0), "one": i64(1), "two": i64(2), "minus": i64(-1), "buffer": rand(12)}, ["a", "y", "z"],
          ["zero", "one", "two", "minus", "buffer"], symbols)
    rows = [node("Gather", ["x", str(i)], [f"r{i}"], axis=1) for i in range(3)]
    numbers = {str(i): i64(i).reshape(()) for i in range(3)}
    write("rows", rows + [node("Sum", ["r0", "r1", "r2"], ["y"])], {"x": x, **numbers}, ["y"], list(numbers), symbols)
    stack = [node("Unsqueeze", [f"r{i}", "axis"], [f"u{i}"]) for i in range(3)] + [node("Concat", ["u0", "u1", "u2"], ["y"], axis=1, name="stack")]
    for name, declared in [("traced", ["batch", "len", 6]), ("cut", ["batch", "tokens", 6])]:
        write(name, rows + stack, {"x": x, "axis": i64(1), **numbers}, [helper.make_tensor_value_info("y", 1, declared)], ["axis", *numbers], symbols)
    write("embedding", [node("Gather", ["table", "ids"], ["y"], name="embed")], {"ids": i64(1, 2), "table": rand(50, 4)}, ["y"], ["table"], {"ids": ["len"]})
    write("unordered", [node("Neg", ["a"], ["y"], name="second"), node("Abs", ["x"], ["a"], name="first")], {"x": x}, ["y"])
    write("default-input", [node("Add", ["x", "w"], ["y"])], {"x": x, "w": rand(6)}, ["y"], ["w"],
          edit=lambda m: m.graph.input.append(helper.make_tensor_value_info("w", 1, [6])))
    write("unsupported", [node("Abs", ["x"], ["a"]), node("FancyMix", ["a", "", "x"], ["b"], name="fancy", domain="com.example", alpha=2, mode="soft"),
                          node("Neg", ["b"], ["y"])], {"x": x}, [helper.make_tensor_value_info("y", 1, [2, 5, 6])],
          edit=lambda m: m.graph.value_info.append(helper.make_tensor_value_info("b", 1, [2, 5, 6])))
    write("unsupported-unknown", [node("FancyMix", ["x"], ["y"], name="fancy")], {"x": x}, ["y"])
    write("negative-perm", [node("Transpose", ["x"], ["y"], name="turn", perm=[0, -1, -2])], {"x": x},
          [helper.make_tensor_value_info("y", 1, [2, 6, 5])])
    twin = rand(6, 12)
    write("equal-constants", [node("MatMul", ["x", "first"], ["a"]), node("MatMul", ["x", "second"], ["b"]), node("Sub", ["a", "b"], ["y"])],
          {"x": x, "first": twin, "second": twin}, ["y"], ["first", "second"])
    write("pass-through", [node("Identity", ["x"], ["y"])], {"x": x}, ["y"])
    write("constant-output", [node("Constant", [], ["y"], value_ints=[1, 2])], {"x": x}, ["y"])

    def external(model):
        (cases.directory / "data").mkdir(exist_ok=True)
        (cases.directory / "data" / "w.bin").write_bytes(b"pad." + np.array([1, 2, 3], np.float32).tobytes())
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": "./data/w.bin", "offset": "4", "length": "12"}.items():
            tensor.external_data.add(key=key, value=value)

    write("external", [node("Add", ["x", "w"], ["y"])], {"x": rand(2, 3), "w": rand(3)}, ["y"], ["w"], edit=external)
    friendly()


def friendly():
    """External data in the places where caches and people put it."""
    model, data = ((cases.directory / name).read_bytes() for name in ["external.onnx", "data/w.bin"])

    def stored(root, snapshot, store):
        """Model and data are links into one store: the cache of a model hub."""
        (root / store).mkdir(parents=True)
        (root / snapshot / "data").mkdir(parents=True)
        for name, held, content in [("model.onnx", "model-hash", model), ("data/w.bin", "data-hash", data)]:
            (root / store / held).write_bytes(content)
            link = root / snapshot / name
            link.symlink_to(os.path.relpath(root / store / held, link.parent))

    stored(cases.directory / "linked", "here", "store")
    stored(cases.directory / "cache", "snapshots/0f1e/onnx", "blobs")
    spaced = cases.directory / "a folder, möglich"
    (spaced / "data").mkdir(parents=True)
    (spaced / "model.onnx").write_bytes(model)
    (spaced / "data" / "w.bin").write_bytes(data)
    locked = cases.directory / "locked"
    shutil.copytree(spaced, locked)
    for path in [*locked.rglob("*"), locked]:
        path.chmod(0o555 if path.is_dir() else 0o444)


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    cases.directory.mkdir(parents=True, exist_ok=True)
    main()
