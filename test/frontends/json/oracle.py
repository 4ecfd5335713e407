"""A second implementation of the format in NumPy, in double precision and plain loops: what each block and preset means.

It shares nothing with the compiler. Random weights are made by the rule of docs/json-model.md, so that no weights have to be exchanged.
"""
import math

import numpy as np

MASK = (1 << 64) - 1


def fnv(name):
    h = 0xCBF29CE484222325
    for c in name.encode():
        h = ((h ^ c) * 0x100000001B3) & MASK
    return h


def mix64(z):
    z = np.asarray(z, np.uint64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


STEP = 0x9E3779B97F4A7C15


def bits(seed, name, count):
    with np.errstate(over="ignore"):
        stream = mix64((seed + STEP) & MASK) ^ mix64((fnv(name) + STEP) & MASK)
        return mix64(stream + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(STEP))


def normal(seed, name, count):
    z = bits(seed, name, count)
    parts = [(z >> np.uint64(s)) & np.uint64(0xFFFF) for s in (0, 16, 32, 48)]
    return (sum(p.astype(np.int64) for p in parts) - 2 * 0xFFFF).astype(np.float32) / np.float32(37836.9)


def uniform(seed, name, count):
    return (bits(seed, name, count) >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.logaddexp(0, x)


def silu(x):
    return x * sigmoid(x)


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


ACTIVATIONS = {"gelu": gelu, "identity": lambda x: x, "relu": lambda x: np.maximum(x, 0), "sigmoid": sigmoid, "silu": silu, "softplus": softplus,
               "relu_squared": lambda x: np.maximum(x, 0) ** 2, "tanh": np.tanh,
               "gelu_tanh": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))}


class Weights:
    def __init__(self, seed, prefix="blocks."):
        self.seed, self.prefix = seed, prefix

    def under(self, name):
        return Weights(self.seed, f"{self.prefix}{name}.")

    def normal(self, name, *shape, deviation):
        w = np.float32(deviation) * normal(self.seed, self.prefix + name, math.prod(shape))
        return w.astype(np.float64).reshape(shape)

    def uniform(self, name, *shape, low, high):
        low, high = np.float32(low), np.float32(high)
        return (low + (high - low) * uniform(self.seed, self.prefix + name, math.prod(shape))).astype(np.float64).reshape(shape)

    def project(self, x, name, width):
        """Biases start at zero."""
        return x @ self.normal(name + ".weight", x.shape[-1], width, deviation=1 / math.sqrt(x.shape[-1]))

    def conv(self, x, name, taps):
        return short_conv(x, self.normal(name + ".weight", x.shape[-1], taps, deviation=1 / math.sqrt(taps)))

    def gated_linear(self, x, name, width):
        return self.project(x, name, width) * sigmoid(self.project(x, name + "_gate", width))


def short_conv(x, w):
    taps = w.shape[1]
    padded = np.concatenate([np.zeros_like(x[:, : taps - 1]), x], 1)
    return sum(padded[:, j : j + x.shape[1]] * w[:, j] for j in range(taps))


def rms(x, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)


def layer(x, epsilon):
    x = x - x.mean(-1, keepdims=True)
    return rms(x, epsilon)


def heads(x, h):
    return x.reshape(*x.shape[:-1], h, -1)


def merge(x):
    return x.reshape(*x.shape[:-2], -1)


def l2(x):
    return x / np.maximum(np.linalg.norm(x, axis=-1, keepdims=True), 1e-6)


def rotary(x, base=10000.0, interleaved=False, features=0, scale=1.0, offset=0):
    d = features or x.shape[-1]
    angle = ((np.arange(x.shape[1]) + offset) * scale)[:, None] * base ** (-2.0 * np.arange(d // 2) / d)
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    y = x.copy()
    first, second = (slice(0, d, 2), slice(1, d, 2)) if interleaved else (slice(0, d // 2), slice(d // 2, d))
    y[..., first] = x[..., first] * c - x[..., second] * s
    y[..., second] = x[..., second] * c + x[..., first] * s
    return y


def sees(support, i, j):
    if support in ("full", "causal"):
        return support == "full" or j <= i
    (kind, v), = support.items()
    if kind == "window":
        return i - v["left"] <= j <= i + v.get("right", 0)
    if kind == "sinks":
        return j < v
    if kind == "global":
        return i in v or j in v
    return (any if kind == "any_of" else all)(sees(each, i, j) for each in v)


def mask(support, tokens, segments, batch):
    pairs = np.array([[sees(support, i, j) for j in range(tokens)] for i in range(tokens)])
    pairs = np.broadcast_to(pairs, (batch, tokens, tokens))
    return pairs if segments is None else pairs & (segments[:, :, None] == segments[:, None, :])


def repeat_heads(x, h):
    return np.repeat(x, h // x.shape[2], axis=2)


def scan(x_order, step, tokens):
    """Runs step(t) over tokens in the given order and stacks what it returns."""
    out = [None] * tokens
    for t in range(tokens)[:: -1 if x_order == "reverse" else 1]:
        out[t] = step(t)
    return np.stack(out, 1)


def flip(x, order):
    return x[:, ::-1] if order == "reverse" else x


def t5_bucket(ahead, buckets, largest, both):
    """The bucket of a relative position, after the published code."""
    first = 0
    if both:
        buckets //= 2
        first, ahead = (ahead > 0) * buckets, abs(ahead)
    else:
        ahead = max(-ahead, 0)
    exact = buckets // 2
    if ahead < exact:
        return first + ahead
    return first + min(buckets - 1, exact + int(math.log(ahead / exact) / math.log(largest / exact) * (buckets - exact)))


def score_bias(w, h, bias, queries, keys):
    if bias["kind"] != "t5":
        raise NotImplementedError(bias["kind"])
    table = w.normal("score_bias", bias["buckets"], h, deviation=0.1)
    rows = [[table[t5_bucket(j - i, bias["buckets"], bias["max_distance"], bias["bidirectional"])] for j in range(keys)] for i in range(queries)]
    return np.moveaxis(np.array(rows), 2, 0)


def attention(w, x, p, inputs):
    h, kv = p["heads"], p.get("kv_heads", p["heads"])
    d = x.shape[-1] // h
    source = inputs[p["keys_from"]] if "keys_from" in p else x
    q, k, v = heads(w.project(x, "query", h * d), h), heads(w.project(source, "key", kv * d), kv), heads(w.project(source, "value", kv * d), kv)
    if p.get("qk_norm"):
        q, k = rms(q, 1e-6), rms(k, 1e-6)
    if "rotary" in p:
        q, k = rotary(q, **p["rotary"]), rotary(k, **p["rotary"])
    s = np.einsum("bihd,bjhd->bhij", q, repeat_heads(k, h)) * p.get("scale", 1 / math.sqrt(d))
    if p.get("soft_cap"):
        s = p["soft_cap"] * np.tanh(s / p["soft_cap"])
    if p.get("alibi"):
        position = np.arange(x.shape[1])
        s = s - (2.0 ** (-8.0 * (np.arange(h) + 1) / h))[:, None, None] * abs(position[:, None] - position)
    if "score_bias" in p:
        s = s + score_bias(w, h, p["score_bias"], x.shape[1], source.shape[1])
    if "keys_from" not in p:
        pairs = mask(p.get("support", "causal"), x.shape[1], inputs.get(p.get("segments")), x.shape[0])
        s = np.where(pairs[:, None], s, -np.inf)
    s = np.exp(s - s.max(-1, keepdims=True))
    o = np.einsum("bhij,bjhd->bihd", s / s.sum(-1, keepdims=True), repeat_heads(v, h))
    return w.project(merge(o), "output", x.shape[-1])


def elu1(x):
    return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))


def linear_attention(w, x, p, inputs):
    h, d = p["heads"], x.shape[-1]
    q, k, v = elu1(heads(w.project(x, "query", d), h)), elu1(heads(w.project(x, "key", d), h)), heads(w.project(x, "value", d), h)
    s = np.einsum("bihd,bjhd->bhij", q, k) * np.tri(x.shape[1])
    o = np.einsum("bhij,bjhd->bihd", s, v) / (np.moveaxis(s.sum(-1), 1, 2)[..., None] + 1e-6)
    return w.project(merge(o), "output", d)


def recurrence(q, k, v, decay, scale=1.0):
    """S = exp(decay) * S + k v^T; decay [B, T, H, dk or 1]; q, k, v with the same heads."""
    state = np.zeros((v.shape[0], v.shape[2], k.shape[3], v.shape[3]))

    def step(t):
        nonlocal state
        state = np.exp(decay[:, t])[..., None] * state + k[:, t][..., None] * v[:, t][..., None, :]
        return scale * np.einsum("bhk,bhkv->bhv", q[:, t], state)

    return scan("forward", step, v.shape[1])


def retention(w, x, p, inputs):
    h, d = p["heads"], x.shape[-1]
    q = rotary(heads(w.project(x, "query", d), h), interleaved=True)
    k = rotary(heads(w.project(x, "key", d), h), interleaved=True)
    v = heads(w.project(x, "value", 2 * d), h)
    decay = np.broadcast_to(np.log(1 - 2.0 ** (-5 - np.arange(h)))[None, None, :, None], (*x.shape[:2], h, 1))
    y = merge(layer(recurrence(q, k, v, decay, 1 / math.sqrt(d // h)), 1e-5))
    return w.project(silu(w.project(x, "gate", 2 * d)) * y, "output", d)


def gla(w, x, p, inputs):
    h, d = p["heads"], x.shape[-1]
    q, k, v = heads(w.project(x, "query", d // 2), h), heads(w.project(x, "key", d // 2), h), heads(w.project(x, "value", d), h)
    decay = heads(-softplus(-w.project(w.project(x, "gate_down", p.get("gate_rank", 16)), "gate_up", d // 2)) / 16, h)
    y = merge(rms(recurrence(q, k, v, decay, 1 / math.sqrt(d // 2 // h)), 1e-5))
    return w.project(silu(w.project(x, "gate", d)) * y, "output", d)


def delta(w, x, p, inputs, gated=False):
    h, d = p["heads"], x.shape[-1]
    stream = lambda name: heads(silu(w.conv(w.project(x, name, d), name + "_conv", 4)), h)
    q, k, v = l2(stream("query")), l2(stream("key")), stream("value")
    beta = sigmoid(w.project(x, "beta", h))
    keep = np.ones_like(beta)
    if gated:
        rate = -np.exp(w.uniform("log_rate", h, low=0, high=math.log(16)))
        keep = np.exp(softplus(w.project(x, "decay", h) + w.uniform("step_bias", h, low=-6.9, high=-2.25)) * rate)
    state = np.zeros((x.shape[0], h, d // h, d // h))

    def step(t):
        nonlocal state
        b, a = beta[:, t, :, None, None], keep[:, t, :, None, None]
        kt = k[:, t][..., None]
        erased = state - b * kt * np.einsum("bhk,bhkv->bhv", k[:, t], state)[..., None, :]
        state = a * erased + b * kt * v[:, t][..., None, :]
        return np.einsum("bhk,bhkv->bhv", q[:, t], state) / math.sqrt(d // h)

    y = merge(rms(scan("forward", step, x.shape[1]), 1e-5))
    if gated:
        y = y * silu(w.project(x, "gate", d))
    return w.project(y, "output", d)


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


def convolve(x, kernel, center=0):
    """kernel [D, K]; out[i] = sum_j kernel[i - j + center] x[j]."""
    y = np.zeros_like(x)
    for i in range(x.shape[1]):
        for j in range(x.shape[1]):
            if 0 <= i - j + center < kernel.shape[1]:
                y[:, i] += kernel[:, i - j + center] * x[:, j]
    return y


def hyena(w, x, p, inputs):
    d, length, order, bands, hidden = x.shape[-1], p["max_tokens"], p.get("order", 2), p.get("bands", 8), p.get("filter_hidden", 64)
    t = np.arange(length)
    frequency = 1e-4 + (bands - 1 - 1e-4) * np.arange(bands) / (bands - 1)
    angle = 2 * np.pi * t[:, None] / length * frequency
    place = t / (length - 1)
    z = np.zeros((length, 2 * bands + 1))
    z[:, 0], z[:, 1::2], z[:, 2::2] = place, np.cos(angle), -np.sin(angle)
    for name in ("input", "hidden"):
        z = np.sin(10 * w.project(z, "filter." + name, hidden))
    z = w.project(z, "filter.output", order * d).reshape(length, order, d)
    rate = -math.log(0.01) / (0.3 + np.arange(d) / (d - 1) * 1.2)
    kernel = z * (np.exp(-rate * place[:, None]) + 0.05)[:, None] / math.sqrt(length)
    streams = np.split(w.conv(w.project(x, "input", (order + 1) * d), "conv", p.get("taps", 3)), order + 1, -1)
    y = streams[-1]
    for i in range(order):
        y = streams[i] * (convolve(y, kernel[:, i].T) + y * w.normal(f"skip_{i}", d, deviation=1))
    return w.project(y, "output", d)


def finish_conv(w, x, y):
    d = x.shape[-1]
    return w.gated_linear(gelu(y + x * w.normal("skip", d, deviation=1)), "output", d)


def longconv(w, x, p, inputs):
    d, length = x.shape[-1], p["max_tokens"]
    kernel = w.normal("kernel", d, length, deviation=1 / math.sqrt(length))
    return finish_conv(w, x, convolve(x, np.sign(kernel) * np.maximum(abs(kernel) - 0.003, 0)))


def sgconv(w, x, p, inputs):
    d, length, base = x.shape[-1], p["max_tokens"], p["base"]
    scales = 1 + max(0, math.ceil(math.log2(length / base)))

    def direction(name):
        points = w.normal(name, scales, d, base, deviation=1)
        parts = []
        for i in range(scales):
            stretch = 2 ** max(0, i - 1)
            source = (np.arange(base * stretch) + 0.5) / stretch - 0.5
            parts.append(2.0 ** (scales - 1 - i) * np.stack([np.interp(source, np.arange(base), row) for row in points[i]]))
        kernel = np.concatenate(parts, 1)
        return (kernel / np.linalg.norm(kernel, axis=1, keepdims=True))[:, :length]

    kernel, center = direction("kernel"), 0
    if p.get("bidirectional"):
        kernel, center = np.concatenate([direction("kernel_reverse")[:, : length - 1][:, ::-1], kernel], 1), length - 1
    return finish_conv(w, x, convolve(x, kernel, center))


def fnet(w, x, p, inputs):
    return np.fft.fft2(x, axes=(1, 2)).real


def mlp_mixer(w, x, p, inputs):
    tokens, hidden = x.shape[1], p["hidden"]
    up = w.normal("up.weight", hidden, tokens, deviation=1 / math.sqrt(tokens))
    down = w.normal("down.weight", tokens, hidden, deviation=1 / math.sqrt(hidden))
    return down @ gelu(up @ x)


FUNCTIONS = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "sigmoid": sigmoid, "abs": abs, "max": np.maximum, "min": np.minimum,
             "select": np.where}


def formula(text, **values):
    return eval(text, {"__builtins__": {}}, dict(FUNCTIONS, **values))


def slots(w, x, p, inputs):
    """Mixers by formula: a linear score over the past, and a region transport."""
    h, keys = p["query_heads"], p["key_features"]
    values, tokens = p.get("value_features", keys), x.shape[1]
    q, k, v = (heads(w.project(x, name, h * n), h) for name, n in (("query", keys), ("key", keys), ("value", values)))
    if "transport" not in p:
        s = np.einsum("bihd,bjhd->bhij", q, k) / math.sqrt(keys)
        position = np.arange(tokens)
        s = np.zeros_like(s) + formula(p["score"]["expression"], score=s, i=position[:, None], j=position, h=np.arange(h)[:, None, None],
                                       b=np.arange(len(x))[:, None, None, None]) * np.tri(tokens)
        return w.project(merge(np.einsum("bhij,bjhd->bihd", s, v)), "output", x.shape[-1])
    keep = heads(sigmoid(w.project(x, "transport.keep", h * keys)), h)
    state = np.zeros((x.shape[0], h, keys, values))

    def step(t):
        nonlocal state
        state = formula(p["transport"]["expression"], state=state, keep=keep[:, t][..., None]) + k[:, t][..., None] * v[:, t][..., None, :]
        return np.einsum("bhk,bhkv->bhv", q[:, t], state)

    return w.project(merge(scan("forward", step, tokens)), "output", x.shape[-1])


PRESETS = {f.__name__: f for f in (attention, linear_attention, retention, gla, delta, mamba, mamba2, s4d, s5, lru, rwkv4, hyena, longconv, sgconv,
                                   fnet, mlp_mixer)}
PRESETS["gated_delta"] = lambda *a: delta(*a, gated=True)


def block(w, x, b, inputs):
    kind, d = b["type"], x.shape[-1]
    if kind == "mixer":
        return slots(w, x, b["slots"], inputs) if "slots" in b else PRESETS[b["preset"]](w, x, b, inputs)
    if kind == "repeat":
        for i in range(b["count"]):
            x = chain(w.under(str(i)), x, b["blocks"], inputs)
        return x
    if kind == "residual":
        return x + chain(w, x, b["blocks"], inputs)
    if kind == "embedding":
        return w.normal("weight", b["vocabulary"], b["features"], deviation=1)[x]
    if kind == "head":
        return w.project(rms(x, 1e-5), "proj", b["features"])
    if kind == "mlp":
        return w.project(ACTIVATIONS[b.get("activation", "gelu")](w.project(x, "up", b["hidden"])), "down", d)
    if kind == "positions":
        return x + w.normal("weight", b["max_tokens"], d, deviation=0.02)[: x.shape[1]]
    if kind == "gated_mlp":
        return w.project(silu(w.project(x, "gate", b["hidden"])) * w.project(x, "up", b["hidden"]), "down", d)
    if kind == "channel_mix":
        key = np.maximum(w.project(w.conv(x, "shift_key", 2), "key", b["hidden"]), 0) ** 2
        return sigmoid(w.project(w.conv(x, "shift_gate", 2), "gate", d)) * w.project(key, "value", d)
    return {"layer_norm": layer, "rms_norm": rms}[kind](x, 1e-5)


def chain(w, x, blocks, inputs):
    for i, b in enumerate(blocks):
        x = block(w.under(b.get("name", str(i))), x, b, inputs)
    return x


def run(model, inputs):
    first = inputs[model["inputs"][0]["name"]]
    return chain(Weights(model["weights"]["random"]["seed"]), first, model["blocks"], inputs)
