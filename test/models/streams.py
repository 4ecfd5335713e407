"""Compile steps of many models, run them so many tokens at a time, and compare with the models on whole sequences.

usage: streams.py HEDDLE RUNTIME TABLE FOLDER SCRATCH     each line of TABLE: MODEL, then `streams`, `ahead` and by how many tokens its outputs
                                                          come late, or `refused:` and why

MODEL is a path under FOLDER; without an exporter it stands for all exports NAME.*.onnx. What a step computes of 25 tokens, one, three, eight
and nine at a time, is what the whole sequence in the sibling NAME.npz begins with, and what shorter sequences give where
the entry takes them. Where a step takes so many tokens at a time, these are blocks of them: `streams: 4 tokens at a time` says how many. Every
model of FOLDER has a line.
"""
import collections
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


def evaluate(size, values):
    """A size of the manifest, a number or an expression; symbols without a value are 1."""
    return size if isinstance(size, int) else eval(size.replace("floordiv", "//"), {}, collections.defaultdict(lambda: 1, values))


class Package:
    def __init__(self, heddle, runtime, path, scratch):
        self.runtime, self.path, self.scratch = runtime, path, scratch
        manifest = json.loads(run(heddle, "inspect", "-q", "--json", path).stdout)
        self.forward, self.step = ({entry["name"]: entry for entry in manifest["entries"]}[name] for name in ("forward", "step"))
        self.states = [tensor for tensor in self.step["inputs"] if "initial" in tensor]
        self.symbol, self.block = self.step["tokens"], self.step.get("block", 1)
        self.late = self.step.get("latency", 0) // self.block

    def call(self, entry, inputs):
        numpy.savez(self.scratch / "in.npz", **inputs)
        result = run(self.runtime, "run", self.path, "--entry", entry, "--data", self.scratch / "in.npz", "--output-data",
                     self.scratch / "out.npz")
        if result.returncode:
            raise RuntimeError(f"{entry}: {result.stderr.strip()}")
        return dict(numpy.load(self.scratch / "out.npz"))

    def rates(self, tensors):
        """Of each tensor with tokens the dimension that has them, and how many for each block."""
        found = {}
        for tensor in tensors:
            for dim, size in enumerate(tensor["shape"]):
                if rate := evaluate(size, {self.symbol: 2}) - evaluate(size, {self.symbol: 1}):
                    found[tensor["name"]] = dim, rate
        return found

    def cut(self, tensors, values, first, end):
        """The blocks [first, end) of tensors."""
        rates = self.rates(tensors)
        return {name: value.take(range(first * rates[name][1], end * rates[name][1]), rates[name][0]) if name in rates else value
                for name, value in values.items()}

    def blocks(self, inputs):
        return min(inputs[name].shape[dim] // rate for name, (dim, rate) in self.rates(self.step["inputs"]).items())

    def initial(self, inputs, capacity):
        sizes = {symbol["name"]: symbol["min"] for symbol in self.step["symbols"]} | {self.step.get("capacity"): capacity}
        for tensor in self.step["inputs"]:
            if tensor["name"] in inputs:
                sizes.update(zip(tensor["shape"], inputs[tensor["name"]].shape))
        return {state["name"]: numpy.full([evaluate(size, sizes) for size in state["shape"]], float(state["initial"]), TYPES[state["type"]])
                for state in self.states}

    def stream(self, inputs, count):
        """Outputs of all blocks, `count` at a time."""
        joined, length = self.rates(self.step["outputs"]), self.blocks(inputs)
        kept, parts = self.initial(inputs, length + self.late), []

        def advance(fed, first, last):
            for at in range(first, last, count):
                out = self.call("step", {**self.cut(self.step["inputs"], fed, at, min(at + count, last)), **kept})
                kept.update({state["name"]: out.pop(state["name"]) for state in self.states})
                parts.append(out)

        advance(inputs, 0, length)
        # Behind the end any tokens bring the last outputs: here the first ones.
        ends = {state["name"] for state in self.states if state.get("end")}
        kept.update({name: numpy.full_like(kept[name], length * self.block) for name in ends})
        rates = self.rates(self.step["inputs"])
        repeated = {name: value.take(numpy.arange((length + self.late) * rates[name][1]) % (length * rates[name][1]), rates[name][0])
                    if name in rates else value for name, value in inputs.items()}
        advance(repeated, length, length + self.late)
        late = {output["name"]: output.get("latency", 0) for output in self.step["outputs"]}

        def whole(name):
            dim, rate = joined[name]
            return numpy.concatenate([part[name] for part in parts], dim).take(range(late[name], late[name] + length * rate), dim)

        return {name: whole(name) if name in joined else parts[-1][name] for name in parts[-1]}


def differences(package, inputs, expected):
    """What is wrong, one line each."""
    expected = {tensor["name"]: expected[tensor["name"]] for tensor in package.forward["outputs"]}
    whole = package.blocks(inputs)
    length = min(LENGTH, whole)
    results = {count: package.stream(package.cut(package.step["inputs"], inputs, 0, length), count) for count in COUNTS}
    known = {whole: expected}
    # An entry that was traced at one length has no symbol; where it counts tokens, the step may count blocks of them.
    name = package.symbol.removesuffix(f"_by_{package.block}")
    least = [(symbol.get("min", 1), 1 if symbol["name"] == package.symbol else package.block) for symbol in package.forward["symbols"]
             if symbol["name"] in (package.symbol, name)]
    for at in {min(at, length) for at in (1, 2, CHUNK, length)} if least else ():
        if at * least[0][1] >= least[0][0]:
            known[at] = package.call("forward", package.cut(package.step["inputs"], inputs, 0, at))
    for count, result in results.items():
        for at, right in known.items():
            # What looks ahead sees where a shorter sequence ends.
            shared = min(at, length) - (package.late if at != length else 0)
            for name, (dim, rate) in package.rates(package.step["outputs"]).items():
                if name in right and shared > 0:
                    yield from difference(name, count, *(values[name].take(range(shared * rate), dim) for values in (result, right)))
    for at in known if package.late else ():
        for count in COUNTS if at < length else ():
            result = package.stream(package.cut(package.step["inputs"], inputs, 0, at), count)
            for name in package.rates(package.step["outputs"]):
                yield from difference(name, count, result[name], known[at][name])


def difference(name, count, left, right):
    if not abs(left - right).max() <= CLOSE * max(abs(right).max(), 1e-3):
        yield f"{name} of {left.shape} elements, {count} blocks at a time, differs from all at once by {abs(left - right).max():.1e}"


def problems(heddle, runtime, model, expectation, scratch):
    package = scratch / "model.heddle"
    command = [heddle, "compile", "-q", "--entries=forward,step", model, "-o", package]
    compiled = run(*command)
    kind, _, reason = expectation.partition(":")
    if kind.startswith("ahead"):
        ahead = int(kind.split()[1])
        if f"look-ahead, 0 are allowed: --lookahead={ahead}\n" not in compiled.stderr:
            yield f"expected a look-ahead of {ahead} to be refused but got {compiled.stderr.strip()}"
        compiled = run(*command, f"--lookahead={ahead}")
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
    block = int(reason.split()[0]) if reason else 1
    if loaded.block != block:
        yield f"takes {loaded.block} tokens at a time, expected {block}"
        return
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
