// Both sides of a proposal as functions of the same inputs, at sizes that are known.
//
//   original:     x, k -> conv(x, k) by a Fourier transform, 100 ops       at T=7
//   replacement:  x, k -> mixer.mix ..
//
// A length that a model fixes may be more than a proof can afford. Where all ops of both sides make sense at any such
// length, the sides are written for any length, as FreeLength writes an entry, and are the same functions at a small
// one:
//
//   %x: tensor<2x4096x64xf32>   scf.for %t = 0 to 4096     ->     %x: tensor<2x13x64xf32>   scf.for %t = 0 to 13
#ifndef HEDDLE_PASSES_RAISE_PROOFSIDES_H
#define HEDDLE_PASSES_RAISE_PROOFSIDES_H

#include "passes/raise/Excerpt.h"
#include "passes/raise/Proof.h"

namespace heddle {

struct ProofSides {
  Excerpt original, replacement;
  std::string place; // for a remark: "at T=7"

  double operations() const { return original.operations + replacement.operations; }

  /// Nothing where a size depends on data.
  static std::optional<ProofSides> of(mlir::func::FuncOp entry, const Proposal &proposal,
                                      llvm::ArrayRef<int64_t> symbols);
  /// The same at smaller sizes of static lengths, at least `proposal.length`. Nothing where none can be smaller.
  static std::optional<ProofSides> smaller(mlir::func::FuncOp entry, const Proposal &proposal,
                                           llvm::ArrayRef<int64_t> symbols);
};

} // namespace heddle

#endif
