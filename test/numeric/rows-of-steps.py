"""An ONNX model that sums x[1, 4, s], spread over [1, 4, s, s], along its steps: rows-of-steps.py MODEL."""
import sys

import onnx
from onnx import TensorProto, helper

graph = helper.make_graph(
    [
        helper.make_node("Unsqueeze", ["x", "last"], ["column"]),
        helper.make_node("Shape", ["x"], ["length"], start=2, end=3),
        helper.make_node("Concat", ["one", "one", "one", "length"], ["sizes"], axis=0),
        helper.make_node("Expand", ["column", "sizes"], ["square"]),
        helper.make_node("CumSum", ["square", "steps"], ["y"]),
    ],
    "rows_of_steps",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, "s"])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4, "s", "s"])],
    [
        helper.make_tensor("last", TensorProto.INT64, [1], [3]),
        helper.make_tensor("one", TensorProto.INT64, [1], [1]),
        helper.make_tensor("steps", TensorProto.INT64, [], [2]),
    ],
)
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), sys.argv[1])
