"""ONNX graphs in few words."""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

TYPES = {np.dtype("float32"): TensorProto.FLOAT, np.dtype("int64"): TensorProto.INT64, np.dtype("int32"): TensorProto.INT32}
node = helper.make_node


def info(name, shape, dtype=np.float32):
    return helper.make_tensor_value_info(name, TYPES[np.dtype(dtype)], shape)


def graph(name, nodes, inputs, outputs, constants=None):
    """`inputs`, `outputs`: name -> shape; `constants`: name -> array."""
    initializers = [numpy_helper.from_array(np.asarray(array), key) for key, array in (constants or {}).items()]
    return helper.make_graph(nodes, name, [info(*item) for item in inputs.items()], [info(*item) for item in outputs.items()], initializers)


def model(nodes, inputs, outputs, constants=None, opset=21):
    domains = sorted({n.domain for n in nodes if n.domain})
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(domain, 1) for domain in domains]
    return helper.make_model(graph("row", nodes, inputs, outputs, constants), opset_imports=imports, ir_version=10)


def i64(*values):
    return np.array(values, np.int64)
