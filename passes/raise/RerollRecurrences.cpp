// RerollRecurrences: what an exporter unrolled over the tokens is a loop again.
#include "passes/Passes.h"
#include "passes/raise/Raiser.h"
#include "passes/raise/RerollLoop.h"
#include "passes/raise/RerollStart.h"
#include "passes/raise/RerollUses.h"
#include "passes/raise/SliceReaders.h"

#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/Transforms/Transforms.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_REROLLRECURRENCESPASS
#include "passes/Passes.h.inc"

namespace {

/// What is cheap and the same everywhere is part of both sides of a proof, not one of its random tensors.
bool isDrawn(Value value) {
  Operation *op = value.getDefiningOp();
  return !value.getType().isIndex() && !matchPattern(value, m_Constant()) &&
         !isa_and_present<tensor::EmptyOp, linalg::FillOp>(op);
}

class Reroller {
public:
  Reroller(func::FuncOp function, ProofMode mode)
      : block(function.getBody().front()), raiser(function, "reroll-recurrences", mode) {}

  /// True where anything was re-rolled: then the entry is to be looked at again, because traces of other lengths may
  /// hold ops that are gone.
  bool run() {
    struct Trace {
      explicit Trace(int64_t iterations) : table(iterations) {}
      UnrolledTable table;
      SmallVector<RowStack> stacks;
      SmallVector<unsigned> roots;
    };
    llvm::MapVector<int64_t, std::unique_ptr<Trace>> traces;
    auto traceOf = [&](int64_t iterations) -> Trace & {
      std::unique_ptr<Trace> &trace = traces[iterations];
      if (!trace)
        trace = std::make_unique<Trace>(iterations);
      return *trace;
    };
    for (Stack &stack : findStacks(block)) {
      Trace &trace = traceOf(stack.pieces.size());
      std::optional<UnrolledRead> read = trace.table.add(stack.pieces);
      if (read && read->kind == UnrolledRead::Row)
        trace.stacks.push_back({std::move(stack), *read});
    }
    for (ArrayRef<Value> readers : findSliceReaders(block)) {
      Trace &trace = traceOf(readers.size());
      std::optional<UnrolledRead> read = trace.table.add(readers);
      if (read && read->kind == UnrolledRead::Row)
        trace.roots.push_back(read->index);
    }
    for (auto &[iterations, trace] : traces)
      if (rerollAll(trace->table, trace->stacks, trace->roots))
        return true;
    return false;
  }

private:
  bool rerollAll(UnrolledTable &table, ArrayRef<RowStack> stacks, ArrayRef<unsigned> roots) {
    bool changed = false;
    for (RerollSchedule &schedule : scheduleRows(table, stacks, roots)) {
      for (RowStack &stack : schedule.stacks)
        stack.stack.base = current(stack.stack.base);
      table.replace([&](Value value) { return current(value); });
      changed |= reroll(table, schedule);
    }
    return changed;
  }

  bool reroll(UnrolledTable &table, const RerollSchedule &schedule) {
    int64_t all = schedule.iterations;
    // A row that is computed ahead has values behind the last iteration, such as the last state.
    for (unsigned row : schedule.rows)
      for (int64_t ahead = 0; ahead < schedule.shifts.lookup(row); ++ahead)
        table.extend(row, schedule.column(all + ahead));
    RerollLoop whole(table, schedule, 0, all);
    if (whole.isInBounds()) {
      bool isKnown = llvm::all_of(whole.carried(), [&](const CarriedValue &each) { return whole.knownInit(each); });
      for (ArrayRef<double> starts : guessStarts(table, schedule, whole)) {
        if (propose(table, schedule, 0, all, starts))
          return true;
        if (isKnown)
          break;
      }
    }
    bool isWhole = schedule.begin == 0 && schedule.end == all;
    return !isWhole && propose(table, schedule, schedule.begin, schedule.end, {});
  }

  bool propose(const UnrolledTable &table, const RerollSchedule &schedule, int64_t begin, int64_t end,
               ArrayRef<double> starts) {
    RerollLoop loop(table, schedule, begin, end);
    Location loc = table.sampleOf(table.rows[schedule.rows.back()])->getLoc();
    llvm::DenseSet<Operation *> replaced = loop.replacedOps();
    std::optional<SmallVector<WantedValue>> wanted = wantedOutside(table, schedule, begin, end, loop, replaced);
    if (!wanted || !loop.isInBounds() || (schedule.stacks.empty() && wanted->empty()))
      return false;
    SmallVector<Value> inits, needed;
    for (const CarriedValue &each : loop.carried()) {
      inits.push_back(loop.knownInit(each));
      if (!inits.back() && starts.empty())
        return false;
    }
    SmallVector<Value> frontier = frontierOf(table, schedule);
    llvm::erase_if(frontier, [](Value value) { return !isDrawn(value); });
    needed = neededBy(table, schedule, begin, end);
    llvm::append_range(needed, llvm::make_filter_range(inits, [](Value init) { return init; }));
    if (dependsOn(needed, replaced)) {
      raiser.leave(loc, "a loop", "what it reads depends on what it computes");
      return false;
    }
    llvm::append_range(needed, piecesOutside(schedule, begin, end));
    OpBuilder builder(block.getParentOp()->getContext());
    setInsertionPointAfterAll(builder, needed);
    SmallVector<Value> guessed;
    for (auto [index, init] : llvm::enumerate(inits))
      if (!init) {
        init = startOf(builder, table, loop.carried()[index], starts[index]);
        guessed.push_back(init);
      }
    if (llvm::is_contained(inits, Value()) || dependsOn(inits, replaced)) {
      // Left behind, their sizes would be read off the ops of the trace, which another attempt could then not replace.
      llvm::erase(guessed, Value());
      eraseUnused(guessed);
      return false;
    }
    loop.build(builder, loc, inits, *wanted);
    std::string what = llvm::formatv("a loop over {0} of {1} steps", end - begin, schedule.iterations);
    if (!raiser.apply(loc, what, {frontier, loop.originals, loop.replacements}))
      return false;
    for (auto [original, replacement] : llvm::zip_equal(loop.originals, loop.replacements))
      replacedBy[original] = replacement;
    sortTopologically(&block);
    return true;
  }

  void setInsertionPointAfterAll(OpBuilder &builder, ArrayRef<Value> values) {
    Operation *last = nullptr;
    for (Value value : values)
      if (Operation *op = value.getDefiningOp(); op && (!last || last->isBeforeInBlock(op)))
        last = op;
    if (last)
      builder.setInsertionPointAfter(last);
    else
      builder.setInsertionPointToStart(&block);
  }

  /// What stands for a value after the loops that were re-rolled so far.
  Value current(Value value) const {
    for (auto found = replacedBy.find(value); found != replacedBy.end(); found = replacedBy.find(value))
      value = found->second;
    return value;
  }

  Block &block;
  Raiser raiser;
  llvm::DenseMap<Value, Value> replacedBy;
};

struct RerollRecurrencesPass : impl::RerollRecurrencesPassBase<RerollRecurrencesPass> {
  using RerollRecurrencesPassBase::RerollRecurrencesPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    FailureOr<ProofMode> mode = parseProofMode(verify, function);
    if (failed(mode))
      return signalPassFailure();
    if (function.isDeclaration())
      return;
    // Loops may be unrolled within loops: the outer steps are alike once the inner ones are loops.
    bool changed = false;
    while (Reroller(function, *mode).run())
      changed = true;
    // A token that was given a dimension of size 1 to be written is written without.
    RewritePatternSet patterns(&getContext());
    tensor::populateReassociativeReshapeFoldingPatterns(patterns);
    if (changed && failed(applyPatternsGreedily(function, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
} // namespace heddle
