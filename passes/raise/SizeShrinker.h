// Excerpts at smaller sizes than those of the model.
//
//   %x: tensor<1x4096x1536xf32>, scf.for %t = 0 to 4096    ->    %x: tensor<1x13x5xf32>, scf.for %t = 0 to 13
//
// A static size may become another where no op pins it: all ops then make sense at any such size, and what two excerpts
// have in common at a small one they have in common. A constant, a split into chunks or a comparison of positions with
// numbers pins a size.
#ifndef HEDDLE_PASSES_RAISE_SIZESHRINKER_H
#define HEDDLE_PASSES_RAISE_SIZESHRINKER_H

#include "passes/raise/DimClasses.h"
#include "passes/raise/Excerpt.h"

namespace heddle {

class SizeShrinker {
public:
  /// A dimension of a value of the function: an argument, or behind them a result.
  struct Dim {
    unsigned value;
    int64_t dim;
  };
  /// Lengths, along which something mixes or runs, become no smaller than `length`. The `fixed` dimensions stay.
  SizeShrinker(Excerpt &excerpt, int64_t length, llvm::ArrayRef<Dim> fixed = {})
      : excerpt(excerpt), length(length), fixed(fixed) {}

  /// Makes all sizes small that may be. False where there are none, or where the result is not valid.
  bool run();
  /// "13 for 4096 and 5 for 1536".
  llvm::StringRef sizes() const { return text; }

private:
  struct Candidate {
    DimClasses::Var var;
    bool isLength;
    int64_t size;
  };
  void describe();
  llvm::SmallVector<Candidate> candidates(DimClasses &classes, llvm::ArrayRef<DimClasses::Var> tokens) const;
  bool shrinkOne();
  bool shrink(DimClasses &classes, const Candidate &candidate);

  Excerpt &excerpt;
  int64_t length;
  llvm::ArrayRef<Dim> fixed;
  unsigned lengths = 0, others = 0; // that are small already
  llvm::SmallVector<int64_t> made;  // their sizes
  std::string text;
};

/// The results from `begin` on as an excerpt of its own, with all inputs.
Excerpt partOf(const Excerpt &excerpt, unsigned begin, unsigned count);

} // namespace heddle

#endif
