"""Every numbered constraint has a description line, a check and a failing test.

Three sets must be equal: (Cn) in the description of an op or attribute, `// name_cn` in the verifier, and `@name_cn` in a test
of test/dialects. Usage: constraints.py ROOT
"""
import pathlib
import re
import sys

DEFINITION = re.compile(r'^def \w+ : (?:Op<\w+, |Mixer_\w+<"\w+", )"(\w+)"', re.M)


def described(root):
    found = set()
    for path in root.glob("dialects/*/*.td"):
        text = path.read_text()
        starts = list(DEFINITION.finditer(text))
        for start, following in zip(starts, starts[1:] + [None]):
            body = text[start.end():following.start() if following else len(text)]
            for block in re.findall(r"Constraints:(.*?)(?:Example:|\}\])", body, re.S):
                found |= {(start.group(1), int(number)) for number in re.findall(r"\(C(\d+)\)", block)}
    return found


def tagged(root, pattern, regex):
    found = set()
    for path in root.glob(pattern):
        found |= {(name, int(number)) for name, number in re.findall(regex, path.read_text())}
    return found


def main(root):
    places = {
        "description": described(root),
        "verifier": tagged(root, "dialects/*/*.cpp", r"// (\w+?)_c(\d+)\b"),
        "failing test": tagged(root, "test/dialects/*/*-verify.mlir", r"@(\w+?)_c(\d+)(?=[(_])"),
    }
    every = set().union(*places.values())
    errors = [f"{name}_c{number}: no {place}"
              for name, number in sorted(every) for place, found in places.items() if (name, number) not in found]
    for error in errors:
        print(error)
    print(f"{len(every)} constraints")
    return 1 if errors or not every else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
