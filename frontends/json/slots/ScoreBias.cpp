#include "frontends/json/slots/ScoreBias.h"
#include <cmath>
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

static constexpr const char *kWeight = "score_bias";

ScoreBias ScoreBias::read(ObjectReader &block) {
  ScoreBias bias;
  const nlohmann::json *value = block.value(kWeight);
  if (!value)
    return bias;
  ObjectReader r(block.reporter, *value, block.at(kWeight));
  if (!r.valid())
    return bias;
  bias.pointer = r.where();
  bias.kind = r.choice("kind", {"dense", "relative", "t5"});
  if (bias.kind == "t5") {
    bias.seesFuture = r.boolean("bidirectional", false);
    bias.buckets = r.integer("buckets", {bias.seesFuture ? 4 : 2, 65536}, 32);
    bias.maxDistance = r.integer("max_distance", {1, int64_t(1) << 20}, 128);
    int64_t exact = bias.buckets / (bias.seesFuture ? 4 : 2);
    if (bias.maxDistance <= exact)
      r.error("max_distance", "expected more than the " + Twine(exact) +
                                  " distances with buckets of their own but got " + Twine(bias.maxDistance));
  } else {
    bias.input = readInputName(r, "input");
  }
  if (bias.kind == "relative" && !bias.input)
    bias.distances = r.integer("distances", {1, int64_t(1) << 24});
  r.finish();
  return bias;
}

mixer::BiasKind ScoreBias::operandKind() const {
  return kind.empty() ? mixer::BiasKind::None : kind == "dense" ? mixer::BiasKind::Dense : mixer::BiasKind::Relative;
}

Tensor ScoreBias::build(Model &m, int64_t heads, Dim queries, Dim keys) const {
  if (input) {
    Tensor table = m.namedInput(input);
    int64_t rank = kind == "dense" ? 4 : 2;
    bool fits = table && table.rank() == rank && (table.elementType == m.dtype || table.elementType == m.f32);
    if (table && !fits)
      return m.failAt(input.pointer, "input '" + input.name + "' has shape " + m.g.describe(table.shape) +
                                         ", expected floats " +
                                         (kind == "dense" ? "[batch, heads, queries, keys]" : "[heads, distances]"));
    return table;
  }
  if (kind == "dense")
    return buildDense(m, heads, queries, keys);
  if (kind == "t5")
    return buildBuckets(m, heads);
  return m.weight(kWeight, {heads, distances}, Init::normal(0.1), m.f32);
}

Tensor ScoreBias::buildDense(Model &m, int64_t heads, Dim queries, Dim keys) const {
  auto rows = dyn_cast<AffineConstantExpr>(queries), columns = dyn_cast<AffineConstantExpr>(keys);
  if (!rows || !columns)
    return m.failAt(pointer, "bias of " + m.g.describe(queries) + " queries and " + m.g.describe(keys) +
                                 " keys, expected constant numbers of tokens or the key 'input'");
  return m.weight(kWeight, {1, heads, rows.getValue(), columns.getValue()}, Init::normal(0.1), m.f32);
}

namespace {

// T5 (Raffel et al., 2020): distances below half of the buckets have one each, larger ones share buckets whose widths
// grow with the logarithm, and everything from max_distance on is in the last one.
int64_t bucketOf(int64_t ahead, int64_t buckets, int64_t maxDistance, bool seesFuture) {
  int64_t first = 0;
  if (seesFuture) {
    buckets /= 2;
    first = ahead > 0 ? buckets : 0;
  }
  int64_t distance = seesFuture ? std::abs(ahead) : std::max<int64_t>(-ahead, 0), exact = buckets / 2;
  if (distance < exact)
    return first + distance;
  double share = std::log(static_cast<double>(distance) / exact) / std::log(static_cast<double>(maxDistance) / exact);
  return first + std::min<int64_t>(exact + static_cast<int64_t>(share * (buckets - exact)), buckets - 1);
}

} // namespace

// The weight [buckets, heads] spread over distances: table[h, r] is for keys r - max_distance tokens ahead.
Tensor ScoreBias::buildBuckets(Model &m, int64_t heads) const {
  int64_t size = 2 * maxDistance + 1;
  if (!m.declare(kWeight, {buckets, heads}) || !m.reserve({heads, size}))
    return {};
  return m.computed(
      {heads, size},
      [&] {
        std::vector<float> weight = m.read(kWeight, {buckets, heads}, Init::normal(0.1)), table;
        for (int64_t h = 0; h < heads; ++h)
          for (int64_t r = 0; r < size; ++r)
            table.push_back(weight[bucketOf(r - maxDistance, buckets, maxDistance, seesFuture) * heads + h]);
        return table;
      },
      m.f32);
}

} // namespace heddle::json
