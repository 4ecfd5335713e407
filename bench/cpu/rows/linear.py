"""Linear attention and its kin: a matrix of state for each head."""
import numpy as np

from row import Row, bytes_of, normal, row, uniform
from rows.graph import model, node

LENGTHS = [dict(T=length, H=16, D=128) for length in [1024, 8192]]
SMALL = dict(T=128, H=2, D=16)


class LinearMixer(Row):
    """q, k, v [1, T, H D] in ONNX's LinearAttention: S = decay S + k (beta (v - S k)), o = scale q S."""

    rule, decays, betas = "linear", 0, False  # decays: 0 none, 1 of a head, D of each key channel

    def decay_width(self):
        return self.H * (self.D if self.decays == "keys" else 1)

    def inputs(self, random):
        width = self.H * self.D
        keys = normal(random, 1, self.T, self.H, self.D)
        keys /= np.linalg.norm(keys, axis=-1, keepdims=True)
        made = {"q": normal(random, 1, self.T, width), "k": keys.reshape(1, self.T, width), "v": normal(random, 1, self.T, width)}
        if self.decays:
            made["decay"] = uniform(random, 1, self.T, self.decay_width(), low=-0.1, high=-0.001)
        if self.betas:
            made["beta"] = uniform(random, 1, self.T, self.H, low=0.1, high=0.9)
        return made

    def cost(self):
        chunk = 64  # inside of a chunk attention costs chunk / 2 more keys a query; states cost D
        passes = 2 + 3 * self.betas
        flops = 2 * self.T * self.H * self.D * (passes * self.D + chunk)
        return {"flops": flops, "exps": 0, "bytes": bytes_of(*[(self.T, self.H * self.D)] * (5 if self.decays == "keys" else 4))}

    def reference(self, inputs):
        split = lambda name: inputs[name].astype(np.float64).reshape(self.T, self.H, -1)
        q, k, v = split("q"), split("k"), split("v")
        decay = np.exp(split("decay")) if self.decays else np.ones((self.T, self.H, 1))
        beta = split("beta") if self.betas else np.ones((self.T, self.H, 1))
        state, rows = np.zeros((self.H, self.D, self.D)), []
        for t in range(min(self.T, 512)):
            state = state * decay[t][..., None]
            update = v[t] - np.einsum("hkv,hk->hv", state, k[t]) if self.betas else v[t]
            state = state + k[t][..., None] * (beta[t] * update)[:, None]
            rows.append(np.einsum("hk,hkv->hv", q[t], state).reshape(-1) * self.D**-0.5)
        return np.stack(rows)[None]

    def onnx(self):
        T, width = self.T, self.H * self.D
        shapes = {"q": [1, T, width], "k": [1, T, width], "v": [1, T, width]}
        if self.decays:
            shapes["decay"] = [1, T, self.decay_width()]
        if self.betas:
            shapes["beta"] = [1, T, self.H]
        slots = ["q", "k", "v", "", "decay" if self.decays else "", "beta" if self.betas else ""]
        mix = node("LinearAttention", slots, ["y", "state"], domain="com.microsoft", update_rule=self.rule, q_num_heads=self.H, kv_num_heads=self.H,
                   scale=self.D**-0.5)
        return model([mix], shapes, {"y": [1, T, width]})

    # In chunks: what all libraries without an operator of their own are best at.
    def torch(self, q, k, v, decay=None):
        import torch

        heads = lambda x: x.view(self.T // 64, 64, self.H, -1).permute(2, 0, 1, 3)
        q, k, v = heads(q), heads(k), heads(v)
        log = heads(decay).cumsum(2) if decay is not None else torch.zeros(self.H, self.T // 64, 64, 1)
        total = log[:, :, -1:]
        causal = torch.ones(64, 64).tril().bool()
        if self.decays == "keys":
            scores = (q * log.exp()) @ (k * (-log).exp()).mT
        else:
            scores = (q @ k.mT) * (log - log.mT).masked_fill(~causal, -torch.inf).exp()
        inside = scores.masked_fill(~causal, 0) @ v
        added = (k * (total - log).exp()).mT @ v
        factors = total.exp().mT.expand(-1, -1, self.D, 1)
        state, before = torch.zeros(self.H, self.D, self.D), []
        for chunk in range(self.T // 64):
            before.append(state)
            state = factors[:, chunk] * state + added[:, chunk]
        y = inside + (q * log.exp()) @ torch.stack(before, 1)
        return y.permute(1, 2, 0, 3).reshape(1, self.T, -1) * self.D**-0.5


@row("linear-attention", target=2, sizes=LENGTHS, small=SMALL)
class LinearAttention(LinearMixer):
    pass


@row("retention", target=2, sizes=LENGTHS, small=SMALL)
class Retention(LinearMixer):
    rule, decays = "gated", "heads"


@row("mamba2-ssd", target=2, sizes=[dict(T=length, H=48, D=64, N=128) for length in [2048, 8192]], small=dict(T=128, H=4, D=16, N=32))
class Ssd(LinearMixer):
    """Queries and keys of one group, shared by 48 heads of values."""

    rule, decays = "gated", "heads"

    def inputs(self, random):
        T, H, D, N = self.T, self.H, self.D, self.N
        return {"q": normal(random, 1, T, N, scale=N**-0.5), "k": normal(random, 1, T, N), "v": normal(random, 1, T, H * D),
                "decay": uniform(random, 1, T, H, low=-0.1, high=-0.001)}

    def cost(self):
        flops = 2 * self.T * (self.H * self.D * (2 * self.N + 32) + 32 * self.N)
        return {"flops": flops, "exps": 0, "bytes": bytes_of(*[(self.T, self.H * self.D)] * 2, (self.T, 2 * self.N))}

    def reference(self, inputs):
        i = {key: array[0].astype(np.float64) for key, array in inputs.items()}
        state, rows = np.zeros((self.H, self.N, self.D)), []
        for t in range(min(self.T, 512)):
            state = state * np.exp(i["decay"][t])[:, None, None] + i["k"][t][None, :, None] * i["v"][t].reshape(self.H, 1, self.D)
            rows.append(np.einsum("k,hkv->hv", i["q"][t], state).reshape(-1))
        return np.stack(rows)[None]

    def onnx(self):
        T, H = self.T, self.H
        shapes = {"q": [1, T, self.N], "k": [1, T, self.N], "v": [1, T, H * self.D], "decay": [1, T, H]}
        repeat = {"times": np.array([1, 1, H], np.int64)}
        nodes = [node("Tile", ["k", "times"], ["keys"]), node("Tile", ["q", "times"], ["queries"]),
                 node("LinearAttention", ["queries", "keys", "v", "", "decay"], ["y", "state"], domain="com.microsoft", update_rule="gated", q_num_heads=H,
                      kv_num_heads=H, scale=1.0)]
        return model(nodes, shapes, {"y": [1, T, H * self.D]}, repeat)

    def torch(self, q, k, v, decay):
        import torch

        chunks = lambda x, heads: x.view(self.T // 64, 64, heads, -1).permute(2, 0, 1, 3)
        q, k, v, log = chunks(q, 1), chunks(k, 1), chunks(v, self.H), chunks(decay, self.H).cumsum(2)
        total, causal = log[:, :, -1:], torch.ones(64, 64).tril().bool()
        inside = ((q @ k.mT) * (log - log.mT).masked_fill(~causal, -torch.inf).exp()) @ v
        added = k.mT @ (v * (total - log).exp())
        factors, state, before = total.exp(), torch.zeros(self.H, self.N, self.D), []
        for chunk in range(self.T // 64):
            before.append(state)
            state = factors[:, chunk] * state + added[:, chunk]
        y = inside + (q @ torch.stack(before, 1)) * log.exp()
        return y.permute(1, 2, 0, 3).reshape(1, self.T, -1)


@row("gla", target=2, sizes=LENGTHS, small=SMALL)
class Gla(LinearMixer):
    rule, decays = "gated", "keys"


@row("gated-delta", target=1.3, sizes=LENGTHS, small=SMALL)
class GatedDelta(LinearMixer):
    rule, decays, betas = "gated_delta", "heads", True
    torch = None  # a triangular solve for each chunk: no library has it as one operation
