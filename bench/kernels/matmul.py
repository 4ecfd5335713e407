"""Dense products compiled by heddle, as a share of the machine's measured peak.

usage: python3 bench/kernels/matmul.py [build/bin/heddle] [MxKxN ..]
"""
import json
import os
import subprocess
import sys
import tempfile

SHAPES = ["4096x768x3072", "4096x1536x768", "1x768x3072", "13x1536x768"]


def model(k, n):
    return {
        "heddle": 1, "name": "matmul", "symbols": ["M"], "defaults": {"M": 64}, "output": "y",
        "inputs": [{"name": "x", "shape": [1, "M", k]}],
        "weights": {"random": {"seed": 1}},
        "blocks": [{"type": "linear", "name": "product", "features": n, "bias": False}],
    }


def measure(heddle, m, k, n, threads, folder):
    path = os.path.join(folder, f"matmul_{k}x{n}.json")
    with open(path, "w") as file:
        json.dump(model(k, n), file)
    command = [heddle, "bench", path, "--dim", f"M={m}", "--threads", str(threads), "--json", "-q"]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"{m}x{k}x{n}  {threads} threads  {result['median_s'] * 1e3:9.3f} ms  {result['gflops']:7.1f} Gflop/s  "
          f"{result['share_of_peak']:6.1%} of {result['peak_gflops']:.1f}")


def main(arguments):
    heddle = arguments.pop(0) if arguments and "x" not in os.path.basename(arguments[0]) else "build/bin/heddle"
    with tempfile.TemporaryDirectory() as folder:
        for shape in arguments or SHAPES:
            m, k, n = map(int, shape.split("x"))
            for threads in (1, os.cpu_count()):
                measure(heddle, m, k, n, threads, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
