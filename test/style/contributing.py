"""CONTRIBUTING.md leads somewhere: every path that it names exists, and `new-pass` does what it says."""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
bad = []
for name in re.findall(r"`((?:[\w.-]+/)+[\w.*<>-]*)`", (root / "CONTRIBUTING.md").read_text()):
    pattern = re.sub(r"<\w+>", "*", name)
    if not list(root.glob(pattern.rstrip("/"))):
        bad.append(f"CONTRIBUTING.md names {name}, which does not exist")

with tempfile.TemporaryDirectory() as folder:
    copy = pathlib.Path(folder)
    shutil.copytree(root / "passes", copy / "passes")
    subprocess.run([sys.executable, str(copy / "passes" / "new-pass.py"), "fuse", "FuseNothing"], check=True, capture_output=True)
    for made in ("passes/fuse/FuseNothing.cpp", "test/passes/fuse/fuse-nothing.mlir"):
        if not (copy / made).exists():
            bad.append(f"new-pass did not write {made}")
    if 'def FuseNothingPass : Pass<"heddle-fuse-nothing"' not in (copy / "passes" / "fuse" / "Passes.td").read_text():
        bad.append("new-pass did not add the pass to fuse/Passes.td")
    if "fuse/FuseNothing.cpp" not in (copy / "passes" / "CMakeLists.txt").read_text():
        bad.append("new-pass did not add the source to CMakeLists.txt")
print("\n".join(bad) or "every step of CONTRIBUTING.md leads somewhere")
sys.exit(bool(bad))
