"""Start a pass: source, table entry and test, all under one name.

usage: ./dev new-pass PHASE NAME      for example: ./dev new-pass fuse FuseNorms
"""
import pathlib
import re
import sys

PHASES = ("raise", "stream", "form", "fuse", "tile", "lower")

SOURCE = """// {name}: <one sentence on what changes and why>.
#include "passes/Passes.h"

namespace heddle {{
#define GEN_PASS_DEF_{upper}PASS
#include "passes/Passes.h.inc"

namespace {{

struct {name}Pass : impl::{name}PassBase<{name}Pass> {{
  void runOnOperation() override {{ markAllAnalysesPreserved(); }}
}};

}} // namespace
}} // namespace heddle
"""

ENTRY = """
def {name}Pass : Pass<"heddle-{flag}", "::mlir::func::FuncOp"> {{
  let summary = "<what it does, in the imperative>";
  let description = [{{
    <What changes, what does not.>

    ```text
    <before>
    ```
    becomes
    ```text
    <after>
    ```
  }}];
}}
"""

TEST = """// RUN: heddle-opt %s --heddle-{flag} | FileCheck %s

// CHECK-LABEL: func.func @<what_is_tested>
func.func @<what_is_tested>() {{
  return
}}
"""


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in PHASES or not re.fullmatch(r"(?:[A-Z][a-z0-9]+)+", arguments[1]):
        sys.exit(__doc__ + f"\nPHASE is one of {', '.join(PHASES)}; NAME is in CamelCase")
    phase, name = arguments
    flag = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    root = pathlib.Path(__file__).resolve().parent.parent
    source = root / "passes" / phase / f"{name}.cpp"
    test = root / "test" / "passes" / phase / f"{flag}.mlir"
    for path in (source, test):
        if path.exists():
            sys.exit(f"{path.relative_to(root)} exists already")
    names = dict(name=name, flag=flag, upper=name.upper())
    source.write_text(SOURCE.format(**names))
    test.parent.mkdir(parents=True, exist_ok=True)
    test.write_text(TEST.format(**names))

    table = root / "passes" / phase / "Passes.td"
    text = table.read_text()
    at = text.rindex("#endif")
    table.write_text(text[:at].rstrip() + "\n" + ENTRY.format(**names) + "\n" + text[at:])

    lists = root / "passes" / "CMakeLists.txt"
    opening = f"set({phase.upper()}_SOURCES\n"
    before, after = lists.read_text().split(opening)
    entries, rest = after.split(")", 1)
    sources = sorted(entries.split() + [f"{phase}/{name}.cpp"])
    lists.write_text(before + opening + "".join(f"  {entry}\n" for entry in sources) + ")" + rest)
    print(f"wrote {source.relative_to(root)} and {test.relative_to(root)}; added {name} to {table.relative_to(root)} and CMakeLists.txt")


main(sys.argv[1:])
