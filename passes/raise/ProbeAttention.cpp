#include "passes/raise/ProbeAttention.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr double kNothing = 1e-12; // weights below do not exist
// Rectangles of repeated pairs that a score may name; each is a comparison for every pair.
constexpr size_t kMostRepeats = 16;

class AttentionProbe {
public:
  AttentionProbe(const Probe &probe, std::string &why) : probe(probe), why(why) {}

  std::optional<ProbedAttention> read() {
    if (!assignRoles() || !measurePairs() || !measureScale())
      return std::nullopt;
    return ProbedAttention{*query, *key, *value, dims, *support, scale, repeats};
  }

private:
  bool fail(StringRef reason) {
    why = reason;
    return false;
  }

  /// Finds out which input is what; false without a reason where the region is no attention at all.
  bool assignRoles() {
    for (unsigned input = 0; input < probe.numInputs(); ++input) {
      std::optional<Influence> influence = probe.influence(input);
      if (!influence || !influence->tokenDim)
        return false;
      bool isQuery = influence->reach == Reach::Local;
      std::optional<Influence> &role = influence->isLinear ? value : isQuery ? query : key;
      if (role || (influence->isLinear && isQuery))
        return false;
      role = influence;
      (influence->isLinear ? valueInput : isQuery ? queryInput : keyInput) = input;
    }
    if (!query || !key || !value || contractedDim(*query).value_or(-1) < 0 || contractedDim(*key).value_or(-1) < 0)
      return false;
    auto isShared = [&](int64_t dim) { return query->inputDim(dim) || key->inputDim(dim); };
    std::optional<OutputDims> found = readOutputDims(probe, *value, isShared);
    if (!found || !found->feature)
      return false;
    dims = *found;
    heads = dims.head ? probe.outputShape()[*dims.head] : 1;
    tokens = probe.outputShape()[dims.token];
    return true;
  }

  //===--- pairs --------------------------------------------------------------------------===//

  /// With all scores equal, a weight is the number of times that a pair is read, as a share of those of its row.
  bool measurePairs() {
    SmallVector<ReferenceTensor> inputs(probe.inputs());
    for (unsigned input : {queryInput, keyInput})
      llvm::fill(inputs[input].data, 0.0);
    if (!respond(inputs, counts))
      return fail("it cannot be evaluated");
    for (std::vector<double> &table : counts) {
      PairGrid grid{tokens, tokens, std::vector<char>(table.size())};
      for (int64_t i = 0; i < tokens; ++i)
        countRow(MutableArrayRef(table).slice(i * tokens, tokens),
                 MutableArrayRef(grid.seen).slice(i * tokens, tokens));
      pairs.heads.push_back(std::move(grid));
    }
    auto type = cast<RankedTensorType>(value->input.getType());
    bool isFixedLength = !type.isDynamicDim(*value->tokenDim);
    support = fitSupport(type.getContext(), pairs, isFixedLength);
    if (!support)
      return fail("its pairs have no name");
    if (!findRepeats() || (!repeats.empty() && !isFixedLength))
      return fail("pairs count several times in places that follow no rule");
    return true;
  }

  static void countRow(MutableArrayRef<double> row, MutableArrayRef<char> seen) {
    double once = INFINITY;
    for (double weight : row)
      if (weight > kNothing)
        once = std::min(once, weight);
    for (auto [count, exists] : llvm::zip_equal(row, seen)) {
      exists = count > kNothing;
      count = exists ? count / once : 1;
    }
  }

  /// Covers the pairs that count several times with rectangles, from the first pair on.
  bool findRepeats() {
    const std::vector<double> &table = counts.front();
    if (llvm::any_of(counts, [&](const std::vector<double> &other) { return !isSame(other, table); }))
      return false;
    std::vector<char> covered(table.size(), false);
    auto isOpen = [&](int64_t i, int64_t j, int64_t count) {
      return std::llround(table[i * tokens + j]) == count && !covered[i * tokens + j];
    };
    for (int64_t place = 0; place < int64_t(table.size()); ++place) {
      int64_t count = std::llround(table[place]), i = place / tokens, j = place % tokens;
      if (count == 1 || covered[place])
        continue;
      RepeatedPairs rectangle{i, i, j, j, count};
      while (rectangle.endKey < tokens && isOpen(i, rectangle.endKey, count))
        ++rectangle.endKey;
      auto keys = llvm::seq(rectangle.firstKey, rectangle.endKey);
      auto isRow = [&](int64_t row) {
        return llvm::all_of(keys, [&](int64_t key) { return isOpen(row, key, count); });
      };
      for (; rectangle.endQuery < tokens && isRow(rectangle.endQuery); ++rectangle.endQuery)
        for (int64_t key : keys)
          covered[rectangle.endQuery * tokens + key] = true;
      repeats.push_back(rectangle);
      if (repeats.size() > kMostRepeats)
        return false;
    }
    return true;
  }

  static bool isSame(ArrayRef<double> left, ArrayRef<double> right) {
    return llvm::all_of(llvm::zip_equal(left, right),
                        [](auto pair) { return std::abs(std::get<0>(pair) - std::get<1>(pair)) < 1e-6; });
  }

  //===--- weights ------------------------------------------------------------------------===//

  double &at(ReferenceTensor &tensor, const Influence &role, int64_t head, int64_t token, int64_t featureDim,
             int64_t feature) const {
    SmallVector<int64_t> index(tensor.rank(), 0);
    std::optional<int64_t> headDim = dims.head ? role.inputDim(*dims.head) : std::nullopt;
    if (headDim)
      index[*headDim] = head / (heads / tensor.shape[*headDim]);
    index[*role.tokenDim] = token;
    index[featureDim] = feature;
    return tensor.data[dot(tensor.strides(), index)];
  }

  /// The weights of all pairs of the first batch: values are one-hot, several tokens at a time, each in its own
  /// feature.
  bool respond(SmallVector<ReferenceTensor> inputs, SmallVectorImpl<std::vector<double>> &weights) const {
    weights.assign(heads, std::vector<double>(tokens * tokens));
    int64_t featureDim = *value->inputDim(*dims.feature), features = inputs[valueInput].shape[featureDim];
    for (int64_t first = 0; first < tokens; first += features) {
      int64_t count = std::min(features, tokens - first);
      llvm::fill(inputs[valueInput].data, 0.0);
      for (int64_t head = 0; head < heads; ++head)
        for (int64_t n = 0; n < count; ++n)
          at(inputs[valueInput], *value, head, first + n, featureDim, n) = 1;
      std::optional<ReferenceTensor> output = probe.evaluate(inputs);
      if (!output)
        return false;
      SmallVector<int64_t> index(output->rank(), 0), strides = output->strides();
      for (int64_t head = 0; head < heads; ++head)
        for (int64_t i = 0; i < tokens; ++i)
          for (int64_t n = 0; n < count; ++n) {
            if (dims.head)
              index[*dims.head] = head;
            index[dims.token] = i;
            index[*dims.feature] = n;
            weights[head][i * tokens + first + n] = output->data[dot(strides, index)];
          }
    }
    return true;
  }

  double score(int64_t head, int64_t i, int64_t j) const {
    ReferenceTensor q = probe.inputs()[queryInput], k = probe.inputs()[keyInput];
    int64_t queryDim = *contractedDim(*query), keyDim = *contractedDim(*key);
    double sum = 0;
    for (int64_t feature = 0; feature < q.shape[queryDim]; ++feature)
      sum += at(q, *query, head, i, queryDim, feature) * at(k, *key, head, j, keyDim, feature);
    return sum;
  }

  /// From two pairs of one row of the first head.
  bool measureScale() {
    SmallVector<std::vector<double>> weights;
    const ReferenceTensor &q = probe.inputs()[queryInput], &k = probe.inputs()[keyInput];
    if (q.shape[*contractedDim(*query)] != k.shape[*contractedDim(*key)])
      return fail("query and key have different features");
    if (!respond(SmallVector<ReferenceTensor>(probe.inputs()), weights))
      return fail("it cannot be evaluated");
    for (int64_t i = tokens / 2; i < tokens; ++i) {
      SmallVector<int64_t, 2> seen;
      for (int64_t j = 0; j < tokens && seen.size() < 2; ++j)
        if (pairs.heads.front().at(i, j))
          seen.push_back(j);
      if (seen.size() < 2)
        continue;
      auto quotient = [&](const std::vector<double> &of) {
        return of[i * tokens + seen[1]] / of[i * tokens + seen[0]];
      };
      double change = std::log(quotient(weights.front()) / quotient(counts.front()));
      scale = change / (score(0, i, seen[1]) - score(0, i, seen[0]));
      // What was measured in double is most likely a number of the model, in f32.
      if (std::abs(float(scale) - scale) <= 1e-9 * std::abs(scale))
        scale = float(scale);
      return std::isfinite(scale) || fail("its scale cannot be measured");
    }
    return fail("no row has two keys to measure a scale with");
  }

  const Probe &probe;
  std::string &why;
  std::optional<Influence> query, key, value;
  unsigned queryInput = 0, keyInput = 0, valueInput = 0;
  OutputDims dims;
  int64_t heads = 1, tokens = 0;
  SmallVector<std::vector<double>> counts; // of each pair, 1 where it does not exist
  MaskSample pairs;
  std::optional<FittedSupport> support;
  SmallVector<RepeatedPairs> repeats;
  double scale = 1;
};

} // namespace

std::optional<ProbedAttention> probeAttention(const Probe &probe, std::string &why) {
  return AttentionProbe(probe, why).read();
}

} // namespace heddle
