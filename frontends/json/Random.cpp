#include "frontends/json/Random.h"

namespace heddle::json {

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

static constexpr uint64_t kStep = 0x9e3779b97f4a7c15ull;

Random::Random(uint64_t seed, std::string_view name) {
  uint64_t hash = 0xcbf29ce484222325ull; // FNV-1a
  for (char c : name)
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
  stream = mix(seed + kStep) ^ mix(hash + kStep);
}

uint64_t Random::bits(uint64_t index) const { return mix(stream + (index + 1) * kStep); }

float Random::uniform(uint64_t index) const { return static_cast<float>(bits(index) >> 40) * 0x1p-24f; }

float Random::normal(uint64_t index) const {
  uint64_t z = bits(index);
  int32_t sum =
      static_cast<int32_t>((z & 0xffff) + ((z >> 16) & 0xffff) + ((z >> 32) & 0xffff) + (z >> 48)) - 2 * 0xffff;
  constexpr float kDeviation = 37836.9f; // of the sum of four uniform integers below 2^16: 2^16 * sqrt(4 / 12)
  return static_cast<float>(sum) / kDeviation;
}

std::vector<float> randomWeights(const Init &init, uint64_t count, uint64_t seed, double scale, std::string_view name) {
  Random random(seed, name);
  std::vector<float> values(count);
  float low = static_cast<float>(init.low), high = static_cast<float>(init.high),
        deviation = static_cast<float>(init.high * scale);
  for (uint64_t i = 0; i < count; ++i) {
    switch (init.kind) {
    case Init::Kind::Normal:
      values[i] = deviation * random.normal(i);
      break;
    case Init::Kind::Uniform:
      values[i] = low + (high - low) * random.uniform(i);
      break;
    case Init::Kind::Constant:
      values[i] = low;
      break;
    case Init::Kind::Each:
      values[i] = static_cast<float>(init.each(static_cast<int64_t>(i)));
      break;
    }
  }
  return values;
}

} // namespace heddle::json
