"""Largest error of each f32 function, in units in the last place, over inputs of every exponent.

usage: math-functions.py HEDDLE FOLDER
Compiles one model with all functions, runs it, and compares with f64.
"""
import math
import subprocess
import sys

import numpy as np

LIMITS = {"exp": 1.1, "exp2": 1.0, "expm1": 1.6, "log": 1.1, "log2": 1.5, "log1p": 1.1, "tanh": 2.5, "erf": 1.5,
          "sin": 1.5, "cos": 1.5, "sqrt": 0.51, "rsqrt": 1.51}
TINIEST = 2.0**-149


def write_model(path):
    shape = "affine_map<()[s0] -> (s0)>"
    lines, results = [], []
    for name in LIMITS:
        lines.append(f"  %{name}_e = tensor.empty(%n) : tensor<?xf32>")
        lines.append(f"""  %{name} = linalg.generic {{indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
      iterator_types = ["parallel"]}} ins(%x : tensor<?xf32>) outs(%{name}_e : tensor<?xf32>) {{
    ^bb0(%a: f32, %old: f32):
      %r = math.{name} %a : f32
      linalg.yield %r : f32
  }} -> tensor<?xf32>""")
        results.append(f'tensor<?xf32> {{heddle.name = "{name}", heddle.shape = {shape}}}')
    path.write(f"""func.func @forward(%x: tensor<?xf32> {{heddle.name = "x", heddle.shape = {shape}}})
    -> ({", ".join(results)}) attributes {{heddle.symbols = ["N"]}} {{
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
{chr(10).join(lines)}
  return {", ".join("%" + name for name in LIMITS)} : {", ".join(["tensor<?xf32>"] * len(LIMITS))}
}}
""")


def inputs():
    bits = np.arange(0, 2**32, 20011, dtype=np.uint64).astype(np.uint32)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 88.72283, 88.8, -87.4, -103.9, -104.1, 1e-45]
    return np.concatenate([bits.view(np.float32), np.linspace(-12, 12, 50001).astype(np.float32),
                           np.linspace(-110, 100, 50001).astype(np.float32), np.array(special, np.float32)])


def expected(name, x):
    x = x.astype(np.float64)
    if name == "erf":
        return np.array([math.erf(value) for value in x])
    if name == "rsqrt":
        return 1 / np.sqrt(x)
    return getattr(np, name)(x)


def check(name, x, got):
    if name in ("sin", "cos"):  # beyond, neighbouring floats are many periods apart
        domain = ~(np.abs(x) > 2.0**50) | np.isinf(x)
        x, got = x[domain], got[domain]
    want = expected(name, x)
    rounded = want.astype(np.float32)
    # The smallest inputs of rsqrt and the like: compare what is finite on both sides, and that the same is finite.
    wrong = (np.isnan(got) != np.isnan(rounded)) | (np.isinf(got) != np.isinf(rounded))
    finite = np.isfinite(got) & np.isfinite(rounded)
    unit = np.maximum(np.spacing(np.abs(rounded)).astype(np.float64), TINIEST)
    error = np.where(finite, np.abs(got.astype(np.float64) - want) / unit, 0)
    worst = np.argmax(error)
    passed = error[worst] <= LIMITS[name] and not wrong.any()
    print(f"{name:6s} {'ok' if passed else 'WRONG'}: {error[worst]:.2f} of {LIMITS[name]} at {x[worst]!r}, "
          f"{wrong.sum()} of {len(x)} differ in NaN or infinity {x[wrong][:4]}")
    return passed


def main():
    heddle, folder = sys.argv[1:]
    with open(f"{folder}/functions.mlir", "w") as model:
        write_model(model)
    x = inputs()
    np.save(f"{folder}/x.npy", x)
    outputs = [f"--output={name}=@{folder}/{name}.npy" for name in LIMITS]
    subprocess.run([heddle, "run", f"{folder}/functions.mlir", f"--input=x=@{folder}/x.npy", *outputs], check=True,
                   stdout=subprocess.DEVNULL)
    with np.errstate(all="ignore"):
        results = [check(name, x, np.load(f"{folder}/{name}.npy")) for name in LIMITS]
    sys.exit(0 if all(results) else 1)


main()
