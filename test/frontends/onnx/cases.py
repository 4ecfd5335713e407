"""Builds small ONNX models with inputs and expected outputs.

    case("softmax-axis1", "Softmax", 13, {"x": rand(2, 3, 4)}, axis=1)

writes softmax-axis1.onnx and softmax-axis1.npz. The expected outputs come from `expect` (numpy) where it is given, otherwise from ONNX's own
reference evaluator, which is numpy as well. Inputs named in `const` become initialisers, so that the importer can fold them; sizes named in
`symbols` ({"x": ["batch", 3]}) become symbolic.
"""
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

directory = pathlib.Path(".")
random = np.random.default_rng(7)


def rand(*shape, low=-2.0, high=2.0, dtype=np.float32):
    return random.uniform(low, high, shape).astype(dtype)


def ints(*shape, low=-5, high=6, dtype=np.int64):
    return random.integers(low, high, shape).astype(dtype)


def bools(*shape):
    return random.integers(0, 2, shape).astype(bool)


def i64(*values):
    return np.array(values, np.int64)


def value_info(name, array, shape=None):
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), list(array.shape) if shape is None else shape)


def save(name, model, inputs, outputs):
    onnx.save(model, directory / f"{name}.onnx")
    np.savez(directory / f"{name}.npz", **inputs, **outputs)


def model_of(nodes, inputs, outputs, opset, const=(), symbols=None, ir_version=8):
    """Outputs: names, or value infos. `inputs`: name -> array."""
    symbols = symbols or {}
    infos = [value_info(name, array, symbols.get(name)) for name, array in inputs.items() if name not in const]
    initializers = [numpy_helper.from_array(inputs[name], name) for name in const]
    results = [helper.make_empty_tensor_value_info(o) if isinstance(o, str) else o for o in outputs]
    graph = helper.make_graph(nodes, "test", infos, results, initializers)
    domains = sorted({node.domain for node in nodes if node.domain})
    imports = [helper.make_opsetid("", opset)] + [helper.make_opsetid(domain, 1) for domain in domains]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir_version)


def graph_case(name, nodes, inputs, outputs, opset=17, const=(), symbols=None, expect=None):
    """`outputs`: names; `expect`: name -> array, else the reference evaluator decides."""
    model = model_of(nodes, inputs, outputs, opset, const, symbols)
    fed = {key: array for key, array in inputs.items() if key not in const}
    if expect is None:
        with np.errstate(all="ignore"):
            expect = dict(zip(outputs, ReferenceEvaluator(model).run(list(outputs), fed)))
    save(name, model, fed, {key: np.asarray(array) for key, array in expect.items()})


def case(name, op, opset, inputs, const=(), symbols=None, expect=None, outputs=1, slots=None, **attributes):
    """One node. `slots`: its input names where they differ from the arrays' (an empty name is an absent input)."""
    names = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, list(inputs) if slots is None else slots, names, name=op.lower(), **attributes)
    if expect is not None and not isinstance(expect, (list, tuple)):
        expect = [expect]
    graph_case(name, [node], inputs, names, opset, const, symbols, expect and dict(zip(names, expect)))
    # The same with constant inputs, where it has not been asked for: what folds must agree with what is emitted.
    if not const and not symbols and len(inputs):
        constant = dict(inputs, unused=np.zeros(1, np.float32))
        graph_case(name + "-folded", [node], constant, names, opset, list(inputs), None, expect and dict(zip(names, expect)))
