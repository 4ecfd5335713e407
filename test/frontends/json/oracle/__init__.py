"""A second implementation of the JSON format in NumPy, in double precision and plain loops: what each block and preset means.

It shares nothing with the compiler.
"""
from .model import run

__all__ = ["run"]
