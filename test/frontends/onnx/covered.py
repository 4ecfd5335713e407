"""Every row of the operator table has a case that selects it: onnx-check operators | covered.py."""
import sys

import cases
import operators

rows = {}
for line in sys.stdin.read().splitlines()[2:]:
    name, sinces = (cell.strip() for cell in line.strip("|").split("|"))
    rows[name] = [int(since) for since in sinces.split(",")]

used = set()


def record(name, model, inputs, outputs):
    opset = model.opset_import[0].version
    for node in model.graph.node:
        used.add((node.op_type, max((since for since in rows.get(node.op_type, []) if since <= opset), default=0)))


cases.save = record
for group in ["elementwise", "logic", "activation", "matmul", "reduce", "norm", "constant", "shape", "index"]:
    getattr(operators, group)()
missing = [f"{name} since {since}: no case" for name, sinces in rows.items() for since in sinces if (name, since) not in used]
print("\n".join(missing) or f"{len(rows)} operators, every row has a case")
sys.exit(bool(missing))
