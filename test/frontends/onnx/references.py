"""Mixers of tokens as plain numpy."""
import numpy as np


def softmax_attention(q, k, v, mask, scale):
    """q, k, v [B, H, T, D]; mask [T, S], or [B, H, T, S], is added to the scores."""
    scores = np.einsum("bhtd,bhsd->bhts", q, k) * scale + mask
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return np.einsum("bhts,bhsd->bhtd", weights / weights.sum(-1, keepdims=True), v).astype(np.float32)


def rotate(x, cos, sin, interleaved):
    """x [B, T, H, D]; cos, sin [B, T, D / 2]."""
    first, second = (x[..., 0::2], x[..., 1::2]) if interleaved else np.split(x, 2, -1)
    c, s = cos[:, :, None], sin[:, :, None]
    real, imaginary = c * first - s * second, s * first + c * second
    joined = np.stack([real, imaginary], -1).reshape(x.shape) if interleaved else np.concatenate([real, imaginary], -1)
    return joined.astype(np.float32)


def linear_attention(rule, q, k, v, decay, beta, state, heads, scale):
    """The recurrence of LinearAttention, token by token. q [B, T, Hq * dk], state [B, H, dk, dv]; decay of a head or of each key channel."""
    batch, tokens = q.shape[:2]
    split = lambda x, h: x.reshape(batch, tokens, h, -1)
    keys, values = split(k, heads), split(v, heads)
    dk = keys.shape[-1]
    queries = q.reshape(batch, tokens, heads, -1, dk)
    state, rows = state.astype(np.float64), []
    for t in range(tokens):
        if "gated" in rule:
            state = state * np.exp(split(decay, heads)[:, t])[..., None]
        update = values[:, t]
        if "delta" in rule:
            update = (update - np.einsum("bhkv,bhk->bhv", state, keys[:, t])) * split(beta, beta.shape[-1])[:, t]
        state = state + keys[:, t][..., None] * update[..., None, :]
        rows.append(scale * np.einsum("bhgk,bhkv->bhgv", queries[:, t], state).reshape(batch, -1))
    return [np.stack(rows, 1).astype(np.float32), state.astype(np.float32)]


def causal_conv(x, w, bias, carry):
    joined, taps = np.concatenate([carry, x], 2), w.shape[2]
    windows = np.stack([joined[:, :, i:i + x.shape[2]] for i in range(taps)], 3)
    return [(np.einsum("bclk,ck->bcl", windows, w[:, 0]) + bias[None, :, None]).astype(np.float32), joined[:, :, joined.shape[2] - taps + 1:]]
