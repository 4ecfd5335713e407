#include "frontends/onnx/operators/ResizeWeights.h"
#include <algorithm>
#include <cmath>

namespace heddle::onnx {

double sourcePlace(const ResizeAxis &a, const ResizeOptions &options, int64_t i) {
  auto x = static_cast<double>(i), from = static_cast<double>(a.from), to = static_cast<double>(a.to);
  double exact = from * a.scale; // the size before it was rounded
  if (options.coordinates == "align_corners")
    return a.to == 1 || exact == 1 ? 0 : x * (from - 1) / (exact - 1);
  if (options.coordinates == "asymmetric")
    return x / a.scale;
  if (options.coordinates == "tf_half_pixel_for_nn")
    return (x + 0.5) / a.scale;
  if (options.coordinates == "pytorch_half_pixel" && a.to == 1)
    return 0;
  if (options.coordinates == "half_pixel_symmetric")
    return from / 2 * (1 - to / exact) + (x + 0.5) / a.scale - 0.5;
  if (options.coordinates == "tf_crop_and_resize")
    return a.to == 1 ? (a.start + a.end) * (from - 1) / 2
                     : a.start * (from - 1) + x * (a.end - a.start) * (from - 1) / (to - 1);
  return (x + 0.5) / a.scale - 0.5;
}

bool isOutside(const ResizeAxis &a, const ResizeOptions &options, double place) {
  return options.coordinates == "tf_crop_and_resize" && (place < 0 || place > static_cast<double>(a.from - 1));
}

static double cubic(double distance, double a) {
  double x = std::fabs(distance);
  if (x <= 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

int64_t nearestPlace(double place, const std::string &mode) {
  double below = std::floor(place), rest = place - below;
  bool up = mode == "ceil"                ? rest > 0
            : mode == "floor"             ? false
            : mode == "round_prefer_ceil" ? rest >= 0.5
                                          : rest > 0.5;
  return static_cast<int64_t>(below) + up;
}

Weights weightsAt(const ResizeAxis &a, const ResizeOptions &options, double place) {
  double below = std::floor(place), ratio = place - below;
  double shrink = options.antialias ? std::min(a.scale, 1.0) : 1.0, reach = options.mode == "cubic" ? 2 : 1;
  auto start = static_cast<int64_t>(std::floor(-reach / shrink) + 1);
  Weights weights;
  double sum = 0;
  for (int64_t j = start; j < 2 - start; ++j) {
    double distance = (static_cast<double>(j) - ratio) * shrink;
    double weight = options.mode == "cubic" ? cubic(distance, options.cubicA) : std::max(0.0, 1 - std::fabs(distance));
    int64_t index = static_cast<int64_t>(below) + j;
    if (options.excludesOutside && (index < 0 || index >= a.from))
      continue;
    weights.push_back({std::clamp<int64_t>(index, 0, a.from - 1), weight});
    sum += weight;
  }
  if (options.antialias || options.excludesOutside)
    for (auto &[index, weight] : weights)
      weight /= sum;
  return weights;
}

} // namespace heddle::onnx
