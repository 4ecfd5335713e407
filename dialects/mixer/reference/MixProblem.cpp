#include "dialects/mixer/reference/MixProblem.h"

using namespace mlir;

namespace heddle {

// Tables have no batch and token dimensions in front of their heads.
static bool isTransportTable(Attribute transport, size_t index) {
  return isa<mixer::ConstantAttr, mixer::ToeplitzAttr, mixer::StructuredAttr>(transport) ||
         (isa<mixer::ElementwiseAttr>(transport) && index == 1);
}

template <typename R>
MixProblem<R>::MixProblem(mixer::MixOp mix, const MixOperands &operands)
    : mix(mix), sizes(operands.sizes(mix)), query(operands.query), key(operands.key), value(operands.value),
      current(operands.current, /*isTable=*/true), bias(operands.bias), pastKey(operands.pastKey),
      pastValue(operands.pastValue), segments(operands.segments), positions(operands.positions),
      places(operands.places) {
  for (auto [index, tensor] : llvm::enumerate(operands.transport))
    transport.push_back(MixOperand<R>(tensor, isTransportTable(mix.getTransport(), index)));
}

template <typename R> R MixProblem<R>::scale() const {
  if (auto softmax = mix.getSoftmax())
    return R(softmax.getScale().convertToDouble());
  auto linear = mix.getLinear();
  return linear ? R(linear.getScale().convertToDouble()) : R(1);
}

template <typename R> int64_t MixProblem<R>::weightsPerPair() const {
  if (isa<mixer::ElementwiseAttr>(mix.getTransport()))
    return sizes.dv;
  bool perChannel = isa<mixer::ToeplitzAttr>(mix.getTransport()) && transport.front().shape[1] != 1;
  return perChannel ? sizes.dv : 1;
}

template <typename R> std::vector<R> MixProblem<R>::readout(int64_t batch, int64_t token, Head head) const {
  const R *q = query.row(batch, token, head);
  std::vector<R> functional(q, q + rows());
  if (mix.getTransport().isComplex())
    for (int64_t c = sizes.dk; c < 2 * sizes.dk; ++c)
      functional[c] = -functional[c];
  return functional;
}

/// Places of the rings: of the one that is not the same for all tokens.
template <typename R> static int64_t ringSize(const MixProblem<R> &problem) {
  return std::max(problem.pastKey.shape[1], problem.pastValue.shape[1]);
}

template <typename R> int64_t MixProblem<R>::firstKey(int64_t batch) const {
  if (!places)
    return 0;
  return -std::min({mix.getPastTokens(), ringSize(*this), std::max<int64_t>(positionOf(batch), 0)});
}

template <typename R>
const R *MixProblem<R>::rowOf(const MixOperand<R> &own, const MixOperand<R> &past, int64_t batch, int64_t token,
                              Head head) const {
  if (token >= 0)
    return own.row(batch, token, head);
  int64_t place = places->integers[batch < places->shape[0] ? batch : 0] + token;
  return past.row(batch, llvm::mod(place, ringSize(*this)), head);
}

template struct MixProblem<double>;
template struct MixProblem<float>;

} // namespace heddle
