#include "test/property/MixSpec.h"
#include "mlir/AsmParser/AsmParser.h"

using namespace mlir;

namespace heddle::test {

FloatType MixSpec::computeType() const {
  return type.isF64() ? cast<FloatType>(type) : cast<FloatType>(Float32Type::get(context));
}

Attribute MixSpec::parse(StringRef text) const {
  Attribute attribute = parseAttribute(text, context);
  if (!attribute)
    llvm::report_fatal_error("test spec: expected an attribute of the mixer dialect but got " + Twine(text));
  return attribute;
}

MixSpec MixSpec::attention(MLIRContext *context) {
  MixSpec spec;
  spec.context = context;
  spec.layout = mixer::LayoutAttr::get(context, mixer::Order::Forward, mixer::Align::Start);
  spec.support = cast<mixer::SupportAttrInterface>(Attribute(mixer::CausalAttr::get(context)));
  spec.transport = cast<mixer::TransportAttrInterface>(Attribute(mixer::IdentityAttr::get(context)));
  spec.score = spec.parse("#mixer.softmax<scale = 5.000000e-01>");
  spec.norm = mixer::NormAttr::get(context, mixer::NormKind::RowSum, APFloat(0.0));
  spec.type = Float32Type::get(context);
  return spec;
}

MixSpec MixSpec::linear(MLIRContext *context) {
  MixSpec spec = attention(context);
  spec.score = spec.parse("#mixer.linear");
  spec.norm = mixer::NormAttr::get(context, mixer::NormKind::None, APFloat(0.0));
  return spec;
}

RankedTensorType MixArgument::type() const {
  SmallVector<int64_t> sizes(shape);
  for (auto [size, symbol] : llvm::zip_equal(sizes, symbols))
    if (symbol)
      size = ShapedType::kDynamic;
  return RankedTensorType::get(sizes, elementType);
}

//===--- arguments ------------------------------------------------------------------------===//

namespace {

struct Dim {
  int64_t size;
  char symbol = 0;
};

class ArgumentList {
public:
  explicit ArgumentList(const MixSpec &spec) : spec(spec) {}

  MixArguments build() {
    addContents();
    addTransport();
    addSides();
    addStates();
    return std::move(list);
  }

private:
  Dim batch(bool one = false) const { return one ? Dim{1} : Dim{spec.batch, spec.dynamicBatch ? 'B' : char(0)}; }
  Dim tokens(bool one = false) const { return one ? Dim{1} : Dim{spec.tokens, spec.dynamicTokens ? 'T' : char(0)}; }
  Dim keys(bool one = false) const {
    if (spec.keys == spec.tokens)
      return tokens(one);
    return one ? Dim{1} : Dim{spec.keys, spec.dynamicTokens ? 'S' : char(0)};
  }
  int64_t keyWidth() const { return spec.transport.isComplex() ? 2 * spec.dk : spec.dk; }

  static MixArgument argument(StringRef name, ArrayRef<Dim> dims, Type elementType, Fill fill) {
    MixArgument result{name.str(), {}, {}, elementType, fill};
    for (Dim dim : dims) {
      result.shape.push_back(dim.size);
      result.symbols.push_back(dim.symbol);
    }
    return result;
  }
  int add(StringRef name, ArrayRef<Dim> dims, Type elementType, Fill fill) {
    list.all.push_back(argument(name, dims, elementType, fill));
    return list.all.size() - 1;
  }

  // Row sums of linear scores stay away from zero when queries and keys are positive; keys of a delta rule are unit
  // vectors, so that I - b k k^T never grows.
  Fill keyFill() const {
    if (isa<mixer::DeltaAttr>(spec.transport))
      return {Fill::UnitRows};
    auto linear = dyn_cast<mixer::LinearAttr>(spec.score);
    bool positive = linear && !linear.getLogKeys() && spec.norm.getKind() != mixer::NormKind::None;
    return {Fill::Uniform, positive ? 0.1 : -1.0, 1.0};
  }
  Fill queryFill() const {
    bool positive = isa<mixer::LinearAttr>(spec.score) && spec.norm.getKind() != mixer::NormKind::None;
    return {Fill::Uniform, positive ? 0.1 : -1.0, 1.0};
  }

  void addContents() {
    if (spec.hasQuery)
      list.query =
          add("query", {batch(spec.oneQueryBatch), tokens(spec.oneQueryToken), Dim{spec.queryHeads}, Dim{keyWidth()}},
              spec.type, queryFill());
    if (spec.hasKey)
      list.key = add("key", {batch(spec.oneKeyBatch), keys(spec.oneKeyToken), Dim{spec.keyHeads}, Dim{keyWidth()}},
                     spec.type, keyFill());
    list.value = add("value", {batch(spec.oneValueBatch), keys(), Dim{spec.valueHeads}, Dim{spec.dv}}, spec.type, {});
    list.results.push_back(
        argument("output", {batch(), tokens(), Dim{spec.outputHeads()}, Dim{spec.dv}}, spec.type, {}));
  }

  void addTransportOperand(StringRef name, ArrayRef<Dim> dims, Fill fill) {
    list.transport.push_back(add(name, dims, spec.sideType(), fill));
  }
  void addPerToken(StringRef name, ArrayRef<int64_t> features, Fill fill) {
    SmallVector<Dim> dims = {batch(spec.oneTransportBatch), tokens(spec.oneTransportToken), Dim{spec.transportHeads}};
    for (int64_t size : features)
      dims.push_back(Dim{size});
    addTransportOperand(name, dims, fill);
  }

  void addTransport();
  void addSides();
  void addPast();
  void addStates();

  const MixSpec &spec;
  MixArguments list;
};

void ArgumentList::addTransport() {
  const Fill decay{Fill::Uniform, -1.0, 0.0}, unit{Fill::Uniform, 0.0, 1.0};
  Attribute transport = spec.transport;
  if (isa<mixer::ScalarAttr>(transport))
    return addPerToken("decay", {}, decay);
  if (isa<mixer::KeyChannelAttr>(transport))
    return addPerToken("decay", {spec.dk}, decay);
  if (auto elementwise = dyn_cast<mixer::ElementwiseAttr>(transport)) {
    if (!elementwise.getFactored())
      return addPerToken("decay", {spec.dk, spec.dv}, decay);
    addPerToken("step", {spec.dv}, unit);
    return addTransportOperand("rate", {Dim{spec.transportHeads}, Dim{spec.dk}, Dim{spec.dv}}, decay);
  }
  if (isa<mixer::ComplexDiagonalAttr>(transport)) {
    addPerToken("modulus", {spec.dk}, decay);
    return addPerToken("phase", {spec.dk}, {Fill::Uniform, -3.0, 3.0});
  }
  if (auto delta = dyn_cast<mixer::DeltaAttr>(transport)) {
    addPerToken("beta", {}, unit);
    if (delta.getGated())
      addPerToken("gate", {}, decay);
    return;
  }
  double bound = 1.0 / double(spec.dk); // every row sum of a constant matrix stays below 1
  if (isa<mixer::ConstantAttr>(transport)) {
    bool positive = spec.norm.getKind() != mixer::NormKind::None;
    return addTransportOperand("matrix", {Dim{spec.transportHeads}, Dim{spec.dk}, Dim{spec.dk}},
                               {Fill::Uniform, positive ? 0.0 : -bound, bound});
  }
  if (isa<mixer::ToeplitzAttr>(transport))
    return addTransportOperand("kernel", {Dim{spec.transportHeads}, Dim{spec.kernelChannels}, Dim{spec.kernelTaps}},
                               {});
  if (auto structured = dyn_cast<mixer::StructuredAttr>(transport);
      structured && structured.getKind() == mixer::StructuredKind::Dense)
    return addTransportOperand("weight", {Dim{spec.transportHeads}, tokens(), keys()}, {});
  if (spec.stateBody != StateBody::None)
    addTransportOperand("drive", {batch(), tokens(), Dim{spec.stateHeads()}, Dim{spec.dk}, Dim{spec.dv}}, {});
}

void ArgumentList::addSides() {
  auto softmax = dyn_cast<mixer::SoftmaxAttr>(spec.score);
  mixer::BiasKind bias = softmax ? softmax.getBias() : mixer::BiasKind::None;
  if (bias == mixer::BiasKind::Dense)
    list.bias = add("bias", {batch(spec.oneBiasBatch), Dim{spec.biasHeads}, tokens(spec.oneBiasQuery), keys()},
                    spec.sideType(), {});
  if (bias == mixer::BiasKind::Relative)
    list.bias = add("bias", {Dim{spec.biasHeads}, Dim{spec.distances}}, spec.sideType(), {});
  if (bias == mixer::BiasKind::Alibi)
    list.bias = add("bias", {Dim{spec.biasHeads}}, spec.sideType(), {Fill::Uniform, 0.0, 0.5});
  if (spec.hasCurrent)
    list.current = add("current", {Dim{spec.currentHeads}, Dim{spec.dk}}, spec.sideType(), {Fill::Uniform, 0.1, 1.0});
  if (spec.hasSegments)
    list.segments = add("segments", {batch(), keys()}, IntegerType::get(spec.context, 32), {Fill::Segments});
  if (spec.hasPositions) // around the last key: some rows see all of them, some none
    list.positions =
        add("positions", {batch(spec.onePosition)}, IntegerType::get(spec.context, spec.sideInType ? 32 : 64),
            {Fill::Positions, 0, double(spec.keys + 3)});
  if (spec.ringPlaces > 0)
    addPast();
}

/// Rings that have gone round a few times.
void ArgumentList::addPast() {
  Dim ring{spec.ringPlaces, spec.dynamicTokens ? 'R' : char(0)};
  list.pastKey =
      add("past_key", {batch(spec.oneKeyBatch), ring, Dim{spec.keyHeads}, Dim{keyWidth()}}, spec.type, keyFill());
  list.pastValue = add("past_value", {batch(), ring, Dim{spec.valueHeads}, Dim{spec.dv}}, spec.type, {});
  list.places = add("places", {batch(spec.onePosition)}, IntegerType::get(spec.context, spec.sideInType ? 32 : 64),
                    {Fill::Positions, double(spec.ringPlaces), 4.0 * double(spec.ringPlaces)});
}

void ArgumentList::addStates() {
  if (!spec.hasInitialState && !spec.hasFinalState)
    return;
  bool isRunning = spec.norm.getKind() == mixer::NormKind::Running;
  auto linear = dyn_cast<mixer::LinearAttr>(spec.score);
  SmallVector<Dim> dims = {batch(), Dim{spec.stateHeads()}, Dim{keyWidth()}};
  SmallVector<Dim> matrix = dims;
  matrix.push_back(Dim{spec.dv});
  auto part = [&](StringRef name, ArrayRef<Dim> shape, Fill fill) {
    if (spec.hasInitialState)
      list.state.push_back(add(("initial_" + name).str(), shape, spec.computeType(), fill));
    if (spec.hasFinalState)
      list.results.push_back(argument(("final_" + name).str(), shape, spec.computeType(), fill));
  };
  part("state", matrix, {});
  if (isRunning)
    part("sum", dims, {Fill::Uniform, 0.5, 1.0});
  if (linear && linear.getLogKeys())
    part("max", dims, {Fill::Uniform, -1.0, 1.0});
}

} // namespace

MixArguments argumentsOf(const MixSpec &spec) { return ArgumentList(spec).build(); }

} // namespace heddle::test
