// Attention that no spelling shows: blocks gathered, rolled and concatenated. Its weights are read off by probing.
//
//   q = k = 0, v one-hot    the output is 1 / (pairs of the row) where a pair exists: the support, and a bias of
//                           log(n) where a block was gathered n times
//   q, k random             quotients of weights give the scale
#include "passes/raise/ScorePlan.h"

#include "passes/raise/LinearMixer.h"
#include "passes/raise/ProbeAttention.h"
#include "passes/raise/TokenMajor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr double kNothing = 1e-12; // weights below do not exist

class AttentionProbe {
public:
  AttentionProbe(const Probe &probe, std::string &why) : probe(probe), why(why) {}

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
    auto isShared = [&](int64_t dim) { return query->inputDim(dim) || key->inputDim(dim); };
    std::optional<OutputDims> found;
    if (query && key && value)
      found = readOutputDims(probe, *value, isShared);
    if (!found || !found->feature || contractedDim(*query).value_or(-1) < 0 || contractedDim(*key).value_or(-1) < 0)
      return false;
    dims = *found;
    heads = dims.head ? probe.outputShape()[*dims.head] : 1;
    tokens = probe.outputShape()[dims.token];
    return true;
  }

  bool measure() {
    SmallVector<ReferenceTensor> inputs(probe.inputs());
    for (unsigned input : {queryInput, keyInput})
      llvm::fill(inputs[input].data, 0.0);
    if (!respond(inputs, counts)) {
      why = "it cannot be evaluated";
      return false;
    }
    MaskSample sample;
    for (std::vector<double> &table : counts) {
      PairGrid grid{tokens, tokens, std::vector<char>(table.size())};
      for (int64_t i = 0; i < tokens; ++i) {
        double once = INFINITY;
        for (int64_t j = 0; j < tokens; ++j)
          if (table[i * tokens + j] > kNothing)
            once = std::min(once, table[i * tokens + j]);
        for (int64_t j = 0; j < tokens; ++j) {
          double &count = table[i * tokens + j];
          grid.seen[i * tokens + j] = count > kNothing;
          count = count > kNothing ? count / once : 1;
          hasCounts |= std::abs(count - 1) > 1e-9;
        }
      }
      sample.heads.push_back(std::move(grid));
    }
    auto type = cast<RankedTensorType>(value->input.getType());
    isFixedLength = !type.isDynamicDim(*value->tokenDim);
    support = fitSupport(type.getContext(), sample, isFixedLength);
    if (!support || (hasCounts && !isFixedLength)) {
      why = support ? "some pairs count several times, at a length that is open" : "its pairs have no name";
      return false;
    }
    return measureScale(sample);
  }

  Value build(ImplicitLocOpBuilder &b, Value output) {
    auto operand = [&](const Influence &role, std::optional<int64_t> feature) {
      auto dimOf = [&](std::optional<int64_t> dim) { return dim ? role.inputDim(*dim) : std::nullopt; };
      return toSlots(b, role.input, {dimOf(dims.batch), role.tokenDim, dimOf(dims.head), feature});
    };
    Value q = operand(*query, contractedDim(*query)), k = operand(*key, contractedDim(*key)),
          v = operand(*value, value->inputDim(*dims.feature));
    Value init = emptyOutput(b, dims, output, {&*value, &*query, &*key});
    if (!q || !k || !v || !init) {
      why = "an input has dimensions that a mixer has not";
      return {};
    }
    MLIRContext *context = b.getContext();
    mixer::BiasKind kind = hasCounts ? mixer::BiasKind::Dense : mixer::BiasKind::None;
    auto mix = mixer::MixOp::create(
        b, TypeRange{init.getType()}, q, k, v, ValueRange(), bias(b), Value(), Value(), ValueRange(), init,
        mixer::LayoutAttr::get(context, mixer::Order::Forward, mixer::Align::Start), support->support,
        cast<mixer::TransportAttrInterface>(mixer::IdentityAttr::get(context)),
        mixer::SoftmaxAttr::get(context, APFloat(scale), APFloat(0.0), kind),
        mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0)), mixer::FormAttr());
    return fromSlots(b, mix.getResult(0), {dims.batch, dims.token, dims.head, dims.feature},
                     cast<RankedTensorType>(output.getType()));
  }

  Attribute getSupport() const { return support->support; }

private:
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

  bool measureScale(const MaskSample &sample) {
    SmallVector<std::vector<double>> weights;
    const ReferenceTensor &q = probe.inputs()[queryInput], &k = probe.inputs()[keyInput];
    bool fits = q.shape[*contractedDim(*query)] == k.shape[*contractedDim(*key)] &&
                respond(SmallVector<ReferenceTensor>(probe.inputs()), weights);
    const PairGrid &grid = sample.heads.front();
    for (int64_t i = tokens / 2; fits && i < tokens; ++i) {
      SmallVector<int64_t, 2> seen;
      for (int64_t j = 0; j < tokens && seen.size() < 2; ++j)
        if (grid.at(i, j))
          seen.push_back(j);
      if (seen.size() < 2)
        continue;
      double change = std::log(weights[0][i * tokens + seen[1]] / weights[0][i * tokens + seen[0]]) -
                      std::log(counts[0][i * tokens + seen[1]] / counts[0][i * tokens + seen[0]]);
      scale = change / (score(0, i, seen[1]) - score(0, i, seen[0]));
      return std::isfinite(scale);
    }
    why = "its scale cannot be measured";
    return false;
  }

  Value bias(ImplicitLocOpBuilder &b) {
    if (!hasCounts)
      return {};
    bool isPerHead = llvm::any_of(counts, [&](const std::vector<double> &table) { return table != counts.front(); });
    Type element = getElementTypeOrSelf(value->input.getType());
    SmallVector<Attribute> numbers;
    for (const std::vector<double> &table : ArrayRef(counts).take_front(isPerHead ? heads : 1))
      for (double count : table)
        numbers.push_back(b.getFloatAttr(element, std::log(std::round(count))));
    auto type = RankedTensorType::get({1, isPerHead ? heads : 1, tokens, tokens}, element);
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, numbers));
  }

  const Probe &probe;
  std::string &why;
  std::optional<Influence> query, key, value;
  unsigned queryInput = 0, keyInput = 0, valueInput = 0;
  OutputDims dims;
  int64_t heads = 1, tokens = 0;
  SmallVector<std::vector<double>> counts; // of each pair, 1 where it does not exist
  bool hasCounts = false, isFixedLength = false;
  std::optional<FittedSupport> support;
  double scale = 1;
};

} // namespace

/// Whether the region has several softmaxes: sums of exponentials.
static bool isComposed(const TokenRegion &region) {
  return llvm::count_if(region.inner, [](Value value) {
           auto op = value.getDefiningOp<linalg::LinalgOp>();
           return op && op.getNumReductionLoops() && !op.getBlock()->getOps<math::ExpOp>().empty();
         }) > 1;
}

RegionProposal proposeComposedAttention(ImplicitLocOpBuilder &b, const TokenRegion &region, const Probe &probe) {
  RegionProposal proposal{nullptr, "attention", "", 0};
  AttentionProbe attention(probe, proposal.reason);
  if (!isComposed(region) || !attention.assignRoles() || !attention.measure())
    return proposal;
  llvm::raw_string_ostream(proposal.what) << " with support " << attention.getSupport();
  proposal.length = lengthToSee(attention.getSupport());
  proposal.replacement = attention.build(b, region.output);
  return proposal;
}

} // namespace heddle
