#include "dialects/mixer/reference/MixTransport.h"
#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

// S <- S
template <typename R> struct Identity : MixTransport<R> {
  explicit Identity(const MixProblem<R> &) {}
  void apply(Place, R *, int64_t) const override {}
};

// S <- exp(a) S
template <typename R> struct ScalarDecay : MixTransport<R> {
  explicit ScalarDecay(const MixProblem<R> &problem) : a(problem.transport[0]), rows(problem.rows()) {}
  R logDecay(Place p, int64_t) const override { return a.at(p.batch, p.token, p.head); }
  void apply(Place p, R *state, int64_t columns) const override {
    R decay = std::exp(a.at(p.batch, p.token, p.head));
    for (int64_t i = 0; i < rows * columns; ++i)
      state[i] *= decay;
  }
  const MixOperand<R> &a;
  int64_t rows;
};

// S[c, :] <- exp(a[c]) S[c, :]
template <typename R> struct KeyChannel : MixTransport<R> {
  explicit KeyChannel(const MixProblem<R> &problem) : a(problem.transport[0]), rows(problem.rows()) {}
  R logDecay(Place p, int64_t c) const override { return a.row(p.batch, p.token, p.head)[c]; }
  void apply(Place p, R *state, int64_t columns) const override {
    for (int64_t c = 0; c < rows; ++c) {
      R decay = std::exp(logDecay(p, c));
      for (int64_t d = 0; d < columns; ++d)
        state[c * columns + d] *= decay;
    }
  }
  const MixOperand<R> &a;
  int64_t rows;
};

// S[c, d] <- exp(a[c, d]) S[c, d]; columns past dv (a normaliser) start again at d = 0.
template <typename R> struct Elementwise : MixTransport<R> {
  explicit Elementwise(const MixProblem<R> &problem) : problem(problem), rows(problem.rows()), dv(problem.sizes.dv) {}
  R decay(Place p, int64_t c, int64_t d) const {
    const R *first = problem.transport[0].row(p.batch, p.token, p.head);
    if (problem.transport.size() == 1)
      return std::exp(first[c * dv + d]);
    return std::exp(first[d] * problem.transport[1].row(p.batch, p.token, p.head)[c * dv + d]);
  }
  void apply(Place p, R *state, int64_t columns) const override {
    for (int64_t c = 0; c < rows; ++c)
      for (int64_t d = 0; d < columns; ++d)
        state[c * columns + d] *= decay(p, c, d % dv);
  }
  const MixProblem<R> &problem;
  int64_t rows, dv;
};

// (S_re + i S_im)[c, :] <- exp(a[c] + i w[c]) (S_re + i S_im)[c, :]
template <typename R> struct ComplexDiagonal : MixTransport<R> {
  explicit ComplexDiagonal(const MixProblem<R> &problem)
      : a(problem.transport[0]), w(problem.transport[1]), dk(problem.sizes.dk) {}
  void rotate(Place p, R *state, int64_t columns, R direction) const {
    const R *modulus = a.row(p.batch, p.token, p.head), *phase = w.row(p.batch, p.token, p.head);
    for (int64_t c = 0; c < dk; ++c) {
      R decay = std::exp(modulus[c]), cosine = decay * std::cos(phase[c]);
      R sine = decay * std::sin(phase[c]) * direction;
      for (int64_t d = 0; d < columns; ++d) {
        R &re = state[c * columns + d], &im = state[(dk + c) * columns + d];
        R rotated = cosine * re - sine * im;
        im = sine * re + cosine * im;
        re = rotated;
      }
    }
  }
  void apply(Place p, R *state, int64_t columns) const override { rotate(p, state, columns, R(1)); }
  void applyTransposed(Place p, R *r, int64_t columns) const override { rotate(p, r, columns, R(-1)); }
  const MixOperand<R> &a, &w;
  int64_t dk;
};

// S <- exp(a) (S - b k (k^T S)): symmetric.
template <typename R> struct Delta : MixTransport<R> {
  explicit Delta(const MixProblem<R> &problem) : problem(problem), rows(problem.rows()) {}
  R updateScale(Place p) const override { return problem.transport[0].at(p.batch, p.token, p.head); }
  void apply(Place p, R *state, int64_t columns) const override {
    const R *k = problem.key.row(p.batch, p.token, p.head);
    R b = updateScale(p);
    R decay = problem.transport.size() > 1 ? std::exp(problem.transport[1].at(p.batch, p.token, p.head)) : R(1);
    for (int64_t d = 0; d < columns; ++d) {
      R along = 0;
      for (int64_t c = 0; c < rows; ++c)
        along += k[c] * state[c * columns + d];
      for (int64_t c = 0; c < rows; ++c)
        state[c * columns + d] = decay * (state[c * columns + d] - b * k[c] * along);
    }
  }
  const MixProblem<R> &problem;
  int64_t rows;
};

// S <- A S
template <typename R> struct Constant : MixTransport<R> {
  explicit Constant(const MixProblem<R> &problem) : a(problem.transport[0]), rows(problem.rows()) {}
  void multiply(Place p, R *state, int64_t columns, bool transposed) const {
    const R *matrix = a.row(p.batch, p.token, p.head);
    std::vector<R> product(rows * columns, R(0));
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t j = 0; j < rows; ++j)
        for (int64_t d = 0; d < columns; ++d)
          product[i * columns + d] += matrix[transposed ? j * rows + i : i * rows + j] * state[j * columns + d];
    std::copy(product.begin(), product.end(), state);
  }
  void apply(Place p, R *state, int64_t columns) const override { multiply(p, state, columns, false); }
  void applyTransposed(Place p, R *r, int64_t columns) const override { multiply(p, r, columns, true); }
  const MixOperand<R> &a;
  int64_t rows;
};

} // namespace

template <typename R> std::unique_ptr<MixTransport<R>> MixTransport<R>::of(const MixProblem<R> &problem) {
  Attribute transport = problem.mix.getTransport();
  if (isa<mixer::ScalarAttr>(transport))
    return std::make_unique<ScalarDecay<R>>(problem);
  if (isa<mixer::KeyChannelAttr>(transport))
    return std::make_unique<KeyChannel<R>>(problem);
  if (isa<mixer::ElementwiseAttr>(transport))
    return std::make_unique<Elementwise<R>>(problem);
  if (isa<mixer::ComplexDiagonalAttr>(transport))
    return std::make_unique<ComplexDiagonal<R>>(problem);
  if (isa<mixer::DeltaAttr>(transport))
    return std::make_unique<Delta<R>>(problem);
  if (isa<mixer::ConstantAttr>(transport))
    return std::make_unique<Constant<R>>(problem);
  return std::make_unique<Identity<R>>(problem);
}

template class MixTransport<double>;
template class MixTransport<float>;

} // namespace heddle
