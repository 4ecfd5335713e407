"""One linear layer with its weights in each kind of file, against NumPy."""
import json
import pathlib
import struct
import subprocess
import sys

import numpy as np

driver, folder = sys.argv[1], pathlib.Path(sys.argv[2])
(folder / "below").mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(1)
weight = (random.integers(-64, 64, (6, 5)) / 32).astype(np.float32)  # exact in f16
bias = (random.integers(-64, 64, 5) / 32).astype(np.float32)
names = {"blocks.proj.weight": weight, "blocks.proj.bias": bias}


def safetensors(path, tensors, kind):
    header, data = {}, b""
    for name, array in tensors.items():
        raw = array.tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


safetensors(folder / "w32.safetensors", names, "F32")
safetensors(folder / "below" / "w16.safetensors", {n: a.astype(np.float16) for n, a in names.items()}, "F16")
np.savez(folder / "w.npz", **names)
np.savez(folder / "w64.npz", **{n: a.astype(np.float64) for n, a in names.items()})

x = random.standard_normal((2, 3, 6)).astype(np.float32)
np.savez(folder / "data.npz", x=x, y=(x.astype(np.float64) @ weight + bias).astype(np.float32))
for file in ("w32.safetensors", "below/w16.safetensors", "w.npz", "w64.npz"):
    model = {"heddle": 1, "symbols": ["B"], "inputs": [{"name": "x", "shape": ["B", 3, 6]}], "weights": {"file": file},
             "blocks": [{"type": "linear", "name": "proj", "features": 5}]}
    (folder / "model.json").write_text(json.dumps(model))
    run = subprocess.run([driver, folder / "model.json", folder / "data.npz"], capture_output=True, text=True)
    print(f"{file}: {(run.stdout + run.stderr).strip()}")
    if run.returncode:
        sys.exit(1)
