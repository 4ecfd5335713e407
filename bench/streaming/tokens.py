"""Random tokens for `heddle-rt stream --input x=raw:-`: normal f32, token by token, as many as asked for, in little memory.

usage: python3 bench/streaming/tokens.py TOKENS FEATURES [SEED]
"""
import sys

import numpy

BLOCK = 1024  # tokens


def main(tokens, features, seed=1):
    random = numpy.random.default_rng(seed)
    for first in range(0, tokens, BLOCK):
        count = min(BLOCK, tokens - first)
        sys.stdout.buffer.write(random.standard_normal((count, features), dtype="f4").tobytes())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
