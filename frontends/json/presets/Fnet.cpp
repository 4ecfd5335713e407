// FNet (2021): the real part of the Fourier transform over features and tokens, no weights. With F = C - i S on either
// side, Re(F_T x F_D) = C_T x C_D - S_T x S_D.
#include "dialects/mixer/Mixer.h"
#include "frontends/json/Presets.h"
#include <cmath>

using namespace mlir;

namespace heddle::json {

static std::vector<float> fourierMatrix(int64_t size, bool isSine) {
  std::vector<float> values(size * size);
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j < size; ++j) {
      double angle = 2 * M_PI * ((i * j) % size) / size;
      values[i * size + j] = static_cast<float>(isSine ? std::sin(angle) : std::cos(angle));
    }
  return values;
}

Build readFnet(ObjectReader &) {
  return [](Model &m, Tensor x) -> Tensor {
    GraphBuilder &g = m.g;
    int64_t size = m.features(x);
    auto half = [&](bool isSine) -> Tensor {
      if (!m.reserve({size, size}))
        return {};
      Tensor matrix = m.computed({size, size}, [&] { return fourierMatrix(size, isSine); });
      MixSpec spec;
      spec.value = m.heads(g.matmul(x, matrix), 1);
      spec.transport =
          mixer::StructuredAttr::get(g.context(), isSine ? mixer::StructuredKind::Sine : mixer::StructuredKind::Cosine);
      return mergeHeads(g, mixed(m, spec));
    };
    Tensor cosine = half(false), sine = half(true);
    return g.sub(cosine, sine);
  };
}

} // namespace heddle::json
