"""What is measured: a row is one computation at several sizes, with the same inputs for every contender.

    @row("gated-delta", target=1.3, sizes=[dict(T=1024, H=16, D=128)], small=dict(T=128, H=2, D=16))
    class GatedDelta(Row): ...

A contender is offered where the row has a method for it: `onnx` serves all that read ONNX, `torch`, `jax` and `arrays` (numpy in, numpy out, by the
name of the library) the others.
"""
import numpy as np

ROWS = {}


def row(name, target, sizes, small):
    """Registers a class: `target` is the least ratio to the best peer that the project asks of itself, `small` a size at which to test the row."""

    def register(cls):
        cls.name, cls.target, cls.sizes, cls.small = name, target, sizes, small
        ROWS[name] = cls
        return cls

    return register


class Row:
    name, target, sizes, small = "", 0.0, [], {}
    tolerance = 2e-3  # of the largest element of the reference

    def __init__(self, **size):
        self.size = size
        self.__dict__.update(size)

    def inputs(self, random):
        """name -> array, as every contender gets them."""
        raise NotImplementedError

    def reference(self, inputs):
        """The output in float64, or some leading tokens of it: contenders are compared where it has elements."""
        raise NotImplementedError

    def cost(self):
        """flops (a multiply-add is two), exps (none of their flops), bytes (each input and output once): what no implementation can avoid."""
        raise NotImplementedError

    def label(self):
        return " ".join(f"{key}={value}" for key, value in self.size.items())


def uniform(random, *shape, low=-1.0, high=1.0):
    return random.uniform(low, high, shape).astype(np.float32)


def normal(random, *shape, scale=1.0):
    return (scale * random.standard_normal(shape)).astype(np.float32)


def bytes_of(*shapes, width=4):
    return width * sum(int(np.prod(shape)) for shape in shapes)
