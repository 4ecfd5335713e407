"""Run the examples of documents and op descriptions.

Fenced blocks are taken by their language:
  mlir   a complete piece of IR: heddle-opt accepts it (and verifies it)
  json   a complete model (it has the key "heddle"): heddle compiles it
  sh     lines that start with `build/bin/heddle`: they exit with 0, in order, in one scratch folder
Fragments use another language (text, or none).

usage: fences.py ROOT BUILD FILE...
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FENCE = re.compile(r"^([ \t]*)```(\w+)\n(.*?)^\1```", re.M | re.S)


def blocks(path):
    for match in FENCE.finditer(path.read_text()):
        indent = len(match.group(1))
        body = "\n".join(line[indent:] for line in match.group(3).splitlines()) + "\n"
        line = path.read_text()[: match.start()].count("\n") + 1
        yield line, match.group(2), body


def run(command, scratch, text=None):
    return subprocess.run(command, cwd=scratch, input=text, capture_output=True, text=True)


def check(language, body, root, build, scratch):
    """None when the block does not apply, else the completed process."""
    if language == "mlir":
        return run([str(build / "bin" / "heddle-opt"), "--split-input-file", "-"], scratch, body)
    if language == "json" and isinstance(json.loads(body), dict) and "heddle" in json.loads(body):
        (scratch / "example.json").write_text(body)
        return run([str(build / "bin" / "heddle"), "compile", "-q", "example.json", "-o", "example.heddle"], scratch)
    if language == "sh":
        result = None
        for line in body.splitlines():
            if line.startswith("build/bin/heddle"):
                result = run(["bash", "-c", line], scratch)
                if result.returncode:
                    return result
        return result
    return None


def main(root, build, *names):
    root, build = pathlib.Path(root), pathlib.Path(build)
    failed = ran = 0
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        (scratch / "build").symlink_to(build)
        (scratch / "examples").symlink_to(root / "examples")
        for name in names:
            for line, language, body in blocks(root / name):
                result = check(language, body, root, build, scratch)
                if result is None:
                    continue
                ran += 1
                if result.returncode:
                    failed += 1
                    print(f"{name}:{line}: {language} example fails\n{result.stderr}{result.stdout}")
    print(f"{ran} examples, {failed} failed")
    sys.exit(bool(failed) or ran == 0)


main(*sys.argv[1:])
