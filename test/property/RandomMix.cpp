#include "test/property/RandomMix.h"

using namespace mlir;

namespace heddle::test {
namespace {

enum class Family { Softmax, Linear, LogKeys, Toeplitz, Structured, Region };

class Drawing {
public:
  Drawing(MLIRContext *context, uint64_t seed) : context(context), random(seed), spec(MixSpec::linear(context)) {}

  MixSpec draw() {
    family =
        random.pick({Family::Softmax, Family::Softmax, Family::Softmax, Family::Linear, Family::Linear, Family::Linear,
                     Family::Linear, Family::LogKeys, Family::Toeplitz, Family::Structured, Family::Region});
    drawSizes();
    drawTypes();
    drawTransport();
    drawHeads();
    drawScore();
    drawLayoutAndSupport();
    drawNorm();
    drawSides();
    drawStates();
    drawBroadcasts();
    drawPositions();
    return spec;
  }

private:
  bool isAffine() const { return spec.transport.isAffine() && spec.transport.hasState(); }
  bool isWholePast() const { return spec.support.isWholePast(); }
  bool isBidirectional() const { return spec.layout.getOrder() == mixer::Order::Bidirectional; }
  template <typename T> mixer::TransportAttrInterface transport() { return asTransport(T::get(context)); }
  static mixer::TransportAttrInterface asTransport(Attribute attribute) {
    return cast<mixer::TransportAttrInterface>(attribute);
  }
  int64_t divisorOf(int64_t count) {
    int64_t divisor = random.between(1, count);
    while (count % divisor)
      --divisor;
    return divisor;
  }

  void drawSizes();
  void drawTypes();
  void drawTransport();
  void drawHeads();
  void drawScore();
  void drawLayoutAndSupport();
  void drawNorm();
  void drawSides();
  void drawStates();
  void drawBroadcasts();
  void drawPositions();
  bool drawPast();

  MLIRContext *context;
  Random random;
  MixSpec spec;
  Family family = Family::Softmax;
};

void Drawing::drawSizes() {
  spec.batch = random.pick<int64_t>({1, 1, 2, 3});
  spec.tokens = random.pick<int64_t>({1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 97});
  spec.dk = random.pick<int64_t>({1, 3, 4, 8, 15, 16, 17, 32});
  spec.dv = random.pick<int64_t>({1, 3, 4, 8, 15, 16, 17, 32});
  spec.dynamicBatch = random.chance(0.5);
  spec.dynamicTokens = random.chance(0.5);
  bool mayDiffer = family == Family::Softmax || family == Family::Structured || family == Family::Toeplitz;
  spec.keys = mayDiffer && random.chance(0.3) ? random.pick<int64_t>({1, 5, 16, 33, 64, 71}) : spec.tokens;
}

void Drawing::drawTypes() {
  double kind = random.uniform(0, 1);
  spec.type = kind < 0.55   ? Type(Float32Type::get(context))
              : kind < 0.75 ? Type(BFloat16Type::get(context))
              : kind < 0.92 ? Type(Float16Type::get(context))
                            : Type(Float64Type::get(context));
  spec.sideInType = random.chance(0.5);
}

void Drawing::drawTransport() {
  bool flag = random.chance(0.5);
  switch (family) {
  case Family::Softmax:
    break; // identity already
  case Family::Linear: {
    const mixer::TransportAttrInterface choices[] = {
        transport<mixer::IdentityAttr>(),        transport<mixer::ScalarAttr>(),
        transport<mixer::KeyChannelAttr>(),      asTransport(mixer::ElementwiseAttr::get(context, flag)),
        transport<mixer::ComplexDiagonalAttr>(), asTransport(mixer::DeltaAttr::get(context, flag)),
        transport<mixer::ConstantAttr>()};
    spec.transport = random.pick(ArrayRef(choices));
    break;
  }
  case Family::LogKeys:
    spec.transport = random.pick(
        {transport<mixer::IdentityAttr>(), transport<mixer::ScalarAttr>(), transport<mixer::KeyChannelAttr>()});
    break;
  case Family::Toeplitz:
    spec.kernelTaps = random.pick<int64_t>({1, 3, 8, spec.tokens, 2 * spec.tokens - 1});
    spec.kernelChannels = flag ? spec.dv : 1;
    if (spec.dynamicTokens)
      spec.keys = spec.tokens; // no argument would have the query tokens
    spec.transport = asTransport(mixer::ToeplitzAttr::get(context, random.chance(0.5) ? 0 : spec.kernelTaps / 2));
    break;
  case Family::Structured: {
    auto kind = random.pick({mixer::StructuredKind::Dense, mixer::StructuredKind::Cosine, mixer::StructuredKind::Sine});
    if (kind != mixer::StructuredKind::Dense)
      spec.keys = spec.tokens;
    spec.transport = asTransport(mixer::StructuredAttr::get(context, kind));
    break;
  }
  case Family::Region:
    spec.transport = transport<mixer::RegionAttr>();
    spec.stateBody = random.pick({StateBody::Gate, StateBody::Tanh, StateBody::Whole});
    spec.hasKey = random.chance(0.5);
    spec.hasQuery = random.chance(0.7);
    if (!spec.hasQuery)
      spec.dk = 1;
    break;
  }
  if (!spec.transport.usesQueryKey() && family != Family::Region)
    spec.hasQuery = spec.hasKey = false;
}

// Some of the heads of keys, values and transports are shared; at least one operand has all of them.
void Drawing::drawHeads() {
  int64_t output = random.pick<int64_t>({1, 1, 2, 3, 4, 6}), state = divisorOf(output);
  bool hasTransportHeads = spec.transport.getNumOperands() > 0;
  if (!spec.hasQuery)
    state = output;
  spec.keyHeads = spec.hasKey ? divisorOf(state) : 1;
  spec.valueHeads = divisorOf(state);
  spec.transportHeads = hasTransportHeads ? divisorOf(state) : 1;
  int64_t full = random.below(3);
  (full == 0 && spec.hasKey         ? spec.keyHeads
   : full == 1 && hasTransportHeads ? spec.transportHeads
                                    : spec.valueHeads) = state;
  spec.queryHeads = state < output ? output : divisorOf(output);
}

void Drawing::drawScore() {
  double scale = random.pick({1.0, 0.25, 0.7});
  if (family == Family::Softmax) {
    auto bias = random.pick({mixer::BiasKind::None, mixer::BiasKind::None, mixer::BiasKind::Dense,
                             mixer::BiasKind::Relative, mixer::BiasKind::Alibi});
    spec.score = mixer::SoftmaxAttr::get(context, APFloat(scale), APFloat(random.chance(0.3) ? 2.0 : 0.0), bias);
  } else if (isAffine()) {
    spec.score = mixer::LinearAttr::get(context, APFloat(scale), family == Family::LogKeys);
  }
  bool allowsBody = family == Family::Softmax || family == Family::Linear;
  if (allowsBody && random.chance(0.15))
    spec.scoreBody = random.pick({ScoreBody::Distance, ScoreBody::Cap, ScoreBody::Parity});
}

// Transports act along the order of the tokens, so only identity may look at what comes later.
void Drawing::drawLayoutAndSupport() {
  auto order = random.pick({mixer::Order::Forward, mixer::Order::Forward, mixer::Order::Reverse});
  if (family == Family::Linear && random.chance(0.2))
    order = mixer::Order::Bidirectional;
  bool isIdentity = isa<mixer::IdentityAttr>(Attribute(spec.transport));
  auto align = isIdentity && random.chance(0.3) ? mixer::Align::End : mixer::Align::Start;
  spec.layout = mixer::LayoutAttr::get(context, order, align);

  auto range = isIdentity && order != mixer::Order::Bidirectional ? SupportRange::Any : SupportRange::Causal;
  if (family == Family::LogKeys || family == Family::Region || (family == Family::Linear && random.chance(0.6)))
    range = SupportRange::WholePast;
  spec.support = randomSupport(context, range, spec.outputHeads(), std::max(spec.tokens, spec.keys), random);
  if ((family == Family::Toeplitz || family == Family::Structured) && random.chance(0.5))
    spec.support = cast<mixer::SupportAttrInterface>(Attribute(mixer::FullAttr::get(context)));
  else if (family == Family::Toeplitz || family == Family::Structured)
    spec.support = cast<mixer::SupportAttrInterface>(Attribute(mixer::CausalAttr::get(context)));
}

// Row sums are drawn where all weights are positive: elsewhere a sum may come near zero, and then no tolerance is fair.
void Drawing::drawNorm() {
  auto kind = mixer::NormKind::None;
  Attribute transport = spec.transport;
  bool positive = isa<mixer::IdentityAttr, mixer::ScalarAttr, mixer::KeyChannelAttr, mixer::ConstantAttr>(transport);
  if (family == Family::Softmax || family == Family::LogKeys ||
      (family == Family::Linear && positive && random.chance(0.4)))
    kind = mixer::NormKind::RowSum;
  bool mayRun = isWholePast() && !isBidirectional() && family != Family::Softmax;
  if (kind == mixer::NormKind::RowSum && mayRun && random.chance(0.5))
    kind = mixer::NormKind::Running;
  double epsilon = kind != mixer::NormKind::None && random.chance(0.3) ? 0.125 : 0.0;
  spec.norm = mixer::NormAttr::get(context, kind, APFloat(epsilon));
}

void Drawing::drawSides() {
  spec.biasHeads = random.chance(0.5) ? spec.outputHeads() : 1;
  spec.distances = random.pick<int64_t>({1, 4, 9, 33});
  bool allowsCurrent = (family == Family::Linear || family == Family::LogKeys) && spec.scoreBody == ScoreBody::None &&
                       !spec.transport.isComplex() && isWholePast();
  spec.hasCurrent = allowsCurrent && random.chance(0.25);
  spec.currentHeads = random.chance(0.5) ? spec.stateHeads() : 1;
  spec.hasSegments = isAffine() && spec.tokens == spec.keys && random.chance(0.2);
}

void Drawing::drawStates() {
  bool carries = spec.score && isa<mixer::LinearAttr>(spec.score) && spec.scoreBody == ScoreBody::None &&
                 spec.transport.hasState() && isWholePast() && !isBidirectional() &&
                 spec.norm.getKind() != mixer::NormKind::RowSum;
  spec.hasInitialState = carries && random.chance(0.4);
  spec.hasFinalState = carries && random.chance(0.4);
}

// Operands with one batch entry or one token stand for all. Value keeps its tokens; somebody keeps the batch.
void Drawing::drawBroadcasts() {
  bool isRegion = family == Family::Region;
  spec.oneTransportBatch = !isRegion && random.chance(0.15);
  spec.oneTransportToken = !isRegion && random.chance(0.15);
  spec.oneQueryBatch = spec.hasQuery && random.chance(0.1);
  spec.oneKeyBatch = spec.hasKey && random.chance(0.1);
  spec.oneQueryToken = spec.hasQuery && spec.tokens == spec.keys && random.chance(0.1);
  spec.oneKeyToken = spec.hasKey && random.chance(0.1);
  spec.oneValueBatch = spec.hasQuery && !spec.oneQueryBatch && random.chance(0.1);
  spec.oneBiasBatch = random.chance(0.5);
  spec.oneBiasQuery = random.chance(0.3);
}

// Queries that stand anywhere along the keys, each row's at its own place. Nothing is then carried, so that keys of a
// linear score may have another number too.
void Drawing::drawPositions() {
  bool isPlain = spec.layout.getOrder() == mixer::Order::Forward && spec.layout.getAlign() == mixer::Align::Start;
  bool isLinear = family == Family::Linear && isa<mixer::IdentityAttr>(Attribute(spec.transport));
  bool carries = spec.hasInitialState || spec.hasFinalState || spec.hasCurrent || spec.hasSegments;
  if (!isPlain || !(family == Family::Softmax || isLinear) || carries || !random.chance(0.4))
    return;
  spec.hasPositions = true;
  spec.onePosition = random.chance(0.2);
  if (drawPast())
    return;
  if (isLinear && !spec.oneQueryToken)
    spec.keys = random.pick<int64_t>({1, 5, 16, 33, 64, 71});
}

// What earlier calls have left of a window: all that it sees, less, or more.
bool Drawing::drawPast() {
  std::optional<int64_t> reach = spec.support.getReach();
  auto softmax = dyn_cast<mixer::SoftmaxAttr>(spec.score);
  bool isDense = softmax && softmax.getBias() == mixer::BiasKind::Dense;
  if (!spec.support.isCausal() || !reach || isDense || spec.oneQueryToken || spec.keys != spec.tokens ||
      random.chance(0.2))
    return false;
  spec.ringPlaces = std::max<int64_t>(1, random.pick<int64_t>({*reach - 1, *reach, *reach + 1, 2 * *reach + 3}));
  return true;
}

} // namespace

MixSpec randomMix(MLIRContext *context, uint64_t seed) { return Drawing(context, seed).draw(); }

} // namespace heddle::test
