"""Chains of size arithmetic over symbolic dimensions, as exporters write them: sizes.py DIRECTORY."""
import pathlib
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

import cases
from cases import graph_case, i64, rand

node = helper.make_node
dynamic = {"x": ["batch", "len", 6]}



def main():
    x = rand(2, 5, 6)
    n = {"zero": i64(0), "one": i64(1), "two": i64(2), "three": i64(3), "minus": i64(-1), "end": i64(np.iinfo(np.int64).max), "s0": np.int64(0).reshape(()),
         "s1": np.int64(1).reshape(()), "first": i64(0)}

    def chain(name, nodes, outputs=("y",), use=(), symbols=dynamic, expect=None, opset=17, x=x, **extra):
        inputs = {"x": x, **{key: n[key] for key in use}, **extra}
        graph_case(name, nodes, inputs, list(outputs), opset, [key for key in inputs if key != "x"], symbols, expect)

    shape = [node("Shape", ["x"], ["shape"], name="shape")]
    sizes = shape + [node("Gather", ["shape", "zero"], ["b"]), node("Gather", ["shape", "one"], ["t"])]
    chain("reshape-heads", sizes + [node("Concat", ["b", "t", "three", "minus"], ["s"], axis=0), node("Reshape", ["x", "s"], ["y"])],
          use=["zero", "one", "three", "minus"])
    chain("reshape-merge", sizes + [node("Mul", ["b", "t"], ["bt"]), node("Concat", ["bt", "minus"], ["s"], axis=0), node("Reshape", ["x", "s"], ["y"])],
          use=["zero", "one", "minus"])
    chain("reshape-scalars", shape + [node("Gather", ["shape", "s0"], ["b"]), node("Gather", ["shape", "s1"], ["t"]), node("Unsqueeze", ["b", "zero"], ["b1"]),
                                      node("Unsqueeze", ["t", "zero"], ["t1"]), node("Concat", ["t1", "b1", "minus"], ["s"], axis=0),
                                      node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]), node("Reshape", ["xt", "s"], ["y"])], use=["s0", "s1", "zero", "minus"])
    chain("reshape-keep", [node("Reshape", ["x", "s"], ["y"])], s=i64(0, 0, 2, 3))
    chain("slice-third", shape + [node("Gather", ["shape", "minus"], ["d"]), node("Add", ["d", "two"], ["e"]), node("Div", ["e", "three"], ["third"]),
                                  node("Mul", ["third", "two"], ["upper"]), node("Slice", ["x", "third", "upper", "minus"], ["y"])], use=["minus", "two", "three"])
    chain("slice-of-shape", shape + [node("Slice", ["shape", "minus", "end"], ["last"]), node("Slice", ["shape", "zero", "minus"], ["lead"]),
                                     node("Concat", ["lead", "two", "three"], ["s"], axis=0), node("Reshape", ["x", "s"], ["y"])],
          use=["minus", "end", "zero", "two", "three"])
    chain("expand-where", shape + [node("ConstantOfShape", ["rank"], ["ones"], value=numpy_helper.from_array(i64(1))), node("Mul", ["ones", "minus"], ["negative"]),
                                   node("Equal", ["shape", "negative"], ["eq"]), node("Where", ["eq", "ones", "shape"], ["s"]), node("Expand", ["row", "s"], ["y"])],
          use=["minus"], rank=i64(3), row=rand(1, 1, 6))
    mask = sizes + [node("Squeeze", ["t"], ["ts"]), node("Range", ["s0", "ts", "s1"], ["r"]), node("Unsqueeze", ["r", "one"], ["i"]), node("Unsqueeze", ["r", "zero"], ["j"])]
    chain("range-mask", mask + [node("LessOrEqual", ["j", "i"], ["y"])], use=["zero", "one", "s0", "s1"])
    chain("range-distance", mask + [node("Sub", ["i", "j"], ["d"]), node("Abs", ["d"], ["y"])], use=["zero", "one", "s0", "s1"])
    chain("range-offset", sizes + [node("Squeeze", ["t"], ["ts"]), node("Add", ["ts", "ts"], ["tt"]), node("Range", ["ts", "tt", "s1"], ["y"])], use=["zero", "one", "s1"])
    chain("trilu-square", sizes + [node("Concat", ["t", "t"], ["s"], axis=0), node("ConstantOfShape", ["s"], ["o"], value=numpy_helper.from_array(np.array([1], np.float32))),
                                   node("Trilu", ["o"], ["y"], upper=0)], use=["zero", "one"])
    chain("constantofshape", shape + [node("ConstantOfShape", ["shape"], ["y"], value=numpy_helper.from_array(np.array([-3.5], np.float32)))])
    chain("size-as-data", shape + [node("Cast", ["shape"], ["f"], to=TensorProto.FLOAT), node("Sqrt", ["f"], ["y"])])
    chain("sizes-as-output", shape + [node("Size", ["x"], ["size"])], ["shape", "size"])
    chain("sqrt-of-known-size", shape + [node("Slice", ["shape", "minus", "end"], ["d"]), node("Cast", ["d"], ["f"], to=1), node("Sqrt", ["f"], ["q"]),
                                         node("Div", ["x", "q"], ["y"])], use=["minus", "end"])
    chain("max-with-one", sizes + [node("Max", ["t", "one"], ["m"]), node("Min", ["b", "zero"], ["z"]), node("Add", ["m", "z"], ["s"]), node("Concat", ["b", "s", "minus"], ["r"], axis=0),
                                   node("Reshape", ["x", "r"], ["y"])], use=["zero", "one", "minus"])
    chain("floor-division", sizes + [node("Mul", ["t", "two"], ["d"]), node("Div", ["d", "two"], ["h"]), node("Concat", ["b", "h", "minus"], ["s"], axis=0),
                                     node("Reshape", ["x", "s"], ["y"])], use=["zero", "one", "two", "minus"])
    chunks = sizes + [node("Div", ["t", "two"], ["c"])]
    chain("chunks", chunks + [node("Concat", ["b", "c", "two", "six"], ["s"], axis=0), node("Reshape", ["x", "s"], ["p"]), node("CumSum", ["p", "s2"], ["q"]),
                              node("Reshape", ["q", "shape"], ["r"]), node("Add", ["x", "r"], ["y"])], use=["zero", "one", "two"], x=rand(2, 8, 6), six=i64(6), s2=np.int64(2))
    chain("chunks-with-rest", chunks + [node("Concat", ["b", "c", "two", "minus"], ["s"], axis=0), node("Reshape", ["x", "s"], ["y"])],
          use=["zero", "one", "two", "minus"], x=rand(2, 8, 6))
    chain("chunks-and-one-more", chunks + [node("Pad", ["x", "front"], ["p"]), node("Add", ["c", "one"], ["more"]), node("Concat", ["b", "more", "two", "six"], ["s"], axis=0),
                                           node("Reshape", ["p", "s"], ["q"]), node("Concat", ["b", "c", "two", "six"], ["sx"], axis=0), node("Reshape", ["x", "sx"], ["r"]),
                                           node("Slice", ["q", "zero", "c", "one"], ["before"]), node("Sub", ["r", "before"], ["y"])],
          use=["zero", "one", "two"], x=rand(2, 8, 6), six=i64(6), front=i64(0, 2, 0, 0, 0, 0))
    chain("length-of-chunks", chunks + [node("Mul", ["c", "three"], ["cc"]), node("Div", ["cc", "c"], ["q"]), node("Concat", ["b", "t", "two", "q"], ["s"], axis=0),
                                        node("Reshape", ["x", "s"], ["y"])], use=["zero", "one", "two", "three"], x=rand(2, 8, 6))
    places = np.broadcast_to(2 * np.arange(4).reshape(1, 4, 1), (2, 4, 6)).astype(np.int64)
    chain("as-many-chunks-as-places", chunks + [node("Slice", ["x", "zero", "c", "one"], ["w"]), node("ScatterElements", ["x", "places", "w"], ["y"], axis=1)],
          use=["zero", "one", "two"], x=rand(2, 9, 6), places=places)
    up = sizes + [node("Mod", ["t", "three"], ["m"]), node("Sub", ["three", "m"], ["left"]), node("Mod", ["left", "three"], ["rest"]), node("Add", ["t", "rest"], ["up"])]
    chain("smaller-of-rounded-up", up + [node("Min", ["up", "t"], ["n"]), node("Mul", ["n", "two"], ["nn"]), node("Div", ["nn", "t"], ["q"]), node("Concat", ["b", "n", "q", "minus"], ["s"], axis=0),
                                         node("Reshape", ["x", "s"], ["y"])], use=["zero", "one", "two", "three", "minus"])
    chain("last-rows-of-table", sizes + [node("Sub", ["rows", "t"], ["start"]), node("Slice", ["table", "start", "end", "zero"], ["part"]), node("Add", ["x", "part"], ["y"])],
          use=["zero", "one", "end"], rows=i64(9), table=rand(9, 6))
    chain("whole-chunks-at-least", chunks + [node("Mul", ["c", "two"], ["whole"]), node("Slice", ["x", "zero", "whole", "one"], ["w"]), node("Slice", ["w", "zero", "three", "one"], ["y"])],
          use=["zero", "one", "two", "three"])
    chain("rows-of-table", sizes + [node("Min", ["t", "rows"], ["n"]), node("Slice", ["table", "zero", "n", "zero"], ["part"]), node("Add", ["x", "part"], ["y"])],
          use=["zero", "one"], rows=i64(9), table=rand(9, 6))
    chain("buffer-prefix", sizes + [node("Slice", ["buffer", "zero", "t", "one"], ["part"]), node("Add", ["x", "part"], ["y"])], use=["zero", "one"], buffer=rand(1, 12, 6))
    chain("last-token", [node("Slice", ["x", "minus", "end", "one"], ["y"])], use=["minus", "end", "one"])
    chain("drop-first", [node("Slice", ["x", "one", "end", "one"], ["y"])], use=["end", "one"])
    chain("first-two", [node("Slice", ["x", "zero", "two", "one"], ["y"])], use=["zero", "two", "one"])
    chain("backwards", [node("Slice", ["x", "minus", "far", "one", "minus"], ["y"])], use=["minus", "one"], far=i64(np.iinfo(np.int64).min))
    chain("gather-rows", [node("Gather", ["x", "two"], ["third"], axis=1), node("Gather", ["x", "minus"], ["last"], axis=1), node("Gather", ["x", "s1"], ["second"], axis=0),
                          node("Add", ["third", "last"], ["sum"]), node("Add", ["sum", "second"], ["y"])], use=["two", "minus", "s1"])
    chain("gather-last-by-size", sizes + [node("Sub", ["t", "one"], ["place"]), node("Gather", ["x", "place"], ["y"], axis=1)], use=["zero", "one"])
    chain("flatten", [node("Flatten", ["x"], ["y"], axis=2)])
    chain("tile", shape + [node("Tile", ["x", "r"], ["y"])], r=i64(2, 3, 1))
    chain("pad", [node("Pad", ["x", "p"], ["y"])], p=i64(0, 2, 0, 0, 1, 0))
    chain("shift", [node("Pad", ["x", "p"], ["y"])], p=i64(0, 1, 0, 0, -1, 0), expect={"y": np.pad(x, ((0, 0), (1, 0), (0, 0)))[:, :-1]})
    chain("mean-over-symbols", [node("ReduceMean", ["x"], ["y"], axes=[1])])
    chain("fixed-by-weight", [node("MatMul", ["w", "x"], ["y"])], w=rand(3, 5))
    chain("fixed-by-reshape", [node("Reshape", ["x", "s"], ["y"])], s=i64(0, 30))
    chain("fixed-by-other-symbol", [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), node("Add", ["x", "t"], ["y"])], x=rand(4, 4, 6))
    chain("broadcast-symbols", [node("ReduceSum", ["x", "minus"], ["s"]), node("Mul", ["x", "s"], ["y"])], use=["minus"])
    chain("expression-sizes", [node("Concat", ["x", "x"], ["y"], axis=1)], symbols={"x": ["batch", "", 6]})


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    cases.directory.mkdir(parents=True, exist_ok=True)
    main()
