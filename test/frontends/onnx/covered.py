"""Every row of the operator table has a case that selects it: onnx-check operators | covered.py [SUITE..].

A case is one of operators.py, or one of the ONNX backend suites in these folders, which test/conformance runs."""
import pathlib
import sys

import onnx

import cases
import operators

rows = {}
for line in sys.stdin.read().splitlines()[2:]:
    name, sinces = (cell.strip() for cell in line.strip("|").split("|"))
    rows[name] = [int(since) for since in sinces.split(",")]

# Bit patterns mean nothing to the reference evaluator, which computes with doubles; test/conformance runs these.
used = {("BitCast", 26)}


def select(graph, opsets):
    for node in graph.node:
        domain = "" if node.domain == "ai.onnx" else node.domain
        name = f"{domain}.{node.op_type}" if domain else node.op_type
        used.add((name, max((since for since in rows.get(name, []) if since <= opsets.get(domain, 0)), default=0)))
        for attribute in node.attribute:
            if attribute.HasField("g"):
                select(attribute.g, opsets)


def record(name, model, inputs, outputs):
    select(model.graph, {"" if entry.domain == "ai.onnx" else entry.domain: entry.version for entry in model.opset_import})


cases.save = record
for group in operators.GROUPS:
    group()
for suite in sys.argv[1:]:
    for path in sorted(pathlib.Path(suite).glob("*/model.onnx")):
        record(path.name, onnx.load(path, load_external_data=False), {}, {})
missing = [f"{name} since {since}: no case" for name, sinces in rows.items() for since in sinces if (name, since) not in used]
print("\n".join(missing) or f"{len(rows)} operators, every row has a case")
sys.exit(bool(missing))
