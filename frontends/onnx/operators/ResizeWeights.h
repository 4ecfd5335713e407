// Where the elements of a resized axis come from, as numbers: no IR here.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_RESIZEWEIGHTS_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_RESIZEWEIGHTS_H

#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <string>

namespace heddle::onnx {

struct ResizeOptions {
  std::string mode = "nearest", coordinates = "half_pixel", nearest = "round_prefer_floor";
  double cubicA = -0.75, extrapolation = 0;
  bool antialias = false, excludesOutside = false;
};

struct ResizeAxis {
  int64_t axis, from, to;
  double scale;
  double start = 0, end = 1; // of the region, as a share of the axis
};

// Places of the input and their weights.
using Weights = llvm::SmallVector<std::pair<int64_t, double>>;

// Where result `i` lies in the input.
double sourcePlace(const ResizeAxis &a, const ResizeOptions &options, int64_t i);
bool isOutside(const ResizeAxis &a, const ResizeOptions &options, double place);
int64_t nearestPlace(double place, const std::string &mode);
Weights weightsAt(const ResizeAxis &a, const ResizeOptions &options, double place);

} // namespace heddle::onnx
#endif
