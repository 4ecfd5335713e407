"""Cases of the operators that work element by element."""
import math

import numpy as np
from onnx import helper

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
    numbers = rand(9, low=-9, high=9)
    bits = numbers.view(np.uint32).astype(np.uint64)
    brain = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)  # half to even
    casts = [helper.make_node("Cast", ["x"], ["a"], name="narrow", to=16), helper.make_node("Cast", ["a"], ["b"], name="wide", to=1)]
    graph_case("cast-bf16-chain", casts + [helper.make_node("Cast", ["b"], ["y"], name="half", to=10)], {"x": numbers}, ["y"],
               expect={"y": brain.astype(np.float16)})
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
