"""Run exports at other lengths than that of their trace: each must agree with a model written in NumPy (recurrences.py).

usage: lengths.py HEDDLE FOLDER MODEL...     MODEL has a sibling NAME.npz with what the exporter's framework computed

An output may differ from the model in double by four times what the model in single differs by, and two roundings of the
largest value.
"""
import pathlib
import subprocess
import sys

import numpy as np

import recurrences

LENGTHS = (1, 37, 64, 104, 257)


def run(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True)


def inputs_of(length, recorded):
    """Like what was recorded, at another length."""
    random = np.random.default_rng(length)
    shape = (recorded.shape[0], length, *recorded.shape[2:])
    if np.issubdtype(recorded.dtype, np.integer):
        return random.integers(0, recorded.max() + 1, shape).astype(recorded.dtype)
    return random.normal(0, 1, shape).astype(recorded.dtype)


def in_precision(model, precision, x):
    """What the model computes in the given precision."""
    return recurrences.read(model, precision)(x if np.issubdtype(x.dtype, np.integer) else x.astype(precision))


def difference(actual, expected, single):
    """Nothing where `actual` is as near to `expected` as it should be."""
    error, bound = np.abs(actual - expected).max(), 4 * np.abs(single - expected).max() + 2 * np.finfo(np.float32).eps * np.abs(expected).max()
    return f"differs by {error:.2e}, expected at most {bound:.2e}" if not error <= bound else None


def problems(heddle, folder, model):
    recorded = dict(np.load(model.with_name(model.name.split(".")[0] + ".npz")))
    (name,) = [key for key in recorded if key != "y"]
    package = folder / f"{model.stem}.heddle"
    compiled = run(heddle, "compile", "-q", model, "-o", package)
    if compiled.returncode:
        yield compiled.stderr
        return
    for length in (None, *LENGTHS):
        x = recorded[name] if length is None else inputs_of(length, recorded[name])
        expected, single = in_precision(model, np.float64, x), in_precision(model, np.float32, x)
        if length is None and (problem := difference(recorded["y"], expected, single)):
            yield f"the recorded output {problem}"
        np.save(folder / "x.npy", x)
        ran = run(heddle, "run", "-q", package, "--input", f"{name}=@{folder}/x.npy", "--output", f"y=@{folder}/y.npy")
        problem = ran.stderr if ran.returncode else difference(np.load(folder / "y.npy"), expected, single)
        if problem:
            yield f"length {x.shape[1]}: {problem}"


def main():
    heddle, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    failed = 0
    for model in map(pathlib.Path, sys.argv[3:]):
        found = list(problems(heddle, folder, model))
        failed += bool(found)
        print(f"{model.name}: {'FAILED' if found else 'ok'} at lengths {', '.join(map(str, LENGTHS))}")
        for problem in found:
            print("    " + problem.strip().replace("\n", "\n    "))
    print(f"{len(sys.argv) - 3} models, {failed} failed")
    sys.exit(bool(failed) or len(sys.argv) == 3)


if __name__ == "__main__":
    main()
