// Long convolutions: with an explicit kernel made sparse by a squash (Fu et al., 2023), and SGConv's sum of scales
// (2022).
#include "frontends/json/presets/LongKernel.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

namespace {

// What both put around the convolution: a skip weight, GELU, a gated projection.
Tensor finish(Model &m, Tensor x, Tensor mixedTokens) {
  GraphBuilder &g = m.g;
  Tensor y = g.add(mixedTokens, g.mul(x, m.weight("skip", m.features(x), Init::normal(1))));
  return m.gatedLinear(g.unary(Unary::Gelu, y), "output", m.features(x));
}

// sign(k) * max(|k| - threshold, 0)
std::vector<float> squash(std::vector<float> kernel, float threshold) {
  for (float &value : kernel)
    value = std::copysign(std::max(std::fabs(value) - threshold, 0.0f), value);
  return kernel;
}

// One direction of SGConv: scale i is `base` points stretched by linear interpolation to base * 2^max(0, i-1) tokens,
// weighted with decay^(scales-1-i); all divided by the norm of their sum over tokens. weight [scales, channels, base]
// -> kernel [channels, length].
std::vector<float> multiScaleKernel(ArrayRef<float> weight, int64_t scales, int64_t channels, int64_t base,
                                    int64_t length, double decay) {
  std::vector<float> kernel(channels * length);
  for (int64_t c = 0; c < channels; ++c) {
    int64_t position = 0;
    double square = 0;
    for (int64_t i = 0; i < scales; ++i) {
      const float *points = &weight[(i * channels + c) * base];
      int64_t stretch = int64_t(1) << std::max<int64_t>(0, i - 1), count = base * stretch;
      double factor = std::pow(decay, static_cast<double>(scales - 1 - i));
      for (int64_t t = 0; t < count; ++t, ++position) {
        double source = std::clamp((t + 0.5) / stretch - 0.5, 0.0, static_cast<double>(base - 1));
        int64_t low = static_cast<int64_t>(source), high = std::min(low + 1, base - 1);
        double value = factor * (points[low] + (source - low) * (points[high] - points[low]));
        square += value * value;
        if (position < length)
          kernel[c * length + position] = static_cast<float>(value);
      }
    }
    double norm = std::sqrt(square);
    for (int64_t t = 0; t < length && norm > 0; ++t)
      kernel[c * length + t] /= static_cast<float>(norm);
  }
  return kernel;
}

// Lags -(length-1) .. length-1: the kernel of later tokens reversed, then that of earlier ones; lag 0 belongs to the
// latter.
std::vector<float> bothWays(ArrayRef<float> past, ArrayRef<float> future, int64_t channels, int64_t length) {
  std::vector<float> kernel;
  kernel.reserve(channels * (2 * length - 1));
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t lag = length - 1; lag >= 1; --lag)
      kernel.push_back(future[c * length + lag - 1]);
    kernel.insert(kernel.end(), past.begin() + c * length, past.begin() + (c + 1) * length);
  }
  return kernel;
}

} // namespace

Build readLongConv(ObjectReader &r) {
  int64_t length = readMaxTokens(r);
  double threshold = r.number("squash", 0, 1e6, 0.003);
  return [=](Model &m, Tensor x) -> Tensor {
    int64_t channels = m.features(x);
    if (!m.declare("kernel", {channels, length}))
      return {};
    Tensor kernel = m.computed(
        {1, channels, length},
        [&] {
          return squash(m.read("kernel", {channels, length}, Init::normal(1.0 / std::sqrt(length))),
                        static_cast<float>(threshold));
        },
        m.f32);
    return finish(m, x, convolveTokens(m, x, kernel, 0));
  };
}

Build readSgconv(ObjectReader &r) {
  int64_t length = readMaxTokens(r);
  int64_t base = r.integer("base", {1, 65536}, 64);
  double decay = r.number("decay", 1, 64, 2.0);
  bool bidirectional = r.boolean("bidirectional", false);
  return [=](Model &m, Tensor x) -> Tensor {
    int64_t channels = m.features(x), scales = 1, center = bidirectional ? length - 1 : 0;
    while (base << (scales - 1) < length)
      ++scales;
    SmallVector<int64_t> sizes = {scales, channels, base};
    if (!m.declare("kernel", sizes) || (bidirectional && !m.declare("kernel_reverse", sizes)))
      return {};
    auto direction = [&](StringRef name) {
      return multiScaleKernel(m.read(name, sizes, Init::normal(1)), scales, channels, base, length, decay);
    };
    Tensor kernel = m.computed(
        {1, channels, length + center},
        [&] {
          return bidirectional ? bothWays(direction("kernel"), direction("kernel_reverse"), channels, length)
                               : direction("kernel");
        },
        m.f32);
    return finish(m, x, convolveTokens(m, x, kernel, center));
  };
}

} // namespace heddle::json
