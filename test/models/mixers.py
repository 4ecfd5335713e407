"""Compare the mixers that `heddle inspect` finds in exports with a list of what one expects.

usage: mixers.py HEDDLE EXPECTED FOLDER    EXPECTED has lines `mixers/gru_bi.*: 2 region causal`: models, and how many mixers
                                           of each transport and support; a further kind follows a semicolon
"""
import collections
import json
import pathlib
import subprocess
import sys

heddle, expected, folder = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
seen, failed = 0, 0


def mixers_of(model):
    """The mixers by transport and support, and the number of loops left; the error where there is no manifest."""
    result = subprocess.run([heddle, "inspect", "--json", str(model)], capture_output=True, text=True)
    if result.returncode:
        return result.stderr, 0
    manifest = json.loads(result.stdout)
    kinds = (f"{mixer['transport'].split('<')[0]} {mixer['support']}" for mixer in manifest["mixers"])
    return collections.Counter(kinds), manifest["loops"]


for line in expected.read_text().splitlines():
    models, kinds = line.split(": ", 1)
    wanted = {kind: int(count) for count, kind in (part.split(" ", 1) for part in kinds.split("; "))}
    for model in sorted(folder.glob(f"{models}.onnx")):
        seen += 1
        found, loops = mixers_of(model)
        if found != wanted or loops:
            failed += 1
            print(f"{model.name}: expected {wanted} and no loops but got {found} and {loops} loops")
print(f"{seen} models, {failed} failed")
sys.exit(bool(failed) or seen == 0)
