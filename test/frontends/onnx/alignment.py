"""Causal Attention of fewer queries than keys, with the results of both alignments: alignment.py DIRECTORY."""
import pathlib
import sys

import numpy as np
from onnx import helper

import cases
from cases import rand
from references import softmax_attention


def main():
    arrays = {"q": rand(2, 2, 3, 4), "k": rand(2, 2, 5, 4), "v": rand(2, 2, 5, 4)}
    symbols = {"q": [2, 2, "queries", 4], "k": [2, 2, "keys", 4], "v": [2, 2, "keys", 4]}
    node = helper.make_node("Attention", list(arrays), ["y"], name="attention", is_causal=1)
    for name, symbols in [("fixed", None), ("symbols", symbols)]:
        for alignment, first in [("first", 0), ("last", 2)]:
            mask = np.triu(np.full((3, 5), -np.inf), first + 1)
            model = cases.model_of([node], arrays, ["y"], 23, symbols=symbols)
            cases.save(f"{name}-{alignment}", model, arrays, {"y": softmax_attention(*arrays.values(), mask, 0.5)})


if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[1])
    cases.directory.mkdir(parents=True, exist_ok=True)
    main()
