// Recurrent form: the state of one piece of work, carried from token to token.
//
//   for t in tokens: S = Phi_t S + k_t v_t^T;   for each head that reads this state: o_t = q_t . S
//
// A piece is one batch entry and either one state head and a vector of value features or, for mixers with one value
// feature, a vector of state heads (MixView::headLanes).
//
// A bonus for the current token moves the read-out in front of the step. A state of few rows stays in registers over
// the whole loop; taller ones stand on the stack, or, for a call of one token, stay where they are given: their rows
// are read once or twice and written once, which is all the memory traffic that a step needs. The sum of keys z steps
// like the state with v = 1. For keys given as logarithms, S and z are scaled by exp(-m), m the running maximum of each
// row. A bidirectional mixer keeps the sums of its forward sweep in the arena.
#ifndef HEDDLE_PASSES_KERNELS_RECURRENCE_H
#define HEDDLE_PASSES_KERNELS_RECURRENCE_H

#include "passes/kernels/SweepOutput.h"
#include "passes/kernels/Transport.h"

namespace heddle::kernels {

/// x, or 0 where x is -infinity: exp(-infinity - origin) is then 0 and not a NaN.
Expr finiteOrigin(Expr x);

/// How many tokens a call brings: any number, or one, known where the code is made or behind a branch.
enum class Extent { Tokens, OneToken };

/// A strict sweep reads between the transport of a token and its update.
enum class StepPart { Both, Transport, Update };

class Recurrence {
public:
  Recurrence(MixView &view, Expr b, Expr s, Expr pieceNumber, Lanes block, SweepOutput &output,
             Extent extent = Extent::Tokens)
      : view(view), loops(view.loops), b(b), pieceNumber(pieceNumber), block(block), output(output),
        firstHead(s * loops.index(view.group())),
        tokens(extent == Extent::OneToken ? loops.index(1) : view.queryTokens), state(makeState(extent)),
        sum(loops, view.normalised() ? view.keyWidth() : 0, view.headLanes, registerRows),
        top(loops, view.logKeys() ? view.sizes.dk : 0, view.headLanes, registerRows) {}

  void emit();
  /// A piece of value features (`at`: batch entry, state head, number of the piece), `width` of them at a time; with a
  /// body of its own for one token where that saves copies of the state.
  static void emitPiece(MixView &view, llvm::ArrayRef<Expr> at, Lanes features, int64_t width, SweepOutput &output);

  /// The most rows that stay in registers.
  static constexpr int64_t registerRows = 16;
  /// Vectors of a row that a single step takes at a time: long reads, and still registers for two sums of each.
  static constexpr int64_t mostVectorsInPlace = 8;
  static bool inRegisters(int64_t rows) { return rows <= registerRows; }
  /// A single step reads each row of the old state before it writes the row of the new one: such rows are not copied.
  static bool stepsInPlace(MixView &view);

private:
  Rows makeState(Extent extent);
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
  Expr firstHead, tokens;
  Rows state, sum, top;
  // Rows that are the same at every token, with heads as lanes; gathered once. Empty where rows are loaded.
  mlir::Value keyTable, queryTable;
};

} // namespace heddle::kernels

#endif
