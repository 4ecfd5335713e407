"""State-space scans with real, complex and log-domain states: Mamba, Mamba-2, S4D, S5, LRU, RWKV-4."""
import math

import numpy as np

from .functions import gelu, heads, merge, repeat_heads, rms, scan, sigmoid, silu, softplus
from .linear_attention import recurrence


def mamba(w, x, p, inputs):
    order = p.get("order", "forward")
    d, n = x.shape[-1], 16
    e, rank = 2 * d, (d + 15) // 16
    u, gate = w.project(x, "input", e), w.project(x, "gate", e)
    u = silu(w.conv(u, "conv", 4))
    low, k, q = np.split(w.project(u, "parameters", rank + 2 * n), [rank, rank + n], -1)
    bound = 1 / math.sqrt(rank)
    step_size = softplus(low @ w.uniform("step.weight", rank, e, low=-bound, high=bound) + w.uniform("step.bias", e, low=-6.9, high=-2.25))
    rate = -np.exp(np.log(np.arange(n) + 1.0))[:, None] * np.ones(e)
    state = np.zeros((x.shape[0], n, e))

    def step(t):
        nonlocal state
        state = np.exp(step_size[:, t, None] * rate) * state + k[:, t, :, None] * (step_size[:, t] * u[:, t])[:, None]
        return np.einsum("bn,bne->be", q[:, t], state)

    y = scan(order, step, x.shape[1]) + u
    return w.project(y * silu(gate), "output", d)


def mamba2(w, x, p, inputs):
    d, n, g, size = x.shape[-1], p["states"], p["groups"], p["head_features"]
    e = 2 * d
    h = e // size
    streams = silu(w.conv(w.project(x, "streams", e + 2 * g * n), "conv", 4))
    u, k, q = np.split(streams, [e, e + g * n], -1)
    u = heads(u, h)
    step_size = softplus(w.project(x, "step", h) + w.uniform("step_bias", h, low=-6.9, high=-2.25))
    decay = (step_size * -np.exp(w.uniform("log_rate", h, low=0, high=math.log(16))))[..., None]
    y = recurrence(repeat_heads(heads(q, g), h), repeat_heads(heads(k, g), h), u * step_size[..., None], decay) + u
    y = rms(merge(y) * silu(w.project(x, "gate", e)), 1e-5)
    return w.project(y, "output", d)


def zero_order_hold(a, dt):
    growth = np.exp(dt * a)
    return growth, (growth - 1) / a


def s4d(w, x, p, inputs):
    d, n = x.shape[-1], p["states"]
    dt = np.exp(w.uniform("log_step", d, 1, low=math.log(1e-3), high=math.log(1e-1)))
    growth, enter = zero_order_hold(-0.5 + 1j * np.pi * np.arange(n) * np.ones((d, 1)), dt)
    c = w.normal("readout", d, 2 * n, deviation=math.sqrt(0.5))
    state = np.zeros((x.shape[0], d, n), complex)

    def step(t):
        nonlocal state
        state = growth * state + enter * x[:, t, :, None]
        return 2 * ((c[:, :n] + 1j * c[:, n:]) * state).sum(-1).real

    y = scan("forward", step, x.shape[1]) + x * w.normal("skip", d, deviation=1)
    return w.gated_linear(gelu(y), "output", d)


def complex_states(growth, b):
    """s = growth * s + b over tokens."""
    state = np.zeros_like(b[:, 0])

    def step(t):
        nonlocal state
        state = growth * state + b[:, t]
        return state

    return scan("forward", step, b.shape[1])


def pairs_to_complex(x):
    return x[..., 0::2] + 1j * x[..., 1::2]


def s5(w, x, p, inputs):
    d, n = x.shape[-1], p["states"]
    dt = np.exp(w.uniform("log_step", n, low=math.log(1e-3), high=math.log(1e-1)))
    growth, enter = zero_order_hold(-0.5 + 1j * np.pi * np.arange(n), dt)
    b = w.normal("input.weight", d, n, 2, deviation=math.sqrt(0.5 / d))
    state = complex_states(growth, x @ (b[..., 0] + 1j * b[..., 1]) * enter)
    c = w.normal("readout.weight", 2 * n, d, deviation=1 / math.sqrt(2 * n))
    y = 2 * (state.real @ c[0::2] + state.imag @ c[1::2])
    y = gelu(y + x * w.normal("skip", d, deviation=1))
    return y * sigmoid(w.project(y, "gate", d))


def lru(w, x, p, inputs):
    d, n = x.shape[-1], p["states"]
    nu = w.uniform("nu_log", n, low=math.log(-math.log(0.999)), high=math.log(-math.log(0.9)))
    theta = w.uniform("theta_log", n, low=math.log(1e-3), high=math.log(math.pi / 10))
    growth = np.exp(-np.exp(nu) + 1j * np.exp(theta))
    state = complex_states(growth, pairs_to_complex(w.project(x, "input", 2 * n)) * np.sqrt(1 - abs(growth) ** 2))
    c = w.normal("readout.weight", 2 * n, d, deviation=1 / math.sqrt(2 * n))
    y = state.real @ c[0::2] + state.imag @ c[1::2]
    return w.gated_linear(gelu(y + x * w.normal("skip", d, deviation=1)), "output", d)


def rwkv4(w, x, p, inputs):
    d = x.shape[-1]
    stream = lambda name: w.project(w.conv(x, "shift_" + name, 2), name, d)
    gate, k, v = sigmoid(stream("receptance")), stream("key"), stream("value")
    decay, bonus = np.exp(-5.0 + 8.0 * np.arange(d) / (d - 1)), w.normal("bonus", d, deviation=0.5)
    top, bottom = np.zeros_like(x[:, 0]), np.zeros_like(x[:, 0])

    def step(t):
        nonlocal top, bottom
        now = np.exp(bonus + k[:, t])
        y = (top + now * v[:, t]) / (bottom + now)
        weight = np.exp(k[:, t])
        top, bottom = np.exp(-decay) * top + weight * v[:, t], np.exp(-decay) * bottom + weight
        return y

    return w.project(gate * scan("forward", step, x.shape[1]), "output", d)
