"""Cases of operators.py in the form of the ONNX backend suites, which test/conformance compiles and runs: compiled.py DIRECTORY GROUP.."""
import pathlib
import sys

import onnx
from onnx import numpy_helper

import cases
import operators


def save(name, model, inputs, outputs):
    if name.endswith("-folded"):
        return  # a variant of the suites
    folder = cases.directory / f"test_{name}" / "test_data_set_0"
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder.parent / "model.onnx")
    for kind, arrays in [("input", inputs), ("output", outputs)]:
        for number, (key, array) in enumerate(arrays.items()):
            (folder / f"{kind}_{number}.pb").write_bytes(numpy_helper.from_array(array, key).SerializeToString())


cases.directory = pathlib.Path(sys.argv[1])
cases.save = save
for group in operators.GROUPS:
    if group.__name__ in sys.argv[2:]:
        group()
