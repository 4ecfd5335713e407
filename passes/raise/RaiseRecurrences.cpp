// RaiseRecurrences: a loop over tokens is mixers, with whole-sequence ops around them.
#include "dialects/mixer/Mixer.h"
#include "passes/Passes.h"
#include "passes/raise/IntegerSums.h"
#include "passes/raise/LoopTranslation.h"
#include "passes/raise/Raiser.h"
#include "passes/raise/Reads.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/LoopInvariantCodeMotionUtils.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_RAISERECURRENCESPASS
#include "passes/Passes.h.inc"

namespace {

/// A copy of the loop in which all linalg ops are generics, for a translation to look at. It goes with its dead users.
class ScratchLoop {
public:
  explicit ScratchLoop(scf::ForOp original) : behind(original->getNextNode()) {
    OpBuilder builder(original);
    marker = arith::ConstantIndexOp::create(builder, original.getLoc(), 0);
    loop = cast<scf::ForOp>(builder.clone(*original));
    IRRewriter rewriter(loop.getContext());
    SmallVector<linalg::LinalgOp> named;
    loop.walk([&](linalg::LinalgOp op) {
      if (!isa<linalg::GenericOp, linalg::FillOp>(op) && !isa<linalg::ConvolutionOpInterface>(op.getOperation()))
        named.push_back(op);
    });
    for (linalg::LinalgOp op : named) {
      rewriter.setInsertionPoint(op);
      (void)linalg::generalizeNamedOp(rewriter, op);
    }
  }

  ~ScratchLoop() {
    // What no replacement took up. An unfinished one may still read values of the loop, which therefore goes last.
    for (Operation *op = behind->getPrevNode(); op != marker;) {
      Operation *previous = op->getPrevNode();
      if (op != loop && isOpTriviallyDead(op))
        op->erase();
      op = previous;
    }
    loop.erase();
    marker->erase();
  }

  scf::ForOp loop;

private:
  // The original may be gone when this goes.
  Operation *marker, *behind;
};

bool isBoundary(Operation *op) {
  if (isa<LoopLikeOpInterface, mixer::MixOp, linalg::ConvolutionOpInterface>(op))
    return true;
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  return structured && structured.getNumReductionLoops() > 0;
}

/// Random tensors stand for sums and for the arguments of the entry. What is elementwise in between is computed, so
/// that a decay has the range that it has in the model: a gate is positive because of the sigmoid in front of the loop.
SmallVector<Value> frontierOf(scf::ForOp loop) {
  llvm::SetVector<Value> open = readsOf(loop);
  SmallVector<Value> frontier;
  for (unsigned next = 0; next < open.size(); ++next) {
    Value value = open[next];
    Operation *op = value.getDefiningOp();
    if (!isa<RankedTensorType>(value.getType()))
      continue;
    if (!op || isBoundary(op)) {
      frontier.push_back(value);
      continue;
    }
    open.insert_range(readsOf(op));
  }
  return frontier;
}

class RecurrenceRaiser {
public:
  RecurrenceRaiser(func::FuncOp entry, ProofMode mode) : entry(entry), raiser(entry, "raise-recurrences", mode) {}

  void run() {
    raiseIntegerSums(entry, raiser);
    SmallVector<scf::ForOp> loops(entry.getOps<scf::ForOp>());
    for (scf::ForOp loop : loops)
      raise(loop);
  }

private:
  void raise(scf::ForOp loop) {
    moveLoopInvariantCode(cast<LoopLikeOpInterface>(loop.getOperation()));
    SmallVector<Value> original;
    SmallVector<bool> isUsed;
    for (Value result : loop.getResults()) {
      isUsed.push_back(!result.use_empty());
      if (isUsed.back())
        original.push_back(result);
    }
    // A dead loop would go with the scratch.
    if (original.empty())
      return;
    bool isTranslated = false;
    for (auto level : {TranslationLevel::Sums, TranslationLevel::States, TranslationLevel::Region}) {
      std::optional<bool> holds = attempt(loop, level, original, isUsed);
      isTranslated |= holds.has_value();
      if (holds.value_or(false))
        return;
    }
    if (!isTranslated)
      raiser.leave(loop.getLoc(), "mixers", "the loop has no normal form of a recurrence over tokens");
  }

  /// Nothing where there is no translation; else whether it holds.
  std::optional<bool> attempt(scf::ForOp loop, TranslationLevel level, ArrayRef<Value> original,
                              ArrayRef<bool> isUsed) {
    ScratchLoop scratch(loop);
    std::optional<TokenLoop> tokens = TokenLoop::match(scratch.loop);
    if (!tokens)
      return std::nullopt;
    std::optional<SmallVector<Value>> replacement = LoopTranslation(*tokens, level).run(isUsed);
    if (!replacement)
      return std::nullopt;
    llvm::erase(*replacement, Value());
    return raiser.apply(loop.getLoc(), "a recurrence over tokens", {frontierOf(loop), original, *replacement});
  }

  func::FuncOp entry;
  Raiser raiser;
};

struct RaiseRecurrencesPass : impl::RaiseRecurrencesPassBase<RaiseRecurrencesPass> {
  using RaiseRecurrencesPassBase::RaiseRecurrencesPassBase;

  void runOnOperation() override {
    FailureOr<ProofMode> mode = parseProofMode(verify, getOperation());
    if (failed(mode))
      return signalPassFailure();
    RecurrenceRaiser(getOperation(), *mode).run();
  }
};

} // namespace
} // namespace heddle
