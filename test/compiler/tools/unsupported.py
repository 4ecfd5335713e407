"""usage: unsupported.py OUT.onnx: y = Frobnicate(Relu(x)) + Frobnicate(x), an operator that nobody has."""
import sys

import onnx
from onnx import TensorProto, helper

x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", 4]) for name in "xy")
nodes = [helper.make_node("Relu", ["x"], ["a"]),
         helper.make_node("Frobnicate", ["a"], ["b"], domain="org.example", name="first"),
         helper.make_node("Frobnicate", ["x"], ["c"], domain="org.example", name="second"),
         helper.make_node("Add", ["b", "c"], ["y"])]
known = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", 4]) for name in "bc"]
graph = helper.make_graph(nodes, "odd", [x], [y], value_info=known)
opsets = [helper.make_opsetid("", 17), helper.make_opsetid("org.example", 1)]
onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), sys.argv[1])
