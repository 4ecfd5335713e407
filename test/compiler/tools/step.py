"""Runs the step of a package on 24 tokens, so many at a time, and compares with its entry on whole sequences.

usage: step.py PACKAGE FOLDER COUNT...        B is 2, a capacity 24; states begin with the values that the manifest says
"""
import json
import pathlib
import subprocess
import sys

import numpy

package, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
types = {"f32": numpy.float32, "i64": numpy.int64}
length = 24


def run(entry, inputs):
    numpy.savez(folder / "in.npz", **inputs)
    subprocess.run(["heddle-rt", "run", package, "--entry", entry, "--data", str(folder / "in.npz"), "--output-data",
                    str(folder / "out.npz")], check=True, stdout=subprocess.DEVNULL)
    return dict(numpy.load(folder / "out.npz"))


def initial(tensor, capacity):
    sizes = {symbol["name"]: symbol["min"] for symbol in step["symbols"]} | {"B": 2, "T": length, capacity: length}
    return numpy.full([sizes.get(size, size) for size in tensor["shape"]], float(tensor["initial"]), types[tensor["type"]])


manifest = json.loads(subprocess.run(["heddle", "inspect", "-q", "--json", package], check=True, capture_output=True, text=True).stdout)
forward, step = ({entry["name"]: entry for entry in manifest["entries"]}[name] for name in ("forward", "step"))
states = [tensor for tensor in step["inputs"] if "initial" in tensor]
x, y = step["inputs"][0], step["outputs"][0]["name"]
generator = numpy.random.default_rng(1)
if "range" in x:
    tokens = generator.integers(*x["range"], (2, length))
else:
    tokens = generator.standard_normal((2, length, x["shape"][2])).astype(numpy.float32)
whole = run("forward", {x["name"]: tokens})[y]
for count in map(int, sys.argv[3:]):
    kept, parts = {state["name"]: initial(state, step.get("capacity")) for state in states}, []
    for first in range(0, length, count):
        out = run("step", {x["name"]: tokens[:, first:first + count], **kept})
        parts.append(out[y])
        kept = {state["name"]: out[state["name"]] for state in states}
    error = abs(numpy.concatenate(parts, 1) - whole).max() / abs(whole).max()
    print(f"{count} at a time: {'equal' if error < 1e-5 else f'differs by {error}'}, {kept['position'].tolist()} tokens")
print(f"{len(states)} states of {sum(numpy.prod(kept[state['name']].shape) * kept[state['name']].itemsize for state in states)} bytes")
