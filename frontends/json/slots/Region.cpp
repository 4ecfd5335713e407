// The region transport: a formula that makes each entry of the new state from the old one and from projections of the
// token.
//
//   "transport": {"kind": "region", "expression": "tanh(state) * keep", "operands": {"keep": {"shape": "key"}}}
#include "frontends/json/slots/Slots.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

static constexpr const char *kState = "state";

void TransportSlot::readRegion(ObjectReader &r) {
  static const nlohmann::json none = nlohmann::json::object();
  const nlohmann::json *value = r.value("operands");
  ObjectReader list(r.reporter, value ? *value : none, r.at("operands"));
  std::vector<std::string> variables = {kState};
  if (list.valid())
    for (const auto &[name, description] : (value ? *value : none).items()) {
      list.has(name);
      if (!isIdentifier(name) || name == kState)
        list.error(name, "expected a name of letters, digits and '_' other than 'state' but got '" + name + "'");
      ObjectReader operand(r.reporter, description, list.at(name));
      operands.push_back({name, operand.choice("shape", {"head", "key", "state", "value"}, "state"),
                          operand.choice("activation", kActivations, "identity")});
      operand.finish();
      variables.push_back(name);
    }
  if (!r.has("expression"))
    r.missing("expression", "a formula of: " + listNames(variables));
  expression = Expression::read(r, "expression", variables);
}

namespace {

// Sizes of an operand behind batch and token, and the loops over [batch, head, key, value] that they belong to.
struct Layout {
  SmallVector<int64_t> sizes;
  SmallVector<unsigned> loops;
};

Layout layoutOf(const RegionOperand &operand, const HeadSizes &heads) {
  int64_t keys = std::max<int64_t>(heads.keyFeatures, 1);
  Layout layout{{heads.state()}, {0, 1}};
  if (operand.shape == "key" || operand.shape == "state") {
    layout.sizes.push_back(keys);
    layout.loops.push_back(2);
  }
  if (operand.shape == "value" || operand.shape == "state") {
    layout.sizes.push_back(heads.valueFeatures);
    layout.loops.push_back(3);
  }
  return layout;
}

// The formula over all entries; the state is updated in place.
Value updateState(OpBuilder &b, Location loc, ValueRange arguments, ArrayRef<AffineMap> maps,
                  const Expression &expression, ArrayRef<RegionOperand> operands) {
  auto state = cast<RankedTensorType>(arguments[0].getType());
  SmallVector<utils::IteratorType> loops(4, utils::IteratorType::parallel);
  auto body = [&](OpBuilder &nested, Location at, ValueRange elements) {
    Value next = expression.emit(nested, at, cast<FloatType>(state.getElementType()), [&](StringRef name) -> Value {
      auto operand = llvm::find_if(operands, [&](const RegionOperand &each) { return each.name == name; });
      return operand == operands.end() ? elements.back() : elements[operand - operands.begin()];
    });
    linalg::YieldOp::create(nested, at, next);
  };
  return linalg::GenericOp::create(b, loc, state, arguments.drop_front(), arguments[0], maps, loops, body).getResult(0);
}

} // namespace

void TransportSlot::fillRegion(Model &m, Tensor x, const HeadSizes &heads, MixSpec &spec) const {
  GraphBuilder &g = m.g;
  MLIRContext *ctx = g.context();
  spec.transport = mixer::RegionAttr::get(ctx);
  spec.regionHeads = heads.state();
  SmallVector<AffineMap> maps;
  for (const RegionOperand &operand : operands) {
    Layout layout = layoutOf(operand, heads);
    int64_t count = 1;
    for (int64_t size : layout.sizes)
      count *= size;
    Tensor z = g.cast(m.project(x, "transport." + operand.name, count, true), m.f32);
    Shape shape = {x.shape[0], x.shape[1]};
    shape.append(g.shape(layout.sizes));
    spec.transportOperands.push_back(g.reshape(activate(g, operand.activation, z), shape));
    maps.push_back(AffineMap::getMultiDimMapWithTargets(4, layout.loops, ctx));
  }
  maps.push_back(AffineMap::getMultiDimIdentityMap(4, ctx));
  spec.transportRegion = [maps, expression = *expression, operands = operands](OpBuilder &b, Location loc,
                                                                               ValueRange arguments) {
    return updateState(b, loc, arguments, maps, expression, operands);
  };
}

} // namespace heddle::json
