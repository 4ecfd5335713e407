"""Chunks fed one after the other, each with the states that the one before gave, compute what one call on all tokens does.

usage: states.py HEDDLE SCRATCH
"""
import json
import pathlib
import subprocess
import sys

import numpy as np

heddle, scratch = sys.argv[1], pathlib.Path(sys.argv[2])
scratch.mkdir(parents=True, exist_ok=True)
STATE = {"input": "before", "output": "after"}
TOKENS, CHUNKS = 13, (5, 1, 7)
SLOTS = {"query_heads": 2, "key_features": 8, "feature_map": "elu1", "short_conv": 3}
REGION = {"kind": "region", "expression": "tanh(state) * keep", "operands": {"keep": {"shape": "key", "activation": "sigmoid"}}}
MIXERS = {
    "linear_attention": {"preset": "linear_attention", "heads": 2},
    "retention": {"preset": "retention", "heads": 2, "positions": "place"},
    "gla": {"preset": "gla", "heads": 2},
    "delta": {"preset": "delta", "heads": 2},
    "gated_delta": {"preset": "gated_delta", "heads": 2},
    "mamba": {"preset": "mamba"},
    "mamba2": {"preset": "mamba2", "states": 8, "head_features": 16},
    "s4d": {"preset": "s4d", "states": 4},
    "s5": {"preset": "s5", "states": 8},
    "lru": {"preset": "lru", "states": 8},
    "rwkv4": {"preset": "rwkv4"},
    "slots": {"slots": dict(SLOTS, transport="scalar", norm="running", rotary={"positions": "place"})},
    "slots_log_keys": {"slots": dict(SLOTS, transport="key_channel", norm="row_sum", score={"kind": "linear", "log_keys": True})},
    "slots_region": {"slots": dict(SLOTS, transport=REGION)},
}
bad = []


def call(package, arrays, outputs, folder):
    """One run of the package: inputs and outputs travel as npy files."""
    command = [heddle, "run", "-q", package]
    for name, array in arrays.items():
        np.save(folder / f"in-{name}.npy", array)
        command += ["--input", f"{name}=@{folder}/in-{name}.npy"]
    for name in outputs:
        command += ["--output", f"{name}=@{folder}/out-{name}.npy"]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return {name: np.load(folder / f"out-{name}.npy") for name in outputs}


def check(name, mixer):
    folder = scratch / name
    folder.mkdir(exist_ok=True)
    inputs = [{"name": "x", "shape": ["B", "T", 32]}]
    if "place" in json.dumps(mixer):
        inputs.append({"name": "place", "shape": [1, "T"], "dtype": "i64"})
    blocks = [{"type": "mixer", "state": STATE, **mixer}, {"type": "short_conv", "state": {"input": "conv0", "output": "conv1"}}]
    model = {"heddle": 1, "symbols": ["B", "T"], "inputs": inputs, "weights": {"random": {"seed": 3}},
             "blocks": [{"type": "repeat", "count": 2, "blocks": blocks}]}
    (folder / "model.json").write_text(json.dumps(model))
    package = folder / "model.heddle"
    subprocess.run([heddle, "compile", "-q", folder / "model.json", "-o", package], check=True, timeout=300)
    entry = next(e for e in json.loads(subprocess.run([heddle, "inspect", package, "--json"], check=True, capture_output=True,
                                                      text=True).stdout)["entries"] if e["name"] == "forward")
    x = np.random.default_rng(7).standard_normal((2, TOKENS, 32)).astype(np.float32)
    state = {}
    for each in entry["inputs"]:
        if each["name"].startswith(("before", "conv0")):
            sizes = [2 if size == "B" else size for size in each["shape"]]
            state[each["name"]] = np.full(sizes, -np.inf if each["name"].endswith("_max") else 0, np.float32)
    outputs = [each["name"] for each in entry["outputs"]]
    place = np.arange(TOKENS)[None]

    def run(first, last, state):
        arrays = {"x": x[:, first:last], **({"place": place[:, first:last]} if len(inputs) > 1 else {}), **state}
        results = call(package, arrays, outputs, folder)
        after = {key.replace("after", "before").replace("conv1", "conv0"): value for key, value in results.items() if key != "y"}
        return results["y"], after

    whole, last = run(0, TOKENS, state)
    forgetful, _ = run(CHUNKS[0], TOKENS, state)
    parts, begin = [], 0
    for size in CHUNKS:
        part, state = run(begin, begin + size, state)
        parts.append(part)
        begin += size
    error = abs(np.concatenate(parts, 1) - whole).max() / abs(whole).max()
    drift = max(abs(state[key] - last[key]).max() / max(abs(last[key]).max(), 1e-6) for key in last)
    lost = abs(forgetful - whole[:, CHUNKS[0] :]).max() / abs(whole).max()  # without the states: they matter
    print(f"{name}: {len(state)} states, outputs differ by {error:.1e} (without states by {lost:.1e}), states by {drift:.1e}")
    if not (error < 1e-5 and drift < 1e-5 and lost > 1e-2 and sorted(state) == sorted(last)):
        bad.append(name)


for name, mixer in MIXERS.items():
    check(name, mixer)
print(f"{len(MIXERS)} mixers, {len(bad)} differ {bad}")
sys.exit(bool(bad))
