// Derives from an entry on whole sequences the step on the tokens that come next.
#include "passes/Passes.h"
#include "passes/lower/Names.h"
#include "passes/raise/FreeLength.h"
#include "passes/raise/Raiser.h"
#include "passes/stream/Names.h"
#include "passes/stream/StreamEmitter.h"
#include "passes/stream/StreamProof.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/ScopeExit.h"

namespace heddle {
#define GEN_PASS_DEF_DERIVESTREAMPASS
#include "passes/Passes.h.inc"

using namespace mlir;

namespace {

func::FuncOp privateCopy(func::FuncOp entry, StringRef suffix) {
  OpBuilder builder(entry.getContext());
  builder.setInsertionPointAfter(entry);
  auto copy = cast<func::FuncOp>(builder.clone(*entry));
  copy.setName((entry.getName() + suffix).str());
  copy.setPrivate();
  return copy;
}

/// A copy of the entry to read, in which every structured op is a generic.
func::FuncOp copyToRead(func::FuncOp entry) {
  func::FuncOp copy = privateCopy(entry, ".read");
  SmallVector<linalg::LinalgOp> named;
  copy.walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp, linalg::FillOp>(op))
      named.push_back(op);
  });
  IRRewriter rewriter(entry.getContext());
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op); // what stays named has no rule, and says so
  }
  return copy;
}

/// Steps take any number of tokens, whatever lengths the entry takes; its longest is how many a row may see.
void limitPositions(func::FuncOp step, unsigned tokens) {
  Builder builder(step.getContext());
  auto ranges = step->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  if (!ranges)
    return;
  SmallVector<int64_t> all(ranges.asArrayRef());
  all[2 * tokens] = 1;
  step->setAttr("heddle.symbol_ranges", builder.getDenseI64ArrayAttr(all));
  if (int64_t most = all[2 * tokens + 1]; most != std::numeric_limits<int64_t>::max())
    step->setAttr(kPositionsAttr, builder.getI64IntegerAttr(most));
}

/// The step without a body: the arguments and attributes of the entry.
func::FuncOp declareStep(func::FuncOp entry, StringRef name, unsigned tokens) {
  OpBuilder builder(entry.getContext());
  builder.setInsertionPointAfter(entry);
  auto step = func::FuncOp::create(builder, entry.getLoc(), name, entry.getFunctionType());
  step->setAttrs(entry->getAttrDictionary());
  step.setName(name);
  step.setPublic();
  step.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
  step->setAttr(kTokensAttr, builder.getI64IntegerAttr(tokens));
  limitPositions(step, tokens);
  step->removeAttr("heddle.defaults"); // they are of whole sequences
  step.removeResAttrsAttr();
  step.addEntryBlock();
  return step;
}

/// The longest tail that is kept of any value.
int64_t longestTail(func::FuncOp entry, const StreamDemand &demand) {
  int64_t depth = 0;
  auto look = [&](Value value) {
    for (const Tail &tail : demand.of(value).tails)
      depth = std::max(depth, tail.depth);
  };
  llvm::for_each(entry.getArguments(), look);
  for (Operation &op : entry.getBody().front())
    llvm::for_each(op.getResults(), look);
  return depth;
}

FailureOr<StreamClaim> deriveStep(func::FuncOp entry, StreamSymbols symbols, StringRef name) {
  func::FuncOp read = copyToRead(entry);
  llvm::scope_exit eraseCopy([&] { read.erase(); });
  TokenFlow flow(read, symbols.tokens, symbols.rows);
  FailureOr<StreamDemand> demand = StreamDemand::of(read, flow);
  if (failed(demand))
    return failure();
  func::FuncOp step = declareStep(entry, name, symbols.tokens);
  StreamStates states(step);
  SmallVector<Value> outputs = StreamEmitter(read, states, flow, *demand).run(step);
  SmallVector<DictionaryAttr> attributes;
  for (unsigned result = 0; result < entry.getNumResults(); ++result)
    attributes.push_back(entry.getResultAttrDict(result));
  states.finish(outputs, attributes);
  return StreamClaim{entry, step, symbols.tokens, longestTail(read, *demand)};
}

struct DeriveStreamPass : impl::DeriveStreamPassBase<DeriveStreamPass> {
  using DeriveStreamPassBase::DeriveStreamPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>(entry);
    if (!forward) {
      getOperation().emitError() << "entry '" << entry << "' is unknown, expected a function of the module";
      return signalPassFailure();
    }
    FailureOr<ProofMode> mode = parseProofMode(verify, forward);
    bool isTraced = tokens.empty() && !hasTokenSymbol(forward);
    if (failed(mode) || failed(isTraced ? deriveFromTrace(forward, *mode) : derive(forward, forward, *mode)))
      return signalPassFailure();
    if (!keepEntry)
      forward.erase();
  }

private:
  LogicalResult derive(func::FuncOp forward, func::FuncOp whole, ProofMode mode) {
    FailureOr<StreamSymbols> symbols = findStreamSymbols(whole, tokens);
    if (failed(symbols))
      return failure();
    FailureOr<StreamClaim> derived = deriveStep(whole, *symbols, name);
    if (failed(derived))
      return failure();
    derived->step->setAttr(kStreamOfAttr, forward.getNameAttr());
    return success(succeeded(mlir::verify(derived->step)) && succeeded(proveStep(*derived, mode)));
  }

  /// From a copy that takes all lengths up to that of the trace.
  LogicalResult deriveFromTrace(func::FuncOp forward, ProofMode mode) {
    func::FuncOp whole = privateCopy(forward, ".limited");
    llvm::scope_exit eraseCopy([&] { whole.erase(); });
    FailureOr<LengthRange> range = limitLength(whole);
    if (failed(range) || failed(derive(forward, whole, mode)))
      return failure();
    LengthVerdict verdict = proveLength(forward, whole, range->most, *range, mode);
    if (!verdict.holds)
      return forward.emitError() << "cannot run token by token: " << verdict.reason;
    return success();
  }
};

} // namespace
} // namespace heddle
