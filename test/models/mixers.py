"""Compare the mixers that `heddle inspect` finds in exports with a list of what one expects.

usage: mixers.py HEDDLE EXPECTED FOLDER    EXPECTED has a line for each model: `mixers/attn_causal 1 causal`, that is name
                                           without exporter, number of mixers, and the support of all of them
"""
import json
import pathlib
import subprocess
import sys

heddle, expected, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
seen, failed = 0, 0
for line in expected.read_text().splitlines():
    name, count, support = line.split(maxsplit=2)
    for model in sorted(folder.glob(f"{name}.*.onnx")):
        seen += 1
        result = subprocess.run([heddle, "inspect", "--json", str(model)], capture_output=True, text=True)
        found = [mixer["support"] for mixer in json.loads(result.stdout)["mixers"]] if result.returncode == 0 else result.stderr
        if found != [support] * int(count):
            failed += 1
            print(f"{model.name}: expected {count} x {support} but got {found}")
print(f"{seen} models, {failed} failed")
sys.exit(bool(failed) or seen == 0)
