// A token loop as whole-sequence ops and mixers, written in front of it.
//
//   hoist what does not depend on a state          (TokenSequences)
//   group the states                               (StateGroups)
//   per group: form of the update, transport, reads (StateForm, StateUpdate, StateReads, AffineRecurrence)
//   what is computed from reads follows behind     (TokenSequences again)
#ifndef HEDDLE_PASSES_RAISE_LOOPTRANSLATION_H
#define HEDDLE_PASSES_RAISE_LOOPTRANSLATION_H

#include "passes/raise/ComplexRecurrence.h"
#include "passes/raise/StateGroups.h"
#include "passes/raise/StateReads.h"

namespace heddle {

/// How much of a loop is read off; each level is tried where the one before it does not hold.
enum class TranslationLevel {
  Sums,   // reads that sum over state dimensions are queries
  States, // states are read as a whole, sums stay outside
  Region, // the update is a region
};

class LoopTranslation {
public:
  LoopTranslation(const TokenLoop &loop, TranslationLevel level)
      : loop(loop), level(level), builder(loop.loop), loc(loop.loop.getLoc()), sequences(loop), variables(loop.length),
        forms(loop, sequences, variables) {}

  /// Values for those results of the loop for which `isUsed`; the others are null. Nothing where a part has no
  /// translation.
  std::optional<llvm::SmallVector<mlir::Value>> run(llvm::ArrayRef<bool> isUsed);

private:
  bool translate(const StateGroup &group);
  bool translateDelay(unsigned state);
  bool translateAffine(unsigned state);
  llvm::SmallVector<unsigned> translateLogKeys();
  bool translateComplex(llvm::ArrayRef<unsigned> states);
  bool translateRegion(llvm::ArrayRef<unsigned> states);
  bool emitReads(AffineRecurrence &recurrence, const StateReads &reads, unsigned state, const Indices &at);
  bool emitSum(AffineRecurrence &recurrence, const SummedRead &read, const Indices &at);
  bool emitWhole(AffineRecurrence &recurrence, unsigned state, const Indices &at);
  bool define(mlir::Value value, ProductEmitter &emitter, llvm::ArrayRef<Product> sum, const Indices &at);
  bool defineState(unsigned state, ProductEmitter &emitter, const AffineRecurrence::Mixed &mixed, const Indices &at);
  Sequence sequenceOf(ProductEmitter &emitter, llvm::ArrayRef<Product> sum, const Indices &at);
  llvm::SmallVector<mlir::Value> rootsBehind(llvm::ArrayRef<unsigned> states) const;

  const TokenLoop &loop;
  TranslationLevel level;
  mlir::OpBuilder builder;
  mlir::Location loc;
  TokenSequences sequences;
  Variables variables;
  StateForms forms;
  llvm::ArrayRef<bool> isUsed;
  llvm::SmallVector<mlir::Value> results;
};

} // namespace heddle

#endif
