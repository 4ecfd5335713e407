"""Compiled integer powers against Python's, for every sign of base and exponent.

usage: integer-power.py HEDDLE FOLDER
"""
import subprocess
import sys

import numpy as np

BASES = [0, 1, -1, 2, -2, 3, -3, 7, 10, -13, 46341, 2**31 - 1, -2**31]
EXPONENTS = [0, 1, 2, 3, 5, 8, 15, 31, 32, 63, 64, 100, 2**31 - 1, -1, -2, -3, -2**31]

MODEL = """#shape = affine_map<()[s0] -> (s0)>
#id = affine_map<(i) -> (i)>
func.func @forward(%base: tensor<?x{type}> {{heddle.name = "base", heddle.shape = #shape}},
                   %exponent: tensor<?x{type}> {{heddle.name = "exponent", heddle.shape = #shape}})
    -> (tensor<?x{type}> {{heddle.name = "power", heddle.shape = #shape}}) attributes {{heddle.symbols = ["N"]}} {{
  %power = math.ipowi %base, %exponent : tensor<?x{type}>
  return %power : tensor<?x{type}>
}}
"""


def power(base, exponent, bits):
    """Modulo 2^bits; a negative exponent gives the reciprocal rounded to zero, 0 for base 0."""
    if exponent < 0:
        return {1: 1, -1: -1 if exponent % 2 else 1}.get(base, 0)
    value = pow(base, exponent, 2**bits)
    return value - 2**bits if value >= 2**(bits - 1) else value


def check(heddle, folder, bits):
    name = f"{folder}/i{bits}"
    with open(f"{name}.mlir", "w") as model:
        model.write(MODEL.format(type=f"i{bits}"))
    pairs = [(base, exponent) for base in BASES for exponent in EXPONENTS]
    for index, operand in enumerate(("base", "exponent")):
        np.save(f"{name}-{operand}.npy", np.array([pair[index] for pair in pairs], f"int{bits}"))
    subprocess.run([heddle, "run", f"{name}.mlir", f"--input=base=@{name}-base.npy",
                    f"--input=exponent=@{name}-exponent.npy", f"--output=power=@{name}-power.npy"],
                   check=True, stdout=subprocess.DEVNULL)
    wrong = [(*pair, got) for pair, got in zip(pairs, np.load(f"{name}-power.npy").tolist())
             if got != power(*pair, bits)]
    print(f"i{bits}: {len(pairs) - len(wrong)} of {len(pairs)} right, wrong (base, exponent, got): {wrong[:5]}")
    return not wrong


def main():
    heddle, folder = sys.argv[1:]
    results = [check(heddle, folder, bits) for bits in (32, 64)]
    sys.exit(0 if all(results) else 1)


main()
