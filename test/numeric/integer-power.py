"""Compiled integer powers, from IR and from ONNX's Pow, against Python's, for every sign of base and exponent.

usage: integer-power.py HEDDLE FOLDER
"""
import subprocess
import sys

import numpy as np
import onnx
from onnx import helper

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


def write_mlir(path, bits):
    with open(path, "w") as model:
        model.write(MODEL.format(type=f"i{bits}"))


def write_onnx(path, bits):
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(f"int{bits}"))
    infos = {name: helper.make_tensor_value_info(name, kind, ["N"]) for name in ("base", "exponent", "power")}
    node = helper.make_node("Pow", ["base", "exponent"], ["power"])
    graph = helper.make_graph([node], "power", [infos["base"], infos["exponent"]], [infos["power"]])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8), path)


def check(heddle, folder, bits, format, write):
    name = f"{folder}/i{bits}"
    write(f"{name}.{format}", bits)
    pairs = [(base, exponent) for base in BASES for exponent in EXPONENTS]
    for index, operand in enumerate(("base", "exponent")):
        np.save(f"{name}-{operand}.npy", np.array([pair[index] for pair in pairs], f"int{bits}"))
    subprocess.run([heddle, "run", f"{name}.{format}", f"--input=base=@{name}-base.npy",
                    f"--input=exponent=@{name}-exponent.npy", f"--output=power=@{name}-power.npy"],
                   check=True, stdout=subprocess.DEVNULL)
    wrong = [(*pair, got) for pair, got in zip(pairs, np.load(f"{name}-power.npy").tolist())
             if got != power(*pair, bits)]
    print(f"{format} i{bits}: {len(pairs) - len(wrong)} of {len(pairs)} right, wrong (base, exponent, got): {wrong[:5]}")
    return not wrong


def main():
    heddle, folder = sys.argv[1:]
    results = [check(heddle, folder, bits, format, write) for bits in (32, 64)
               for format, write in (("mlir", write_mlir), ("onnx", write_onnx))]
    sys.exit(0 if all(results) else 1)


main()
