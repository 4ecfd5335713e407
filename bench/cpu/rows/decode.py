"""One token more: what a step costs is what it reads of the past."""
import numpy as np

from row import Row, bytes_of, normal, row, uniform
from rows.attention import Attention
from rows.graph import model, node


@row("decode-attention", target=1.5, sizes=[dict(H=32, G=8, S=4096, D=128)], small=dict(H=4, G=2, S=64, D=16))
class DecodeAttention(Attention):
    """A query of 32 heads, four of which share keys and values."""

    def mask(self):
        return np.ones((1, self.S), bool)

    def inputs(self, random):
        keys = [normal(random, 1, self.G, self.S, self.D) for _ in range(2)]
        return dict(zip("qkv", [normal(random, 1, self.H, 1, self.D), *keys]))

    def cost(self):
        return {"flops": 4 * self.H * self.S * self.D, "exps": self.H * self.S, "bytes": bytes_of(*[(self.G, self.S, self.D)] * 2)}

    def reference(self, inputs):
        repeat = lambda x: np.repeat(x, self.H // self.G, 1)
        return super().reference({"q": inputs["q"], "k": repeat(inputs["k"]), "v": repeat(inputs["v"])})

    def onnx(self):
        shapes = {"q": [1, self.H, 1, self.D], "k": [1, self.G, self.S, self.D], "v": [1, self.G, self.S, self.D]}
        return model([node("Attention", [*shapes], ["y"])], shapes, {"y": shapes["q"]}, opset=23)

    def torch(self, q, k, v):
        import torch.nn.functional as F

        return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)

    jax = None


@row("decode-mamba", target=1.5, sizes=[dict(B=1, D=1536, N=16), dict(B=32, D=1536, N=16)], small=dict(B=2, D=16, N=4))
class DecodeMamba(Row):
    """One step of a selective scan; the new state is an output too."""

    def inputs(self, random):
        B, D, N = self.B, self.D, self.N
        return {"h": normal(random, B, D, N), "u": normal(random, B, D, 1), "dt": uniform(random, B, D, 1, low=0.01, high=0.3), "b": normal(random, B, 1, N),
                "c": normal(random, B, 1, N), "a": -uniform(random, D, N, low=0.5, high=8)}

    def cost(self):
        states = self.B * self.D * self.N
        return {"flops": 2 * 4 * states, "exps": states, "bytes": bytes_of((2 * states,), (self.D, self.N), (3 * self.B, self.D))}

    def reference(self, inputs):
        i = {key: array.astype(np.float64) for key, array in inputs.items()}
        return ((np.exp(i["dt"] * i["a"]) * i["h"] + i["dt"] * i["u"] * i["b"]) * i["c"]).sum(-1)

    def onnx(self):
        B, D, N = self.B, self.D, self.N
        nodes = [node("Mul", ["dt", "a"], ["da"]), node("Exp", ["da"], ["decay"]), node("Mul", ["decay", "h"], ["kept"]), node("Mul", ["dt", "u"], ["du"]),
                 node("Mul", ["du", "b"], ["dub"]), node("Add", ["kept", "dub"], ["next"]), node("Mul", ["next", "c"], ["hc"]),
                 node("ReduceSum", ["hc", "last"], ["y"], keepdims=0)]
        shapes = {"h": [B, D, N], "u": [B, D, 1], "dt": [B, D, 1], "b": [B, 1, N], "c": [B, 1, N], "a": [D, N]}
        return model(nodes, shapes, {"y": [B, D], "next": [B, D, N]}, {"last": np.array([-1])})

    @staticmethod
    def torch(h, u, dt, b, c, a):
        import torch

        DecodeMamba.state = torch.exp(dt * a) * h + dt * u * b  # kept, so that nobody leaves it out
        return (DecodeMamba.state * c).sum(-1)


@row("decode-gated-delta", target=1.5, sizes=[dict(H=16, D=128), dict(H=32, D=128)], small=dict(H=2, D=16))
class DecodeGatedDelta(Row):
    def inputs(self, random):
        H, D = self.H, self.D
        made = {name: normal(random, 1, 1, H * D, scale=D**-0.5) for name in "qkv"}
        return made | {"state": normal(random, 1, H, D, D), "decay": uniform(random, 1, 1, H, low=-0.1, high=0), "beta": uniform(random, 1, 1, H, low=0.1, high=0.9)}

    def cost(self):
        return {"flops": 2 * 4 * self.H * self.D**2, "exps": self.H, "bytes": bytes_of((2 * self.H, self.D, self.D))}

    def reference(self, inputs):
        i = {key: array.astype(np.float64) for key, array in inputs.items()}
        q, k, v = (i[name].reshape(self.H, self.D) for name in "qkv")
        state = i["state"][0] * np.exp(i["decay"]).reshape(-1, 1, 1)
        update = (v - np.einsum("hkv,hk->hv", state, k)) * i["beta"].reshape(-1, 1)
        return np.einsum("hk,hkv->hv", q, state + k[:, :, None] * update[:, None]).reshape(1, 1, -1) * self.D**-0.5

    def onnx(self):
        H, D = self.H, self.D
        shapes = {name: [1, 1, H * D] for name in "qkv"} | {"state": [1, H, D, D], "decay": [1, 1, H], "beta": [1, 1, H]}
        mix = node("LinearAttention", [*shapes], ["y", "next"], domain="com.microsoft", update_rule="gated_delta", q_num_heads=H, kv_num_heads=H, scale=D**-0.5)
        return model([mix], shapes, {"y": [1, 1, H * D], "next": [1, H, D, D]})

    def torch(self, q, k, v, state, decay, beta):
        heads = lambda x: x.view(self.H, 1, self.D)
        kept = state[0] * decay.exp().view(-1, 1, 1)
        update = (heads(v) - heads(k) @ kept) * beta.view(-1, 1, 1)
        self.state = kept + heads(k).mT * update
        return (heads(q) @ self.state).view(1, 1, -1) * self.D**-0.5
