# Unit tests: every GoogleTest binary named *Tests under the build's test/unit folder.
import os

import lit.formats

root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
build = lit_config.params.get("build", os.path.join(root, "build"))

config.name = "heddle-unit"
config.test_format = lit.formats.GoogleTest(".", "Tests")
config.test_source_root = os.path.join(build, "test", "unit")
config.test_exec_root = config.test_source_root
config.environment["PATH"] = os.environ["PATH"]
