// Derives from an entry on whole sequences the step on the tokens that come next.
#include "passes/Passes.h"
#include "passes/lower/Names.h"
#include "passes/raise/FreeLength.h"
#include "passes/raise/Raiser.h"
#include "passes/stream/AdoptStates.h"
#include "passes/stream/DeclareStep.h"
#include "passes/stream/EmptyPast.h"
#include "passes/stream/GrowthProof.h"
#include "passes/stream/Names.h"
#include "passes/stream/StateTable.h"
#include "passes/stream/StreamEmitter.h"
#include "passes/stream/StreamProof.h"
#include "passes/stream/StreamSymbols.h"
#include "passes/stream/WholeBlocks.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
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
  copy.walk([&](tensor::ExtractSliceOp slice) { // no elements, no tokens: the carry of a convolution with one tap
    rewriter.setInsertionPoint(slice);
    if (llvm::is_contained(slice.getType().getShape(), 0))
      rewriter.replaceOpWithNewOp<tensor::EmptyOp>(slice, slice.getMixedSizes(), slice.getType().getElementType());
  });
  return copy;
}

/// The longest tail that is kept of any value, as a number of the symbol of the tokens.
int64_t longestTail(func::FuncOp entry, const StreamDemand &demand) {
  int64_t depth = 0;
  auto look = [&](Value value) {
    for (const Tail &tail : demand.of(value).tails)
      depth = std::max(depth, llvm::divideCeilSigned(tail.depth, demand.flow.tokenAxis(value).rate));
  };
  llvm::for_each(entry.getArguments(), look);
  for (Operation &op : entry.getBody().front())
    llvm::for_each(op.getResults(), look);
  return depth;
}

/// Says of a step whose outputs come late how many elements of its own each of them does; the last of them come with
/// the returned number of tokens, whole blocks.
int64_t declareLatency(func::FuncOp read, func::FuncOp step, const TokenFlow &flow, const StreamDemand &demand) {
  int64_t latency = llvm::alignTo(demand.latency, flow.block);
  if (latency == 0)
    return 0;
  Builder b(step.getContext());
  step->setAttr(kLatencyAttr, b.getI64IntegerAttr(latency));
  for (auto [number, output] : llvm::enumerate(read.getBody().front().getTerminator()->getOperands()))
    step.setResultAttr(number, kLatencyAttr, b.getI64IntegerAttr(flow.of(output).delay()));
  remark::passed(step.getLoc(), remark::RemarkOpts::name("look-ahead").category("derive-stream"))
      << "outputs come up to " + std::to_string(latency) + (latency == 1 ? " token late" : " tokens late");
  return latency;
}

FailureOr<StreamClaim> deriveStep(func::FuncOp entry, StreamSymbols symbols, StringRef name, int64_t lookAhead) {
  func::FuncOp read = copyToRead(entry);
  llvm::scope_exit eraseCopy([&] { read.erase(); });
  TokenFlow flow(read, symbols.tokens, symbols.rows);
  FailureOr<StreamDemand> demand = StreamDemand::of(read, flow, lookAhead);
  if (failed(demand))
    return failure();
  func::FuncOp step = declareStep(entry, name, symbols.tokens);
  StreamStates states(step);
  SmallVector<Value> outputs = StreamEmitter(read, states, flow, *demand).run(step);
  SmallVector<DictionaryAttr> attributes;
  for (unsigned result = 0; result < entry.getNumResults(); ++result)
    attributes.push_back(entry.getResultAttrDict(result));
  states.finish(outputs, attributes);
  int64_t latency = declareLatency(read, step, flow, *demand);
  return StreamClaim{entry, step, symbols.tokens, longestTail(read, *demand), latency / flow.block};
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
    FailureOr<StatePairs> pairs = findStatePairs(forward, findTokenSymbol(forward, tokens), llvm::to_vector<4>(states));
    if (failed(mode) || failed(pairs))
      return signalPassFailure();
    writeStateTable(forward, *pairs);
    if (failed(pairs->empty() ? deriveAny(forward, *mode) : takeStates(forward, *pairs, *mode)))
      return signalPassFailure();
    if (!keepEntry)
      forward.erase();
  }

private:
  /// An entry with states is its own step; where they grow, its step is that of the entry in front of the first token.
  /// What then cannot run token by token (a mask of all keys, scores as an output) is a reason to take the entry, which
  /// copies its past in each call.
  LogicalResult takeStates(func::FuncOp forward, const StatePairs &pairs, ProofMode mode) {
    if (llvm::none_of(pairs, [](const StatePair &pair) { return pair.past.has_value(); }))
      return adoptStates(forward, pairs, tokens, name, mode);
    bool isProved = mode != ProofMode::Off && !hasInputsOfThePast(forward, pairs);
    if (isProved && failed(proveGrowth(forward, pairs)))
      return failure();
    std::string reason;
    if (succeeded(deriveFromEmptyPast(forward, pairs, mode, isProved, reason)))
      return success();
    if (auto unfinished = getOperation().lookupSymbol<func::FuncOp>(name))
      unfinished.erase();
    // Not through the op: that would print all of it.
    emitWarning(forward.getLoc()) << "each call of the step copies its past, and all rows stand at one position: "
                                  << reason;
    return adoptStates(forward, pairs, tokens, name, mode);
  }

  /// Inputs that depend on the length of the past, as a mask of all keys does, are those of the new tokens alone then.
  /// `reason`: why not.
  LogicalResult deriveFromEmptyPast(func::FuncOp forward, const StatePairs &pairs, ProofMode mode, bool isProved,
                                    std::string &reason) {
    ScopedDiagnosticHandler catchErrors(forward.getContext(), [&](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error && reason.empty())
        reason = diagnostic.str();
      return success(diagnostic.getSeverity() == DiagnosticSeverity::Error);
    });
    if (mode != ProofMode::Off && !isProved && failed(proveGrowth(forward, pairs)))
      return failure();
    func::FuncOp whole = privateCopy(forward, ".whole");
    llvm::scope_exit eraseCopy([&] { whole.erase(); });
    if (failed(emptyPast(whole, pairs)))
      return failure();
    OpPassManager cleanup(func::FuncOp::getOperationName());
    cleanup.addPass(createCanonicalizerPass());
    cleanup.addPass(createCSEPass());
    return failed(runPipeline(cleanup, whole)) ? failure() : derive(forward, whole, mode);
  }

  LogicalResult deriveAny(func::FuncOp forward, ProofMode mode) {
    bool isTraced = tokens.empty() && !hasTokenSymbol(forward);
    return isTraced ? deriveFromTrace(forward, mode) : derive(forward, forward, mode);
  }

  LogicalResult derive(func::FuncOp forward, func::FuncOp whole, ProofMode mode) {
    FailureOr<StreamSymbols> symbols = findStreamSymbols(whole, tokens);
    if (failed(symbols))
      return failure();
    int64_t block = findBlock(whole, symbols->tokens);
    func::FuncOp blocks = block == 1 ? func::FuncOp() : privateCopy(whole, ".blocks");
    llvm::scope_exit eraseCopy([&] {
      if (blocks)
        blocks.erase();
    });
    FailureOr<StreamClaim> derived =
        blocks ? deriveInBlocks(whole, blocks, *symbols, block) : deriveStep(whole, *symbols, name, lookAhead);
    if (failed(derived))
      return failure();
    derived->step->setAttr(kStreamOfAttr, forward.getNameAttr());
    return success(succeeded(mlir::verify(derived->step)) && succeeded(proveStep(*derived, mode)));
  }

  /// Token by token if that is possible, else so many at a time, from a copy that counts such blocks.
  FailureOr<StreamClaim> deriveInBlocks(func::FuncOp whole, func::FuncOp copy, StreamSymbols symbols, int64_t block) {
    {
      ScopedDiagnosticHandler quiet(whole.getContext(), [](Diagnostic &) { return success(); });
      if (FailureOr<StreamClaim> single = deriveStep(whole, symbols, name, lookAhead); succeeded(single))
        return single;
    }
    countBlocks(copy, symbols, block);
    return deriveStep(copy, symbols, name, lookAhead);
  }

  /// From a copy that takes all lengths up to that of the trace.
  LogicalResult deriveFromTrace(func::FuncOp forward, ProofMode mode) {
    func::FuncOp whole = privateCopy(forward, ".limited");
    llvm::scope_exit eraseCopy([&] { whole.erase(); });
    FailureOr<LengthRange> range = limitLength(whole);
    if (failed(range) || failed(derive(forward, whole, mode)))
      return failure();
    auto late = getOperation().lookupSymbol(name)->getAttrOfType<IntegerAttr>(kLatencyAttr);
    LengthVerdict verdict = proveLength(forward, whole, range->most, *range, mode, late ? late.getInt() : 0);
    if (!verdict.holds)
      return forward.emitError() << "cannot run token by token: " << verdict.reason;
    return success();
  }
};

} // namespace
} // namespace heddle
