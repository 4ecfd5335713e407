#include "passes/stream/TokenFlow.h"

#include "passes/raise/Reads.h"
#include "passes/stream/StreamRules.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace heddle {

TokenFlow::TokenFlow(func::FuncOp entry, unsigned tokens, std::optional<unsigned> rows)
    : sizes(entry, tokens, rows), block(tokensPerBlock(entry, tokens)), entry(entry) {
  for (BlockArgument argument : entry.getArguments()) {
    std::string problem;
    if (!isa<RankedTensorType>(argument.getType()))
      continue;
    if (std::optional<TokenAxis> found = axis(argument, &problem))
      flows[argument] = found->isPlain() ? Flow{Flow::Tokens} : refuse(entry, "an input has more than the tokens");
    else if (!problem.empty())
      flows[argument] = refuse(entry, "input has " + problem);
  }
  for (Operation &op : entry.getBody().front().without_terminator())
    visit(&op);
}

const Flow &TokenFlow::of(Value value) const {
  static const Flow fixed;
  auto found = flows.find(value);
  return found == flows.end() ? fixed : found->second;
}

std::optional<TokenAxis> TokenFlow::axis(Value tensor, std::string *problem) {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  std::optional<TokenAxis> found;
  auto give = [&](const char *text) {
    if (problem)
      *problem = text;
    return std::nullopt;
  };
  for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
    if (!type.isDynamicDim(dim))
      continue;
    std::optional<SizeFormula> size = sizes.of(tensor, dim);
    if (!size && !sizes.variesWithTokens(tensor, dim))
      continue;
    if (!size)
      return give("tokens in groups, or a size that depends on data");
    if (!size->dependsOn(sizes.tokens) && size->product == 0)
      continue;
    if (found)
      return give("pairs of tokens");
    int64_t sequences = std::max<int64_t>(1, of(tensor).sequences), rate = size->multipleOf(sizes.tokens);
    bool isPlain = rate != 0 && sequences == 1;
    int64_t all = size->product != 0 ? size->product : size->slopes[sizes.tokens];
    found = TokenAxis{dim, all % sequences ? 0 : all / sequences, isPlain ? size->constant : 0, !isPlain};
  }
  return found;
}

std::optional<int64_t> TokenFlow::rowDim(Value tensor) {
  for (int64_t dim = 0; sizes.rows && dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim)
    if (std::optional<SizeFormula> size = sizes.of(tensor, dim);
        size && size->isSymbol(*sizes.rows) && size->constant == 0)
      return dim;
  return std::nullopt;
}

bool TokenFlow::hasTokensOf(Value tensor, int64_t dim, Value like) {
  std::optional<TokenAxis> found = axis(tensor), wanted = axis(like);
  return found && wanted && found->dim == dim && found->isPlain() && found->rate == wanted->rate;
}

bool TokenFlow::dependsOnTokens(OpFoldResult size) {
  if (getConstantIntValue(size))
    return false;
  std::optional<SizeFormula> formula = sizes.of(size);
  return formula && (formula->dependsOn(sizes.tokens) || formula->product != 0);
}

bool TokenFlow::touchesTokens(Operation *op) const {
  auto hasTokens = [&](Value value) { return isTokens(value); };
  return llvm::any_of(op->getResults(), hasTokens) || llvm::any_of(readsOf(op), hasTokens);
}

//===--- for the rules --------------------------------------------------------------------===//

void TokenFlow::setResults(Operation *op, const Flow &flow) {
  for (Value result : op->getResults())
    flows[result] = flow;
}

Flow TokenFlow::refuse(Operation *op, std::string reason) { return {Flow::Refused, 0, op, std::move(reason)}; }

Flow TokenFlow::join(Operation *op, ValueRange values) const {
  Flow result;
  result.sequences = 0;
  bool readsTokens = false, readsLatest = false;
  for (Value value : values) {
    const Flow &flow = of(value);
    if (flow.kind == Flow::Refused)
      return flow;
    if (flow.kind == Flow::Fixed)
      continue;
    int64_t sequences = std::max(flow.sequences, result.sequences);
    if (flow.sequences * result.sequences != 0 && flow.sequences != result.sequences)
      return refuse(op, "it reads tokens of sequences that are merged in different ways");
    if (!(readsTokens || readsLatest) || flow.lead < result.lead)
      result = flow;
    result.sequences = sequences;
    readsLatest |= flow.kind == Flow::Latest;
    readsTokens |= flow.kind == Flow::Tokens;
  }
  if (readsTokens && readsLatest)
    return refuse(op, "every token would see what the last token leaves");
  if (readsLatest)
    result.kind = Flow::Latest;
  return result;
}

Flow TokenFlow::withLead(Operation *op, Flow flow, int64_t lead) {
  if (flow.kind != Flow::Tokens || flow.isPositions())
    return flow;
  if (flow.lead >= 0 && lead < 0)
    flow.where = op;
  flow.lead = lead;
  return flow;
}

Flow TokenFlow::latest(Value source, const Flow &flow) {
  int64_t lead = llvm::divideFloorSigned(std::min<int64_t>(flow.lead, 0) * block, tokenAxis(source).rate);
  return {Flow::Latest, lead, flow.where};
}

Flow TokenFlow::mixed(Operation *op, const Flow &flow, int64_t ahead) {
  Flow known{Flow::Tokens, std::min<int64_t>(flow.lead, 0), flow.where};
  return withLead(op, known, known.lead - ahead);
}

//===--- ops ------------------------------------------------------------------------------===//

void TokenFlow::visit(Operation *op) {
  if (const StreamRule *rule = findStreamRule(op))
    rule->classify(op, *this);
  else
    visitOther(op);
}

/// An op without a rule is computed as it is from what does not depend on the tokens, or on all of them so far.
void TokenFlow::visitOther(Operation *op) {
  if (isa<tensor::DimOp>(op) || llvm::all_of(op->getResultTypes(), [](Type type) { return type.isIndex(); })) {
    Flow flow = isa<tensor::DimOp>(op) ? Flow() : join(op, readsOf(op).getArrayRef());
    return setResults(op, flow.kind == Flow::Tokens ? refuse(op, "an index that the tokens decide") : flow);
  }
  SmallVector<Value> reads = readsOf(op).takeVector();
  Flow flow = join(op, reads);
  if (flow.kind == Flow::Tokens)
    flow = refuse(op, "no rule says what it does to one token after the other");
  bool countsTokens =
      llvm::any_of(reads, [&](Value value) { return value.getType().isIndex() && dependsOnTokens(value); });
  if (flow.kind != Flow::Refused && countsTokens)
    flow = refuse(op, "its result depends on how many tokens there are");
  setResults(op, flow);
}

} // namespace heddle
