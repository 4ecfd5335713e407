"""The layers that whole models are written in, once for each kind of contender: Numpy (float64, the reference), Onnx (a graph under construction), Torch, Jax.

x is [1, T, D]; weights come by name from one dictionary, so that all contenders compute the same function.
"""
import numpy as np

from rows.graph import i64, model, node

EPSILON = 1e-5


class Arrays:
    """What numpy, torch and jax spell alike; `lib` is the library."""

    def __init__(self, weights):
        self.w = weights

    def linear(self, x, name):
        y = x @ self.w[f"{name}.weight"]
        return y + self.w[f"{name}.bias"] if f"{name}.bias" in self.w else y

    def norm(self, x, name):
        centred = x - x.mean(-1)[..., None]
        return centred / self.lib.sqrt((centred * centred).mean(-1)[..., None] + EPSILON) * self.w[f"{name}.weight"] + self.w[f"{name}.bias"]

    def gelu(self, x):
        return 0.5 * x * (1 + self.lib.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))

    def silu(self, x):
        return x / (1 + self.lib.exp(-x))

    def softplus(self, x):
        return self.lib.log1p(self.lib.exp(x))

    def add(self, x, y):
        return x + y

    def mul(self, x, y):
        return x * y

    def split(self, x, sizes):
        edges = np.cumsum([0, *sizes])
        return [x[..., begin:end] for begin, end in zip(edges, edges[1:])]

    def short_conv(self, x, name):
        taps, T = self.w[f"{name}.weight"], x.shape[1]  # [K, D], the last tap is the token itself
        padded = self.pad(x, len(taps) - 1, 0)
        return sum(padded[:, j:j + T] * taps[j] for j in range(len(taps))) + self.w[f"{name}.bias"]

    def long_conv(self, x, name):
        T = x.shape[1]
        return self.irfft(self.rfft(x, 2 * T, 1) * self.rfft(self.w[name][:T], 2 * T, 0), 2 * T)[:, :T]


class Numpy(Arrays):
    lib = np

    def pad(self, x, before, after):
        return np.pad(x, [(0, 0), (before, after), (0, 0)])

    def rfft(self, x, size, axis):
        return np.fft.rfft(x, size, axis)

    def irfft(self, x, size):
        return np.fft.irfft(x, size, 1)

    def attention(self, q, k, v, heads):
        T = q.shape[1]
        q, k, v = (part.reshape(T, heads, -1).transpose(1, 0, 2) for part in (q, k, v))
        scores = np.where(np.tril(np.ones((T, T), bool)), q @ k.transpose(0, 2, 1) * q.shape[-1]**-0.5, -np.inf)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        return (weights / weights.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(1, T, -1)

    def scan(self, u, dt, b, c, name):
        a, h, rows = self.w[name], 0, []
        for t in range(u.shape[1]):
            h = np.exp(dt[0, t, :, None] * a) * h + (dt * u)[0, t, :, None] * b[0, t]
            rows.append(h @ c[0, t])
        return np.stack(rows)[None]

    def weight(self, name):
        return self.w[name]


class Torch(Numpy):
    def __init__(self, weights):
        import torch

        super().__init__(weights)
        self.lib, self.spectra = torch, {}

    def norm(self, x, name):
        return self.lib.nn.functional.layer_norm(x, x.shape[-1:], self.w[f"{name}.weight"], self.w[f"{name}.bias"], EPSILON)

    def gelu(self, x):
        return self.lib.nn.functional.gelu(x, approximate="tanh")

    def silu(self, x):
        return self.lib.nn.functional.silu(x)

    def pad(self, x, before, after):
        return self.lib.nn.functional.pad(x, (0, 0, before, after))

    def rfft(self, x, size, axis):
        return self.lib.fft.rfft(x, size, dim=axis)

    def irfft(self, x, size):
        return self.lib.fft.irfft(x, size, dim=1)

    def attention(self, q, k, v, heads):
        q, k, v = (part.view(1, part.shape[1], heads, -1).transpose(1, 2) for part in (q, k, v))
        return self.lib.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)


class Jax(Numpy):
    def __init__(self, weights):
        import jax

        super().__init__(weights)
        self.lib, self.jax = jax.numpy, jax

    def silu(self, x):
        return self.jax.nn.silu(x)

    def pad(self, x, before, after):
        return self.lib.pad(x, [(0, 0), (before, after), (0, 0)])

    def rfft(self, x, size, axis):
        return self.lib.fft.rfft(x, size, axis)

    def irfft(self, x, size):
        return self.lib.fft.irfft(x, size, 1)

    def attention(self, q, k, v, heads):
        q, k, v = (part.reshape(1, part.shape[1], heads, -1) for part in (q, k, v))
        y = self.jax.nn.dot_product_attention(q, k, v, is_causal=True)
        return y.reshape(1, y.shape[1], -1)

    def scan(self, u, dt, b, c, name):
        a = self.w[name]

        def step(h, token):
            dt, du, b, c = token
            h = self.lib.exp(dt[:, None] * a) * h + du[:, None] * b
            return h, h @ c

        return self.jax.lax.scan(step, self.lib.zeros_like(a), (dt[0], (dt * u)[0], b[0], c[0]))[1][None]


class Onnx:
    """Values are names; the operators are those that ONNX has for a layer."""

    def __init__(self, weights, tokens, operators=False):
        self.w, self.tokens, self.operators = weights, tokens, operators
        self.nodes, self.constants = [], {}

    def emit(self, kind, *inputs, outputs=1, **attributes):
        names = [f"v{len(self.nodes)}_{index}" for index in range(outputs)]
        self.nodes.append(node(kind, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, name, array):
        self.constants[name] = array
        return name

    def weight(self, name):
        return self.constant(name, self.w[name])

    def finish(self, x, y, width):
        self.nodes.append(node("Identity", [y], ["y"]))
        shape = [1, self.tokens, width]
        return model(self.nodes, {x: shape}, {"y": shape}, self.constants, opset=23)

    def linear(self, x, name):
        y = self.emit("MatMul", x, self.weight(f"{name}.weight"))
        return self.emit("Add", y, self.weight(f"{name}.bias")) if f"{name}.bias" in self.w else y

    def norm(self, x, name):
        return self.emit("LayerNormalization", x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), epsilon=EPSILON)

    def gelu(self, x):
        return self.emit("Gelu", x, approximate="tanh")

    def silu(self, x):
        return self.mul(x, self.emit("Sigmoid", x))

    def softplus(self, x):
        return self.emit("Softplus", x)

    def add(self, x, y):
        return self.emit("Add", x, y)

    def mul(self, x, y):
        return self.emit("Mul", x, y)

    def split(self, x, sizes):
        return self.emit("Split", x, self.constant("sizes_" + "_".join(map(str, sizes)), i64(*sizes)), outputs=len(sizes), axis=-1)

    def short_conv(self, x, name):
        taps = self.w[f"{name}.weight"]
        kernel = self.constant(f"{name}.weight", np.ascontiguousarray(taps.T[:, None]))
        lines = self.emit("Transpose", x, perm=[0, 2, 1])
        y = self.emit("Conv", lines, kernel, self.weight(f"{name}.bias"), group=taps.shape[1], pads=[len(taps) - 1, 0])
        return self.emit("Transpose", y, perm=[0, 2, 1])

    def attention(self, q, k, v, heads):
        if not self.operators:
            return self.emit("Attention", q, k, v, is_causal=1, q_num_heads=heads, kv_num_heads=heads)
        last, total = self.constant("last", np.array([self.tokens - 1], np.int32)), self.constant("total", np.array(self.tokens, np.int32))
        return self.emit("GroupQueryAttention", q, k, v, "", "", last, total, outputs=3, domain="com.microsoft", num_heads=heads, kv_num_heads=heads)[0]

    def long_conv(self, x, name):
        """As an exporter writes it: pad, DFT, product with the spectrum of the weight, inverse DFT, cut."""
        T = self.tokens
        spectrum = np.fft.rfft(self.w[name], 2 * T, 0).astype(np.complex64)
        real, imag = self.constant(f"{name}.real", spectrum.real[None, ..., None]), self.constant(f"{name}.imag", spectrum.imag[None, ..., None])
        last, axis, size = self.constant("last_axis", i64(3)), self.constant("axis", np.array(1, np.int64)), self.constant("size", np.array(2 * T, np.int64))
        padded = self.emit("Pad", self.emit("Unsqueeze", x, last), self.constant("pads", i64(0, 0, 0, 0, 0, T, 0, 0)))
        spectra = self.emit("DFT", padded, "", axis, onesided=1)
        zero, one, two = (self.constant(name, i64(value)) for name, value in (("zero", 0), ("one", 1), ("two", 2)))
        xr, xi = self.emit("Slice", spectra, zero, one, last), self.emit("Slice", spectra, one, two, last)
        yr = self.emit("Sub", self.mul(xr, real), self.mul(xi, imag))
        yi = self.add(self.mul(xr, imag), self.mul(xi, real))
        y = self.emit("DFT", self.emit("Concat", yr, yi, axis=3), size, axis, onesided=1, inverse=1)
        return self.emit("Squeeze", self.emit("Slice", y, zero, self.constant("end", i64(T)), one), last)

    def scan(self, u, dt, b, c, name):
        """ONNX has no operator for it but Scan: a graph for each token."""
        from rows.graph import graph

        D, N = self.w[name].shape
        last, first, second = self.constant("last_one", i64(-1)), self.constant("first", i64(0)), self.constant("second", i64(1))
        body = graph("step", [
            node("Unsqueeze", ["dt", last], ["dt1"]), node("Mul", ["dt1", self.weight(name)], ["da"]), node("Exp", ["da"], ["decay"]),
            node("Mul", ["decay", "h"], ["kept"]), node("Mul", ["du", "b"], ["dub"]), node("Add", ["kept", "dub"], ["h_next"]),
            node("Mul", ["h_next", "c"], ["hc"]), node("ReduceSum", ["hc", last], ["y"], keepdims=0)],
            {"h": [D, N], "dt": [D], "du": [D, 1], "b": [1, N], "c": [1, N]}, {"h_next": [D, N], "y": [D]})
        line = lambda x: self.emit("Squeeze", x, first)
        du = self.emit("Unsqueeze", line(self.mul(dt, u)), last)
        rows = [self.emit("Unsqueeze", line(x), second) for x in (b, c)]
        state = self.constant(f"zeros_{D}_{N}", np.zeros((D, N), np.float32))
        _, y = self.emit("Scan", state, line(dt), du, *rows, outputs=2, body=body, num_scan_inputs=4)
        return self.emit("Unsqueeze", y, first)
