// Matrices over tokens that are constants: a row for each position, on all values so far. Only what lies on and below
// the diagonal may differ from 0.
#include "passes/stream/KeptTokens.h"
#include "passes/stream/PairTable.h"

#include "dialects/mixer/reference/ReferenceTensor.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

using mixer::MixOp;

class MatrixRule : public StreamRule {
public:
  bool handles(Operation *op) const override {
    auto mix = dyn_cast<MixOp>(op);
    auto matrix = mix ? dyn_cast<mixer::StructuredAttr>(mix.getTransport()) : nullptr;
    return matrix && matrix.getKind() == mixer::StructuredKind::Dense;
  }
  void classify(Operation *op, TokenFlow &flow) const override;
  void demand(Operation *op, StreamDemand &demand) const override {
    demand.needAll(cast<MixOp>(op).getValue(), op, "value");
  }
  void emit(Operation *op, StreamEmitter &e) const override;
};

Value weightsOf(MixOp mix) { return mix.getTransportOperands().front(); }

/// Whether no token has a weight on one that follows.
bool isLowerTriangular(const PairTable &table) {
  Attribute constant;
  if (!matchPattern(table.source, m_Constant(&constant)) || !isa<ElementsAttr>(constant))
    return false;
  std::optional<ReferenceTensor> numbers = ReferenceTensor::fromAttribute(cast<ElementsAttr>(constant));
  if (!numbers)
    return false;
  int64_t columns = numbers->shape.back(), rows = numbers->shape[numbers->rank() - 2];
  for (int64_t i = 0; i < numbers->size(); ++i)
    if (i % columns > i / columns % rows && numbers->get(i).real != 0)
      return false;
  return true;
}

std::string whyRefused(MixOp mix, const std::optional<PairTable> &table, TokenFlow &flow) {
  if (!table)
    return mix.whyNotStreamed();
  if (std::string reason = whyNotKept(mix, flow); !reason.empty())
    return reason;
  if (!mix.getSupport().isCausal() && !isLowerTriangular(*table))
    return "transport: its matrix has weights on tokens that follow";
  return {};
}

void MatrixRule::classify(Operation *op, TokenFlow &flow) const {
  auto mix = cast<MixOp>(op);
  std::optional<PairTable> table = PairTable::of(weightsOf(mix), mix.getOutputInit(), flow);
  SmallVector<Value> reads = {mix.getValue()};
  if (!table)
    reads.push_back(weightsOf(mix));
  Flow joined = flow.join(op, reads);
  std::string problem;
  bool hasTokens = joined.kind == Flow::Tokens || flow.axis(mix.getOutputInit(), &problem) || table;
  if (!hasTokens)
    return flow.setResults(op, joined);
  // A matrix that is no table of pairs is refused itself, not the op that cut it.
  std::string reason = flow.of(mix.getValue()).kind == Flow::Refused ? "" : whyRefused(mix, table, flow);
  if (!reason.empty())
    return flow.setResults(op, TokenFlow::refuse(op, reason));
  flow.setResults(op, joined.kind == Flow::Refused ? joined : TokenFlow::mixed(op, joined));
}

void MatrixRule::emit(Operation *op, StreamEmitter &e) const {
  auto mix = cast<MixOp>(op);
  PairTable table = *PairTable::of(weightsOf(mix), mix.getOutputInit(), e.flow);
  int64_t share = mix.getSizes().Ho / table.leading.back();
  Value mixed = mixKept(e, mix, [&](ImplicitLocOpBuilder &b, const KeptPair &pair) {
    Value shared = arith::ConstantIndexOp::create(b, share);
    Value head = arith::DivUIOp::create(b, pair.head, shared);
    return table.at(b, e, head, pair.query, pair.key);
  });
  e.define(mix.getResult(0), Piece{mixed});
}

} // namespace

const StreamRule &matrixRule() {
  static const MatrixRule rule;
  return rule;
}

} // namespace heddle
