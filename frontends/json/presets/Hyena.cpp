// Hyena (2023): projections, a short convolution, then `order` long convolutions whose kernels come from a small
// network over positions, each followed by a gate. The kernels do not depend on the input: they are computed here,
// once.
#include "frontends/json/presets/LongKernel.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

struct Hyena {
  int64_t length, order, taps, bands, hidden;

  // Names and sizes of the network's weights, in the order that filter() takes them.
  struct Part {
    std::string name;
    SmallVector<int64_t> sizes;
    Init init;
  };
  std::vector<Part> parts(int64_t channels) const {
    int64_t inputs = 2 * bands + 1;
    auto dense = [](const std::string &name, int64_t in, int64_t out) {
      return Part{"filter." + name + ".weight", {in, out}, Init::normal(1.0 / std::sqrt(in))};
    };
    return {dense("input", inputs, hidden),
            {"filter.input.bias", {hidden}, Init::constant(0)},
            dense("hidden", hidden, hidden),
            {"filter.hidden.bias", {hidden}, Init::constant(0)},
            dense("output", hidden, order * channels)};
  }
  std::vector<float> filter(Model &m, int64_t channels) const;
  Tensor build(Model &m, Tensor x) const;
};

// (1, cos, sin) features of a position in [0, 1]: t itself, then `bands` frequencies.
std::vector<double> positionFeatures(int64_t t, int64_t length, int64_t bands) {
  double place = length > 1 ? static_cast<double>(t) / (length - 1) : 0;
  std::vector<double> features = {place};
  for (int64_t band = 0; band < bands; ++band) {
    double frequency = bands > 1 ? 1e-4 + (bands - 1 - 1e-4) * band / (bands - 1) : 1e-4;
    double angle = 2 * M_PI * t / length * frequency;
    features.push_back(std::cos(angle));
    features.push_back(-std::sin(angle));
  }
  return features;
}

std::vector<double> affine(ArrayRef<double> x, ArrayRef<float> weight, ArrayRef<float> bias, size_t width) {
  std::vector<double> y(width);
  for (size_t j = 0; j < width; ++j) {
    y[j] = bias.empty() ? 0 : bias[j];
    for (size_t i = 0; i < x.size(); ++i)
      y[j] += x[i] * weight[i * width + j];
  }
  return y;
}

void applySine(std::vector<double> &x, double frequency) {
  for (double &value : x)
    value = std::sin(frequency * value);
}

// Kernels [order, channels, length]: the network at each position, times a decay that differs by channel.
std::vector<float> Hyena::filter(Model &m, int64_t channels) const {
  std::vector<std::vector<float>> w;
  for (const Part &part : parts(channels))
    w.push_back(m.read(part.name, part.sizes, part.init));
  constexpr double kSineFrequency = 10, kFastest = 0.3, kSlowest = 1.5, kTarget = 0.01, kFloor = 0.05;
  std::vector<float> kernel(order * channels * length);
  for (int64_t t = 0; t < length; ++t) {
    std::vector<double> z = affine(positionFeatures(t, length, bands), w[0], w[1], hidden);
    applySine(z, kSineFrequency);
    z = affine(z, w[2], w[3], hidden);
    applySine(z, kSineFrequency);
    z = affine(z, w[4], {}, order * channels);
    double place = length > 1 ? static_cast<double>(t) / (length - 1) : 0;
    for (int64_t i = 0; i < order * channels; ++i) {
      double share = channels > 1 ? static_cast<double>(i % channels) / (channels - 1) : 0;
      double rate = -std::log(kTarget) / (kFastest + share * (kSlowest - kFastest));
      kernel[i * length + t] = static_cast<float>(z[i] * (std::exp(-rate * place) + kFloor) / std::sqrt(length));
    }
  }
  return kernel;
}

Tensor Hyena::build(Model &m, Tensor x) const {
  GraphBuilder &g = m.g;
  int64_t channels = m.features(x);
  for (const Part &part : parts(channels))
    if (!m.declare(part.name, part.sizes))
      return {};
  std::vector<float> kernels; // made when the first one is asked for
  Tensor streams = m.convolve(m.project(x, "input", (order + 1) * channels, true), "conv", taps, true);
  SmallVector<Tensor> parts = g.split(streams, 2, SmallVector<int64_t>(order + 1, channels));
  Tensor y = parts.back();
  for (int64_t i = 0; i < order; ++i) {
    Tensor kernel = m.computed(
        {1, channels, length},
        [&] {
          if (kernels.empty())
            kernels = filter(m, channels);
          auto begin = kernels.begin() + i * channels * length;
          return std::vector<float>(begin, begin + channels * length);
        },
        m.f32);
    Tensor skip = m.weight("skip_" + std::to_string(i), channels, Init::normal(1));
    y = g.mul(parts[i], g.add(convolveTokens(m, y, kernel, 0), g.mul(y, skip)));
  }
  return m.project(y, "output", channels, true);
}

} // namespace

Build readHyena(ObjectReader &r) {
  Hyena h;
  h.length = readMaxTokens(r);
  h.order = r.integer("order", {1, 16}, 2);
  h.taps = r.integer("taps", {1, 64}, 3);
  h.bands = r.integer("bands", {1, 256}, 8);
  h.hidden = r.integer("filter_hidden", {1, 4096}, 64);
  return [h](Model &m, Tensor x) { return h.build(m, x); };
}

} // namespace heddle::json
