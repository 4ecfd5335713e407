# Every test of the project runs under lit: FileCheck tests, unit tests (GoogleTest binaries) and the scripts of test/style.
import os
import sys

import lit.formats

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
build = lit_config.params.get("build", os.path.join(root, "build"))
llvm = lit_config.params.get("llvm", "/usr/lib/llvm-22")

config.name = "heddle"
config.test_source_root = os.path.join(root, "test")
config.test_exec_root = os.path.join(build, "test")
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".json.test"]
config.excludes = ["Inputs", "data", "consumer", "unit", "lit.cfg.py"]

config.environment["PATH"] = os.pathsep.join(
    [os.path.join(build, "bin"), os.path.join(llvm, "bin"), os.environ["PATH"]])
# Tests say what they print; a terminal or a user's settings must not change it.
for name in ("HEDDLE_CONFORMANCE", "HEDDLE_MODELS", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
if "HEDDLE_MODELS" in os.environ:
    config.available_features.add("models")

# Suites of the ONNX backend format: Debian's, and newer ones where HEDDLE_CONFORMANCE names their folder.
# `--param conformance=full` runs every case in every variant; otherwise the static variant of all and a sample of the others.
onnx_suites = "/usr/share/libonnx-testdata/data"
if os.path.isdir(onnx_suites):
    config.available_features.add("libonnx-testdata")
if "HEDDLE_CONFORMANCE" in os.environ:
    config.available_features.add("HEDDLE_CONFORMANCE")
conformance_sample = "1" if lit_config.params.get("conformance") == "full" else "12"

venv_python = os.path.join(root, ".venv", "bin", "python")
python = venv_python if os.path.exists(venv_python) else sys.executable
config.substitutions += [
    ("%python", python),
    ("%root", root),
    ("%build", build),
    ("%data", os.path.join(root, "test", "data")),
    ("%examples", os.path.join(root, "examples")),
    ("%onnx_suites", onnx_suites),
    ("%newer_suites", os.environ.get("HEDDLE_CONFORMANCE", "")),
    ("%conformance_sample", conformance_sample),
    ("%models", os.environ.get("HEDDLE_MODELS", "")),
]
