"""Examples fit the JSON Schema of the format; every malformed model whose mistake a schema can see does not.

usage: schema.py ROOT [FOLDER]      models of the folder instead of the examples
"""
import json
import pathlib
import sys

import jsonschema

root = pathlib.Path(sys.argv[1])
schema = json.loads((root / "docs/json-model.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

bad = []
examples = sorted((pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else root / "examples").glob("*.json"))
for path in examples:
    for error in validator.iter_errors(json.loads(path.read_text())):
        bad.append(f"{path.name}: {error.json_path}: {error.message}")

SEEN = """array-root block-key block-name block-no-type block-number block-type blocks-empty blocks-object dtype
hyena-length input-huge input-negative inputs-empty linear-float linear-zero nested no-blocks no-preset no-version no-weights preset
preset-and-slots repeat-count seed several-mistakes slots-score support-list support-name support-window unknown-key version
weights-both state-key state-empty state-name bias-kind bias-linear norm-running align-name toeplitz-tokens toeplitz-keys transport-name
region-no-expression region-shape region-score""".split()
for name in SEEN:
    path = root / "test/data/json/malformed" / (name + ".json")
    if path.exists() and validator.is_valid(json.loads(path.read_text())):
        bad.append(f"{path.name}: the schema accepts it")
print("\n".join(bad) or f"{len(examples)} examples fit the schema")
sys.exit(bool(bad) or not examples)
