"""The IR of every example computes what the second implementation in oracle/ computes.

usage: numeric.py JSON-IMPORT EXAMPLES SCRATCH
"""
import json
import pathlib
import subprocess
import sys

import numpy as np

import oracle

driver, examples, scratch = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
scratch.mkdir(parents=True, exist_ok=True)
# No oracle: bf16 rounds at every step; slots are free combinations; states are checked by states.py; the large model is for benchmarks.
LEFT_OUT = {"attention-bf16", "slots", "mamba-stateful", "mamba-130m"}
# Blocks want a multiple of so many tokens.
TOKENS = {"hourglass": 24, "sashimi": 32}
bad, checked = [], 0
for path in sorted(examples.glob("*.json")):
    if path.stem in LEFT_OUT:
        continue
    model = json.loads(path.read_text())
    random = np.random.default_rng(5)
    sizes = {"B": 2, "T": TOKENS.get(path.stem, 21), "S": 17}
    inputs = {}
    for each in model["inputs"]:
        shape = [sizes.get(s, s) for s in each["shape"]]
        if each.get("dtype") == "i32":  # documents, in order
            inputs[each["name"]] = np.sort(random.integers(*each["range"], shape), axis=1).astype(np.int32)
        elif each.get("dtype") == "i64":
            inputs[each["name"]] = random.integers(*each["range"], shape)
        else:
            inputs[each["name"]] = random.standard_normal(shape).astype(np.float32)
    wide = {name: x.astype(np.float64) if x.dtype == np.float32 else x for name, x in inputs.items()}
    expected = oracle.run(model, wide)
    data = scratch / (path.stem + ".npz")
    np.savez(data, **inputs, **{model.get("output", "y"): expected.astype(np.float32)})
    run = subprocess.run([driver, path, data], capture_output=True, text=True, timeout=300)
    checked += 1
    print(f"{path.name}: {(run.stdout + run.stderr).strip()}")
    if run.returncode:
        bad.append(path.name)
print(f"{checked} examples, {len(bad)} differ {bad}")
sys.exit(bool(bad) or checked < 20)
