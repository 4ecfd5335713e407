"""Softmax attention over the past and over parts of it; q, k, v [1, H, S, D]."""
import numpy as np

from row import Row, bytes_of, normal, row
from rows.graph import model, node


class Attention(Row):
    def mask(self):
        """Which keys each query sees, [S, S]."""
        return np.tril(np.ones((self.S, self.S), bool))

    def inputs(self, random):
        return {name: normal(random, 1, self.H, self.S, self.D) for name in "qkv"}

    def cost(self):
        pairs = self.H * int(self.mask().sum())
        return {"flops": 4 * pairs * self.D, "exps": pairs, "bytes": bytes_of(*[(self.H, self.S, self.D)] * 4)}

    def reference(self, inputs):
        q, k, v = (inputs[name][0].astype(np.float64) for name in "qkv")
        rows = []
        for head in range(self.H):
            scores = np.where(self.mask(), q[head] @ k[head].T * self.D**-0.5, -np.inf)
            weights = np.exp(scores - scores.max(-1, keepdims=True))
            rows.append(weights / weights.sum(-1, keepdims=True) @ v[head])
        return np.stack(rows)[None]

    def shapes(self):
        return {name: [1, self.H, self.S, self.D] for name in "qkv"}

    def onnx(self):
        """Attention-23, with the mask as a constant where it is not causal."""
        shapes = self.shapes()
        plain = isinstance(self, Causal)
        nodes = [node("Attention", [*shapes] + ([] if plain else ["mask"]), ["y"], is_causal=int(plain))]
        mask = {} if plain else {"mask": np.where(self.mask(), 0, -np.inf).astype(np.float32)}
        return model(nodes, shapes, {"y": shapes["q"]}, mask, opset=23)

    def torch(self, q, k, v):
        import torch
        import torch.nn.functional as F

        if isinstance(self, Causal):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        if not hasattr(self, "tensor"):
            self.tensor = torch.from_numpy(self.mask())
        return F.scaled_dot_product_attention(q, k, v, self.tensor)

    def jax(self, q, k, v):
        import jax
        import jax.numpy as jnp

        scores = jnp.where(jnp.asarray(self.mask()), jnp.einsum("bhtd,bhsd->bhts", q, k) * self.D**-0.5, -jnp.inf)
        return jnp.einsum("bhts,bhsd->bhtd", jax.nn.softmax(scores), v)


@row("causal", target=1.3, sizes=[dict(S=length, H=8, D=64) for length in [1024, 2048, 4096]], small=dict(S=64, H=2, D=16))
class Causal(Attention):
    def grouped(self, **attributes):
        """GroupQueryAttention of com.microsoft, which has a flash path; [1, S, H D] inside."""
        S, H, D = self.S, self.H, self.D
        flat = {"shape": np.array([1, S, H * D]), "n": np.array([S - 1], np.int32), "t": np.array(S, np.int32), "heads": np.array([1, S, H, D])}
        nodes = []
        for name in "qkv":
            nodes += [node("Transpose", [name], [name + "t"], perm=[0, 2, 1, 3]), node("Reshape", [name + "t", "shape"], [name + "f"])]
        nodes += [node("GroupQueryAttention", ["qf", "kf", "vf", "", "", "n", "t"], ["yf", "pk", "pv"], domain="com.microsoft", num_heads=H, kv_num_heads=H,
                       **attributes), node("Reshape", ["yf", "heads"], ["yt"]), node("Transpose", ["yt"], ["y"], perm=[0, 2, 1, 3])]
        return model(nodes, self.shapes(), {"y": [1, H, S, D]}, flat)

    def onnx_operator(self):
        return self.grouped()


@row("window", target=5, sizes=[dict(S=4096, H=8, D=64, W=256)], small=dict(S=128, H=2, D=16, W=16))
class Window(Attention):
    def mask(self):
        return np.tril(np.ones((self.S, self.S), bool)) & ~np.tril(np.ones((self.S, self.S), bool), -self.W)

    def onnx_operator(self):
        return Causal.grouped(self, local_window_size=self.W)


@row("sinks", target=5, sizes=[dict(S=4096, H=8, D=64, W=256)], small=dict(S=128, H=2, D=16, W=16))
class Sinks(Window):
    """A window, and the first four tokens."""

    onnx_operator = None

    def mask(self):
        return super().mask() | (np.tril(np.ones((self.S, self.S), bool)) & (np.arange(self.S) < 4))


@row("dilated", target=5, sizes=[dict(S=4096, H=8, D=64)], small=dict(S=128, H=2, D=16))
class Dilated(Attention):
    """Every fourth of the last 1,024 tokens."""

    def mask(self):
        distance = np.subtract.outer(np.arange(self.S), np.arange(self.S))
        return (distance >= 0) & (distance < 1024) & (distance % 4 == 0)


@row("bigbird", target=5, sizes=[dict(S=4096, H=8, D=64)], small=dict(S=512, H=2, D=16))
class BigBird(Attention):
    """Blocks of 64: the first, three around the query, and three at random."""

    def mask(self):
        blocks, random = self.S // 64, np.random.default_rng(3)
        seen = np.abs(np.subtract.outer(np.arange(blocks), np.arange(blocks))) <= 1
        seen[0], seen[:, 0] = True, True
        for line in seen:
            line[random.choice(blocks, 3, replace=False)] = True
        return np.kron(seen, np.ones((64, 64), bool))
