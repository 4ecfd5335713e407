"""Every pass of a phase's Passes.td has a source file in that phase's folder, a flag and a lit test of the same name."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
passes = [(table.parent.name, name, flag) for table in sorted((root / "passes").glob("*/Passes.td"))
          for name, flag in re.findall(r'^def (\w+)\s*:\s*(?:Interface)?Pass<"heddle-([a-z0-9-]+)"', table.read_text(), re.M)]


def kebab(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


bad = []
for phase, name, flag in passes:
    name = name.removesuffix("Pass")
    if kebab(name) != flag:
        bad.append(f"{name}: flag is heddle-{flag}, expected heddle-{kebab(name)}")
    if not (root / "passes" / phase / f"{name}.cpp").exists():
        bad.append(f"{name}: no passes/{phase}/{name}.cpp")
    if not list((root / "test" / "passes" / phase).glob(f"{flag}*.mlir")):
        bad.append(f"{name}: no test/passes/{phase}/{flag}.mlir")
print("\n".join(bad) or f"{len(passes)} passes, each with source and test")
sys.exit(bool(bad) or not passes)
