"""The TorchScript export of Longformer means something else than the model that it was made from, by ONNX's own evaluator.

usage: longformer.py HEDDLE FOLDER

The tracer writes `as_strided` on a tensor that is not contiguous by the strides of a contiguous one, so that chunks of keys mix heads.
Heddle computes what the file says: the same as ONNX's evaluator, and as far as that from what the model computes.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

heddle, folder = sys.argv[1], pathlib.Path(sys.argv[2])
model = folder / "hf" / "longformer.torchscript.onnx"
data = dict(np.load(folder / "hf" / "longformer.npz"))
inputs = {value.name: data[value.name] for value in onnx.load(model).graph.input}
evaluated, = ReferenceEvaluator(str(model)).run(None, inputs)
with tempfile.TemporaryDirectory() as scratch:
    result = pathlib.Path(scratch) / "y.npy"
    arguments = [argument for name in inputs for argument in ("--input", f"{name}=@{scratch}/{name}.npy")]
    for name, value in inputs.items():
        np.save(pathlib.Path(scratch) / f"{name}.npy", value)
    subprocess.run([heddle, "run", "-q", str(model), *arguments, "--output", f"y=@{result}"], check=True)
    computed = np.load(result)
ours, exported = abs(computed - evaluated).max(), abs(evaluated - data["y"]).max()
print(f"heddle against ONNX's evaluator {ours:.1e}, that against the model {exported:.1e}")
sys.exit(not (ours < 2e-5 < 1e-4 < exported))
