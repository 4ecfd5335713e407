"""Imports a model while another process swaps the link that holds its data: swapped.py DIRECTORY. Exit 1 when data of outside was read."""
import pathlib
import subprocess
import sys

import numpy as np
from onnx import TensorProto, helper

import cases
from cases import model_of, rand

IMPORTS = 30
SWAPPER = """
import os, sys
link, inside, outside = sys.argv[1:]
while True:
    for target in [inside, outside]:
        os.symlink(target, link + ".new")
        os.rename(link + ".new", link)
"""


def main():
    model = model_of([helper.make_node("Add", ["x", "w"], ["y"])], {"x": rand(2, 3), "w": rand(3)}, ["y"], 17, ["w"])
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="w.bin")
    folder = cases.directory / "model"
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    inside, outside, link = folder / "inside.bin", cases.directory / "outside.bin", folder / "w.bin"
    inside.write_bytes(np.full(3, 2, np.float32).tobytes())
    outside.write_bytes(np.full(3, 7, np.float32).tobytes())
    link.symlink_to(inside)
    swapper = subprocess.Popen([sys.executable, "-c", SWAPPER, str(link), str(inside), str(outside)])
    seen = {"inside": 0, "refused": 0}
    try:
        for _ in range(IMPORTS):
            result = subprocess.run(["onnx-check", "import", str(folder / "model.onnx")], capture_output=True, text=True)
            if "7.0" in result.stdout:
                sys.exit("data of outside was read:\n" + result.stdout)
            seen["inside" if "2.0" in result.stdout else "refused"] += 1
    finally:
        swapper.kill()
    if not all(seen.values()):
        sys.exit(f"{seen}, expected both: the link did not change")
    print(seen)


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    main()
