#include "passes/raise/LinearRoles.h"

#include "dialects/mixer/reference/ReferenceTensor.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr double kSame = 1e-7;    // of numbers measured in double
constexpr double kRounded = 1e-6; // of ratios of numbers that a table holds in f32

bool isClose(double left, double right, double slack = kSame) {
  return std::abs(left - right) <= slack * std::max({std::abs(left), std::abs(right), 1e-3});
}

/// From a weight that is far away and not small: the root of it is closer than the ratio of neighbours, which may have
/// been rounded.
double logDecay(ArrayRef<double> row, size_t first) {
  size_t far = first + 1;
  while (far + 1 < row.size() && row[far + 1] / row[first] > 0.01)
    ++far;
  return std::log(row[far] / row[first]) / double(far - first);
}

class Reader {
public:
  Reader(const Probe &probe, std::string &why) : probe(probe), why(why) {}

  std::optional<LinearMixer> read() {
    if (probe.hasOffset() && !fail("something is added to the sum"))
      return std::nullopt;
    std::optional<LinearRoles> assigned = LinearRoles::assign(probe, mixer, why);
    if (!assigned)
      return std::nullopt;
    roles = *assigned;
    if (!assignDims() || !checkKeys())
      return std::nullopt;
    start = probe.outputShape()[mixer.dims.token] / 3;
    if (!measureWeights() || (mixer.decay && !measureDecay()))
      return std::nullopt;
    return mixer;
  }

private:
  bool fail(const Twine &reason) {
    why = reason.str();
    return false;
  }

  bool assignDims() {
    auto chosenBy = [](const std::optional<Influence> &role, int64_t dim) { return role && role->inputDim(dim); };
    bool hasKeyOrQuery = mixer.key || mixer.query;
    auto isShared = [&](int64_t dim) {
      return chosenBy(mixer.query, dim) || chosenBy(mixer.key, dim) || chosenBy(mixer.step, dim) ||
             (chosenBy(mixer.decay, dim) && !mixer.isElementwise);
    };
    std::optional<OutputDims> dims = readOutputDims(probe, mixer.source(), isShared);
    // A decay for each value feature: the last dimension that it shares with the value alone.
    if (mixer.decay && mixer.value && !mixer.step && (!dims || !dims->feature)) {
      mixer.isElementwise = true;
      auto isBatch = [&](int64_t dim) {
        return isShared(dim) || (!hasKeyOrQuery && dim == 0 && dim != probe.tokenDim());
      };
      dims = readOutputDims(probe, mixer.source(), isBatch);
      mixer.isElementwise = dims && dims->feature && chosenBy(mixer.decay, *dims->feature);
    }
    if (!dims)
      return fail("the output has more than batch, heads and features");
    mixer.dims = *dims;
    return true;
  }

  bool checkKeys() {
    auto features = [&](const std::optional<Influence> &role, std::optional<unsigned> input) -> int64_t {
      std::optional<int64_t> dim = role ? contractedDim(*role) : std::nullopt;
      return !dim ? 1 : *dim < 0 ? -1 : probe.inputs()[*input].shape[*dim];
    };
    keyFeatures = features(mixer.key, roles.key);
    if (keyFeatures < 0 || keyFeatures != features(mixer.query, roles.query))
      return fail("query and key have different features");
    if (mixer.value && contractedDim(*mixer.value))
      return fail("the value has features that the output has not");
    int64_t decayFeatures = features(mixer.decay, roles.decay);
    if (decayFeatures != 1 && (decayFeatures != keyFeatures || mixer.step))
      return fail("the decay has other features than the keys");
    if (features(mixer.step, roles.step) != 1)
      return fail("the step of a delta rule has features");
    return true;
  }

  /// The weights of the tokens from `start` on, where queries and keys are 1, and no other token corrects: one row for
  /// each head.
  std::optional<SmallVector<SmallVector<double>>> respond(SmallVector<ReferenceTensor> inputs) const {
    auto fill = [&](const std::optional<Influence> &role, std::optional<unsigned> input, bool isSource) {
      if (!role)
        return;
      ReferenceTensor &tensor = inputs[*input];
      SmallVector<int64_t> index(tensor.rank(), 0);
      int64_t offset = 0;
      do
        tensor.data[offset++] = !isSource || index[*role->tokenDim] == start ? 1 : 0;
      while (nextIndex(index, tensor.shape));
    };
    fill(mixer.query, roles.query, false);
    fill(mixer.key, roles.key, !mixer.value);
    fill(mixer.value, roles.value, true);
    fill(mixer.step, roles.step, true);
    std::optional<ReferenceTensor> output = probe.evaluate(inputs);
    if (!output)
      return std::nullopt;
    int64_t heads = mixer.dims.head ? output->shape[*mixer.dims.head] : 1, tokens = output->shape[mixer.dims.token];
    bool isBackward = mixer.reach == Reach::Future || mixer.reach == Reach::StrictFuture;
    SmallVector<SmallVector<double>> rows(heads);
    for (int64_t head = 0; head < heads; ++head)
      for (int64_t token = start; token >= 0 && token < tokens; token += isBackward ? -1 : 1) {
        SmallVector<int64_t> index(output->rank(), 0);
        index[mixer.dims.token] = token;
        if (mixer.dims.head)
          index[*mixer.dims.head] = head;
        rows[head].push_back(output->data[dot(output->strides(), index)]);
      }
    return rows;
  }

  bool isStrict() const { return mixer.reach == Reach::StrictPast || mixer.reach == Reach::StrictFuture; }

  bool measureWeights() {
    auto rows = respond(SmallVector<ReferenceTensor>(probe.inputs()));
    size_t first = isStrict() ? 1 : 0;
    if (!rows || rows->front().size() < first + 3 || rows->front()[first] == 0)
      return fail("the weights cannot be measured");
    mixer.scale = rows->front()[first] / keyFeatures;
    if (mixer.decay)
      return true;
    for (ArrayRef<double> row : *rows) {
      double ratio = row[first + 1] / row[first];
      if (!isClose(row[first + 2], row[first + 1] * ratio, kRounded) || ratio <= 0)
        return fail("the weights are not powers of a decay");
      mixer.logDecays.push_back(isClose(ratio, 1) ? 0 : logDecay(row, first));
      if (isClose(ratio, 1) && row.back() == 0)
        mixer.window = llvm::find(row, 0.0) - row.begin() - 1;
    }
    if (llvm::any_of(mixer.logDecays, [](double log) { return log != 0; }))
      mixer.decayKind = DecayKind::Constant;
    if (mixer.decayKind != DecayKind::None && (mixer.reach == Reach::Everywhere || mixer.window))
      return fail("a decay over tokens that are not the past");
    return true;
  }

  /// How the weight of the next token follows its decay: exp(factor * a), or a itself.
  bool measureDecay() {
    auto weightWith = [&](double step) -> std::optional<double> {
      SmallVector<ReferenceTensor> inputs(probe.inputs());
      ReferenceTensor &decay = inputs[*roles.decay];
      bool isBackward = mixer.reach == Reach::Future || mixer.reach == Reach::StrictFuture;
      int64_t token = start + (isBackward ? -1 : 1);
      SmallVector<int64_t> index(decay.rank(), 0);
      int64_t offset = 0;
      do
        decay.data[offset++] += index[*mixer.decay->tokenDim] == token ? step : 0;
      while (nextIndex(index, decay.shape));
      auto rows = respond(inputs);
      return rows ? std::optional<double>(rows->front()[isStrict() ? 2 : 1]) : std::nullopt;
    };
    std::optional<double> none = weightWith(0), one = weightWith(0.1), two = weightWith(0.2);
    if (!none || !one || !two || !(*one / *none > 0) || *one == *none)
      return fail("the decay of a token does not act on what comes before it");
    double slope = std::log(*one / *none) / 0.1;
    bool isLogarithm = isClose(slope, std::log(*two / *one) / 0.1);
    mixer.decayKind = isLogarithm ? DecayKind::Logarithm : DecayKind::Factor;
    mixer.logFactor = isLogarithm ? slope : 1;
    return true;
  }

  const Probe &probe;
  std::string &why;
  LinearMixer mixer;
  LinearRoles roles;
  int64_t keyFeatures = 1, start = 0;
};

} // namespace

std::optional<int64_t> contractedDim(const Influence &influence) {
  std::optional<int64_t> found;
  auto type = cast<RankedTensorType>(influence.input.getType());
  for (auto [dim, tied] : llvm::enumerate(influence.outputDims))
    if (!tied && influence.tokenDim != int64_t(dim) && type.getDimSize(dim) != 1)
      found = found ? -1 : int64_t(dim);
  return found;
}

std::optional<OutputDims> readOutputDims(const Probe &probe, const Influence &value,
                                         function_ref<bool(int64_t)> isShared) {
  OutputDims dims;
  dims.token = probe.tokenDim();
  SmallVector<int64_t> others;
  for (int64_t dim = 0; dim < int64_t(probe.outputShape().size()); ++dim)
    if (dim != dims.token && probe.outputShape()[dim] != 1)
      others.push_back(dim);
  for (int64_t dim : llvm::reverse(others))
    if (value.inputDim(dim) && !isShared(dim)) {
      dims.feature = dim;
      break;
    }
  llvm::erase(others, dims.feature.value_or(-1));
  if (!others.empty() && others.front() == 0) {
    dims.batch = 0;
    others.erase(others.begin());
  }
  if (!others.empty())
    dims.head = others.pop_back_val();
  return others.empty() ? std::optional(dims) : std::nullopt;
}

std::optional<LinearMixer> readLinearMixer(const Probe &probe, std::string &why) { return Reader(probe, why).read(); }

} // namespace heddle
