"""Every malformed model of test/data/json/malformed is refused: exit code 1, the messages of expected.json, no crash, no package."""
import json
import pathlib
import subprocess
import sys

folder, scratch = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
scratch.mkdir(parents=True, exist_ok=True)
expected = json.loads((folder / "expected.json").read_text())
# Too large to keep in the repository.
large = scratch / "too-many-values.json"
large.write_text("[" + "1," * 1000001 + "1]")
cases = [(folder / name, messages) for name, messages in expected.items()]
cases.append((large, [":/: file has too many values, expected at most 1000000"]))

bad = []
for path, messages in cases:
    package = scratch / (path.stem + ".heddle")
    run = subprocess.run(["heddle", "compile", path, "-o", package], capture_output=True, timeout=120)
    text = (run.stdout + run.stderr).decode(errors="replace")
    # Diagnostics may carry a level and a column between the place and the message.
    for clutter in (":0:0", " error:"):
        text = text.replace(clutter, "")
    if run.returncode != 1 or package.exists():
        bad.append(f"{path.name}: exit code {run.returncode}, expected 1 and no package\n{text}")
    bad += [f"{path.name}: expected '{message}' but got\n{text}" for message in messages if message not in text]
print("\n".join(bad) or f"{len(cases)} malformed models, each refused with its message")
sys.exit(bool(bad) or len(cases) < 50)
