// What each execution form costs: counts of operations and bytes, no machine in them.
#include "dialects/mixer/Mixer.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle::mixer {
namespace {

constexpr uint64_t kRowBlock = 8; // rows that the chunked form computes together
constexpr int64_t kTile = 64;     // length of a chunk or key tile that the form attribute leaves open

/// Pairs of a support within [i0,i1) x [j0,j1), by halving tiles that are neither full nor empty down to `least`; what
/// is still mixed there counts half.
double countPairs(SupportAttrInterface support, int64_t i0, int64_t i1, int64_t j0, int64_t j1, int64_t head,
                  int64_t least) {
  double all = double(i1 - i0) * double(j1 - j0);
  switch (support.classify(i0, i1, j0, j1, head)) {
  case TileClass::Empty:
    return 0;
  case TileClass::Full:
    return all;
  case TileClass::Partial:
    break;
  }
  if (std::max(i1 - i0, j1 - j0) <= least)
    return all / 2;
  int64_t im = i1 - i0 > 1 ? (i0 + i1) / 2 : i1, jm = j1 - j0 > 1 ? (j0 + j1) / 2 : j1;
  double pairs = 0;
  for (auto [a, b] : {std::pair(i0, im), std::pair(im, i1)})
    for (auto [c, d] : {std::pair(j0, jm), std::pair(jm, j1)})
      if (a < b && c < d)
        pairs += countPairs(support, a, b, c, d, head, least);
  return pairs;
}

/// What one application of the transport costs: to a state (dk x dv) and to one read-out vector.
struct TransportCost {
  double onState, onVector, exps;
};

TransportCost transportCost(Attribute transport, double dk, double dv) {
  if (isa<ScalarAttr>(transport))
    return {dk * dv, dk, 1};
  if (isa<KeyChannelAttr>(transport))
    return {dk * dv, dk, dk};
  if (auto elementwise = dyn_cast<ElementwiseAttr>(transport))
    return {dk * dv * (elementwise.getFactored() ? 2 : 1), dk * dv, dk * dv};
  if (isa<ComplexDiagonalAttr>(transport))
    return {6 * dk * dv, 6 * dk, 3 * dk};
  if (auto delta = dyn_cast<DeltaAttr>(transport))
    return {4 * dk * dv + dk, 4 * dk, delta.getGated() ? 1. : 0.};
  if (isa<ConstantAttr>(transport))
    return {2 * dk * dk * dv, 2 * dk * dk, 0};
  return {0, 0, 0};
}

/// One cost computation: the sizes as reals and what all forms share.
struct Model {
  mutable MixOp mix; // a handle: asking it changes nothing
  const MixSizes &n;
  double elementBytes, chunk;
  double keyWidth; // stored key features: twice dk for complex states
  TransportCost transport;

  Model(MixOp op, FormAttr form, const MixSizes &sizes)
      : mix(op), n(sizes), chunk(form.getChunk() > 0 ? form.getChunk() : kTile),
        keyWidth(double(n.dk) * (op.getTransport().isComplex() ? 2 : 1)),
        transport(transportCost(op.getTransport(), n.dk, n.dv)) {
    elementBytes = cast<ShapedType>(op.getValue().getType()).getElementTypeBitWidth() / 8.0;
  }

  double tokens() const { return double(n.B) * double(n.T); }
  /// Every input read once, every output written once.
  double tensorBytes() const {
    double elements =
        double(n.B) * (double(n.T) * (n.Hq * keyWidth + n.Ho * n.dv) + double(n.S) * (n.Hk * keyWidth + n.Hv * n.dv));
    elements += double(n.B) * double(mix.getPastTokens()) * (n.Hk * keyWidth + n.Hv * n.dv);
    return (elements + tokens() * n.Ht * std::max(transport.exps, 0.0)) * elementBytes;
  }
  double pairs() const {
    int64_t least = std::max<int64_t>({1, n.T / 256, n.S / 256});
    double sum = 0;
    int64_t past = mix.getPastTokens(), keys = n.S + past;
    int64_t first = mix.getPositions() ? std::max<int64_t>(0, keys - n.T) : 0; // the most that queries may see
    for (int64_t head = 0; head < n.Ho; ++head)
      sum += countPairs(mix.getSupport(), first, first + n.T, 0, keys, head, least);
    if (mix.getOrder() == Order::Bidirectional)
      sum = 2 * sum - double(n.T) * n.Ho; // the diagonal once
    return sum * n.B;
  }

  FormCost dense() const;
  FormCost flash() const;
  FormCost recurrent() const;
  FormCost chunked() const;
  FormCost direct() const;
  FormCost fft() const;
  FormCost factored() const;
  double kernelLength() const;
};

FormCost Model::dense() const {
  double p = pairs(), dot = 2 * keyWidth, sum = 2.0 * n.dv, rows = double(n.B) * n.Ho * n.T;
  double traffic = tensorBytes() + p * (keyWidth + n.dv) * elementBytes;
  if (mix.getSoftmax())
    return {p * (2 * dot + sum), traffic + p * keyWidth * elementBytes, p, rows};
  if (isa<ElementwiseAttr>(mix.getTransport())) // the walked vector has a column per value feature
    return {p * (4.0 * n.dk * n.dv), traffic, p * transport.exps, rows};
  return {p * (dot + sum + transport.onVector), traffic, p * transport.exps, rows};
}

FormCost Model::flash() const {
  double p = pairs(), rows = double(n.B) * n.Ho * n.T;
  return {p * (2 * keyWidth + 2.0 * n.dv), tensorBytes() + p / chunk * (keyWidth + n.dv) * elementBytes, p,
          std::max(1.0, rows / chunk)};
}

FormCost Model::recurrent() const {
  double update = 2 * keyWidth * n.dv + transport.onState, readOut = 2 * keyWidth * n.dv;
  double passes = mix.getOrder() == Order::Bidirectional ? 2 : 1;
  return {passes * tokens() * (n.Hs * update + n.Ho * readOut), passes * tensorBytes(),
          passes * tokens() * n.Hs * transport.exps, double(n.B) * n.Hs * std::max<double>(1, n.dv / 16)};
}

FormCost Model::chunked() const {
  bool isDelta = isa<DeltaAttr>(mix.getTransport());
  double passes = mix.getOrder() == Order::Bidirectional ? 2 : 1;
  double rows = double(n.B) * llvm::alignTo(n.T, kRowBlock),
         length = std::min<double>(chunk, llvm::alignTo(n.T, kRowBlock));
  double pairs = 2 * length * keyWidth, sums = length * n.dv; // pairs by whole vectors, sums over half of them
  double state = 2 * keyWidth * n.dv;                         // a pass over it: to read, to update
  double ofHead = pairs + sums + state, ofState = state + (isDelta ? ofHead : 0); // the delta rule asks its keys too
  return {passes * rows * (n.Ho * ofHead + n.Hs * ofState), passes * tensorBytes(),
          passes * rows * n.Hs * transport.exps, double(n.B) * n.Hs * std::max<double>(1, n.dv / 128)};
}

double Model::kernelLength() const {
  auto kernel = cast<ShapedType>(mix.getTransportOperands().front().getType());
  return kernel.isDynamicDim(2) ? double(n.T) : double(kernel.getDimSize(2));
}

FormCost Model::direct() const {
  bool toeplitz = isa<ToeplitzAttr>(mix.getTransport());
  double terms = toeplitz ? std::min<double>(n.S, kernelLength()) : double(n.S);
  if (mix.getSupport().isCausal())
    terms = std::min(terms, n.S / 2.0 + 1);
  bool table = !toeplitz && mix.getTransportOperands().empty(); // one period of the cosine
  return {2 * tokens() * terms * n.Ho * n.dv, tensorBytes(), table ? double(n.S) : 0, double(n.B) * n.Ho * n.T};
}

/// In blocks that are about an eighth of the kernel: transforms of kernel, values and sums, and products of blocks.
FormCost Model::fft() const {
  double taps = std::min(kernelLength(), double(n.S)), block = std::max(32.0, taps / 8), channels = double(n.Ho) * n.dv;
  double perToken = 5 * std::log2(4 * block); // of a real transform of twice the block
  double products = 8 * (mix.getSupport().isCausal() && taps >= n.S ? taps / 2 : taps) / block;
  double flops = channels * (taps * perToken + tokens() * (2 * perToken + products));
  double spectra = 2 * sizeof(float) * channels * (taps + double(n.B) * n.S); // written and read twice
  return {flops, tensorBytes() + 4 * spectra, 0, n.B * channels};
}

FormCost Model::factored() const {
  double update = 2.0 * n.B * n.S * n.Hs * n.dk * n.dv, readOut = 2 * tokens() * n.Ho * n.dk * n.dv;
  double state = 2.0 * n.B * n.Hs * n.dk * n.dv * sizeof(float); // written, then read
  return {update + readOut, tensorBytes() + state, 0, double(n.B) * n.Hs};
}

} // namespace

FormCost MixOp::formCost(FormAttr form, const MixSizes &sizes) {
  Model model(*this, form, sizes);
  switch (form.getKind()) {
  case FormKind::Dense:
    return model.dense();
  case FormKind::Flash:
    return model.flash();
  case FormKind::Recurrent:
    return model.recurrent();
  case FormKind::Chunked:
    return model.chunked();
  case FormKind::Direct:
    return model.direct();
  case FormKind::Fft:
    return model.fft();
  case FormKind::Factored:
    return model.factored();
  }
  llvm_unreachable("every form kind has a cost");
}

} // namespace heddle::mixer
