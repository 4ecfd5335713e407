"""Cases of the operators that sum over axes: products, reductions, normalisations."""
import numpy as np

from cases import case, i64, ints, rand


def matmul():
    case("matmul", "MatMul", 13, {"a": rand(3, 4), "b": rand(4, 5)})
    case("matmul-batch", "MatMul", 13, {"a": rand(2, 3, 4), "b": rand(2, 4, 5)})
    case("matmul-broadcast", "MatMul", 13, {"a": rand(3, 4), "b": rand(2, 6, 4, 5)})
    case("matmul-rows", "MatMul", 13, {"a": rand(2, 6, 3, 4), "b": rand(4, 5)})
    case("matmul-vector", "MatMul", 13, {"a": rand(4), "b": rand(4, 5)})
    case("matmul-dot", "MatMul", 13, {"a": rand(4), "b": rand(4)})
    case("matmul-column", "MatMul", 13, {"a": rand(2, 3, 4), "b": rand(4)})
    a, b = ints(3, 4), ints(4, 2)
    case("matmul-i64", "MatMul", 13, {"a": a, "b": b})
    case("gemm", "Gemm", 13, {"a": rand(3, 4), "b": rand(4, 5), "c": rand(5)}, alpha=0.5, beta=2.0)
    case("gemm-trans", "Gemm", 13, {"a": rand(4, 3), "b": rand(5, 4), "c": rand(3, 1)}, transA=1, transB=1)
    case("gemm-no-c", "Gemm", 11, {"a": rand(3, 4), "b": rand(4, 5)})
    case("einsum", "Einsum", 12, {"a": rand(2, 3, 4), "b": rand(2, 4, 5)}, equation="bij,bjk->bik")
    case("einsum-inner", "Einsum", 12, {"a": rand(4), "b": rand(4)}, equation="i,i")
    case("einsum-diagonal", "Einsum", 12, {"a": rand(3, 3)}, equation="ii->i")
    case("einsum-ellipsis", "Einsum", 12, {"a": rand(2, 3, 4), "b": rand(4, 5)}, equation="...k,kn->...n")
    case("einsum-of-three", "Einsum", 12, {"q": rand(2, 3, 4), "s": rand(2, 4, 5), "n": rand(2, 3)}, equation="bij,bjk,bi->bik")
    case("einsum-of-four", "Einsum", 12, {"c": rand(2, 3, 4), "b": rand(2, 5, 4), "l": rand(2, 3, 5), "x": rand(2, 5, 6)}, equation="...tn,...sn,...ts,...sp->...tp")
    case("einsum-of-three-inner", "Einsum", 12, {"a": rand(4), "b": rand(4), "c": rand(4, 3)}, equation="i,i,ij->")
    case("einsum-transpose", "Einsum", 12, {"a": rand(2, 3, 4)}, equation="bij->jb")


def reduce():
    x = rand(2, 3, 4, low=0.2)
    for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare"]:
        case(op.lower() + "-attribute", op, 11, {"x": x}, axes=[1])
        case(op.lower() + "-all", op, 11, {"x": x}, keepdims=0)
        case(op.lower() + "-input", op, 18, {"x": x, "axes": i64(-1, 0)}, const=["axes"], keepdims=0)
        case(op.lower() + "-noop", op, 18, {"x": x}, noop_with_empty_axes=1, expect=None if op in ("ReduceSum", "ReduceMean", "ReduceMax") else noop(op, x))
    case("reducesum-empty-axes", "ReduceSum", 13, {"x": x, "axes": i64()}, const=["axes"])
    case("reducesum-no-axes-slot", "ReduceSum", 13, {"x": x}, slots=["x", ""])
    case("reducesum-i64", "ReduceSum", 13, {"x": ints(2, 3), "axes": i64(0)}, const=["axes"])
    case("reducemax-i64", "ReduceMax", 18, {"x": ints(2, 3), "axes": i64(0)}, const=["axes"])
    case("reducemean-rank0", "ReduceMean", 18, {"x": np.float32(3).reshape(())})
    case("argmax", "ArgMax", 13, {"x": x}, axis=1)
    case("argmin", "ArgMin", 13, {"x": x}, axis=-1, keepdims=0)
    for op in ["ArgMax", "ArgMin"]:
        case(op.lower() + "-last", op, 13, {"x": ints(3, 6, low=0, high=2)}, axis=1, select_last_index=1)
    case("logsumexp-large", "ReduceLogSumExp", 18, {"x": x * 100}, expect=lse(x * 100))


def noop(op, x):
    return {"ReduceL1": np.abs(x), "ReduceL2": np.abs(x), "ReduceLogSum": np.log(x), "ReduceSumSquare": x * x}.get(op, x)


def lse(x):
    top = x.max()
    return (np.log(np.exp(x - top).sum()) + top).astype(np.float32).reshape(1, 1, 1)


def norm():
    x = rand(2, 3, 4)
    case("softmax", "Softmax", 13, {"x": x})
    case("softmax-axis1", "Softmax", 13, {"x": x}, axis=1)
    masked = x.copy()
    masked[:, 1, 2:] = -np.inf
    case("softmax-infinite", "Softmax", 13, {"x": masked})
    flat = np.exp(x.reshape(2, 12) - x.reshape(2, 12).max(1, keepdims=True))
    flat = (flat / flat.sum(1, keepdims=True)).reshape(x.shape)
    case("softmax-flattened", "Softmax", 11, {"x": x}, axis=1, expect=flat)
    case("softmax-flattened-default", "Softmax", 11, {"x": x}, expect=flat)
    case("logsoftmax-flattened", "LogSoftmax", 11, {"x": x}, axis=1, expect=np.log(flat))
    case("logsoftmax", "LogSoftmax", 13, {"x": x})
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    scale, bias = rand(4), rand(4)
    layer = (x - mean) / np.sqrt(var + 1e-5) * scale
    case("layernorm", "LayerNormalization", 17, {"x": x, "scale": scale, "bias": bias}, expect=layer + bias)
    case("layernorm-no-bias", "LayerNormalization", 17, {"x": x, "scale": scale}, axis=-1, expect=layer)
    case("layernorm-statistics", "LayerNormalization", 17, {"x": x, "scale": scale, "bias": bias}, outputs=3,
         expect=[layer + bias, mean, 1 / np.sqrt(var + 1e-5)])
    wide, deviation = rand(3, 4), x - x.mean((1, 2), keepdims=True)
    case("layernorm-axis1", "LayerNormalization", 17, {"x": x, "scale": wide}, axis=1, epsilon=1e-3,
         expect=deviation / np.sqrt((deviation**2).mean((1, 2), keepdims=True) + 1e-3) * wide)
    case("rmsnorm", "RMSNormalization", 23, {"x": x, "scale": scale}, expect=x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * scale)
    parameters = {"scale": rand(3), "bias": rand(3), "mean": rand(3), "var": rand(3, low=0.5)}
    case("batchnorm", "BatchNormalization", 15, {"x": x, **parameters})
    case("instancenorm", "InstanceNormalization", 7, {"x": x, "scale": rand(3), "bias": rand(3)})
    case("lpnorm", "LpNormalization", 7, {"x": x}, p=2, axis=1, expect=x / np.sqrt((x * x).sum(1, keepdims=True)))
    case("lpnorm1", "LpNormalization", 7, {"x": x}, p=1, expect=x / np.abs(x).sum(-1, keepdims=True))
