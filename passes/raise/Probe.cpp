#include "passes/raise/Probe.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/raise/SizeShrinker.h"

#include <random>

using namespace mlir;

namespace heddle {
namespace {

// Elementary operations that all evaluations of a region may take: 10 to 20 s. What takes longer than the second number
// is worth being made smaller.
constexpr double kRegionBudget = 2e9;
constexpr double kSmallRegion = 1e8;
// Rounding in double stays below, what an element does to its neighbours is far above.
constexpr double kNoChange = 1e-12;
constexpr unsigned kSamples = 3;

/// Evaluations that reading off the slots of a region takes, with room for some proposals. One input takes no
/// comparisons with others.
double evaluationsOf(const Excerpt &region) { return region.inputs.size() == 1 ? 10 : 40; }

Reach reachOf(int64_t first, int64_t last, int64_t token) {
  if (first == token)
    return last == token ? Reach::Local : Reach::Past;
  if (first > token)
    return Reach::StrictPast;
  if (last == token)
    return Reach::Future;
  return last < token ? Reach::StrictFuture : Reach::Everywhere;
}

} // namespace

std::optional<int64_t> Influence::inputDim(int64_t outputDim) const {
  for (auto [dim, tied] : llvm::enumerate(outputDims))
    if (tied == outputDim)
      return dim;
  return std::nullopt;
}

/// The region as a function that can be evaluated many times; a null one where there is none.
static Excerpt excerptOf(const TokenRegion &region, const TokenAxes &axes, ConcreteSizes &sizes) {
  Excerpt whole = Excerpt::of({region.output}, region.frontier, sizes);
  if (!whole.function || whole.operations * evaluationsOf(whole) <= kSmallRegion)
    return whole;
  Excerpt small = Excerpt::of({region.output}, region.frontier, sizes);
  SmallVector<SizeShrinker::Dim> tokenDims{{unsigned(small.inputs.size()), *axes.rowDim(region.output)}};
  for (auto [number, input] : llvm::enumerate(small.inputs))
    if (auto type = dyn_cast<RankedTensorType>(input.getType()))
      for (int64_t dim = 0; dim < type.getRank(); ++dim)
        if (axes.isMadeFromTokens(input, dim))
          tokenDims.push_back({unsigned(number), dim});
  if (SizeShrinker(small, /*length=*/0, tokenDims).run() && small.operations < whole.operations)
    whole = std::move(small);
  return whole.operations * evaluationsOf(whole) <= kRegionBudget ? std::move(whole) : Excerpt();
}

std::optional<Probe> Probe::of(const TokenRegion &region, const TokenAxes &axes, ConcreteSizes &sizes) {
  Probe probe;
  probe.known = &sizes;
  probe.excerpt = excerptOf(region, axes, sizes);
  if (!probe.excerpt.function)
    return std::nullopt;
  for (Value input : probe.excerpt.inputs)
    probe.tokenDims.push_back(axes.rowDim(input));
  probe.outputToken = *axes.rowDim(region.output);
  if (!probe.draw())
    return std::nullopt;
  if (probe.base.size() > 1)
    return probe;
  std::optional<ReferenceTensor> atZero =
      probe.evaluate({ReferenceTensor::zeros(probe.base[0].elementType, probe.base[0].shape)});
  if (!atZero)
    return std::nullopt;
  probe.rest = std::move(atZero->data);
  return probe;
}

bool Probe::hasOffset() const {
  double slack = kNoChange * maxMagnitude(expected);
  return llvm::any_of(rest, [&](double value) { return !(std::abs(value) <= slack); });
}

std::optional<ReferenceTensor> Probe::evaluate(ArrayRef<ReferenceTensor> inputs) const {
  ++evaluations;
  func::FuncOp function = excerpt.function;
  ScopedDiagnosticHandler silent(function.getContext(), [](Diagnostic &) { return success(); });
  SmallVector<ReferenceTensor> results;
  if (failed(interpret(function, inputs, results, Precision::Double)))
    return std::nullopt;
  return std::move(results.front());
}

std::optional<bool> Probe::isLinear(unsigned input) const {
  SmallVector<ReferenceTensor> inputs(base);
  for (double &value : inputs[input].data)
    value *= 2;
  std::optional<ReferenceTensor> doubled = evaluate(inputs);
  if (!doubled)
    return std::nullopt;
  double slack = 1e-9 * maxMagnitude(expected);
  for (auto [place, before] : llvm::enumerate(expected.data)) {
    double constant = rest.empty() ? 0 : rest[place];
    if (!(std::abs(doubled->data[place] - constant - 2 * (before - constant)) <= slack))
      return false;
  }
  return true;
}

std::optional<Probe::Box> Probe::changedBox(unsigned input, ArrayRef<int64_t> at) const {
  SmallVector<ReferenceTensor> inputs(base);
  ReferenceTensor &tensor = inputs[input];
  tensor.data[dot(tensor.strides(), at)] += 0.31;
  std::optional<ReferenceTensor> changed = evaluate(inputs);
  if (!changed)
    return std::nullopt;
  double slack = kNoChange * maxMagnitude(expected);
  Index first(expected.shape), last(expected.rank(), -1), index(expected.rank(), 0);
  int64_t offset = 0;
  do {
    if (!(std::abs(changed->data[offset] - expected.data[offset]) <= slack))
      for (int64_t dim = 0; dim < expected.rank(); ++dim) {
        first[dim] = std::min(first[dim], index[dim]);
        last[dim] = std::max(last[dim], index[dim]);
      }
    ++offset;
  } while (nextIndex(index, expected.shape));
  if (last.empty() || last.front() < 0)
    return std::nullopt;
  return std::make_pair(first, last);
}

/// Some elements of an input, no two dimensions of one size at the same positions in all of them.
SmallVector<Probe::Index> Probe::samples(unsigned input) const {
  const ReferenceTensor &tensor = base[input];
  std::mt19937_64 random(2);
  SmallVector<Index> points(kSamples, Index(tensor.rank(), 0));
  auto sameTrack = [&](int64_t left, int64_t right) {
    return tensor.shape[left] > 1 && tensor.shape[left] == tensor.shape[right] &&
           llvm::all_of(points, [&](const Index &point) { return point[left] == point[right]; });
  };
  auto isAmbiguous = [&]() {
    for (int64_t left = 0; left < tensor.rank(); ++left)
      for (int64_t right = 0; right < left; ++right)
        if (sameTrack(left, right))
          return true;
    return false;
  };
  for (int attempt = 0; attempt < 64; ++attempt) {
    for (Index &point : points)
      for (int64_t dim = 0; dim < tensor.rank(); ++dim) {
        // Away from both ends of the tokens, so that past and future show.
        int64_t size = tensor.shape[dim], margin = tokenDims[input] == dim ? size / 4 : 0;
        point[dim] = std::uniform_int_distribution<int64_t>(margin, size - 1 - margin)(random);
      }
    if (!isAmbiguous())
      break;
  }
  return points;
}

/// The dimension of the output whose elements dimension `dim` of the input chooses, `size` elements long.
std::optional<int64_t> Probe::chosenDim(int64_t size, int64_t dim, ArrayRef<Index> points, ArrayRef<Box> boxes) const {
  auto chooses = [&](int64_t outputDim) {
    int64_t share = expected.shape[outputDim] / size;
    if (outputDim == outputToken || size == 1 || share * size != expected.shape[outputDim])
      return false;
    return llvm::all_of(llvm::zip_equal(points, boxes), [&](auto pair) {
      auto &[point, box] = pair;
      return box.first[outputDim] == point[dim] * share && box.second[outputDim] == (point[dim] + 1) * share - 1;
    });
  };
  for (int64_t outputDim = 0; outputDim < expected.rank(); ++outputDim)
    if (chooses(outputDim))
      return outputDim;
  return std::nullopt;
}

std::optional<Influence> Probe::influence(unsigned input) const {
  const ReferenceTensor &tensor = base[input];
  Influence influence{excerpt.inputs[input], false, Reach::None, tokenDims[input], {}};
  std::optional<bool> linear = isLinear(input);
  if (!linear)
    return std::nullopt;
  influence.isLinear = *linear;
  SmallVector<Index> points = samples(input);
  SmallVector<Box> boxes;
  for (const Index &point : points) {
    auto box = changedBox(input, point);
    if (!box)
      return std::nullopt;
    boxes.push_back(*box);
    if (!influence.tokenDim)
      continue;
    Reach reach = reachOf(box->first[outputToken], box->second[outputToken], point[*influence.tokenDim]);
    influence.reach = influence.reach == Reach::None || influence.reach == reach ? reach : Reach::Everywhere;
  }
  for (int64_t dim = 0; dim < tensor.rank(); ++dim)
    influence.outputDims.push_back(influence.tokenDim == dim ? std::nullopt
                                                             : chosenDim(tensor.shape[dim], dim, points, boxes));
  return influence;
}

} // namespace heddle
