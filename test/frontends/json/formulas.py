"""Random formulas of scores: the imported IR against Python, whose operators bind alike.

usage: formulas.py JSON-IMPORT SCRATCH
"""
import json
import pathlib
import random
import subprocess
import sys

import numpy as np

import oracle

driver, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
scratch.mkdir(parents=True, exist_ok=True)
COUNT = 24


def draw(r, depth):
    """A formula of moderate values: divisors, logarithms and exponents stay where they are defined."""
    if depth == 0 or r.random() < 0.1:
        return r.choice(["score", "b", "h", "i", "j", "0.5", "1e-1", "3", "2.25"])
    a, b = draw(r, depth - 1), draw(r, depth - 1)
    relation = r.choice(["<", "<=", ">", ">=", "==", "!="])
    return r.choice([
        f"{a} + {b}", f"{a}-{b}", f"{a} * {b}", f"({a})*({b})", f"{a} - ({b})", f"-{a} * {b}", f"{a} - -{b}", f"({a}) / (1.5 + abs({b}))", f"{a} / 4 / 2",
        f"exp(min({a}, 1))", f"log(1 + abs({a}))", f"sqrt(abs({a}))", f"tanh({a})", f"sigmoid({a})", f"max({a}, {b})", f"min({a} ,{b})",
        f"select({a} {relation} {b}, {b}, {a})"])


bad = 0
for seed in range(COUNT):
    text = draw(random.Random(seed), 4)
    model = {"heddle": 1, "symbols": ["B", "T"], "inputs": [{"name": "x", "shape": ["B", "T", 8]}], "weights": {"random": {"seed": seed}},
             "blocks": [{"type": "mixer", "slots": {"query_heads": 2, "key_features": 4, "score": {"kind": "linear", "expression": text}}}]}
    path, data = scratch / "model.json", scratch / "data.npz"
    path.write_text(json.dumps(model))
    x = np.random.default_rng(seed).standard_normal((2, 5, 8)).astype(np.float32)
    np.savez(data, x=x, y=oracle.run(model, {"x": x.astype(np.float64)}).astype(np.float32))
    run = subprocess.run([driver, path, data], capture_output=True, text=True, timeout=60)
    if run.returncode:
        bad += 1
        print(f"seed {seed}: {text}\n    {(run.stdout + run.stderr).strip()}")
print(f"{COUNT} formulas, {bad} differ")
sys.exit(bool(bad))
