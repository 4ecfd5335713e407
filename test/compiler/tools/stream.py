"""What the step wrote, in every format, is what the entry gives for all tokens; what it wrote twice is the same."""
import sys

import numpy

prefix = sys.argv[1]
whole = numpy.load(prefix + ".whole.npy")
found = {name: numpy.load(f"{prefix}.{name}.npy") for name in ("ones", "sevens", "piped", "counted")}
found["raw"] = numpy.fromfile(prefix + ".raw.bin", "f4").reshape(whole.shape)
found["text"] = numpy.loadtxt(prefix + ".y.txt", dtype="f4").reshape(whole.shape)
for name, y in found.items():
    assert y.shape == whole.shape and abs(y - whole).max() < 1e-5 * abs(whole).max(), name
assert (found["text"] == found["ones"]).all(), "nine digits bring back every bit"
