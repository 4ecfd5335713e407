// One mixer to be evaluated: its slots, its sizes, and its operands as numbers of type R (double or float).
//
// Head sharing and broadcasting live here and nowhere else: `key.row(b, j, h)` is the key that output head h sees at
// token j, whether it has one head or many, one token or many.
//
// Tokens and positions: a pass visits positions 0, 1, 2, ...; in a reversed pass position p is token n - 1 - p. Tokens
// below 0 are those of the past: token -n is the n-th one before the first query.
#ifndef HEDDLE_DIALECTS_MIXER_REFERENCE_MIXPROBLEM_H
#define HEDDLE_DIALECTS_MIXER_REFERENCE_MIXPROBLEM_H

#include "dialects/mixer/reference/MixOperands.h"

namespace heddle {

/// A head index together with the number of heads it counts in: operands with fewer heads are shared by blocks.
struct Head {
  int64_t index, count;
  int64_t in(int64_t heads) const { return index / (count / heads); }
};

/// An operand [B|1, T|1, H, features...], or a table [H, features...] when `isTable`.
template <typename R> struct MixOperand {
  std::vector<R> data;
  llvm::SmallVector<int64_t> shape;
  bool isTable = false;

  MixOperand() = default;
  MixOperand(const ReferenceTensor *tensor, bool isTable = false) : isTable(isTable) {
    if (!tensor)
      return;
    data.assign(tensor->data.begin(), tensor->data.end());
    shape = tensor->shape;
  }
  explicit operator bool() const { return !shape.empty(); }

  const R *row(int64_t batch, int64_t token, Head head) const {
    int64_t first = isTable ? 0 : 2, features = 1;
    for (size_t d = first + 1; d < shape.size(); ++d)
      features *= shape[d];
    int64_t row = head.in(shape[first]);
    if (!isTable)
      row += shape[2] * ((token < shape[1] ? token : 0) + shape[1] * (batch < shape[0] ? batch : 0));
    return data.data() + row * features;
  }
  R at(int64_t batch, int64_t token, Head head) const { return *row(batch, token, head); }
};

template <typename R> struct MixProblem {
  mutable mixer::MixOp mix; // a handle; MLIR accessors are not const
  mixer::MixSizes sizes;
  MixOperand<R> query, key, value, current, bias, pastKey, pastValue;
  llvm::SmallVector<MixOperand<R>> transport;
  const ReferenceTensor *segments = nullptr, *positions = nullptr, *places = nullptr;

  MixProblem(mixer::MixOp mix, const MixOperands &operands);

  /// Rows of a state: dk, or 2 dk when complex.
  int64_t rows() const { return mix.getTransport().isComplex() ? 2 * sizes.dk : sizes.dk; }
  R scale() const;
  bool isNormalised() const { return mix.getNorm().getKind() != mixer::NormKind::None; }
  /// What the norm adds to a sum of weights that are all divided by exp(shift): nothing, however small the weights are,
  /// where there is no epsilon.
  R epsilonAt(R shift) const {
    R epsilon = R(mix.getNorm().getEpsilon().convertToDouble());
    return epsilon == 0 ? R(0) : epsilon * std::exp(-shift);
  }
  bool hasLogKeys() const { return mix.getLinear() && mix.getLinear().getLogKeys(); }
  /// 1, or dv when every value channel has its own weight.
  int64_t weightsPerPair() const;

  const R *keyRow(int64_t batch, int64_t token, Head head) const { return rowOf(key, pastKey, batch, token, head); }
  const R *valueRow(int64_t batch, int64_t token, Head head) const {
    return rowOf(value, pastValue, batch, token, head);
  }
  /// The first key token that a query may see.
  int64_t firstKey(int64_t batch) const;
  /// Where a key token stands as supports see it.
  int64_t keyPosition(int64_t batch, int64_t token) const { return places ? token + positionOf(batch) : token; }

  int64_t segment(int64_t batch, int64_t token) const {
    if (!segments)
      return 0;
    int64_t row = batch < segments->shape[0] ? batch : 0;
    return segments->integers[row * segments->shape[1] + token];
  }
  /// Key position that coincides with query position p.
  int64_t aligned(int64_t batch, int64_t queryPosition) const {
    if (positions)
      return queryPosition + positionOf(batch);
    return mix.getLayout().getAlign() == mixer::Align::End ? queryPosition + sizes.S - sizes.T : queryPosition;
  }
  /// The linear functional that reads a state out: q, or (re q, -im q) so that its product with (re S, im S) is Re(q
  /// S).
  std::vector<R> readout(int64_t batch, int64_t token, Head head) const;

private:
  int64_t positionOf(int64_t batch) const { return positions->integers[batch < positions->shape[0] ? batch : 0]; }
  const R *rowOf(const MixOperand<R> &own, const MixOperand<R> &past, int64_t batch, int64_t token, Head head) const;
};

inline int64_t tokenAt(int64_t position, int64_t count, bool reversed) {
  return reversed ? count - 1 - position : position;
}

extern template struct MixProblem<double>;
extern template struct MixProblem<float>;

} // namespace heddle
#endif
