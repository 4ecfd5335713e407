// Recurrent form: the state of one piece of work, carried from token to token.
//
//   for t in tokens: S = Phi_t S + k_t v_t^T;   for each head that reads this state: o_t = q_t . S
//
// A piece is one batch entry and either one state head and a vector of value features or, for mixers with one value
// feature, a vector of state heads (MixView::headLanes).
//
// A bonus for the current token moves the read-out in front of the step. A state of few rows stays in registers over
// the whole loop. The sum of keys z steps like the state with v = 1. For keys given as logarithms, S and z are scaled
// by exp(-m), m the running maximum of each row. A bidirectional mixer keeps the sums of its forward sweep in the
// arena.
#ifndef HEDDLE_PASSES_KERNELS_RECURRENCE_H
#define HEDDLE_PASSES_KERNELS_RECURRENCE_H

#include "passes/kernels/SweepOutput.h"
#include "passes/kernels/Transport.h"

namespace heddle::kernels {

/// x, or 0 where x is -infinity: exp(-infinity - origin) is then 0 and not a NaN.
Expr finiteOrigin(Expr x);

/// A strict sweep reads between the transport of a token and its update.
enum class StepPart { Both, Transport, Update };

class Recurrence {
public:
  Recurrence(MixView &view, Expr b, Expr s, Expr pieceNumber, Lanes block, SweepOutput &output)
      : view(view), loops(view.loops), b(b), pieceNumber(pieceNumber), block(block), output(output),
        firstHead(s * loops.index(view.group())),
        state(loops, view.keyWidth(), std::max(block.width, view.headLanes), registerRows),
        sum(loops, view.normalised() ? view.keyWidth() : 0, view.headLanes, registerRows),
        top(loops, view.logKeys() ? view.sizes.dk : 0, view.headLanes, registerRows) {}

  void emit();

  /// The most rows that stay in registers.
  static constexpr int64_t registerRows = 16;
  static bool inRegisters(int64_t rows) { return rows <= registerRows; }

private:
  void tabulateConstants();
  mlir::Value tabulate(int64_t count, llvm::function_ref<Expr(Expr)> row);
  void loadState();
  void storeState();
  void sweep(const Sweep &order, SweepStage stage);
  void resetAtSegment(const Sweep &order, Expr position, Expr token);
  void step(const Point &at, StepPart part);
  void stepLogKeys(const Point &at, StepPart part);
  void eachHead(llvm::function_ref<void(Expr)> body);
  /// The step of a token and what its one head reads afterwards, in one walk over the rows.
  Readout stepAndRead(const Point &at);
  Readout readout(const Point &at, bool beforeStep);
  Readout scaled(Readout result);
  /// The query's row n; of complex states the imaginary rows count with the opposite sign.
  Expr signedQuery(const Point &at, Expr n);
  Readout readoutLogKeys(const Point &at, bool beforeStep);
  Expr keyRow(const Point &at, Expr n);
  Expr queryRow(const Point &at, Expr n);
  Expr valueLanes(const Point &at) { return view.load(view.value, at, block.width); }

  MixView &view;
  LoopBuilder &loops;
  Expr b, pieceNumber;
  Lanes block;
  SweepOutput &output;
  Expr firstHead;
  Rows state, sum, top;
  // Rows that are the same at every token, with heads as lanes; gathered once. Empty where rows are loaded.
  mlir::Value keyTable, queryTable;
};

} // namespace heddle::kernels

#endif
