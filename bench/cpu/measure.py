"""Runs the contenders of a row side by side: rounds in an order that changes, so that what else the machine does hits all of them."""
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys

import numpy as np

HERE = pathlib.Path(__file__).parent
SLICE = 0.3  # seconds for which a contender runs in a round


class Process:
    """A contender that waits for orders (contender.py)."""

    def __init__(self, build, row, contender, threads):
        variables = {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
        environment = os.environ | {key: str(value) for key, value in variables.items()}
        command = [sys.executable, HERE / "contender.py", build, row.name, json.dumps(row.size), contender, str(threads)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        self.contender, self.times = contender, []
        self.state = self.read()

    def read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": f"ended: {self.process.stderr.read()[-300:]}"}

    def ask(self, verb, argument):
        self.process.stdin.write(f"{verb} {argument}\n")
        self.process.stdin.flush()
        return self.read()

    def run(self, seconds):
        self.times += self.ask("run", seconds)["times"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def difference(output, reference):
    """The largest error, as a share of the reference's largest element."""
    seen = output.reshape(-1)[:reference.size] if output.shape != reference.shape else output.reshape(-1)
    return float(np.max(np.abs(seen.astype(np.float64) - reference.reshape(-1))) / np.max(np.abs(reference)))


def measure(build, row, contenders, threads, folder, rounds):
    """{contender: {median_s, error, ..}} of one row at one size; those that cannot run it are left out, those that fail say why."""
    reference = row.reference(row.inputs(np.random.default_rng(7)))
    results, processes = {}, []
    for name in contenders:
        process = Process(build, row, name, threads)
        if "ready" not in process.state:
            if "error" in process.state:
                results[name] = {"failed": process.state["error"]}
            process.close()
            continue
        path = pathlib.Path(folder) / "output.npy"
        process.ask("output", path)
        process.error = difference(np.load(path), reference)
        processes.append(process)
    order = random.Random(1)
    for number in range(rounds + 1):
        order.shuffle(processes)
        for process in processes:
            process.run(SLICE if number else 0)  # the first round is a single run, to warm up
            process.times = process.times if number else []
    for process in processes:
        right = process.error <= row.tolerance
        results[process.contender] = {"median_s": statistics.median(process.times), "best_s": min(process.times), "runs": len(process.times),
                                      "prepare_s": process.state["ready"], "error": process.error, "right": right}
        process.close()
    return results
