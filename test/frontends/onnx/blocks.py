"""Operators of com.microsoft on blocks: gathered slices of quantised tables, and attention to blocks of keys."""
import ml_dtypes
import numpy as np

from cases import case, ints, rand
from contrib import flat_of, heads_of, pack
from references import rotate, softmax_attention


def microsoft(name, op, arrays, expect, **more):
    case("blocks-" + name, op, 17, arrays, domain="com.microsoft", expect=expect, **more)


def blocks():
    packed()
    narrow()
    sparse()


def spread(x, axis, length):
    """One for each number, of one for each block of 16."""
    return np.repeat(x, 16, axis).take(range(length), axis)


def packed():
    """uint8 holds numbers of some bits, packed along the last axis whatever axis has the blocks."""
    places = np.array([[1, 4], [-1, 0]], np.int64)
    for bits in [2, 4, 8]:
        attributes = {"bits": bits, "block_size": 16}
        for axis, shape in [(2, (5, 2, 40)), (1, (5, 20, 8)), (0, (20, 2, 8))]:
            numbers = ints(*shape, low=0, high=2**bits, dtype=np.uint8)
            blocked = list(shape)
            blocked[axis] = -(-shape[axis] // 16)
            scales, zeros = rand(*blocked), ints(*blocked, low=0, high=2**bits, dtype=np.uint8)
            arrays = {"t": pack(numbers, bits), "i": places, "s": scales}
            whole = (numbers - 2.0**(bits - 1)) * spread(scales, axis, shape[axis])
            microsoft(f"gather{bits}-{axis}", "GatherBlockQuantized", arrays, whole[places].astype(np.float32), quantize_axis=axis, **attributes)
            whole = (numbers - spread(zeros, axis, shape[axis]).astype(np.float32)) * spread(scales, axis, shape[axis])
            missing = -blocked[-1] % (8 // bits)
            filled = np.concatenate([zeros, np.zeros((*blocked[:-1], missing), np.uint8)], -1)
            more = dict(arrays, z=pack(filled, bits))
            microsoft(f"gather{bits}-{axis}-zeros", "GatherBlockQuantized", more, whole[places].astype(np.float32), quantize_axis=axis - 3, **attributes)
    # What is outside is zero.
    outside = np.array([4, 20, -20, -21], np.int32)
    expect = whole[[4, 0, 0, 0]].astype(np.float32) * np.array([1, 0, 1, 0], np.float32)[:, None, None]
    microsoft("gather-outside", "GatherBlockQuantized", dict(more, i=outside), expect, quantize_axis=0, **attributes)


def narrow():
    """int4 and uint4 have an element for each number, and any axes."""
    places = np.array([[1, 0, 2], [-1, 2, 1]], np.int32)
    for name, dtype, low in [("int4", ml_dtypes.int4, -8), ("uint4", ml_dtypes.uint4, 0)]:
        for axis, blocked in [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]:
            shape = [3, 4, 5]
            shape[axis], shape[blocked] = 3, 20
            numbers = ints(*shape, low=low, high=low + 16, dtype=np.int32)
            shape[blocked] = 2
            scales, zeros = rand(*shape), ints(*shape, low=low, high=low + 16, dtype=np.int32)
            length = numbers.shape[blocked]
            whole = lambda zero: ((numbers - zero) * spread(scales, blocked, length)).take(places, axis).astype(np.float32)
            arrays = {"t": numbers.astype(dtype), "i": places, "s": scales}
            attributes = {"gather_axis": axis, "quantize_axis": blocked, "block_size": 16}
            microsoft(f"{name}-{axis}{blocked}", "GatherBlockQuantized", arrays, whole(0.0), const=["t", "s"], **attributes)
            more = dict(arrays, z=zeros.astype(dtype))
            microsoft(f"{name}-{axis}{blocked}-zeros", "GatherBlockQuantized", more, whole(spread(zeros, blocked, length)), const=["t", "s", "z"], **attributes)


def block_floats():
    """Small floats are symmetric; one scale may serve a whole axis. The reference evaluator has no bit patterns: compiled.test runs these."""
    table, places = rand(5, 40).astype(ml_dtypes.float8_e4m3fn), np.array([3, -5], np.int64)
    for name, scales, block in [("blocks", rand(5, 3), 16), ("rows", rand(5, 1), 0), ("one", rand(1, 1), 0), ("shared", rand(1, 3), 16)]:
        wide = np.broadcast_to(spread(scales, 1, 40) if block else scales, table.shape)
        microsoft("float8-" + name, "GatherBlockQuantized", {"t": table, "i": places, "s": scales}, (table.astype(np.float32) * wide)[places], const=["t", "s"],
                  block_size=block)


def sparse():
    """2 layouts of 4 x 4 blocks of 2 tokens; each sample has a past of its own."""
    layouts = np.array([[[1, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 1, 1, 1]], [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 1, 1]]])
    rows = np.concatenate([np.zeros((2, 1), np.int64), layouts.sum(2).cumsum(1)], 1).astype(np.int32)
    columns = np.array([[0, 0, 1, 1, 2, 1, 2, 3, -1], [0, 0, 1, 0, 1, 2, 0, 2, 3]], np.int32)
    q, k, v = rand(2, 3, 16), rand(2, 3, 8), rand(2, 3, 8)
    past_k, past_v, cos, sin = rand(2, 2, 8, 4), rand(2, 2, 8, 4), np.cos(rand(8, 2)), np.sin(rand(8, 2))
    slots = ["q", "k", "v", "pk", "pv", "r", "c", "n", "t"]
    for name, totals, rotates in [("prompt", [3, 3], 0), ("past", [8, 5], 0), ("rotary", [7, 4], 1)]:
        places = np.array(totals)[:, None] - 3 + np.arange(3)
        turn = lambda x: rotate(x.transpose(0, 2, 1, 3), cos[places], sin[places], 0).transpose(0, 2, 1, 3) if rotates else x
        keys, values = past_k.copy(), past_v.copy()
        for sample in range(2):
            keys[sample][:, places[sample]], values[sample][:, places[sample]] = turn(heads_of(k, 2))[sample], heads_of(v, 2)[sample]
        seen = layouts[np.arange(4) % 2][:, places // 2][..., np.arange(8) // 2].transpose(1, 0, 2, 3) * (np.arange(8) <= places[:, None, :, None])
        y = softmax_attention(turn(heads_of(q, 4)), np.repeat(keys, 2, 1), np.repeat(values, 2, 1), np.where(seen, 0, -np.inf), 0.5)
        arrays = {"q": q, "k": k, "v": v, "pk": past_k, "pv": past_v, "r": rows, "c": columns, "n": np.array([max(totals)], np.int32), "t": np.array(totals, np.int32)}
        attributes = {"num_heads": 4, "kv_num_heads": 2, "sparse_block_size": 2, "do_rotary": rotates}
        case("blocks-sparse-" + name, "SparseAttention", 17, dict(arrays, cos=cos, sin=sin), const=["r", "c", "cos", "sin"], domain="com.microsoft", outputs=3,
             slots=[*slots, "cos", "sin"], expect=[flat_of(y), keys, values], **attributes)
