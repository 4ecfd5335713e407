// Both sides of a proposal as functions of the same inputs, at sizes that are known.
//
//   original:     x, k -> conv(x, k) by a Fourier transform, 100 ops       at T=7
//   replacement:  x, k -> mixer.mix ..
//
// Sizes that a model fixes may be more than a proof can afford. Then both sides are made small together, as far as no
// op pins a size. Constants that both sides read are drawn like inputs: what holds for any weights holds for the
// model's, and they pin nothing.
#ifndef HEDDLE_PASSES_RAISE_PROOFSIDES_H
#define HEDDLE_PASSES_RAISE_PROOFSIDES_H

#include "passes/raise/Excerpt.h"
#include "passes/raise/Proof.h"

#include "llvm/ADT/SetVector.h"

namespace heddle {

struct ProofSides {
  Excerpt original, replacement;
  std::string place; // for a remark: "at T=7"

  double operations() const { return original.operations + replacement.operations; }

  /// Nothing where a size depends on data.
  static std::optional<ProofSides> of(mlir::func::FuncOp entry, const Proposal &proposal,
                                      llvm::ArrayRef<int64_t> symbols);
  /// The same at smaller static sizes, lengths of at least `proposal.length`. Nothing where none can be smaller.
  static std::optional<ProofSides> smaller(mlir::func::FuncOp entry, const Proposal &proposal,
                                           llvm::ArrayRef<int64_t> symbols);
  /// Whether both compute the same from the same inputs: a proof of one is a proof of the other.
  bool isSame(const ProofSides &other) const;
};

/// Float constants behind the frontier that `values` are computed from.
llvm::SetVector<mlir::Value> weightsOf(llvm::ArrayRef<mlir::Value> values, llvm::ArrayRef<mlir::Value> frontier);

} // namespace heddle

#endif
