// Random weights: a pure function of (seed, weight name, element index), the same bits on every machine and in any
// order of evaluation.
//
// SplitMix64 gives 64 bits for each index. A normal value is the centred sum of their four 16-bit parts, scaled to unit
// variance: bounded by 3.47 deviations, and free of library calls whose last bits differ between machines.
#ifndef HEDDLE_FRONTENDS_JSON_RANDOM_H
#define HEDDLE_FRONTENDS_JSON_RANDOM_H

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace heddle::json {

class Random {
public:
  Random(uint64_t seed, std::string_view name);
  float uniform(uint64_t index) const; // [0, 1)
  float normal(uint64_t index) const;  // mean 0, variance 1

private:
  uint64_t bits(uint64_t index) const;
  uint64_t stream;
};

// How a weight starts when it is not read from a file.
struct Init {
  enum class Kind { Normal, Uniform, Constant, Each };
  Kind kind = Kind::Normal;
  double low = 0, high = 1;            // Normal: high is the deviation; Uniform: the bounds; Constant: low
  std::function<double(int64_t)> each; // Each: value at a row-major index

  static Init normal(double deviation) { return {Kind::Normal, 0, deviation, {}}; }
  static Init uniform(double low, double high) { return {Kind::Uniform, low, high, {}}; }
  static Init constant(double value) { return {Kind::Constant, value, value, {}}; }
  static Init ofIndex(std::function<double(int64_t)> value) { return {Kind::Each, 0, 0, std::move(value)}; }
};

// `scale` multiplies the deviation of normal weights.
std::vector<float> randomWeights(const Init &init, uint64_t count, uint64_t seed, double scale, std::string_view name);

} // namespace heddle::json
#endif
