"""Cases for each group of operators: operators.py GROUP DIRECTORY."""
import math
import pathlib
import sys

import numpy as np
from onnx import helper, numpy_helper

import cases
from cases import bools, case, graph_case, i64, ints, rand


def elementwise():
    for op, since in [("Abs", 13), ("Neg", 13), ("Exp", 13), ("Sin", 7), ("Cos", 7), ("Tan", 7), ("Atan", 7), ("Floor", 13), ("Ceil", 13), ("Erf", 13),
                      ("Sign", 13), ("Round", 11), ("Identity", 13)]:
        case(op.lower(), op, since, {"x": rand(2, 3)})
    for op, since in [("Log", 13), ("Sqrt", 13), ("Reciprocal", 13)]:
        case(op.lower(), op, since, {"x": rand(2, 3, low=0.1)})
    case("abs-i64", "Abs", 13, {"x": ints(4)})
    case("neg-i32", "Neg", 13, {"x": ints(4, dtype=np.int32)})
    case("round-half-even", "Round", 11, {"x": np.array([0.5, 1.5, 2.5, -0.5, -1.5], np.float32)})
    case("not", "Not", 7, {"x": bools(5)})
    special = np.array([np.nan, np.inf, -np.inf, 1], np.float32)
    case("isnan", "IsNaN", 13, {"x": special})
    case("isinf", "IsInf", 10, {"x": special})
    case("isinf-positive", "IsInf", 10, {"x": special}, detect_negative=0)
    case("isinf-negative", "IsInf", 10, {"x": special}, detect_positive=0)
    for op in ["Add", "Sub", "Mul"]:
        case(op.lower(), op, 14, {"a": rand(2, 3), "b": rand(3)})
        case(op.lower() + "-i64", op, 14, {"a": ints(2, 1), "b": ints(3)})
    case("div", "Div", 14, {"a": rand(2, 3), "b": rand(2, 3, low=0.5)})
    case("div-i64", "Div", 14, {"a": i64(7, 8, 0, 9), "b": i64(2, 3, 5, 4)})
    case("div-i64-truncates", "Div", 14, {"a": i64(-7, 7, -7), "b": i64(2, -2, -2)}, expect=i64(-3, -3, 3))
    case("add-scalar", "Add", 7, {"a": rand(2, 3), "b": np.float32(2.5).reshape(())})
    one = rand(2, 3)
    case("add-newest-opset", "Add", 28, {"a": one, "b": one}, expect=one + one)
    case("add-f64", "Add", 14, {"a": rand(2, 3, dtype=np.float64), "b": rand(3, dtype=np.float64)})
    case("add-f16", "Add", 14, {"a": rand(2, 3, dtype=np.float16), "b": rand(3, dtype=np.float16)})
    case("add-u8", "Add", 14, {"a": np.array([200, 3], np.uint8), "b": np.array([100, 4], np.uint8)})
    case("add-zero-size", "Add", 14, {"a": rand(0, 3), "b": rand(3)})
    case("pow", "Pow", 15, {"a": rand(2, 3, low=0.1), "b": rand(3)})
    case("pow-mixed", "Pow", 15, {"a": rand(2, 3), "b": i64(2)}, expect=None)
    for exponent in [1, 2, 3, 0.5, -1]:
        case(f"pow-constant{exponent}", "Pow", 15, {"a": rand(2, 3, low=0.1), "b": np.float32(exponent).reshape(())}, const=["b"])
    case("pow-i64-constant", "Pow", 15, {"a": ints(2, 3), "b": i64(3)}, const=["b"])
    case("pow-i64", "Pow", 15, {"a": i64(2, 3, -2), "b": i64(3, 0, 5)})
    for op in ["And", "Or", "Xor"]:
        case(op.lower(), op, 7, {"a": bools(2, 4), "b": bools(4)})
    for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
        case(op.lower(), op, 18, {"a": ints(2, 4), "b": ints(4)})
    case("mod-i64", "Mod", 13, {"a": i64(-7, 7, -7, 7), "b": i64(3, -3, -3, 3)})
    case("fmod-f32", "Mod", 13, {"a": rand(6, low=-9, high=9), "b": rand(6, low=1, high=3)}, fmod=1)
    case("fmod-i64", "Mod", 13, {"a": i64(-7, 7, -7, 7), "b": i64(3, -3, -3, 3)}, fmod=1)
    for op in ["Max", "Min", "Sum", "Mean"]:
        case(op.lower(), op, 13, {"a": rand(2, 3), "b": rand(3), "c": rand(2, 1)})
        case(op.lower() + "-one", op, 13, {"a": rand(2, 3)})
    case("max-i64", "Max", 13, {"a": ints(4), "b": ints(4)})


def logic():
    for op in ["Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"]:
        case(op.lower(), op, 16, {"a": ints(2, 4, low=0, high=3), "b": ints(4, low=0, high=3)})
        case(op.lower() + "-f32", op, 16, {"a": rand(2, 4).round(), "b": rand(4).round()})
    case("equal-bool", "Equal", 16, {"a": bools(5), "b": bools(5)})
    case("where", "Where", 16, {"c": bools(2, 1), "a": rand(2, 3), "b": rand(3)})
    case("where-i64", "Where", 16, {"c": bools(3), "a": ints(2, 3), "b": ints(1)})
    x = rand(3, 4, low=-4, high=4)
    case("clip", "Clip", 13, {"x": x, "lo": np.float32(-1).reshape(()), "hi": np.float32(1).reshape(())})
    case("clip-max-only", "Clip", 13, {"x": x, "hi": np.float32(1).reshape(())}, slots=["x", "", "hi"])
    case("clip-min-only", "Clip", 13, {"x": x, "lo": np.float32(-1).reshape(())})
    case("clip6", "Clip", 7, {"x": x}, min=-1.0, max=1.0, expect=np.clip(x, -1, 1))
    for to, dtype in [(1, np.float32), (7, np.int64), (6, np.int32), (9, np.bool_), (11, np.float64), (10, np.float16), (2, np.uint8), (3, np.int8)]:
        case(f"cast-f32-{to}", "Cast", 13, {"x": np.array([0, 1.75, 100, 3], np.float32)}, to=to)
        case(f"cast-i64-{to}", "Cast", 13, {"x": i64(0, 1, 100, 3)}, to=to)
    case("cast-truncates", "Cast", 13, {"x": np.array([-1.75, 1.75], np.float32)}, to=7, expect=i64(-1, 1))
    case("cast-bool-f32", "Cast", 13, {"x": bools(4)}, to=1)
    case("castlike", "CastLike", 15, {"x": rand(3), "like": ints(1)})
    case("dropout", "Dropout", 13, {"x": x})
    case("dropout7", "Dropout", 7, {"x": x}, ratio=0.5, expect=x)
    case("dropout-mask", "Dropout", 13, {"x": x}, outputs=2, expect=[x, np.ones_like(x, bool)])


def activation():
    x = rand(3, 4, low=-4, high=4)
    for op, since in [("Relu", 14), ("Sigmoid", 13), ("Tanh", 13), ("Softplus", 7), ("Softsign", 7), ("HardSwish", 14), ("Elu", 7), ("Selu", 7), ("Celu", 12),
                      ("HardSigmoid", 7), ("LeakyRelu", 16), ("Mish", 18), ("ThresholdedRelu", 10)]:
        case(op.lower(), op, since, {"x": x})
    case("elu-alpha", "Elu", 7, {"x": x}, alpha=0.5)
    case("celu-alpha", "Celu", 12, {"x": x}, alpha=0.5)
    case("selu-alpha", "Selu", 7, {"x": x}, alpha=0.5, gamma=2.0)
    case("leakyrelu-alpha", "LeakyRelu", 16, {"x": x}, alpha=0.3)
    case("prelu", "PRelu", 16, {"x": x, "slope": rand(4)})
    erf = np.vectorize(math.erf)
    case("gelu", "Gelu", 20, {"x": x}, expect=(x * 0.5 * (1 + erf(x / np.sqrt(2)))).astype(np.float32))
    tanh = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    case("gelu-tanh", "Gelu", 20, {"x": x}, approximate="tanh", expect=tanh.astype(np.float32))
    case("swish", "Swish", 24, {"x": x}, alpha=1.5, expect=(x / (1 + np.exp(-1.5 * x))).astype(np.float32))


def matmul():
    case("matmul", "MatMul", 13, {"a": rand(3, 4), "b": rand(4, 5)})
    case("matmul-batch", "MatMul", 13, {"a": rand(2, 3, 4), "b": rand(2, 4, 5)})
    case("matmul-broadcast", "MatMul", 13, {"a": rand(3, 4), "b": rand(2, 6, 4, 5)})
    case("matmul-rows", "MatMul", 13, {"a": rand(2, 6, 3, 4), "b": rand(4, 5)})
    case("matmul-vector", "MatMul", 13, {"a": rand(4), "b": rand(4, 5)})
    case("matmul-dot", "MatMul", 13, {"a": rand(4), "b": rand(4)})
    case("matmul-column", "MatMul", 13, {"a": rand(2, 3, 4), "b": rand(4)})
    a, b = ints(3, 4), ints(4, 2)
    case("matmul-i64", "MatMul", 13, {"a": a, "b": b})
    case("gemm", "Gemm", 13, {"a": rand(3, 4), "b": rand(4, 5), "c": rand(5)}, alpha=0.5, beta=2.0)
    case("gemm-trans", "Gemm", 13, {"a": rand(4, 3), "b": rand(5, 4), "c": rand(3, 1)}, transA=1, transB=1)
    case("gemm-no-c", "Gemm", 11, {"a": rand(3, 4), "b": rand(4, 5)})
    case("einsum", "Einsum", 12, {"a": rand(2, 3, 4), "b": rand(2, 4, 5)}, equation="bij,bjk->bik")
    case("einsum-inner", "Einsum", 12, {"a": rand(4), "b": rand(4)}, equation="i,i")
    case("einsum-diagonal", "Einsum", 12, {"a": rand(3, 3)}, equation="ii->i")
    case("einsum-ellipsis", "Einsum", 12, {"a": rand(2, 3, 4), "b": rand(4, 5)}, equation="...k,kn->...n")
    case("einsum-transpose", "Einsum", 12, {"a": rand(2, 3, 4)}, equation="bij->jb")


def reduce():
    x = rand(2, 3, 4, low=0.2)
    for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"]:
        case(op.lower() + "-attribute", op, 11, {"x": x}, axes=[1])
        case(op.lower() + "-all", op, 11, {"x": x}, keepdims=0)
        case(op.lower() + "-input", op, 18, {"x": x, "axes": i64(-1, 0)}, const=["axes"], keepdims=0)
        case(op.lower() + "-noop", op, 18, {"x": x}, noop_with_empty_axes=1, expect=None if op in ("ReduceSum", "ReduceMean", "ReduceMax") else noop(op, x))
    case("reducesum-empty-axes", "ReduceSum", 13, {"x": x, "axes": i64()}, const=["axes"])
    case("reducesum-no-axes-slot", "ReduceSum", 13, {"x": x}, slots=["x", ""])
    case("reducesum-i64", "ReduceSum", 13, {"x": ints(2, 3), "axes": i64(0)}, const=["axes"])
    case("reducemax-i64", "ReduceMax", 18, {"x": ints(2, 3), "axes": i64(0)}, const=["axes"])
    case("reducemean-rank0", "ReduceMean", 18, {"x": np.float32(3).reshape(())})
    case("argmax", "ArgMax", 13, {"x": x}, axis=1)
    case("argmin", "ArgMin", 13, {"x": x}, axis=-1, keepdims=0)
    for op in ["ArgMax", "ArgMin"]:
        case(op.lower() + "-last", op, 13, {"x": ints(3, 6, low=0, high=2)}, axis=1, select_last_index=1)
    case("logsumexp-large", "ReduceLogSumExp", 18, {"x": x * 100}, expect=lse(x * 100))


def noop(op, x):
    return {"ReduceL1": np.abs(x), "ReduceL2": np.abs(x), "ReduceLogSum": np.log(x), "ReduceSumSquare": x * x}.get(op, x)


def lse(x):
    top = x.max()
    return (np.log(np.exp(x - top).sum()) + top).astype(np.float32).reshape(1, 1, 1)


def norm():
    x = rand(2, 3, 4)
    case("softmax", "Softmax", 13, {"x": x})
    case("softmax-axis1", "Softmax", 13, {"x": x}, axis=1)
    masked = x.copy()
    masked[:, 1, 2:] = -np.inf
    case("softmax-infinite", "Softmax", 13, {"x": masked})
    flat = np.exp(x.reshape(2, 12) - x.reshape(2, 12).max(1, keepdims=True))
    flat = (flat / flat.sum(1, keepdims=True)).reshape(x.shape)
    case("softmax-flattened", "Softmax", 11, {"x": x}, axis=1, expect=flat)
    case("softmax-flattened-default", "Softmax", 11, {"x": x}, expect=flat)
    case("logsoftmax-flattened", "LogSoftmax", 11, {"x": x}, axis=1, expect=np.log(flat))
    case("logsoftmax", "LogSoftmax", 13, {"x": x})
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    scale, bias = rand(4), rand(4)
    layer = (x - mean) / np.sqrt(var + 1e-5) * scale
    case("layernorm", "LayerNormalization", 17, {"x": x, "scale": scale, "bias": bias}, expect=layer + bias)
    case("layernorm-no-bias", "LayerNormalization", 17, {"x": x, "scale": scale}, axis=-1, expect=layer)
    case("layernorm-statistics", "LayerNormalization", 17, {"x": x, "scale": scale, "bias": bias}, outputs=3,
         expect=[layer + bias, mean, 1 / np.sqrt(var + 1e-5)])
    wide, deviation = rand(3, 4), x - x.mean((1, 2), keepdims=True)
    case("layernorm-axis1", "LayerNormalization", 17, {"x": x, "scale": wide}, axis=1, epsilon=1e-3,
         expect=deviation / np.sqrt((deviation**2).mean((1, 2), keepdims=True) + 1e-3) * wide)
    case("rmsnorm", "RMSNormalization", 23, {"x": x, "scale": scale}, expect=x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * scale)
    parameters = {"scale": rand(3), "bias": rand(3), "mean": rand(3), "var": rand(3, low=0.5)}
    case("batchnorm", "BatchNormalization", 15, {"x": x, **parameters})
    case("instancenorm", "InstanceNormalization", 7, {"x": x, "scale": rand(3), "bias": rand(3)})
    case("lpnorm", "LpNormalization", 7, {"x": x}, p=2, axis=1, expect=x / np.sqrt((x * x).sum(1, keepdims=True)))
    case("lpnorm1", "LpNormalization", 7, {"x": x}, p=1, expect=x / np.abs(x).sum(-1, keepdims=True))


def constant():
    node = helper.make_node
    x = {"x": rand(2, 3)}
    for name, attribute in [("value_int", 3), ("value_float", 2.5), ("value_ints", [1, 2]), ("value_floats", [1.5, 2.5])]:
        graph_case("constant-" + name, [node("Constant", [], ["y"], **{name: attribute})], x, ["y"], 13)
    for dtype in [np.float32, np.float64, np.float16, np.int64, np.int32, np.int8, np.uint8, np.bool_]:
        tensor = numpy_helper.from_array(ints(2, 3, low=0, high=2).astype(dtype))
        graph_case("constant-" + np.dtype(dtype).name, [node("Constant", [], ["y"], value=tensor)], x, ["y"], 13)
    typed = [(1, "float_data"), (11, "double_data"), (7, "int64_data"), (6, "int32_data"), (3, "int32_data"), (2, "int32_data"), (9, "int32_data")]
    for kind, _ in typed:  # not raw: each type in its own field
        tensor = helper.make_tensor("t", kind, [3], [1, 0, 1])
        graph_case(f"constant-typed-{kind}", [node("Constant", [], ["y"], value=tensor)], x, ["y"], 13)
    half = helper.make_tensor("t", 10, [3], [1.5, -2.0, 0.25])
    graph_case("constant-typed-f16", [node("Constant", [], ["y"], value=half)], x, ["y"], 13)
    brain = helper.make_tensor("t", 16, [3], [1.5, -2.0, 0.25])
    graph_case("constant-typed-bf16", [node("Constant", [], ["c"], value=brain), node("Cast", ["c"], ["y"], to=1)], x, ["y"], 13,
               expect={"y": np.array([1.5, -2, 0.25], np.float32)})
    large = numpy_helper.from_array(rand(200, 100))  # too large to be known element by element
    graph_case("constant-large", [node("Constant", [], ["y"], value=large)], x, ["y"], 13)
    for value in [np.float32(2.5), np.int64(7), np.bool_(True)]:
        tensor = numpy_helper.from_array(np.array([value]))
        case("constantofshape-" + value.dtype.name, "ConstantOfShape", 9, {"shape": i64(2, 3)}, const=["shape"], value=tensor)
    case("constantofshape-default", "ConstantOfShape", 9, {"shape": i64(2, 3)}, const=["shape"])
    case("constantofshape-scalar", "ConstantOfShape", 9, {"shape": i64()}, const=["shape"], expect=np.float32(0).reshape(()))
    case("constantofshape-empty", "ConstantOfShape", 9, {"shape": i64(2, 0)}, const=["shape"])
    for name, bounds in {"up": (1, 9, 3), "down": (9, 0, -2), "none": (5, 2, 1), "long": (0, 20000, 1)}.items():
        arrays = dict(zip(["start", "limit", "delta"], [np.int64(b).reshape(()) for b in bounds]))
        case("range-" + name, "Range", 11, arrays, const=list(arrays))
    arrays = dict(zip(["start", "limit", "delta"], [np.float32(b).reshape(()) for b in (0, 2, 0.3)]))
    case("range-f32", "Range", 11, arrays, const=list(arrays))
    case("eyelike", "EyeLike", 9, {"x": rand(3, 5)}, k=1)
    case("eyelike-dtype", "EyeLike", 9, {"x": rand(3, 3)}, dtype=7)


def shape():
    x = rand(2, 3, 4)
    for opset, attributes in [(13, {}), (15, {"start": 1}), (15, {"start": -2, "end": -1}), (15, {"start": 2, "end": 1}), (15, {"end": 9})]:
        name = "shape-" + "".join(f"{k}{v}" for k, v in attributes.items())
        case(name, "Shape", opset, {"x": x}, **attributes)
    case("size", "Size", 13, {"x": x})
    for name, target in {"flat": (-1,), "zero": (0, -1), "same": (2, 3, 4), "ones": (1, 2, 1, 12, 1), "split": (2, 3, 2, 2), "join": (6, 4), "mixed": (4, 6)}.items():
        case("reshape-" + name, "Reshape", 13, {"x": x, "shape": i64(*target)}, const=["shape"])
        case("reshape-" + name + "-all-constant", "Reshape", 13, {"x": x, "shape": i64(*target), "u": x}, const=["x", "shape"], slots=["x", "shape"])
    case("reshape-scalar", "Reshape", 13, {"x": rand(1, 1), "shape": i64()}, const=["shape"])
    case("reshape-from-scalar", "Reshape", 13, {"x": np.float32(3).reshape(()), "shape": i64(1, 1)}, const=["shape"])
    case("reshape-allowzero", "Reshape", 14, {"x": rand(0, 3), "shape": i64(3, 0)}, const=["shape"], allowzero=1)
    y = rand(2, 1, 3, 1)
    case("squeeze-attribute", "Squeeze", 11, {"x": y}, axes=[1])
    case("squeeze-all", "Squeeze", 11, {"x": y})
    case("squeeze-input", "Squeeze", 13, {"x": y, "axes": i64(-1, 1)}, const=["axes"])
    case("squeeze-input-all", "Squeeze", 13, {"x": y})
    case("unsqueeze-attribute", "Unsqueeze", 11, {"x": x}, axes=[0, -1])
    case("unsqueeze-input", "Unsqueeze", 13, {"x": x, "axes": i64(3, 0)}, const=["axes"])
    case("unsqueeze-scalar", "Unsqueeze", 13, {"x": np.float32(3).reshape(()), "axes": i64(0)}, const=["axes"])
    for axis in [0, 1, 2, 3, -1]:
        case(f"flatten{axis}", "Flatten", 13, {"x": x}, axis=axis)
    case("transpose", "Transpose", 13, {"x": x})
    case("transpose-perm", "Transpose", 13, {"x": x}, perm=[1, 2, 0])
    case("transpose-ones", "Transpose", 13, {"x": rand(2, 1, 4)}, perm=[1, 0, 2])
    case("expand", "Expand", 13, {"x": rand(3, 1), "shape": i64(2, 1, 4)}, const=["shape"])
    case("expand-smaller", "Expand", 13, {"x": rand(2, 3), "shape": i64(1)}, const=["shape"])
    case("expand-i64", "Expand", 13, {"x": ints(3, 1), "shape": i64(3, 2), "u": x}, const=["x", "shape"], slots=["x", "shape"])


def index():
    x = rand(3, 4, 5)
    case("gather", "Gather", 13, {"x": x, "i": ints(2, 2, low=-3, high=3)})
    case("gather-axis1", "Gather", 13, {"x": x, "i": ints(2, low=-4, high=4)}, axis=1)
    case("gather-scalar", "Gather", 13, {"x": x, "i": np.int64(-1).reshape(())}, axis=-1)
    case("gather-i32", "Gather", 13, {"x": x, "i": ints(2, low=0, high=3, dtype=np.int32)})
    case("gatherelements", "GatherElements", 13, {"x": x, "i": ints(2, 4, 5, low=-3, high=3)}, axis=0)
    case("concat", "Concat", 13, {"a": rand(2, 3), "b": rand(2, 2), "c": rand(2, 1)}, axis=-1)
    case("concat-one", "Concat", 13, {"a": rand(2, 3)}, axis=0)
    case("concat-empty", "Concat", 13, {"a": rand(2, 3), "b": rand(2, 0)}, axis=1)
    case("concat-lists", "Concat", 13, {"a": ints(2), "b": ints(3)}, axis=0)
    case("split-attribute", "Split", 11, {"x": x}, outputs=2, axis=1, split=[1, 3], expect=list(np.split(x, [1], 1)))
    case("split-equal", "Split", 11, {"x": x}, outputs=2, axis=1, expect=list(np.split(x, 2, 1)))
    case("split-input", "Split", 13, {"x": x, "s": i64(2, 3)}, const=["s"], outputs=2, axis=-1)
    case("split-uneven", "Split", 18, {"x": x}, outputs=2, axis=2, num_outputs=2)
    case("tile", "Tile", 13, {"x": rand(2, 3), "r": i64(2, 3)}, const=["r"])
    for upper in [0, 1]:
        case(f"trilu{upper}", "Trilu", 14, {"x": x}, upper=upper)
        case(f"trilu{upper}-k", "Trilu", 14, {"x": x, "k": np.int64(-1).reshape(())}, const=["k"], upper=upper)
    huge = np.iinfo(np.int64).max
    for name, (starts, ends, axes, steps) in {
            "plain": ([1, 0], [3, 2], [1, 2], [1, 1]), "negative": ([-2], [-1], [-1], [1]), "huge": ([1], [huge], [0], [1]),
            "strided": ([0, 1], [huge, 5], [0, 2], [2, 3]), "backwards": ([-1], [-huge - 1], [1], [-1]), "backwards-strided": ([3], [0], [1], [-2]),
            "beyond": ([-99], [99], [0], [1]), "start-beyond": ([9], [99], [0], [1]), "empty": ([3], [1], [1], [1]), "i32max": ([0], [2**31 - 1], [0], [1])}.items():
        arrays = {"x": x, "starts": i64(*starts), "ends": i64(*ends), "axes": i64(*axes), "steps": i64(*steps)}
        case("slice-" + name, "Slice", 13, arrays, const=["starts", "ends", "axes", "steps"])
        case("slice-" + name + "-folded", "Slice", 13, dict(arrays, u=x), const=["x", "starts", "ends", "axes", "steps"], slots=list(arrays))
    case("slice-default-axes", "Slice", 13, {"x": x, "s": i64(1, 1), "e": i64(2, 3)}, const=["s", "e"])
    case("slice-no-axes-slot", "Slice", 13, {"x": x, "s": i64(0, 2, 4), "e": i64(9, 0, 0), "t": i64(1, -1, -2)}, const=["s", "e", "t"], slots=["x", "s", "e", "", "t"],
         expect=x[0:9:1, 2:0:-1, 4:0:-2])
    case("slice9", "Slice", 9, {"x": x}, starts=[1, 0], ends=[3, -1], axes=[1, 2], expect=x[:, 1:3, 0:-1])
    case("pad", "Pad", 13, {"x": rand(2, 3), "p": i64(1, 0, 0, 2)}, const=["p"])
    case("pad-value", "Pad", 13, {"x": rand(2, 3), "p": i64(1, 0, 0, 2), "v": np.float32(7).reshape(())}, const=["p", "v"])
    case("pad-negative", "Pad", 13, {"x": x, "p": i64(1, -1, 0, -1, 0, 2)}, const=["p"], expect=np.pad(x, ((1, 0), (0, 0), (0, 2)))[:3, 1:, :])
    case("pad-axes", "Pad", 18, {"x": x, "p": i64(1, 2), "a": i64(-1)}, const=["p", "a"], slots=["x", "p", "", "a"], expect=np.pad(x, ((0, 0), (0, 0), (1, 2))))
    y = rand(2, 3)
    case("pad-attribute", "Pad", 7, {"x": y}, pads=[1, 0, 0, 2], value=3.0, expect=np.pad(y, ((1, 0), (0, 2)), constant_values=3))


def softmax_attention(q, k, v, mask, scale):
    """q, k, v [B, H, T, D]; mask [T, S] of 0 and -inf."""
    scores = np.einsum("bhtd,bhsd->bhts", q, k) * scale + mask
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return np.einsum("bhts,bhsd->bhtd", weights / weights.sum(-1, keepdims=True), v).astype(np.float32)


def rotate(x, cos, sin, interleaved):
    """x [B, T, H, D]; cos, sin [B, T, D / 2]."""
    first, second = (x[..., 0::2], x[..., 1::2]) if interleaved else np.split(x, 2, -1)
    c, s = cos[:, :, None], sin[:, :, None]
    real, imaginary = c * first - s * second, s * first + c * second
    joined = np.stack([real, imaginary], -1).reshape(x.shape) if interleaved else np.concatenate([real, imaginary], -1)
    return joined.astype(np.float32)


def linear_attention(rule, q, k, v, decay, beta, state, heads, scale):
    """The recurrence of LinearAttention, token by token. q [B, T, Hq * dk], state [B, H, dk, dv]; decay of a head or of each key channel."""
    batch, tokens = q.shape[:2]
    split = lambda x, h: x.reshape(batch, tokens, h, -1)
    keys, values = split(k, heads), split(v, heads)
    dk = keys.shape[-1]
    queries = q.reshape(batch, tokens, heads, -1, dk)
    state, rows = state.astype(np.float64), []
    for t in range(tokens):
        if "gated" in rule:
            state = state * np.exp(split(decay, heads)[:, t])[..., None]
        update = values[:, t]
        if "delta" in rule:
            update = (update - np.einsum("bhkv,bhk->bhv", state, keys[:, t])) * split(beta, beta.shape[-1])[:, t]
        state = state + keys[:, t][..., None] * update[..., None, :]
        rows.append(scale * np.einsum("bhgk,bhkv->bhgv", queries[:, t], state).reshape(batch, -1))
    return [np.stack(rows, 1).astype(np.float32), state.astype(np.float32)]


def causal_conv(x, w, bias, carry):
    joined, taps = np.concatenate([carry, x], 2), w.shape[2]
    windows = np.stack([joined[:, :, i:i + x.shape[2]] for i in range(taps)], 3)
    return [(np.einsum("bclk,ck->bcl", windows, w[:, 0]) + bias[None, :, None]).astype(np.float32), joined[:, :, joined.shape[2] - taps + 1:]]


def tokens():
    q, k, v = rand(2, 4, 5, 8), rand(2, 2, 5, 8), rand(2, 2, 5, 6)
    wide = lambda x: np.repeat(x, 2, 1)
    causal = np.triu(np.full((5, 5), -np.inf), 1)
    case("attention", "Attention", 23, {"q": q, "k": k, "v": v}, expect=softmax_attention(q, wide(k), wide(v), 0, 8**-0.5))
    case("attention-causal", "Attention", 23, {"q": q, "k": k, "v": v}, is_causal=1, scale=0.3, expect=softmax_attention(q, wide(k), wide(v), causal, 0.3))
    visible = bools(5, 5) | np.eye(5, dtype=bool)
    case("attention-mask", "Attention", 23, {"q": q, "k": k, "v": v, "m": visible},
         expect=softmax_attention(q, wide(k), wide(v), np.where(visible, 0, -np.inf), 8**-0.5))
    past_k, past_v = rand(2, 2, 3, 8), rand(2, 2, 3, 6)
    all_k, all_v = np.concatenate([past_k, k], 2), np.concatenate([past_v, v], 2)
    behind = np.triu(np.full((5, 8), -np.inf), 4)
    case("attention-past", "Attention", 23, {"q": q, "k": k, "v": v, "pk": past_k, "pv": past_v}, slots=["q", "k", "v", "", "pk", "pv"], outputs=3, is_causal=1,
         expect=[softmax_attention(q, wide(all_k), wide(all_v), behind, 8**-0.5), all_k, all_v])
    window = np.where(np.abs(np.arange(5)[:, None] - np.arange(5)) <= 1, 0, -np.inf)
    case("attention-window", "Attention", 25, {"q": q, "k": k, "v": v}, left_window_size=1, right_window_size=1,
         expect=softmax_attention(q, wide(k), wide(v), window, 8**-0.5))

    x, angles = rand(2, 3, 8), rand(2, 3, 2)
    cos, sin = np.cos(angles), np.sin(angles)
    for interleaved in [0, 1]:
        expect = rotate(x.reshape(2, 3, 2, 4), cos, sin, interleaved).reshape(x.shape)
        case(f"rotary{interleaved}", "RotaryEmbedding", 23, {"x": x, "c": cos, "s": sin}, num_heads=2, interleaved=interleaved, expect=expect)
    heads_first = rand(2, 2, 3, 4)
    table_c, table_s, places = np.cos(rand(7, 2)), np.sin(rand(7, 2)), ints(2, 3, low=0, high=7)
    expect = rotate(heads_first.transpose(0, 2, 1, 3), table_c[places], table_s[places], 0).transpose(0, 2, 1, 3)
    case("rotary-positions", "RotaryEmbedding", 23, {"x": heads_first, "c": table_c, "s": table_s, "p": places}, expect=expect)

    cache, update = rand(2, 3, 6, 2), rand(2, 3, 4, 2)
    for mode, starts in [("linear", i64(0, 2)), ("circular", i64(4, 5))]:
        written = cache.copy()
        for b in range(2):
            for t in range(4):
                written[b, :, (starts[b] + t) % 6] = update[b, :, t]
        case("tensorscatter-" + mode, "TensorScatter", 24, {"c": cache, "u": update, "w": starts}, mode=mode, expect=written)

    q, k, v = rand(2, 5, 16), rand(2, 5, 8, low=-0.5, high=0.5), rand(2, 5, 6)
    for rule in ["linear", "gated", "delta", "gated_delta"]:
        for name, features in [("", 2), ("-channels", 8)]:
            decay, beta, state = rand(2, 5, features, low=-1, high=0), rand(2, 5, 2, low=0, high=1), rand(2, 2, 4, 3)
            arrays = {"q": q, "k": k, "v": v, "s": state, "d": decay, "b": beta}
            expect = linear_attention(rule, q, k, v, decay, beta, state, 2, 0.5)
            for prefix, domain in [("", ""), ("contrib-", "com.microsoft")]:
                case(f"{prefix}linear-attention-{rule}{name}", "LinearAttention", 27, arrays, outputs=2, domain=domain, update_rule=rule, q_num_heads=4, kv_num_heads=2,
                     scale=0.5, expect=expect)
    x, w, bias, carry = rand(2, 3, 5), rand(3, 1, 4), rand(3), rand(2, 3, 3)
    y, next_carry = causal_conv(x, w, bias, carry)
    for prefix, domain in [("", ""), ("contrib-", "com.microsoft")]:
        case(prefix + "causal-conv", "CausalConvWithState", 27, {"x": x, "w": w, "b": bias, "c": carry}, outputs=2, domain=domain, expect=[y, next_carry])
    case("causal-conv-silu", "CausalConvWithState", 27, {"x": x, "w": w, "b": bias, "c": carry}, outputs=2, activation="silu", expect=[y / (1 + np.exp(-y)), next_carry])
    short = causal_conv(x[:, :, :2], w, bias, np.zeros_like(carry))
    case("causal-conv-short", "CausalConvWithState", 27, {"x": x[:, :, :2], "w": w, "b": bias}, outputs=2, expect=short)


def newer():
    """What is younger than the backend suite that Debian packages, and com.microsoft."""
    x = rand(3, 4)
    case("cumprod", "CumProd", 26, {"x": x, "a": np.int64(1).reshape(())}, const=["a"], expect=np.cumprod(x, 1))
    case("bitwisenot", "BitwiseNot", 18, {"x": ints(4)})
    for size in [(2, 4), (5, 7)]:
        case(f"centercroppad{size[0]}", "CenterCropPad", 18, {"x": x, "s": i64(*size)}, const=["s"])
    complex_x = rand(2, 8, 2)
    spectrum = np.fft.fft(complex_x[..., 0] + 1j * complex_x[..., 1], axis=1)
    case("dft20", "DFT", 20, {"x": complex_x}, expect=np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32))
    real = rand(2, 8, 1)
    half = np.fft.rfft(real[..., 0], axis=1)
    pairs = np.stack([half.real, half.imag], -1).astype(np.float32)
    case("dft20-onesided", "DFT", 20, {"x": real, "a": np.int64(1).reshape(())}, const=["a"], slots=["x", "", "a"], onesided=1, expect=pairs)
    case("dft20-real-inverse", "DFT", 20, {"x": pairs, "a": np.int64(1).reshape(())}, const=["a"], slots=["x", "", "a"], onesided=1, inverse=1, expect=real)
    image, scale, bias = rand(2, 6, 5), rand(6), rand(6)
    grouped = image.reshape(2, 3, 2, 5)
    normal = (grouped - grouped.mean((2, 3), keepdims=True)) / np.sqrt(grouped.var((2, 3), keepdims=True) + 1e-5)
    case("groupnorm21", "GroupNormalization", 21, {"x": image, "s": scale, "b": bias}, num_groups=3,
         expect=(normal.reshape(image.shape) * scale[:, None] + bias[:, None]).astype(np.float32))
    case("groupnorm18", "GroupNormalization", 18, {"x": image, "s": scale[:3], "b": bias[:3]}, num_groups=3,
         expect=(normal * scale[:3, None, None] + bias[:3, None, None]).reshape(image.shape).astype(np.float32))
    theta = rand(2, 2, 3)
    case("affinegrid", "AffineGrid", 20, {"t": theta, "s": i64(2, 1, 3, 4)}, const=["s"])

    for op, f in [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide), ("Pow", np.power)]:
        a, b = rand(2, 3, 4, low=0.5), rand(3, low=0.5)
        case(op.lower() + "-from-axis", op, 6, {"a": a, "b": b}, broadcast=1, axis=1, expect=f(a, b[:, None]).astype(np.float32))
    signal = rand(2, 3, 6)
    windows = np.stack([signal[..., 0:5], signal[..., 1:6]], -1)
    case("lppool", "LpPool", 11, {"x": signal}, kernel_shape=[2], p=2, expect=np.sqrt((windows**2).sum(-1)).astype(np.float32))
    case("globallppool", "GlobalLpPool", 11, {"x": signal}, p=1, expect=np.abs(signal).sum(-1, keepdims=True))
    flat = signal.reshape(2, 18)
    case("hardmax-flattened", "Hardmax", 11, {"x": signal}, axis=1, expect=(flat == flat.max(1, keepdims=True)).reshape(signal.shape).astype(np.float32))
    order = np.argsort(-signal, 2)[..., :2]
    case("topk-attribute", "TopK", 9, {"x": signal}, outputs=2, k=2, expect=[np.take_along_axis(signal, order, 2), order.astype(np.int64)])
    picture = rand(1, 1, 2, 3)
    twice = picture.repeat(2, 2).repeat(2, 3)
    scales = np.array([1, 1, 2, 2], np.float32)
    case("resize10", "Resize", 10, {"x": picture, "s": scales}, const=["s"], expect=twice)
    case("upsample7", "Upsample", 7, {"x": picture}, scales=scales.tolist(), expect=twice)
    columns = rand(1, 4, 4)
    summed = np.zeros((1, 1, 3, 3), np.float32)
    for tap in range(4):
        for window in range(4):
            summed[0, 0, window // 2 + tap // 2, window % 2 + tap % 2] += columns[0, tap, window]
    case("col2im", "Col2Im", 18, {"x": columns, "i": i64(3, 3), "b": i64(2, 2)}, const=["i", "b"], expect=summed)
    gate, linear = rand(2, 3), rand(2, 3)
    case("swiglu", "SwiGLU", 28, {"a": gate, "b": linear}, expect=gate / (1 + np.exp(-gate)) * linear)
    q, k, v = rand(1, 2, 3, 4), rand(1, 2, 3, 4), rand(1, 2, 3, 5)
    case("flexattention", "FlexAttention", 26, {"q": q, "k": k, "v": v}, domain="ai.onnx.preview", expect=softmax_attention(q, k, v, 0, 0.5))

    gelu = np.vectorize(lambda v: 0.5 * v * (1 + math.erf(v / math.sqrt(2))))
    a, b, g = rand(2, 3, 4), rand(4), rand(4)
    contrib = lambda name, op, arrays, expect, **more: case("contrib-" + name, op, 17, arrays, domain="com.microsoft", expect=expect, **more)
    contrib("biasgelu", "BiasGelu", {"x": a, "b": b}, gelu(a + b).astype(np.float32))
    tanh = lambda v: (0.5 * v * (1 + np.tanh(np.sqrt(2 / np.pi) * (v + 0.044715 * v**3)))).astype(np.float32)
    contrib("fastgelu", "FastGelu", {"x": a, "b": b}, tanh(a + b))
    contrib("quickgelu", "QuickGelu", {"x": a}, a / (1 + np.exp(-1.702 * a)))
    m = rand(2, 5, 4)
    contrib("fusedmatmul", "FusedMatMul", {"a": a, "b": m}, 0.5 * a @ m.transpose(0, 2, 1), transB=1, alpha=0.5)
    rms = lambda v: v / np.sqrt((v * v).mean(-1, keepdims=True) + 1e-5)
    case("simplifiednorm", "SimplifiedLayerNormalization", 17, {"x": a, "g": g}, epsilon=1e-5, expect=rms(a) * g)
    skip, total = rand(2, 3, 4), None
    total = a + skip
    centered = (total - total.mean(-1, keepdims=True)) / np.sqrt(total.var(-1, keepdims=True) + 1e-5)
    contrib("skipnorm", "SkipLayerNormalization", {"x": a, "s": skip, "g": g, "b": b}, centered * g + b, epsilon=1e-5)
    contrib("skiprms", "SkipSimplifiedLayerNormalization", {"x": a, "s": skip, "g": g}, rms(total) * g, epsilon=1e-5)
    packed, table = rand(2, 3, 8), rand(9, 2)
    cos, sin = np.cos(table), np.sin(table)
    places = np.broadcast_to(np.arange(3) + 4, (2, 3))
    contrib("rotary", "RotaryEmbedding", {"x": packed, "p": i64(4), "c": cos, "s": sin},
            rotate(packed.reshape(2, 3, 2, 4), cos[places], sin[places], 0).reshape(packed.shape), num_heads=2)


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[2])
    cases.directory.mkdir(parents=True, exist_ok=True)
    globals()[sys.argv[1]]()
