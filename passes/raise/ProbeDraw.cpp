// The inputs at which a region is probed.
#include "passes/raise/Probe.h"

#include "dialects/mixer/reference/Tolerance.h"

#include <random>

using namespace mlir;

namespace heddle {
namespace {

/// Moderate values first; positive ones for regions that take a logarithm; small ones for states that grow.
constexpr std::pair<double, double> kDraws[] = {{-0.7, 0.7}, {0.2, 0.9}, {-0.1, 0.1}};
// Next to what is larger by more than this, changes of other tokens are rounding.
constexpr double kBalanced = 1e4;

ReferenceTensor randomTensor(Type type, ArrayRef<int64_t> shape, std::pair<double, double> range,
                             std::mt19937_64 &random) {
  ReferenceTensor tensor = ReferenceTensor::zeros(getElementTypeOrSelf(type), shape);
  std::uniform_real_distribution<double> real(range.first, range.second);
  for (double &value : tensor.data)
    value = real(random);
  return tensor;
}

bool isFinite(const ReferenceTensor &tensor) {
  return llvm::all_of(tensor.data, [](double value) { return std::isfinite(value); });
}

/// Whether no token is far larger than the others are on the whole.
bool isBalanced(const ReferenceTensor &tensor, int64_t tokenDim) {
  std::vector<double> largest(tensor.shape[tokenDim], 0);
  SmallVector<int64_t> index(tensor.rank(), 0);
  int64_t offset = 0;
  do {
    double &row = largest[index[tokenDim]];
    row = std::max(row, std::abs(tensor.data[offset++]));
  } while (nextIndex(index, tensor.shape));
  std::nth_element(largest.begin(), largest.begin() + largest.size() / 2, largest.end());
  return maxMagnitude(tensor) <= kBalanced * largest[largest.size() / 2];
}

} // namespace

/// Random inputs at which the output is finite, and its tokens are of one size as far as some draw makes them so.
bool Probe::draw() {
  for (std::pair<double, double> range : kDraws) {
    std::mt19937_64 random(1);
    SmallVector<ReferenceTensor> drawn;
    for (auto [input, shape] : llvm::zip_equal(excerpt.inputs, excerpt.shapes)) {
      if (!isa<FloatType>(getElementTypeOrSelf(input.getType())))
        return false;
      drawn.push_back(randomTensor(input.getType(), shape, range, random));
    }
    std::optional<ReferenceTensor> output = evaluate(drawn);
    if (!output || !isa<FloatType>(output->elementType)) // places and flags are no linear function of the input
      return false;
    bool isUsable = isFinite(*output) && maxMagnitude(*output) != 0,
         balances = isUsable && isBalanced(*output, outputToken);
    if (!isUsable || (!base.empty() && !balances))
      continue;
    base = std::move(drawn);
    expected = std::move(*output);
    if (balances)
      break;
  }
  return !base.empty();
}

} // namespace heddle
