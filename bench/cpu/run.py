"""Heddle beside other libraries on this CPU: run.py BUILD [--rows NAME,..] [--contenders NAME,..] [--threads 1,2] [--output DIRECTORY] [--small] [--list]

Writes cpu.json, a table (cpu.md) and plots; ends with 1 where Heddle is wrong. Each row is computed by every contender on the same inputs, in one run, in
changing order; results are compared with numpy in float64 first, and who is wrong has no time. `x floor` is the time beside what this machine needs for the
arithmetic and the bytes that no implementation avoids, at the rates that heddle-peak measures in the same run.
"""
import argparse
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import contenders
import report
import rows
from measure import measure

PEERS = ["numpy", "onnxruntime", "openvino", "torch", "jax", "iree-base-compiler", "pyfftw", "mkl_fft", "ducc0"]


def peaks(build, threads):
    command = [f"{build}/bin/heddle-peak", str(threads), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def version_of(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def machine():
    found = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{found[0] if found else platform.processor()}, {len(os.sched_getaffinity(0))} threads"


def floor_of(row, peak):
    cost = row.cost()
    compute = cost["flops"] / (peak["gflops"] * 1e9) + cost["exps"] / (peak["gexps"] * 1e9)  # the same units compute both
    return max(compute, cost["bytes"] / (peak["gbytes_per_s"] * 1e9))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rows", type=lambda text: text.split(","), default=list(rows.ROWS))
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=list(contenders.CONTENDERS))
    parser.add_argument("--threads", type=lambda text: [int(n) for n in text.split(",")], default=[1, os.cpu_count()])
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/benchmarks"))
    parser.add_argument("--small", action="store_true", help="each row once, at the size for tests")
    parser.add_argument("--list", action="store_true", help="print the rows and their sizes")
    return parser.parse_args()


def is_right(measured):
    return measured["contenders"].get("heddle", {"right": True}).get("right", False)


def main():
    arguments = parse()
    unknown = set(arguments.rows) - set(rows.ROWS) | set(arguments.contenders) - set(contenders.CONTENDERS)
    if unknown:
        raise SystemExit(f"no such row or contender: {', '.join(sorted(unknown))}; expected of {', '.join([*rows.ROWS, *contenders.CONTENDERS])}")
    cases = [row(**size) for row in map(rows.ROWS.get, arguments.rows) for size in ([row.small] if arguments.small else row.sizes)]
    if arguments.list:
        return print("\n".join(f"{case.name}  {case.label()}" for case in cases))
    measured = []
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            for threads in arguments.threads:
                results = measure(arguments.build, case, arguments.contenders, threads, folder, rounds=1 if arguments.small else 7)
                floor = floor_of(case, peaks(arguments.build, threads))
                measured.append({"row": case.name, "size": case.size, "threads": threads, "target": case.target, "floor_s": floor, "contenders": results})
                print(report.line(measured[-1]), flush=True)
    versions = {name: version for name in PEERS if (version := version_of(name))}
    report.write(arguments.output, {"machine": machine(), "versions": versions, "rows": measured})
    return 0 if all(map(is_right, measured)) else 1


if __name__ == "__main__":
    sys.exit(main())
