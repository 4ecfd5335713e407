"""Writes small models in which tokens are pooled and spread again, with inputs and outputs beside them.

  rate_cases.py FOLDER

Expected outputs come from ONNX's own reference evaluator. Each model takes any number of tokens, or any multiple of a number.
"""
import pathlib
import sys

import numpy as np
from onnx import helper

from stream_cases import FLOATS, WIDTH, cumulative_sum, gru, swapped, write

TOKENS = 96
EVER = 2**60


def pooled_mean(g, x, count):
    return g.op("ReduceMean", g.op("Reshape", x, g.integers(0, -1, count, WIDTH)), g.integers(2), keepdims=0)


def down(g, x, count):
    return g.op("MatMul", g.op("Reshape", x, g.integers(0, -1, count * WIDTH)), g.weight(count * WIDTH, WIDTH))


def up(g, y, count):
    return g.op("Reshape", g.op("MatMul", y, g.weight(WIDTH, count * WIDTH)), g.integers(0, -1, WIDTH))


def shifted(g, y):
    first = g.constant(np.zeros((1, 1, WIDTH), np.float32))
    return g.op("Concat", first, g.op("Slice", y, g.integers(0), g.integers(-1), g.integers(1)), axis=1)


def convolution(g, x, stride, taps):
    """What a causal audio encoder has: taps - stride tokens of padding, all of them in front."""
    return swapped(g, g.op("Conv", swapped(g, x), g.weight(WIDTH, WIDTH, taps), strides=[stride], pads=[taps - stride, 0]))


def transposed_convolution(g, x, stride):
    return swapped(g, g.op("ConvTranspose", swapped(g, x), g.weight(WIDTH, WIDTH, stride), strides=[stride]))


def attention(g, x, window=None):
    """Causal attention on as many tokens as there are, over the whole past or a window."""
    q, k, v = (g.op("MatMul", x, g.weight(WIDTH, WIDTH)) for _ in range(3))
    places = g.op("CumSum", g.op("ConstantOfShape", g.op("Shape", x, start=1, end=2), value=helper.make_tensor("one", FLOATS, [1], [1.0])),
                  g.constant(np.array(0, np.int64)))
    distance = g.op("Sub", g.op("Unsqueeze", places, g.integers(1)), g.op("Unsqueeze", places, g.integers(0)))
    hidden = g.op("Less", distance, g.constant(np.array(0, np.float32)))
    if window:
        hidden = g.op("Or", hidden, g.op("GreaterOrEqual", distance, g.constant(np.array(window, np.float32))))
    lowest = g.op("Where", hidden, g.constant(np.array(-np.inf, np.float32)), g.constant(np.array(0, np.float32)))
    weights = g.op("Softmax", g.op("Add", g.op("MatMul", q, swapped(g, k)), lowest), axis=-1)
    return g.op("MatMul", weights, v)


def mean_by_2(g, x):
    return g.op("Add", x, up(g, shifted(g, pooled_mean(g, x, 2)), 2))


def sums_by_3(g, x):
    """Without a shift a token sees all of its own three: the whole block comes at once."""
    return g.op("Add", x, up(g, cumulative_sum(g, down(g, x, 3)), 3))


def repeated_by_4(g, x):
    y = g.op("Unsqueeze", shifted(g, pooled_mean(g, x, 4)), g.integers(2))
    return g.op("Add", x, g.op("Reshape", g.op("Tile", y, g.integers(1, 1, 4, 1)), g.integers(0, -1, WIDTH)))


def attention_by_4(g, x):
    return g.op("Add", x, up(g, shifted(g, attention(g, down(g, x, 4))), 4))


def window_by_2(g, x):
    return g.op("Add", attention(g, x, window=5), up(g, shifted(g, attention(g, down(g, x, 2), window=3)), 2))


def gru_by_2_and_2(g, x):
    middle = down(g, x, 2)
    middle = g.op("Add", middle, up(g, shifted(g, gru(g, down(g, middle, 2))), 2))
    return g.op("Add", x, up(g, shifted(g, middle), 2))


def gru_by_2_and_3(g, x):
    middle = down(g, x, 2)
    middle = gru(g, g.op("Add", middle, up(g, shifted(g, cumulative_sum(g, down(g, middle, 3))), 3)))
    return g.op("Add", x, up(g, shifted(g, middle), 2))


def two_rates(g, x):
    """Pooled by 2 and by 3 side by side: six tokens come together."""
    return g.op("Add", up(g, shifted(g, gru(g, down(g, x, 2))), 2), up(g, shifted(g, cumulative_sum(g, down(g, x, 3))), 3))


def average_pool(g, x):
    return swapped(g, g.op("AveragePool", swapped(g, x), kernel_shape=[2], strides=[2]))


def maximum_pool(g, x):
    return swapped(g, g.op("MaxPool", swapped(g, x), kernel_shape=[3], strides=[3]))


def every_third(g, x):
    return g.op("Slice", x, g.integers(0), g.integers(EVER), g.integers(1), g.integers(3))


def sums_of_every_second(g, x):
    return cumulative_sum(g, g.op("Slice", x, g.integers(1), g.integers(EVER), g.integers(1), g.integers(2)))


def unpooled_convolution(g, x):
    return g.op("Add", x, transposed_convolution(g, gru(g, convolution(g, x, 2, 4)), 2))


def encoder(g, x):
    """16 tokens become one."""
    return gru(g, convolution(g, convolution(g, convolution(g, x, 2, 4), 4, 8), 2, 4))


def decoder(g, x):
    """One token becomes six: a step takes single tokens."""
    return transposed_convolution(g, transposed_convolution(g, gru(g, x), 2), 3)


def frames_that_overlap(g, x):
    """Three tokens for every two, the last of them from the next block: each frame comes when that is there."""
    return gru(g, swapped(g, g.op("Conv", swapped(g, x), g.weight(WIDTH, WIDTH, 3), strides=[2], pads=[0, 1])))


def centred_by_4(g, x):
    """Neighbours on both sides among the codes, spread without a shift: four tokens late."""
    codes = down(g, x, 4)
    return g.op("Add", x, up(g, swapped(g, g.op("Conv", swapped(g, codes), g.weight(WIDTH, WIDTH, 3), pads=[1, 1])), 4))


CASES = [mean_by_2, sums_by_3, repeated_by_4, attention_by_4, window_by_2, gru_by_2_and_2, gru_by_2_and_3, two_rates, average_pool, maximum_pool,
         every_third, sums_of_every_second, unpooled_convolution, encoder, decoder, frames_that_overlap, centred_by_4]


def main():
    folder = pathlib.Path(sys.argv[1]) / "cases"
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES:
        write(folder / case.__name__, case, ["tokens", "outputs"], TOKENS)


if __name__ == "__main__":
    main()
