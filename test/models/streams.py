"""Compile steps of many models, run them so many tokens at a time, and compare with the models on whole sequences.

usage: streams.py HEDDLE RUNTIME TABLE FOLDER SCRATCH     each line of TABLE: MODEL, then `streams` or `refused:` and why

MODEL is a path under FOLDER; without an exporter it stands for all exports NAME.*.onnx. What a step computes of 25 tokens, one, three, eight
and nine at a time, is what the whole sequence in the sibling NAME.npz begins with, and what shorter sequences give where
the entry takes them. Every model of FOLDER has a line.
"""
import json
import pathlib
import subprocess
import sys

import numpy

CHUNK = 8
COUNTS = (1, 3, CHUNK, CHUNK + 1)
LENGTH = 3 * CHUNK + 1
TYPES = {"f32": numpy.float32, "i64": numpy.int64}
# The largest difference, of the largest value: other orders of summation in single precision.
CLOSE = 3e-5


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


class Package:
    def __init__(self, heddle, runtime, path, scratch):
        self.runtime, self.path, self.scratch = runtime, path, scratch
        manifest = json.loads(run(heddle, "inspect", "-q", "--json", path).stdout)
        self.forward, self.step = ({entry["name"]: entry for entry in manifest["entries"]}[name] for name in ("forward", "step"))
        self.states = [tensor for tensor in self.step["inputs"] if "initial" in tensor]
        self.symbol = self.step["tokens"]

    def call(self, entry, inputs):
        numpy.savez(self.scratch / "in.npz", **inputs)
        result = run(self.runtime, "run", self.path, "--entry", entry, "--data", self.scratch / "in.npz", "--output-data",
                     self.scratch / "out.npz")
        if result.returncode:
            raise RuntimeError(f"{entry}: {result.stderr.strip()}")
        return dict(numpy.load(self.scratch / "out.npz"))

    def token_dims(self, tensors):
        return {tensor["name"]: tensor["shape"].index(self.symbol) for tensor in tensors if self.symbol in tensor["shape"]}

    def initial(self, inputs, capacity):
        sizes = {self.step.get("capacity"): capacity}
        for tensor in self.step["inputs"]:
            if tensor["name"] in inputs:
                sizes.update(zip(tensor["shape"], inputs[tensor["name"]].shape))
        return {state["name"]: numpy.full([sizes.get(size, size) for size in state["shape"]], float(state["initial"]), TYPES[state["type"]])
                for state in self.states}

    def stream(self, inputs, count):
        """Outputs of all tokens, `count` at a time."""
        cut, joined = self.token_dims(self.step["inputs"]), self.token_dims(self.step["outputs"])
        length = min(inputs[name].shape[dim] for name, dim in cut.items())
        kept, parts = self.initial(inputs, length), []
        for first in range(0, length, count):
            now = {name: value.take(range(first, min(first + count, length)), cut[name]) if name in cut else value
                   for name, value in inputs.items()}
            out = self.call("step", {**now, **kept})
            kept = {state["name"]: out.pop(state["name"]) for state in self.states}
            parts.append(out)
        return {name: numpy.concatenate([part[name] for part in parts], joined[name]) if name in joined else parts[-1][name] for name in parts[-1]}


def beginning(package, tensors, values, length):
    dims = package.token_dims(tensors)
    return {name: value.take(range(length), dims[name]) if name in dims else value for name, value in values.items()}


def differences(package, inputs, expected):
    """What is wrong, one line each."""
    expected = {tensor["name"]: expected[tensor["name"]] for tensor in package.forward["outputs"]}
    cut = package.token_dims(package.step["inputs"])
    whole = min(inputs[name].shape[dim] for name, dim in cut.items())
    length = min(LENGTH, whole)
    results = {count: package.stream(beginning(package, package.step["inputs"], inputs, length), count) for count in COUNTS}
    known = {whole: expected}
    # An entry that was traced at one length has no symbol.
    least = [symbol.get("min", 1) for symbol in package.forward["symbols"] if symbol["name"] == package.symbol]
    for at in {1, 2, CHUNK, length} if least else ():
        if at >= least[0]:
            known[at] = package.call("forward", beginning(package, package.step["inputs"], inputs, at))
    for count, result in results.items():
        for at, right in known.items():
            shared = min(at, length)
            for name, dim in package.token_dims(package.step["outputs"]).items():
                if name not in right:
                    continue
                left, other = result[name].take(range(shared), dim), right[name].take(range(shared), dim)
                if not abs(left - other).max() <= CLOSE * max(abs(other).max(), 1e-3):
                    yield f"{name} of {shared} tokens, {count} at a time, differs from {at} at once by {abs(left - other).max():.1e}"


def problems(heddle, runtime, model, expectation, scratch):
    package = scratch / "model.heddle"
    compiled = run(heddle, "compile", "-q", "--entries=forward,step", model, "-o", package)
    kind, _, reason = expectation.partition(":")
    if kind == "refused":
        message = f"{model.name}:"
        if compiled.returncode == 0:
            yield "has a step, expected it to be refused"
        elif not any(line.startswith(message) and "cannot run token by token" in line and reason.strip() in line for line in compiled.stderr.splitlines()):
            yield f"expected '{message}.. cannot run token by token: ..{reason.strip()}..' but got {compiled.stderr.strip()}"
        return
    if compiled.returncode:
        yield compiled.stderr.strip()
        return
    recorded = dict(numpy.load(model.with_name(model.name.split(".")[0] + ".npz")))
    loaded = Package(heddle, runtime, package, scratch)
    inputs = {tensor["name"]: recorded[tensor["name"]] for tensor in loaded.forward["inputs"]}
    yield from differences(loaded, inputs, recorded)


def main():
    heddle, runtime, table, folder, scratch = sys.argv[1], sys.argv[2], *map(pathlib.Path, sys.argv[3:6])
    scratch.mkdir(parents=True, exist_ok=True)
    lines = [line.split(None, 1) for line in table.read_text().splitlines() if line.strip() and not line.startswith("#")]
    seen, failed = set(), 0
    for name, expectation in lines:
        for model in sorted([*folder.glob(name + ".onnx"), *folder.glob(name + ".*.onnx")]):
            seen.add(model)
            found = list(problems(heddle, runtime, model, expectation, scratch))
            failed += bool(found)
            print(f"{model.name}: {'FAILED' if found else expectation}", flush=True)
            for problem in found:
                print("    " + problem.replace("\n", "\n    "))
    missing = sorted(set(folder.glob("*/*.onnx")) - seen)
    for model in missing:
        print(f"{model}: no line in {table.name}")
    print(f"{len(seen)} models, {failed} failed")
    sys.exit(bool(failed or missing or not seen))


if __name__ == "__main__":
    main()
