"""Cases for each group of operators: operators.py GROUP DIRECTORY."""
import pathlib
import sys

import blocks
import cases
import contraction
import contrib
import elementwise
import experts
import longformer
import movement
import newer
import ragged
import randoms
import tokens

GROUPS = [
    elementwise.elementwise, elementwise.logic, elementwise.activation, contraction.matmul, contraction.reduce, contraction.norm, movement.constant,
    movement.shape, movement.index, movement.positions, tokens.tokens, newer.newer, contrib.fused, contrib.gates, contrib.attention,
    experts.experts, longformer.longformer, blocks.blocks, blocks.block_floats, ragged.ragged, randoms.randoms
]

if __name__ == "__main__":
    cases.directory = pathlib.Path(sys.argv[2])
    cases.directory.mkdir(parents=True, exist_ok=True)
    next(group for group in GROUPS if group.__name__ == sys.argv[1])()
