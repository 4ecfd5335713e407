"""What the scripts over node cases with states share: commands, a case's tensors, the loop over cases with its report."""
import pathlib
import subprocess
import sys

import numpy as np
import onnx
from onnx import numpy_helper


def run(*command):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{pathlib.Path(command[0]).name}: {result.stderr.strip()[:300]}")


def tensors(case, kind, infos):
    """By name, of the case's first data set."""
    return {info.name: numpy_helper.to_array(onnx.load_tensor(case / "test_data_set_0" / f"{kind}_{number}.pb")) for number, info in enumerate(infos)}


def close(actual, expected, slack):
    """Equal within a share of the largest finite number; infinities in the same places."""
    finite = np.isfinite(expected)
    scale = max(abs(expected[finite].astype(np.float64)).max(initial=0), 1e-6)
    return actual.shape == expected.shape and np.allclose(actual.astype(np.float64), expected.astype(np.float64), rtol=0, atol=slack * scale)


def check_all(cases, check):
    """Ends the process; no cases are a failure. `check` says of a case what is wrong with it."""
    problems = 0
    for case in cases:
        try:
            problem = check(case)
        except RuntimeError as error:
            problem = str(error)
        problems += bool(problem)
        print(f"FAILED {case.name}: {problem}" if problem else f"{case.name}: ok")
    print(f"{len(cases)} cases, {problems} failed")
    sys.exit(problems or not cases)
