"""Selective scans: the core of a Mamba-1 layer, softplus, skip and gate included."""
import numpy as np

from row import Row, bytes_of, normal, row, uniform
from rows.graph import graph, model, node


@row("mamba-scan", target=8, sizes=[dict(L=length, D=1536, N=16) for length in [1024, 4096, 16384, 65536]], small=dict(L=64, D=32, N=4))
class MambaScan(Row):
    """h = exp(dt A) h + dt B u; y = (C h + D u) silu(z), dt = softplus(delta)."""

    def inputs(self, random):
        L, D, N = self.L, self.D, self.N
        return {"u": normal(random, L, D), "delta": uniform(random, L, D, low=-4, high=-1), "z": normal(random, L, D), "b": normal(random, L, N),
                "c": normal(random, L, N), "a": -uniform(random, D, N, low=0.5, high=8), "skip": normal(random, D)}

    def cost(self):
        states = self.L * self.D * self.N
        exps = states + 2 * self.L * self.D
        # A state takes dt A, its exponential, and three more for h and y.
        return {"flops": 2 * (4 * states + 4 * self.L * self.D), "exps": exps, "bytes": bytes_of(*[(self.L, self.D)] * 4, (self.L, 2 * self.N))}

    def reference(self, inputs):
        i = {key: array.astype(np.float64) for key, array in inputs.items()}
        dt, h, rows = np.log1p(np.exp(i["delta"])), np.zeros((self.D, self.N)), []
        for t in range(min(self.L, 512)):
            h = np.exp(dt[t, :, None] * i["a"]) * h + (dt[t] * i["u"][t])[:, None] * i["b"][t]
            rows.append(h @ i["c"][t] + i["skip"] * i["u"][t])
        y = np.stack(rows)
        z = i["z"][:len(y)]
        return y * z / (1 + np.exp(-z))

    def onnx(self):
        L, D, N = self.L, self.D, self.N
        body = graph("step", [
            node("Unsqueeze", ["dt", "last"], ["dt1"]), node("Mul", ["dt1", "a"], ["da"]), node("Exp", ["da"], ["decay"]),
            node("Mul", ["decay", "h"], ["kept"]), node("Mul", ["du", "b"], ["dub"], name="outer"), node("Add", ["kept", "dub"], ["h_next"]),
            node("Mul", ["h_next", "c"], ["hc"]), node("ReduceSum", ["hc", "last"], ["y"], keepdims=0)],
            {"h": [D, N], "dt": [D], "du": [D, 1], "b": [1, N], "c": [1, N]}, {"h_next": [D, N], "y": [D]})
        nodes = [node("Softplus", ["delta"], ["dt"]), node("Mul", ["dt", "u"], ["du"]), node("Unsqueeze", ["du", "last"], ["du1"]),
                 node("Unsqueeze", ["b", "middle"], ["b1"]), node("Unsqueeze", ["c", "middle"], ["c1"]),
                 node("Scan", ["h0", "dt", "du1", "b1", "c1"], ["h_last", "s"], body=body, num_scan_inputs=4),
                 node("Mul", ["skip", "u"], ["su"]), node("Add", ["s", "su"], ["t"]), node("Sigmoid", ["z"], ["gate"]),
                 node("Mul", ["z", "gate"], ["silu"]), node("Mul", ["t", "silu"], ["y"])]
        shapes = {"u": [L, D], "delta": [L, D], "z": [L, D], "b": [L, N], "c": [L, N], "a": [D, N], "skip": [D]}
        return model(nodes, shapes, {"y": [L, D]}, {"h0": np.zeros((D, N), np.float32), "last": np.array([-1]), "middle": np.array([1])})

    @staticmethod
    def jax(u, delta, z, b, c, a, skip):
        import jax
        import jax.numpy as jnp

        dt = jax.nn.softplus(delta)

        def step(h, token):
            dt, u, b, c = token
            h = jnp.exp(dt[:, None] * a) * h + (dt * u)[:, None] * b
            return h, h @ c + skip * u

        _, y = jax.lax.scan(step, jnp.zeros_like(a), (dt, u, b, c))
        return y * jax.nn.silu(z)
