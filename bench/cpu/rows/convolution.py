"""Convolutions along the tokens: short, as long as the sequence, and in between. Tokens first: x [1, L, D]."""
import math

import numpy as np

from row import Row, bytes_of, normal, row
from rows.graph import i64, model, node


def transform_flops(length):
    return 2.5 * length * math.log2(length)  # a real transform


@row("short-conv", target=3, sizes=[dict(L=2048, D=1536), dict(L=16384, D=1536)], small=dict(L=64, D=16))
class ShortConv(Row):
    """Four causal taps for each channel, bias and SiLU."""

    TAPS = 4

    def inputs(self, random):
        return {"x": normal(random, 1, self.D, self.L), "w": normal(random, self.D, 1, self.TAPS), "bias": normal(random, self.D)}

    def cost(self):
        return {"flops": 2 * self.L * self.D * (self.TAPS + 2), "exps": self.L * self.D, "bytes": bytes_of(*[(self.L, self.D)] * 2)}

    def reference(self, inputs):
        x, w = (inputs[key].astype(np.float64) for key in "xw")
        padded = np.pad(x[0], [(0, 0), (self.TAPS - 1, 0)])
        y = sum(w[:, :, j] * padded[:, j:j + self.L] for j in range(self.TAPS)) + inputs["bias"][:, None]
        return (y / (1 + np.exp(-y)))[None]

    def onnx(self):
        shapes = {"x": [1, self.D, self.L], "w": [self.D, 1, self.TAPS], "bias": [self.D]}
        nodes = [node("Conv", list(shapes), ["c"], group=self.D, pads=[self.TAPS - 1, 0]), node("Sigmoid", ["c"], ["s"]), node("Mul", ["c", "s"], ["y"])]
        return model(nodes, shapes, {"y": [1, self.D, self.L]})

    def onnx_operator(self):
        shapes = {"x": [1, self.D, self.L], "w": [self.D, 1, self.TAPS], "bias": [self.D]}
        nodes = [node("CausalConvWithState", list(shapes), ["y", "state"], domain="com.microsoft", activation="silu")]
        return model(nodes, shapes, {"y": [1, self.D, self.L]})

    def torch(self, x, w, bias):
        import torch.nn.functional as F

        return F.silu(F.conv1d(F.pad(x, (self.TAPS - 1, 0)), w, bias, groups=self.D))


class LongConv(Row):
    """y[t] = sum over s <= t of h[s] x[t - s], of `taps` taps, for each channel."""

    def taps(self):
        return self.L

    def inputs(self, random):
        decay = np.exp(-4 * np.arange(self.taps()) / self.taps())[:, None]
        return {"x": normal(random, 1, self.L, self.D), "h": (normal(random, self.taps(), self.D) * decay).astype(np.float32)}

    def cost(self):
        # The kernel's spectrum is the model's; input and result of twice the length are transformed.
        flops = self.D * (2 * transform_flops(2 * self.L) + 6 * self.L)
        return {"flops": flops, "exps": 0, "bytes": bytes_of(*[(self.L, self.D)] * 2, (2 * self.L, self.D))}

    def reference(self, inputs):
        x, h = inputs["x"][0].astype(np.float64), inputs["h"].astype(np.float64)
        size = 2 * self.L
        return np.fft.irfft(np.fft.rfft(x, size, 0) * np.fft.rfft(h, size, 0), size, 0)[None, :self.L]

    def heddle_inputs(self, inputs):
        return {"x": inputs["x"]}

    def padded_spectrum(self, inputs):
        return np.fft.rfft(inputs["h"], 2 * self.L, 0).astype(np.complex64)

    def onnx(self):
        """As an exporter writes it: pad, DFT, product with the spectrum, inverse DFT, cut. The kernel is a weight."""
        size = 2 * self.L
        spectrum = self.padded_spectrum(self.inputs(np.random.default_rng(7)))
        constants = {"pads": i64(0, 0, 0, 0, 0, self.L, 0, 0), "last": i64(3), "axis": np.array(1, np.int64), "real": spectrum.real[None, ..., None],
                     "imag": spectrum.imag[None, ..., None], "zero": i64(0), "one": i64(1), "two": i64(2), "cut": i64(self.L), "tokens": i64(1),
                     "size": np.array(size, np.int64)}
        part = lambda source, first, after, name: node("Slice", [source, first, after, "last"], [name])
        nodes = [node("Unsqueeze", ["x", "last"], ["x1"]), node("Pad", ["x1", "pads"], ["xp"]), node("DFT", ["xp", "", "axis"], ["xs"], onesided=1),
                 part("xs", "zero", "one", "xr"), part("xs", "one", "two", "xi"), node("Mul", ["xr", "real"], ["rr"]), node("Mul", ["xi", "imag"], ["ii"]),
                 node("Mul", ["xr", "imag"], ["ri"]), node("Mul", ["xi", "real"], ["ir"]), node("Sub", ["rr", "ii"], ["yr"]), node("Add", ["ri", "ir"], ["yi"]),
                 node("Concat", ["yr", "yi"], ["ys"], axis=3), node("DFT", ["ys", "size", "axis"], ["yp"], onesided=1, inverse=1),
                 node("Slice", ["yp", "zero", "cut", "tokens"], ["y1"]), node("Squeeze", ["y1", "last"], ["y"])]
        return model(nodes, {"x": [1, self.L, self.D]}, {"y": [1, self.L, self.D]}, constants, opset=20)

    def torch(self, x, h):
        import torch

        if not hasattr(self, "spectrum"):
            self.spectrum = torch.fft.rfft(h, 2 * self.L, dim=0)
        return torch.fft.irfft(torch.fft.rfft(x, 2 * self.L, dim=1) * self.spectrum, 2 * self.L, dim=1)[:, :self.L]

    def fftw(self, inputs, threads):
        """Transforms in place of padded lines, channels first: the layout that FFTW is fastest at, with its plans measured."""
        import pyfftw

        size = 2 * self.L
        line, spectrum = pyfftw.zeros_aligned((self.D, size), "float32"), pyfftw.zeros_aligned((self.D, size // 2 + 1), "complex64")
        forward = pyfftw.FFTW(line, spectrum, axes=(1,), threads=threads, flags=("FFTW_MEASURE",))
        backward = pyfftw.FFTW(spectrum, line, axes=(1,), direction="FFTW_BACKWARD", threads=threads, flags=("FFTW_MEASURE",))
        kernel = np.ascontiguousarray(self.padded_spectrum(inputs).T) / size
        x = np.ascontiguousarray(inputs["x"][0].T)

        def call():
            line[:, :self.L], line[:, self.L:] = x, 0
            forward.execute()
            np.multiply(spectrum, kernel, out=spectrum)
            backward.execute()
            return line[:, :self.L]

        return lambda: call().T[None]

    def mkl_fft(self, inputs, threads):
        import mkl_fft

        kernel, x = np.ascontiguousarray(self.padded_spectrum(inputs).T), np.ascontiguousarray(inputs["x"][0].T)
        padded = np.pad(x, [(0, 0), (0, self.L)])
        return lambda: mkl_fft.irfft(mkl_fft.rfft(padded, axis=1) * kernel, 2 * self.L, axis=1)[:, :self.L].T[None]

    def ducc0(self, inputs, threads):
        import ducc0

        kernel, x = np.ascontiguousarray(self.padded_spectrum(inputs).T), np.ascontiguousarray(inputs["x"][0].T)
        padded = np.pad(x, [(0, 0), (0, self.L)])

        def call():
            spectrum = ducc0.fft.r2c(padded, axes=(1,), nthreads=threads)
            spectrum *= kernel
            return ducc0.fft.c2r(spectrum, axes=(1,), lastsize=2 * self.L, forward=False, inorm=2, nthreads=threads)[:, :self.L].T[None]

        return call


@row("fft-conv", target=2, sizes=[dict(L=1024, D=64), dict(L=4096, D=64), dict(L=16384, D=64), dict(L=65536, D=16)], small=dict(L=64, D=16))
class FftConv(LongConv):
    pass


@row("depthwise-quarter", target=50, sizes=[dict(L=4096, D=64)], small=dict(L=64, D=16))
class DepthwiseQuarter(LongConv):
    """A Conv1d with a quarter as many taps as tokens."""

    def taps(self):
        return self.L // 4

    def onnx(self):
        taps = self.inputs(np.random.default_rng(7))["h"][::-1].T[:, None]
        nodes = [node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("Conv", ["t", "w"], ["c"], group=self.D, pads=[self.taps() - 1, 0]),
                 node("Transpose", ["c"], ["y"], perm=[0, 2, 1])]
        return model(nodes, {"x": [1, self.L, self.D]}, {"y": [1, self.L, self.D]}, {"w": np.ascontiguousarray(taps)})

    fftw = mkl_fft = ducc0 = None  # compared with fft-conv's

    def torch(self, x, h):
        import torch.nn.functional as F

        return F.conv1d(F.pad(x.mT, (self.taps() - 1, 0)), h.flip(0).mT[:, None], groups=self.D).mT


@row("depthwise-full", target=50, sizes=[dict(L=2048, D=64)], small=dict(L=64, D=16))
class DepthwiseFull(DepthwiseQuarter):
    """A Conv1d with as many taps as tokens."""

    def taps(self):
        return self.L
