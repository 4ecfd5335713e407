"""The rows, one module for each family."""
from row import ROWS
from rows import attention, convolution, decode, linear, models, scan

__all__ = ["ROWS", "attention", "convolution", "decode", "linear", "models", "scan"]
