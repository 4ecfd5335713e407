// Input values for a spec, in ranges that keep every recurrence stable.
#include "test/property/MixSpec.h"
#include "test/property/Random.h"
#include <cmath>

using namespace mlir;

namespace heddle::test {

// Ids grow in the order in which tokens are visited, and sometimes do not start at 0 (the state enters and is dropped).
static void fillSegments(ReferenceTensor &tensor, bool reversed, Random &random) {
  int64_t tokens = tensor.shape[1];
  for (int64_t b = 0; b < tensor.shape[0]; ++b) {
    int64_t id = random.chance(0.2);
    for (int64_t p = 0; p < tokens; ++p) {
      id += p > 0 && random.chance(0.2);
      tensor.integers[b * tokens + (reversed ? tokens - 1 - p : p)] = id;
    }
  }
}

static void normaliseRows(ReferenceTensor &tensor) {
  int64_t width = tensor.shape.back();
  for (auto row = tensor.data.begin(); row != tensor.data.end(); row += width) {
    double length = 0;
    for (int64_t c = 0; c < width; ++c)
      length += row[c] * row[c];
    for (int64_t c = 0; c < width; ++c)
      row[c] /= std::sqrt(length) + 1e-6;
  }
}

SmallVector<ReferenceTensor> makeInputs(const MixSpec &spec, uint64_t seed) {
  Random random(seed);
  SmallVector<ReferenceTensor> inputs;
  for (const MixArgument &argument : argumentsOf(spec).all) {
    ReferenceTensor tensor = ReferenceTensor::zeros(argument.elementType, argument.shape);
    for (double &value : tensor.data)
      value = random.uniform(argument.fill.low, argument.fill.high);
    if (argument.fill.kind == Fill::UnitRows)
      normaliseRows(tensor);
    if (argument.fill.kind == Fill::Positions)
      for (int64_t &position : tensor.integers)
        position = random.between(int64_t(argument.fill.low), int64_t(argument.fill.high));
    if (argument.fill.kind == Fill::Segments)
      fillSegments(tensor, spec.layout.getOrder() == mixer::Order::Reverse, random);
    roundToStorage(tensor);
    inputs.push_back(std::move(tensor));
  }
  return inputs;
}

} // namespace heddle::test
