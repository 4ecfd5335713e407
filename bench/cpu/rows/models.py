"""Whole models: 12 layers, 512 wide, on embedded tokens. Weights are the same for every contender."""
import numpy as np

from row import Row, bytes_of, normal, row
from rows.convolution import transform_flops
from rows.layers import Jax, Numpy, Onnx, Torch

SIZES = [dict(T=2048, D=512, LAYERS=12)]
SMALL = dict(T=64, D=32, LAYERS=2)
HEAD, STATES, TAPS = 64, 16, 4


class Model(Row):
    """Layers of a mixer and a feed-forward part, each behind a norm and beside a residual."""

    tolerance = 5e-3  # twelve layers of f32
    hidden = 4  # width of the feed-forward part; 0: there is none

    # ---- the model, in the layers of `rows.layers`

    def mixer(self, layer):
        raise NotImplementedError

    def forward(self, ops, x):
        for layer in range(self.LAYERS):
            x = ops.add(x, getattr(self, self.mixer(layer))(ops, ops.norm(x, f"{layer}.norm"), layer))
            if self.hidden:
                inner = ops.gelu(ops.linear(ops.norm(x, f"{layer}.norm2"), f"{layer}.up"))
                x = ops.add(x, ops.linear(inner, f"{layer}.down"))
        return ops.norm(x, "norm")

    def attention(self, ops, x, layer):
        parts = [ops.linear(x, f"{layer}.{name}") for name in ("query", "key", "value")]
        return ops.linear(ops.attention(*parts, self.heads()), f"{layer}.output")

    def mamba(self, ops, x, layer):
        E, rank = 2 * self.D, self.rank()
        u, z = ops.split(ops.linear(x, f"{layer}.input"), [E, E])
        u = ops.silu(ops.short_conv(u, f"{layer}.conv"))
        low, b, c = ops.split(ops.linear(u, f"{layer}.parameters"), [rank, STATES, STATES])
        dt = ops.softplus(ops.linear(low, f"{layer}.step"))
        y = ops.add(ops.scan(u, dt, b, c, f"{layer}.rate"), ops.mul(u, ops.weight(f"{layer}.skip")))
        return ops.linear(ops.mul(y, ops.silu(z)), f"{layer}.output")

    def hyena(self, ops, x, layer):
        first, second, value = ops.split(ops.short_conv(ops.linear(x, f"{layer}.input"), f"{layer}.conv"), [self.D] * 3)
        y = ops.mul(first, ops.long_conv(ops.mul(second, value), f"{layer}.kernel"))
        return ops.linear(y, f"{layer}.output")

    # ---- sizes and weights

    def heads(self):
        return max(1, self.D // HEAD)

    def rank(self):
        return max(1, self.D // 16)

    def products(self, layer):
        """name -> (inputs, outputs, bias) of the dense products of a layer."""
        D, E = self.D, 2 * self.D
        mixers = {"attention": {name: (D, D, True) for name in ("query", "key", "value", "output")},
                  "mamba": {"input": (D, 2 * E, False), "parameters": (E, self.rank() + 2 * STATES, False), "step": (self.rank(), E, True),
                            "output": (E, D, False)},
                  "hyena": {"input": (D, 3 * D, True), "output": (D, D, True)}}
        found = dict(mixers[self.mixer(layer)])
        if self.hidden:
            found |= {"up": (D, self.hidden * D, True), "down": (self.hidden * D, D, True)}
        return found

    def weights(self, random):
        D, E, made = self.D, 2 * self.D, {}
        norms = ["norm"] + [f"{layer}.{name}" for layer in range(self.LAYERS) for name in ("norm", "norm2")[:2 if self.hidden else 1]]
        for name in norms:
            made |= {f"{name}.weight": normal(random, D, scale=0.1) + 1, f"{name}.bias": normal(random, D, scale=0.1)}
        for layer in range(self.LAYERS):
            for name, (inputs, outputs, bias) in self.products(layer).items():
                made[f"{layer}.{name}.weight"] = normal(random, inputs, outputs, scale=inputs**-0.5)
                if bias:
                    made[f"{layer}.{name}.bias"] = normal(random, outputs, scale=0.1) - (4 if name == "step" else 0)
            if self.mixer(layer) == "mamba":
                made |= {f"{layer}.rate": -np.tile(np.arange(1, STATES + 1, dtype=np.float32), (E, 1)), f"{layer}.skip": np.ones(E, np.float32)}
            if self.mixer(layer) != "attention":
                wide = E if self.mixer(layer) == "mamba" else 3 * D
                made |= {f"{layer}.conv.weight": normal(random, TAPS, wide, scale=0.5), f"{layer}.conv.bias": normal(random, wide, scale=0.1)}
            if self.mixer(layer) == "hyena":
                decay = np.exp(-6 * np.arange(self.T) / self.T)[:, None]
                made[f"{layer}.kernel"] = (normal(random, self.T, D, scale=0.2) * decay).astype(np.float32)
        return made

    def inputs(self, random):
        return {"x": normal(random, 1, self.T, self.D)} | self.weights(random)

    # ---- what is measured

    def cost(self):
        flops, exps, read = 0, 0, 0
        for layer in range(self.LAYERS):
            products = sum(inputs * outputs for inputs, outputs, _ in self.products(layer).values())
            flops, read = flops + 2 * self.T * products, read + products
            if self.mixer(layer) == "attention":
                pairs = self.heads() * self.T * (self.T + 1) // 2
                flops, exps = flops + 4 * pairs * self.D // self.heads(), exps + pairs
            elif self.mixer(layer) == "mamba":
                states = self.T * 2 * self.D * STATES
                flops, exps = flops + 8 * states, exps + states
            else:
                flops += self.D * (2 * transform_flops(2 * self.T) + 6 * self.T)
        return {"flops": flops, "exps": exps, "bytes": bytes_of((read,), *[(self.T, self.D)] * 2)}

    def reference(self, inputs):
        first = min(self.T, 64)  # all mixers look back alone
        exact = {key: array.astype(np.float64) for key, array in inputs.items()}
        return self.forward(Numpy(exact), exact["x"][:, :first])

    def graph(self, operators):
        ops = Onnx(self.inputs(np.random.default_rng(7)), self.T, operators)
        return ops.finish("x", self.forward(ops, "x"), self.D)

    def onnx(self):
        return self.graph(operators=False)

    def torch(self, x, **weights):
        return self.forward(Torch(weights), x)

    def jax(self, x, **weights):
        return self.forward(Jax(weights), x)


@row("model-gpt", target=1, sizes=SIZES, small=SMALL)
class Gpt(Model):
    def mixer(self, layer):
        return "attention"

    def onnx_operator(self):
        return self.graph(operators=True)


@row("model-mamba", target=3, sizes=SIZES, small=SMALL)
class Mamba(Model):
    hidden = 0
    torch = None  # a loop over tokens, each an operation of its own

    def mixer(self, layer):
        return "mamba"


@row("model-hybrid", target=1, sizes=SIZES, small=dict(T=64, D=32, LAYERS=4))
class Hybrid(Model):
    """Three layers of Mamba, one of attention, and again."""

    hidden = 2
    torch = None

    def mixer(self, layer):
        return "attention" if layer % 4 == 3 else "mamba"


@row("model-hyena", target=3, sizes=SIZES, small=SMALL)
class Hyena(Model):
    def mixer(self, layer):
        return "hyena"
