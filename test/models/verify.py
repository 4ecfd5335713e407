"""Verify many models: prints one line each, fails when one fails.

usage: verify.py HEDDLE MODEL...           a model with a sibling NAME.npz (NAME up to the first dot) is checked against it
"""
import pathlib
import subprocess
import sys
import time

heddle, failed = sys.argv[1], 0
for name in sys.argv[2:]:
    model = pathlib.Path(name)
    data = model.with_name(model.name.split(".")[0] + ".npz")
    command = [heddle, "verify", "-q", str(model)] + (["--data", str(data)] if data.exists() else [])
    start = time.monotonic()
    result = subprocess.run(command, capture_output=True, text=True)
    status = "ok" if result.returncode == 0 else f"FAILED ({result.returncode})"
    print(f"{model.name}: {status} in {time.monotonic() - start:.1f} s")
    if result.returncode:
        failed += 1
        print("    " + (result.stdout + result.stderr).strip().replace("\n", "\n    "))
print(f"{len(sys.argv) - 2} models, {failed} failed")
sys.exit(bool(failed) or len(sys.argv) == 2)
