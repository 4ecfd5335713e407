#include "runtime/tools/stream/Sampler.h"

#include <algorithm>
#include <cmath>

namespace heddle {
namespace {

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (OOPSLA 2014).
uint64_t splitMix(uint64_t &state) {
  uint64_t bits = state += 0x9e3779b97f4a7c15;
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
  return bits ^ bits >> 31;
}

} // namespace

io::Result<int64_t> Sampler::next(const io::HostTensor &logits, int64_t first, int64_t count) {
  candidates.clear();
  for (int64_t id = 0; id < count; ++id) {
    double logit = logits.at(first + id);
    if (std::isnan(logit))
      return io::Error{"", "logit of token " + std::to_string(id), "a number", "NaN"};
    candidates.push_back({id, logit});
  }
  auto isLess = [](const Candidate &left, const Candidate &right) { return left.weight < right.weight; };
  auto largest = std::max_element(candidates.begin(), candidates.end(), isLess); // the first of equals
  if (largest == candidates.end() || !std::isfinite(largest->weight))
    return io::Error{"", "largest logit", "a finite number",
                     largest == candidates.end() ? "none" : std::to_string(largest->weight)};
  if (options.temperature == 0)
    return largest->id;
  double shift = largest->weight;
  for (Candidate &candidate : candidates)
    candidate.weight = std::exp((candidate.weight - shift) / options.temperature);
  if (options.topK > 0 || options.topP < 1)
    keepLikely();
  return draw();
}

/// Leaves the candidates that the options admit, the likely ones first, at least one.
void Sampler::keepLikely() {
  auto isLikelier = [](const Candidate &left, const Candidate &right) {
    return left.weight != right.weight ? left.weight > right.weight : left.id < right.id;
  };
  size_t kept = candidates.size();
  if (options.topK > 0)
    kept = std::min(kept, static_cast<size_t>(options.topK));
  std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(kept), candidates.end(),
                    isLikelier);
  candidates.resize(kept);
  double sum = 0, share = 0;
  for (const Candidate &candidate : candidates)
    sum += candidate.weight;
  kept = 0;
  while (kept < candidates.size() && (kept == 0 || share < options.topP * sum))
    share += candidates[kept++].weight;
  candidates.resize(kept);
}

int64_t Sampler::draw() {
  double sum = 0;
  for (const Candidate &candidate : candidates)
    sum += candidate.weight;
  double left = static_cast<double>(splitMix(random) >> 11) * 0x1p-53 * sum;
  int64_t drawn = 0; // where rounding leaves a rest, the last that can be drawn
  for (const Candidate &candidate : candidates) {
    if (candidate.weight > 0)
      drawn = candidate.id;
    left -= candidate.weight;
    if (left < 0)
      break;
  }
  return drawn;
}

} // namespace heddle
