// Discrete Fourier transforms as structured mixers: W[i, j] = cos or sin of 2 pi i j / N over one axis. The mixer's FFT
// form makes them fast; its dense form is the definition. Complex numbers are pairs in the last dimension.
#include "dialects/mixer/Mixer.h"
#include "frontends/onnx/NodeReader.h"

using namespace mlir;

namespace heddle::onnx {

namespace {

struct Complex {
  Tensor real, imaginary; // an empty imaginary part is zero
};

struct Transform {
  bool inverse = false, onesided = false;
  Dim length; // null: that of the axis
};

// x [.., n, ..] mixed along `axis` by the cosine or sine matrix.
Tensor mixAxis(GraphBuilder &g, Tensor x, int64_t axis, mixer::StructuredKind kind) {
  if (!x)
    return {};
  ArrayRef<Dim> dims(x.shape);
  Shape flat = {g.product(dims.take_front(axis)), x.shape[axis], g.dim(1), g.product(dims.drop_front(axis + 1))};
  SmallVector<int64_t> swap = llvm::to_vector(llvm::seq<int64_t>(0, x.rank()));
  // Features have a known size: where those behind the axis do not, the axis goes last.
  bool goesLast = !isa<AffineConstantExpr>(flat[3]);
  Tensor moved = x;
  if (goesLast) {
    std::swap(swap[axis], swap.back());
    moved = g.transpose(x, swap);
    flat = {g.product(ArrayRef<Dim>(moved.shape).drop_back()), x.shape[axis], g.dim(1), g.dim(1)};
  }
  MixSpec spec;
  spec.value = g.reshape(moved, flat);
  if (!spec.value)
    return {};
  spec.transport = mixer::StructuredAttr::get(g.context(), kind);
  // The output has the tokens of the value.
  SmallVector<Tensor> results = g.mix(spec);
  if (results.empty())
    return {};
  Tensor result = g.reshape(results[0], moved.shape);
  return goesLast ? g.transpose(result, swap) : result;
}

Tensor sum(GraphBuilder &g, Tensor x, Tensor y, bool subtracts) {
  if (!y)
    return x;
  if (!x)
    return subtracts ? g.unary(Unary::Neg, y) : y;
  return subtracts ? g.sub(x, y) : g.add(x, y);
}

// sum_j (re + i im)[j] exp(-+ 2 pi i k j / N), not divided by N.
Complex transform(GraphBuilder &g, Complex x, int64_t axis, bool inverse) {
  auto cosine = [&](Tensor t) { return mixAxis(g, t, axis, mixer::StructuredKind::Cosine); };
  auto sine = [&](Tensor t) { return mixAxis(g, t, axis, mixer::StructuredKind::Sine); };
  // exp(-i a) (re + i im) = (cos re + sin im) + i (cos im - sin re)
  return {sum(g, cosine(x.real), sine(x.imaginary), inverse), sum(g, cosine(x.imaginary), sine(x.real), !inverse)};
}

// Cut, or filled up with zeros, to `length`.
Tensor fit(NodeReader &node, Tensor x, int64_t axis, Dim length) {
  GraphBuilder &g = node.g;
  if (!x || g.sameDim(x.shape[axis], length))
    return x;
  Dim missing = g.simplify(length - x.shape[axis]);
  if (bounds(missing).high <= 0)
    return g.slice(x, axis, g.dim(0), length);
  if (!node.requireAtLeast(missing, g.dim(0), "length of the transform"))
    return {};
  SmallVector<Dim> low(x.rank(), g.dim(0)), high = low;
  high[axis] = missing;
  return g.pad(x, low, high);
}

Complex splitPairs(NodeReader &node, Tensor x) {
  GraphBuilder &g = node.g;
  int64_t last = x.rank() - 1;
  auto pair = dyn_cast<AffineConstantExpr>(x.shape[last]);
  if (!pair || pair.getValue() < 1 || pair.getValue() > 2)
    return node.fail("last dimension of size " + g.describe(x.shape[last]) + ", expected 1 (real) or 2 (complex)"),
           Complex();
  Complex parts{g.squeeze(g.slice(x, last, g.dim(0), g.dim(1)), last), {}};
  if (pair.getValue() == 2)
    parts.imaginary = g.squeeze(g.slice(x, last, g.dim(1), g.dim(2)), last);
  return parts;
}

// The missing half of the spectrum of a real signal: X[N - k] is the conjugate of X[k].
Complex mirrored(GraphBuilder &g, Complex half, int64_t axis, Dim length) {
  Dim bins = half.real.shape[axis], missing = g.simplify(length - bins);
  auto mirror = [&](Tensor x, bool negates) -> Tensor {
    if (!x || missing == g.dim(0))
      return x;
    Tensor rest = g.slice(x, axis, g.dim(1), g.simplify(missing + 1));
    Dim end = g.dim(std::numeric_limits<int64_t>::min());
    rest = g.slice(rest, axis, g.simplify(missing - 1), end, -1);
    return g.concat({x, negates ? g.unary(Unary::Neg, rest) : rest}, axis);
  };
  return {mirror(half.real, false), mirror(half.imaginary, true)};
}

Tensor joinPairs(GraphBuilder &g, Complex x) {
  int64_t last = x.real ? x.real.rank() : 0;
  Tensor imaginary = x.imaginary || !x.real ? x.imaginary : g.splat(0, x.real.shape, x.real.elementType);
  return g.concat({g.unsqueeze(x.real, last), g.unsqueeze(imaginary, last)}, last);
}

Results dft(NodeReader &node, Tensor x, int64_t axis, Transform what) {
  GraphBuilder &g = node.g;
  Complex parts = splitPairs(node, x);
  if (!parts.real)
    return {};
  Dim size = parts.real.shape[axis];
  bool makesReal = what.inverse && what.onesided;
  Dim length = what.length ? what.length : makesReal ? g.simplify((size - 1) * 2) : size;
  Dim bins = what.onesided ? g.simplify(length.floorDiv(2) + 1) : length;
  Dim used = makesReal ? bins : length;
  parts = {fit(node, parts.real, axis, used), fit(node, parts.imaginary, axis, used)};
  if (makesReal && parts.real)
    parts = mirrored(g, parts, axis, length);
  if (!parts.real)
    return {};
  Complex result = transform(g, parts, axis, what.inverse);
  if (what.inverse) {
    Value count = g.dimValue(length);
    if (!count)
      return {};
    Type type = x.elementType;
    Tensor divisor = g.cast(g.indexTensor(count, g.builder().getI64Type()), type);
    result = {g.div(result.real, divisor), result.imaginary ? g.div(result.imaginary, divisor) : Tensor()};
  }
  if (makesReal)
    return {g.unsqueeze(result.real, result.real ? result.real.rank() : 0)};
  Tensor joined = joinPairs(g, result);
  return {what.onesided && joined ? g.slice(joined, axis, g.dim(0), bins) : joined};
}

std::optional<int64_t> signalAxis(NodeReader &node, int64_t axis, const Tensor &x) {
  std::optional<int64_t> positive = node.axis(axis, x.rank());
  if (positive && *positive == x.rank() - 1) {
    node.error() << "axis " << axis << " is that of the pairs, expected another one";
    return std::nullopt;
  }
  return positive;
}

} // namespace

static std::optional<Transform> readTransform(NodeReader &node) {
  Transform what{node.flag("inverse", false), node.flag("onesided", false), {}};
  if (!node.has(1))
    return what;
  std::optional<SmallVector<Dim>> length = node.dims(1, "dft_length");
  if (!length || length->size() != 1)
    return std::nullopt;
  what.length = (*length)[0];
  return what;
}

// The axis is an attribute before opset 20 and an input since.
static Results convertDftAttribute(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<Transform> what = readTransform(node);
  std::optional<int64_t> axis = x ? signalAxis(node, node.integer("axis", 1), x) : std::nullopt;
  return axis && what ? dft(node, x, *axis, *what) : Results();
}

static Results convertDft(NodeReader &node) {
  Tensor x = node.tensor(0);
  std::optional<Transform> what = readTransform(node);
  std::optional<SmallVector<int64_t>> given = node.has(2) ? node.integers(2, "axis") : SmallVector<int64_t>{-2};
  std::optional<int64_t> axis = x && given && given->size() == 1 ? signalAxis(node, (*given)[0], x) : std::nullopt;
  return axis && what ? dft(node, x, *axis, *what) : Results();
}

//===--- Rfft and Irfft of com.microsoft ----------------------------------------------------===//

// Over the last axis of a real signal [.., n], to pairs [.., n / 2 + 1, 2] or back.
template <bool inverse> static Results convertRealFft(NodeReader &node) {
  Tensor x = node.tensor(0);
  bool onesided = node.flag("onesided", true), normalized = node.flag("normalized", false);
  if (node.integer("signal_ndim", 1) != 1 || !onesided || normalized)
    return node.fail("attributes 'signal_ndim', 'onesided' and 'normalized', expected 1, 1 and 0");
  if (!x || x.rank() < (inverse ? 2 : 1))
    return x ? node.fail("input of rank " + Twine(x.rank()) + ", expected a signal") : Results();
  Tensor pairs = inverse ? x : node.g.unsqueeze(x, x.rank());
  Results result = dft(node, pairs, pairs.rank() - 2, {inverse, true, {}});
  if (!inverse || result.empty() || !result[0])
    return result;
  return {node.g.squeeze(result[0], result[0].rank() - 1)};
}

//===--- STFT -----------------------------------------------------------------------------===//

// Inputs: signal [B, L, 1|2], step, window, frame length. Frames [B, F, n, pair] start every `step` samples.
static Results convertStft(NodeReader &node) {
  GraphBuilder &g = node.g;
  Tensor signal = node.tensor(0), window = node.optionalTensor(2);
  std::optional<SmallVector<int64_t>> step = node.integers(1, "frame_step");
  bool onesided = node.flag("onesided", true);
  std::optional<SmallVector<int64_t>> given;
  if (node.has(3))
    given = node.integers(3, "frame_length");
  if (!signal || !step || node.failed())
    return {};
  if (signal.rank() != 3 || step->size() != 1 || (*step)[0] < 1 || (given && given->size() != 1))
    return node.fail("signal of rank " + Twine(signal.rank()) + ", expected 3, and one positive step");
  Dim length = given ? g.dim((*given)[0]) : window ? window.shape[0] : signal.shape[1];
  if (window && (window.rank() != 1 || !node.unify(window.shape[0], length)))
    return {};
  Dim room = g.simplify(signal.shape[1] - length);
  if (!node.requireAtLeast(room, g.dim(0), "length of the signal"))
    return {};
  Dim count = g.simplify(room.floorDiv((*step)[0]) + 1);
  Shape shape = {signal.shape[0], count, length, signal.shape[2]};
  Tensor frames = g.generate(shape, signal.elementType, [&](OpBuilder &b, Location at, ValueRange index) -> Value {
    Value stride = arith::ConstantIndexOp::create(b, at, (*step)[0]);
    Value place = arith::AddIOp::create(b, at, arith::MulIOp::create(b, at, index[1], stride), index[2]);
    return tensor::ExtractOp::create(b, at, signal.value, ValueRange{index[0], place, index[3]});
  });
  if (window && frames)
    frames = g.mul(frames, g.unsqueeze(window, 1));
  return frames ? dft(node, frames, 2, {false, onesided, {}}) : Results();
}

void registerFourier(OpTable &table) {
  table.add({{"DFT", 17, convertDftAttribute},
             {"DFT", 20, convertDft},
             {"STFT", 17, convertStft},
             {"com.microsoft.Irfft", 1, convertRealFft<true>},
             {"com.microsoft.Rfft", 1, convertRealFft<false>}});
}

} // namespace heddle::onnx
