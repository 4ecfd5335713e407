"""Cases of the operators that the backend suite of Debian does not have."""
import numpy as np

from cases import case, i64, ints, rand
from references import softmax_attention


def newer():
    """What is younger than the backend suite that Debian packages, and older meanings that it does not have."""
    x = rand(3, 4)
    case("cumprod", "CumProd", 26, {"x": x, "a": np.int64(1).reshape(())}, const=["a"], expect=np.cumprod(x, 1))
    half = rand(3, 20, dtype=np.float16)
    case("cumsum-f16", "CumSum", 14, {"x": half, "a": np.int64(1).reshape(())}, const=["a"], expect=np.cumsum(half.astype(np.float32), 1).astype(np.float16))
    truths = rand(3, 20) > 0
    case("cumsum-bool", "CumSum", 14, {"x": truths, "a": np.int64(1).reshape(())}, const=["a"], expect=np.cumsum(truths, 1))
    for name, count in [("", 600), ("-long", 20000)]:
        bounds = {key: np.float16(value).reshape(()) for key, value in [("s", 0.5), ("l", count / 1024), ("d", 1 / 1024)]}
        whole = np.arange(0.5, float(bounds["l"]), 1 / 1024)
        case("range-f16" + name, "Range", 27, bounds, const=list(bounds), stash_type=1, expect=whole.astype(np.float16))
    case("bitwisenot", "BitwiseNot", 18, {"x": ints(4)})
    for size in [(2, 4), (5, 7)]:
        case(f"centercroppad{size[0]}", "CenterCropPad", 18, {"x": x, "s": i64(*size)}, const=["s"])
    complex_x = rand(2, 8, 2)
    spectrum = np.fft.fft(complex_x[..., 0] + 1j * complex_x[..., 1], axis=1)
    case("dft17", "DFT", 17, {"x": complex_x}, axis=1, expect=np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32))
    case("dft20", "DFT", 20, {"x": complex_x}, expect=np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32))
    real = rand(2, 8, 1)
    half = np.fft.rfft(real[..., 0], axis=1)
    pairs = np.stack([half.real, half.imag], -1).astype(np.float32)
    case("dft20-onesided", "DFT", 20, {"x": real, "a": np.int64(1).reshape(())}, const=["a"], slots=["x", "", "a"], onesided=1, expect=pairs)
    case("dft20-real-inverse", "DFT", 20, {"x": pairs, "a": np.int64(1).reshape(())}, const=["a"], slots=["x", "", "a"], onesided=1, inverse=1, expect=real)
    image, scale, bias = rand(2, 6, 5), rand(6), rand(6)
    grouped = image.reshape(2, 3, 2, 5)
    normal = (grouped - grouped.mean((2, 3), keepdims=True)) / np.sqrt(grouped.var((2, 3), keepdims=True) + 1e-5)
    case("groupnorm21", "GroupNormalization", 21, {"x": image, "s": scale, "b": bias}, num_groups=3,
         expect=(normal.reshape(image.shape) * scale[:, None] + bias[:, None]).astype(np.float32))
    case("groupnorm18", "GroupNormalization", 18, {"x": image, "s": scale[:3], "b": bias[:3]}, num_groups=3,
         expect=(normal * scale[:3, None, None] + bias[:3, None, None]).reshape(image.shape).astype(np.float32))
    theta = rand(2, 2, 3)
    case("affinegrid", "AffineGrid", 20, {"t": theta, "s": i64(2, 1, 3, 4)}, const=["s"])

    for op, f in [("Add", np.add), ("Sub", np.subtract), ("Mul", np.multiply), ("Div", np.divide), ("Pow", np.power)]:
        a, b = rand(2, 3, 4, low=0.5), rand(3, low=0.5)
        case(op.lower() + "-from-axis", op, 6, {"a": a, "b": b}, broadcast=1, axis=1, expect=f(a, b[:, None]).astype(np.float32))
    signal = rand(2, 3, 6)
    windows = np.stack([signal[..., 0:5], signal[..., 1:6]], -1)
    case("lppool", "LpPool", 11, {"x": signal}, kernel_shape=[2], p=2, expect=np.sqrt((windows**2).sum(-1)).astype(np.float32))
    case("globallppool", "GlobalLpPool", 11, {"x": signal}, p=1, expect=np.abs(signal).sum(-1, keepdims=True))
    flat = signal.reshape(2, 18)
    case("hardmax-flattened", "Hardmax", 11, {"x": signal}, axis=1, expect=(flat == flat.max(1, keepdims=True)).reshape(signal.shape).astype(np.float32))
    order = np.argsort(-signal, 2)[..., :2]
    case("topk-attribute", "TopK", 9, {"x": signal}, outputs=2, k=2, expect=[np.take_along_axis(signal, order, 2), order.astype(np.int64)])
    picture = rand(1, 1, 2, 3)
    twice = picture.repeat(2, 2).repeat(2, 3)
    scales = np.array([1, 1, 2, 2], np.float32)
    case("resize10", "Resize", 10, {"x": picture, "s": scales}, const=["s"], expect=twice)
    case("upsample7", "Upsample", 7, {"x": picture}, scales=scales.tolist(), expect=twice)
    columns = rand(1, 4, 4)
    summed = np.zeros((1, 1, 3, 3), np.float32)
    for tap in range(4):
        for window in range(4):
            summed[0, 0, window // 2 + tap // 2, window % 2 + tap % 2] += columns[0, tap, window]
    case("col2im", "Col2Im", 18, {"x": columns, "i": i64(3, 3), "b": i64(2, 2)}, const=["i", "b"], expect=summed)
    gate, linear = rand(2, 3), rand(2, 3)
    case("swiglu", "SwiGLU", 28, {"a": gate, "b": linear}, expect=gate / (1 + np.exp(-gate)) * linear)
    q, k, v = rand(1, 2, 3, 4), rand(1, 2, 3, 4), rand(1, 2, 3, 5)
    case("flexattention", "FlexAttention", 26, {"q": q, "k": k, "v": v}, domain="ai.onnx.preview", expect=softmax_attention(q, k, v, 0, 0.5))
