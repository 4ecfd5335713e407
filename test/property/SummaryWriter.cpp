#include "test/property/SummaryWriter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle::test {

//===--- builders -------------------------------------------------------------------------===//

OpFoldResult SummaryWriter::index(int64_t number) {
  return spec.dynamicTokens ? OpFoldResult(Value(arith::ConstantIndexOp::create(b, number)))
                            : OpFoldResult(b.getIndexAttr(number));
}
OpFoldResult SummaryWriter::batch() { return tensor::getMixedSize(b, b.getLoc(), mix.getOutputInit(), 0); }

mixer::MixSummary SummaryWriter::summary(Tokens range) {
  return mix.buildSummary(b, b.getLoc(), index(range.begin), index(range.end - range.begin));
}
mixer::MixSummary SummaryWriter::identity() {
  OpFoldResult queries = tensor::getMixedSize(b, b.getLoc(), mix.getOutputInit(), 1);
  return mix.buildIdentitySummary(b, b.getLoc(), batch(), queries);
}
mixer::MixSummary SummaryWriter::combine(const mixer::MixSummary &first, const mixer::MixSummary &second) {
  return mix.buildCombine(b, b.getLoc(), first, second);
}
SmallVector<Value> SummaryWriter::apply(const mixer::MixSummary &summary, ValueRange state) {
  return mix.buildApply(b, b.getLoc(), summary, state);
}
SmallVector<Value> SummaryWriter::step(Tokens range, ValueRange state) {
  OpFoldResult count = index(range.end - range.begin);
  SmallVector<Value> tokens = mix.sliceTokens(b, b.getLoc(), index(range.begin), count);
  return mix.buildStep(b, b.getLoc(), tokens, count, state);
}
SmallVector<Value> SummaryWriter::initial() {
  if (!mix.getInitialState().empty())
    return llvm::to_vector_of<Value>(mix.getInitialState());
  return mix.buildInitialState(b, b.getLoc(), batch());
}

//===--- modules --------------------------------------------------------------------------===//

OwningOpRef<ModuleOp> returning(MixCase &point, SummaryWriter::Write write) {
  OwningOpRef<ModuleOp> module = point.module->clone();
  auto function = module->lookupSymbol<func::FuncOp>("forward");
  Operation *end = function.getBody().front().getTerminator();
  ImplicitLocOpBuilder b(end->getLoc(), end);
  SmallVector<Value> values = write(b, mixOf(*module));
  end->setOperands(values);
  function.removeResAttrsAttr();
  function.setType(b.getFunctionType(function.getArgumentTypes(), TypeRange(ValueRange(values))));
  unsigned symbols = cast<ArrayAttr>(function->getAttr("heddle.symbols")).size();
  for (auto [index, value] : llvm::enumerate(values)) {
    auto type = cast<RankedTensorType>(value.getType());
    function.setResultAttr(index, "heddle.name", b.getStringAttr("result" + Twine(index)));
    if (!type.hasStaticShape())
      continue; // the boundary of a compiled function needs a map; the reference does not
    SmallVector<AffineExpr> sizes;
    for (int64_t size : type.getShape())
      sizes.push_back(b.getAffineConstantExpr(size));
    function.setResultAttr(index, "heddle.shape",
                           AffineMapAttr::get(AffineMap::get(0, symbols, sizes, b.getContext())));
  }
  return module;
}

//===--- mixers ---------------------------------------------------------------------------===//

static const char *const linear = "#mixer.linear<scale = 5.000000e-01>", *const logKeys =
                                                                             "#mixer.linear<log_keys = true>";
static const char *const none = "#mixer.norm<none>", *const running = "#mixer.norm<running>",
                         *const rowSum = "#mixer.norm<row_sum>";
static const NamedMixer mixers[] = {{"#mixer.identity", linear, none},
                                    {"#mixer.identity", linear, running},
                                    {"#mixer.identity", logKeys, rowSum},
                                    {"#mixer.scalar", linear, rowSum},
                                    {"#mixer.scalar", logKeys, running},
                                    {"#mixer.key_channel", linear, none},
                                    {"#mixer.key_channel", logKeys, running},
                                    {"#mixer.elementwise", linear, none},
                                    {"#mixer.elementwise<factored = true>", linear, none},
                                    {"#mixer.complex_diagonal", linear, none},
                                    {"#mixer.delta", linear, none},
                                    {"#mixer.delta<gated = true>", linear, none},
                                    {"#mixer.constant", linear, none},
                                    {"#mixer.constant", linear, rowSum}};
const ArrayRef<NamedMixer> namedMixers = mixers;

MixSpec NamedMixer::spec(MLIRContext *context, int64_t tokens) const {
  MixSpec spec = MixSpec::linear(context);
  spec.tokens = spec.keys = tokens;
  spec.batch = 2;
  spec.dk = 3;
  spec.dv = 5;
  spec.queryHeads = 4;
  spec.valueHeads = 2;
  spec.transport = cast<mixer::TransportAttrInterface>(spec.parse(transport));
  spec.score = spec.parse(score);
  spec.norm = cast<mixer::NormAttr>(spec.parse(norm));
  return spec;
}

} // namespace heddle::test
