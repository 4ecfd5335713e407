"""Includes point toward dialects/: a folder may include itself and what its line says it sees, nothing else."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])

MAY_SEE = {
    "runtime": {"runtime"},
    # The verb `bench` holds its figures against what the machine can do.
    "runtime/tools": {"runtime", "bench/kernels"},
    "dialects": {"dialects"},
    "passes": {"passes", "dialects"},
    # Weights come in the file formats that the runtime's tools read and write as well: one reader for both.
    "frontends": {"frontends", "dialects", "runtime/io"},
    "compiler": {"compiler", "passes", "frontends", "dialects", "runtime/abi"},
    # The tools stand at the end of the road: they compile, run and measure.
    "compiler/tools": {"compiler", "passes", "frontends", "dialects", "runtime/abi", "runtime/io", "runtime/tools",
                       "heddle", "bench/kernels"},
    # The package format is written here and read by the runtime.
    "compiler/package": {"compiler", "runtime/io", "runtime/abi"},
}
OURS = ("runtime/", "dialects/", "passes/", "frontends/", "compiler/", "heddle/", "bench/")


def layer_of(path):
    text = str(path)
    return max((layer for layer in MAY_SEE if text.startswith(layer + "/")), key=len, default=None)


bad = []
checked = 0
for layer in ("runtime", "dialects", "passes", "frontends", "compiler"):
    for path in sorted((root / layer).rglob("*")):
        if path.suffix not in (".h", ".cpp", ".td", ".hpp", ".c"):
            continue
        relative = path.relative_to(root)
        allowed = set(MAY_SEE[layer_of(relative)])
        if layer == "runtime":
            allowed.add("heddle")
        for line in path.read_text().splitlines():
            match = re.match(r'\s*(?:#include|include)\s+[<"]([^">]+)[">]', line)
            if not match or not match.group(1).startswith(OURS):
                continue
            checked += 1
            if not any(match.group(1).startswith(seen + "/") for seen in allowed):
                bad.append(f"{relative}: {layer_of(relative)}/ may not include {match.group(1)}")
print("\n".join(bad) or f"{checked} includes, all point the right way")
sys.exit(bool(bad) or checked == 0)
