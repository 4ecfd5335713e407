#include "frontends/json/slots/Slots.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include <cmath>
#include <nlohmann/json.hpp>

using namespace mlir;

namespace heddle::json {

// Arguments of the score region, in their order.
static const std::vector<std::string> kVariables = {"score", "b", "h", "i", "j"};

static MixSpec::Region scoreRegion(const Expression &expression) {
  return [=](OpBuilder &b, Location loc, ValueRange arguments) -> Value {
    auto type = cast<FloatType>(arguments[0].getType());
    return expression.emit(b, loc, type, [&](StringRef name) -> Value {
      Value argument = arguments[llvm::find(kVariables, name) - kVariables.begin()];
      if (argument.getType() == type)
        return argument;
      Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), argument);
      return arith::SIToFPOp::create(b, loc, type, integer);
    });
  };
}

// What the slots exclude, said in the words of the format; Mixer.md has the reasons.
static void checkNorm(ObjectReader &slots, const ScoreSlot &s) {
  if (s.isSoftmax && s.norm != "row_sum")
    slots.error("norm", "expected \"row_sum\" with a softmax score but got \"" + Twine(s.norm) + "\"");
  if (s.logKeys && s.norm == "none")
    slots.error("norm", "expected \"row_sum\" or \"running\" with log_keys but got \"none\"");
  if (s.logKeys && s.expression)
    slots.error("score", "expected no expression with log_keys");
  if (s.alibi && !s.bias.kind.empty())
    slots.error("score", "expected one of the keys 'alibi' and 'score_bias' but got both");
}

ScoreSlot ScoreSlot::read(ObjectReader &slots) {
  static const nlohmann::json linear = {{"kind", "linear"}};
  const nlohmann::json *value = slots.value("score");
  ObjectReader r(slots.reporter, value ? *value : linear, slots.at("score"));
  ScoreSlot s;
  s.isSoftmax = r.choice("kind", {"linear", "softmax"}) == "softmax";
  s.scale = r.number("scale", 0, 1e6, 0.0);
  if (s.isSoftmax) {
    s.softCap = r.number("soft_cap", 0, 1e6, 0.0);
    s.alibi = r.boolean("alibi", false);
    s.bias = ScoreBias::read(r);
  } else {
    s.logKeys = r.boolean("log_keys", false);
  }
  s.expression = Expression::read(r, "expression", kVariables);
  r.finish();
  s.norm = slots.choice("norm", {"none", "row_sum", "running"}, s.isSoftmax ? "row_sum" : "none");
  s.epsilon = slots.number("epsilon", 0, 1, 0.0);
  checkNorm(slots, s);
  return s;
}

void ScoreSlot::fill(Model &m, const HeadSizes &heads, MixSpec &spec) const {
  MLIRContext *ctx = m.g.context();
  double factor = scale > 0 ? scale : 1.0 / std::sqrt(static_cast<double>(heads.keyFeatures));
  if (isSoftmax) {
    spec.score = mixer::SoftmaxAttr::get(ctx, APFloat(factor), APFloat(softCap),
                                         alibi ? mixer::BiasKind::Alibi : bias.operandKind());
    if (alibi)
      spec.bias =
          m.weight("slopes", heads.output(), Init::ofIndex([](int64_t h) { return std::exp2(-1.0 - h); }), m.f32);
    else if (!bias.kind.empty() && spec.query && spec.key)
      spec.bias = bias.build(m, heads.output(), spec.query.shape[1], spec.key.shape[1]);
  } else {
    spec.score = mixer::LinearAttr::get(ctx, APFloat(factor), logKeys);
  }
  mixer::NormKind kind = norm == "row_sum"   ? mixer::NormKind::RowSum
                         : norm == "running" ? mixer::NormKind::Running
                                             : mixer::NormKind::None;
  spec.norm = mixer::NormAttr::get(ctx, kind, APFloat(epsilon));
  if (expression)
    spec.scoreRegion = scoreRegion(*expression);
}

} // namespace heddle::json
