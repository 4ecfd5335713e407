"""Cases of the operators that make and move elements without computing."""
import numpy as np
from onnx import helper, numpy_helper

from cases import bools, case, graph_case, i64, ints, rand


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
    z = rand(4, 6, 3)
    places = lambda *axes: np.stack(np.meshgrid(*axes, indexing="ij"), -1).astype(np.int64)
    for name, axes in {"box": ([1, 2], [0, 2, 4]), "row": ([-1], [3, 4]), "scattered": ([0, 3], [5, 1]), "all": (range(4), range(6)), "leading": ([0, 2],)}.items():
        indices = places(*axes)
        case("scatternd-" + name, "ScatterND", 16, {"x": z, "i": indices, "u": rand(*indices.shape[:-1], *z.shape[len(axes):])}, const=["i"])
    columns = [helper.make_node("Concat", ["a", "b"], ["i"], axis=-1, name="join"), helper.make_node("ScatterND", ["x", "i", "u"], ["y"], name="assign")]
    joined = places([1, 2], [0, 2, 4])
    graph_case("scatternd-joined", columns, {"x": z, "a": joined[..., :1], "b": joined[..., 1:], "u": rand(2, 3, 3)}, ["y"], const=["a", "b"])


def positions():
    u = rand(1)
    known = lambda name, op, arrays, **more: case(name, op, 13, dict(arrays, u=u), const=list(arrays), slots=list(arrays), **more)
    known("nonzero", "NonZero", {"x": bools(3, 4)})
    known("nonzero-i64", "NonZero", {"x": i64(0, 3, 0, -2)})
    known("nonzero-f32", "NonZero", {"x": rand(2, 2, 3).round()})
    known("nonzero-none", "NonZero", {"x": np.zeros((2, 2), bool)})
    x, some = rand(4, 3), np.array([True, False, True])
    case("compress", "Compress", 11, {"x": x, "c": some}, const=["c"], axis=0)
    case("compress-axis1", "Compress", 11, {"x": x, "c": some}, const=["c"], axis=-1)
    case("compress-flat", "Compress", 11, {"x": x, "c": some}, const=["c"])
    table = ints(5, 4, low=0, high=2)
    for name, attributes in {"": {}, "-rows": {"axis": 0}, "-columns": {"axis": -1}, "-unsorted": {"sorted": 0}}.items():
        known("unique" + name, "Unique", {"x": table}, outputs=4, expect=unique(table, **attributes), **attributes)
    floats = rand(7).round()
    known("unique-f32", "Unique", {"x": floats}, outputs=4, expect=unique(floats))
    # The places of a dimension whose length is a symbol.
    nodes = [
        helper.make_node("Shape", ["x"], ["s"], name="s"),
        helper.make_node("ConstantOfShape", ["s"], ["ones"], name="ones", value=numpy_helper.from_array(np.array([1], np.int64))),
        helper.make_node("NonZero", ["ones"], ["y"], name="y")
    ]
    graph_case("nonzero-everywhere", nodes, {"x": rand(3, 4)}, ["y"], symbols={"x": ["a", "b"]})


def unique(x, axis=None, sorted=1):
    values, first, inverse, counts = np.unique(x, True, True, True, axis=axis)
    order = np.arange(len(first)) if sorted else np.argsort(first)
    return [np.take(values, order, axis or 0), first[order], np.argsort(order)[inverse.reshape(-1)], counts[order]]
