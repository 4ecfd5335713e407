"""Write the references that are made from the sources: ops, passes, phases, supported operators.

usage: docs/generate.py BUILD [--check]      --check compares instead of writing and fails on a difference
"""
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTE = "<!-- Made from the sources by `./dev docs`. Do not edit. -->\n\n"


SUITES = pathlib.Path("/usr/share/libonnx-testdata/data")
CONFORMANCE = """# ONNX conformance

The backend suites of ONNX, case by case compiled and run with the sizes as numbers (static), as symbols (dynamic) and with all inputs as
constants (constant). A row is a suite, or an operator and the version since which its meaning holds; a case counts for every operator that it
contains. What does not pass stands in `test/conformance/exclusions.txt`, with its reason; the list only shrinks, because an excluded case
that passes fails the test. `build/bin/heddle-conformance --help` runs them.

In the variants static and dynamic, an input that decides a shape (the target of a Reshape, the bounds of a Slice) is a constant of the
model: memory is planned from the sizes of the inputs. A sequence at the boundary is one tensor for each of its elements, an optional
what it holds.

## ONNX 1.12: Debian's libonnx-testdata

"""
NEWER = "## ONNX 1.22: node cases"
ARCHIVE = pathlib.Path(os.environ.get("HEDDLE_CONFORMANCE", "nowhere")) / "onnx-node-1.22.tar.xz"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def tablegen(generator, source, *flags):
    return run("/usr/lib/llvm-22/bin/mlir-tblgen", generator, *flags, "-I", "/usr/lib/llvm-22/include", "-I", str(ROOT), source)


def conformance_table(build, suites):
    command = [f"{name}={folder}" for name, folder in suites.items()]
    return run(str(build / "bin" / "heddle-conformance"), *command, "--exclusions", "test/conformance/exclusions.txt", "--table")


def newer_table(build):
    """Of the suite in the folder that HEDDLE_CONFORMANCE names; without it, what the page says."""
    if not ARCHIVE.exists():
        return (ROOT / "docs/onnx-conformance.md").read_text().partition(NEWER)[2]
    with tempfile.TemporaryDirectory() as folder:
        run("tar", "-C", folder, "-xf", str(ARCHIVE))
        return "\n\n" + conformance_table(build, {"node-1.22": pathlib.Path(folder) / "node"})


def conformance(build):
    suites = {name: SUITES / name for name in ["node", "pytorch-converted", "pytorch-operator", "simple"]}
    return CONFORMANCE + conformance_table(build, suites) + "\n" + NEWER + newer_table(build)


def references(build):
    heddle = str(build / "bin" / "heddle")
    yield "docs/mixer-ops.md", "# Ops and attributes of the mixer dialect\n\n" + tablegen(
        "-gen-dialect-doc", "dialects/mixer/MixerOps.td", "-dialect=mixer")
    yield "docs/passes.md", "# Passes\n\n" + tablegen("-gen-pass-doc", "passes/Passes.td")
    yield "docs/phases.md", "# Phases\n\n" + run(heddle, "docs", "phases")
    yield "docs/onnx-operators.md", "# ONNX operators\n\n" + run(heddle, "docs", "onnx-operators")
    if SUITES.is_dir():
        yield "docs/onnx-conformance.md", conformance(build)


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    build, check = pathlib.Path(arguments[0]).resolve(), "--check" in arguments
    stale = False
    for name, text in references(build):
        path, text = ROOT / name, NOTE + text.rstrip() + "\n"
        old = path.read_text() if path.exists() else ""
        if check and old != text:
            stale = True
            sys.stdout.writelines(list(difflib.unified_diff(old.splitlines(True), text.splitlines(True), name, "made from the sources"))[:40])
        if not check:
            path.write_text(text)
    if stale:
        sys.exit("references differ from the sources: run ./dev docs")


main(sys.argv[1:])
