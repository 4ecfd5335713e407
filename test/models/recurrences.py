"""What exports of recurrences compute at any length, in NumPy: token by token, with the weights of the file.

    compute = read("selective_scan.torchscript.onnx", np.float64)
    y = compute(x)                                        x: the model's input, of any length; y in the given precision
"""
import pathlib

import numpy as np
import onnx
from onnx import numpy_helper


class Weights:
    """The weights that nodes of a kind read, in the order of the nodes: names differ from exporter to exporter."""

    def __init__(self, path, precision):
        graph = onnx.load(path).graph
        self.values = {tensor.name: numpy_helper.to_array(tensor).astype(precision) for tensor in graph.initializer}
        self.nodes = graph.node
        for node in graph.node:
            if node.op_type == "Identity" and node.input[0] in self.values:
                self.values[node.output[0]] = self.values[node.input[0]]

    def of(self, *kinds):
        """An iterator over weights of at least one dimension."""
        return iter([self.values[name] for node in self.nodes if node.op_type in kinds for name in node.input if name in self.values])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def silu(x):
    return x * sigmoid(x)


def softplus(x):
    return np.logaddexp(x, 0)


def causal_convolution(x, kernel, bias):
    """x: [B, T, D]; kernel: [D, 1, W], whose last tap is the token itself."""
    width = kernel.shape[-1]
    padded = np.pad(x, [(0, 0), (width - 1, 0), (0, 0)])
    return bias + sum(padded[:, tap:tap + x.shape[1]] * kernel[:, 0, tap] for tap in range(width))


def selective_state_space(x, step, rate, key, query, skip):
    """h = exp(step rate) h + step x key^T; y = h query + skip x. x, step: [B, T, D]; key, query: [B, T, N]; rate: [D, N]."""
    state, rows = np.zeros(x.shape[::2] + key.shape[2:], x.dtype), []
    for t in range(x.shape[1]):
        state = np.exp(step[:, t, :, None] * rate) * state + (step[:, t] * x[:, t])[:, :, None] * key[:, t, None]
        rows.append(np.einsum("bdn,bn->bd", state, query[:, t]))
    return np.stack(rows, 1) + skip * x


def gated_state_space(x, gate, convolution, project, steps, rate, skip):
    """The inside of a Mamba block: convolution, projection to step, key and query, state space, gate."""
    hidden = silu(causal_convolution(x, *convolution))
    rank = steps[0].shape[0]
    low, key, query = np.split(hidden @ project, [rank, rank + rate.shape[1]], axis=-1)
    step = softplus(low @ steps[0] + steps[1])
    return selective_state_space(hidden, step, rate, key, query, skip) * silu(gate)


def selective_scan(weights):
    matrices, biases = weights.of("MatMul"), weights.of("Add")
    convolution = tuple(weights.of("Conv"))
    enter, project, widen, leave = matrices
    enter_bias, step_bias, leave_bias = biases
    rate, skip = -np.exp(next(weights.of("Exp"))), next(weights.of("Mul"))

    def compute(x):
        hidden, gate = np.split(x @ enter + enter_bias, 2, axis=-1)
        return gated_state_space(hidden, gate, convolution, project, (widen, step_bias), rate, skip) @ leave + leave_bias

    return compute


def mamba(weights, epsilon=1e-5):
    """Two layers with residual connections between root mean square norms."""
    matrices, filters, rates = list(weights.of("MatMul")), list(weights.of("Conv")), list(weights.of("Exp"))
    step_biases, scales = list(weights.of("Add")), list(weights.of("Mul"))
    table = next(weights.of("Gather"))

    def normalise(x, scale):
        return scale * x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)

    def compute(tokens):
        x = table[tokens]
        for layer in range(2):
            enter, project, widen, leave = matrices[4 * layer:4 * layer + 4]
            scale, skip = scales[2 * layer:2 * layer + 2]
            hidden, gate = np.split(normalise(x, scale) @ enter, 2, axis=-1)
            steps = (widen.T, step_biases[layer].ravel())
            x = x + gated_state_space(hidden, gate, filters[2 * layer:2 * layer + 2], project, steps, -np.exp(rates[layer]), skip.ravel()) @ leave
        return normalise(x, scales[-1])

    return compute


def gated_deltanet(weights, heads=2):
    (mix, gates), (mix_bias, gate_bias) = weights.of("MatMul"), weights.of("Add")

    def compute(x):
        parts = (x @ mix + mix_bias).reshape(*x.shape[:2], 3, heads, -1)
        q, k = [part / np.linalg.norm(part, axis=-1, keepdims=True) for part in (parts[:, :, 0], parts[:, :, 1])]
        keep, step = np.split(sigmoid(x @ gates + gate_bias), 2, axis=-1)
        keep, v = 0.5 * keep + 0.5, parts[:, :, 2]
        state, rows = np.zeros((x.shape[0], heads, q.shape[-1], q.shape[-1]), x.dtype), []
        for t in range(x.shape[1]):
            state = keep[:, t, :, None, None] * state
            correction = step[:, t, :, None] * (v[:, t] - np.einsum("bhk,bhkv->bhv", k[:, t], state))
            state = state + k[:, t, :, :, None] * correction[:, :, None]
            rows.append(np.einsum("bhk,bhkv->bhv", q[:, t], state))
        return np.stack(rows, 1).reshape(x.shape)

    return compute


def script_scan(weights):
    (matrix,), (bias,) = weights.of("MatMul"), weights.of("Add")

    def compute(x):
        gate, value = np.split(x @ matrix + bias, 2, axis=-1)
        state, rows = np.zeros_like(value[:, 0]), []
        for t in range(x.shape[1]):
            state = sigmoid(gate[:, t]) * state + value[:, t]
            rows.append(state)
        return np.stack(rows, 1)

    return compute


def read(path, precision):
    """The function that a file computes, by the first part of its name."""
    models = {"gated_deltanet": gated_deltanet, "mamba": mamba, "script_scan": script_scan, "selective_scan": selective_scan}
    return models[pathlib.Path(path).name.split(".")[0]](Weights(path, precision))
