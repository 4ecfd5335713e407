"""Streams through steps whose outputs come late, against the entries on whole sequences.

usage: look-ahead.py RUNTIME PACKAGE SEQUENCES SCRATCH     PACKAGE: x [B, T, 32] to y; SEQUENCES: tokens [B, T] to logits

One row in calls of any length, also where the sequence is shorter than the latency; in two parts with a saved state between them; and
several sequences of lengths of their own in the calls.
"""
import subprocess
import sys

import numpy

FEATURES, VOCABULARY, LATE = 32, 32, 2


class Tool:
    def __init__(self, runtime, scratch):
        self.runtime, self.scratch = runtime, scratch

    def run(self, verb, package, given, name, wanted, *options, spec="npy"):
        """The output of a call; tokens go in and out as files."""
        source, target = f"{self.scratch}.in", f"{self.scratch}.out"
        if spec == "npy":
            numpy.save(source + ".npy", given)
            places = f"{name}=@{source}.npy", f"{wanted}=@{target}.npy"
        else:
            given.tofile(source) if spec == "raw" else open(source, "w").write(given)
            places = f"{name}={spec}:{source}", f"{wanted}=raw:{target}"
        result = subprocess.run([self.runtime, verb, package, "--input", places[0], "--output", places[1], *map(str, options)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return numpy.load(target + ".npy") if spec == "npy" else numpy.fromfile(target, numpy.float32)


def check(what, left, right):
    right = numpy.asarray(right).reshape(numpy.shape(left)) if numpy.size(left) == numpy.size(right) else right
    assert numpy.shape(left) == numpy.shape(right), f"{what}: {numpy.shape(right)}, expected {numpy.shape(left)}"
    assert abs(left - right).max() <= 1e-5 * max(1, abs(left).max()), f"{what}: differs by {abs(left - right).max()}"


def one_row(tool, package):
    x = numpy.random.default_rng(1).standard_normal((1, 20, FEATURES)).astype(numpy.float32)
    for tokens in (1, LATE, LATE + 1, 20):
        whole = tool.run("run", package, x[:, :tokens], "x", "y")
        for chunk in (1, 3, 8, 64):
            check(f"{tokens} tokens, {chunk} at a time", whole, tool.run("stream", package, x[:, :tokens], "x", "y", "--chunk", chunk))
    # A state that is saved is not flushed: the last outputs come with the tokens that follow.
    parts = [tool.run("stream", package, x[0, :9], "x", "y", "--capacity", 32, "--state-out", f"{tool.scratch}.state", spec="raw"),
             tool.run("stream", package, x[0, 9:], "x", "y", "--capacity", 32, "--state-in", f"{tool.scratch}.state", spec="raw")]
    assert len(parts[0]) == (9 - LATE) * FEATURES, len(parts[0])
    check("two parts", tool.run("run", package, x, "x", "y"), numpy.concatenate(parts))


def several_rows(tool, package):
    sequences = [[1, 2, 3, 4, 5], [6], [7, 8, 9, 10, 11, 12, 13], [14, 15]]
    expected = [tool.run("run", package, numpy.array([ids], numpy.int64), "tokens", "logits")[0] for ids in sequences]
    lines = "".join(" ".join(map(str, ids)) + "\n" for ids in sequences)
    for rows in (1, 2, 4):
        for chunk in (1, 3, 16):
            actual = tool.run("stream", package, lines, "tokens", "logits", "--rows", rows, "--chunk", chunk, "--capacity", 16, spec="lines")
            check(f"{rows} rows, {chunk} tokens at a time", numpy.concatenate(expected), actual)


def main():
    runtime, package, sequences, scratch = sys.argv[1:5]
    tool = Tool(runtime, scratch)
    one_row(tool, package)
    several_rows(tool, sequences)


if __name__ == "__main__":
    main()
