// How every raise pass proposes: build the replacement beside the original, then let it be proved and applied, or
// erased.
//
//   Raiser raiser(function, "raise-attention", verify);
//   Value mixed = mixer::MixOp::create(builder, ..).getResult(0);
//   raiser.apply(loc, "attention over a window of 32", {/*frontier=*/{q, k, v}, {old}, {mixed}, /*length=*/33});
//
// Each proposal speaks: a remark says what was raised and how well it agreed, or why it was left alone.
#ifndef HEDDLE_PASSES_RAISE_RAISER_H
#define HEDDLE_PASSES_RAISE_RAISER_H

#include "passes/raise/Proof.h"

namespace heddle {

/// `off`, `cheap` or `always`; an error at `op` where the text is something else.
llvm::FailureOr<ProofMode> parseProofMode(llvm::StringRef text, mlir::Operation *op);

class Raiser {
public:
  /// `category` names the pass in remarks.
  Raiser(mlir::func::FuncOp entry, llvm::StringRef category, ProofMode mode)
      : prover(entry, ProofOptions{mode}), category(category) {}

  /// Replaces all uses of the originals and returns true where the proof holds. Otherwise erases what was built for the
  /// replacements. `what` completes "raised to ..".
  bool apply(mlir::Location loc, llvm::StringRef what, const Proposal &proposal);

  /// A remark that something which looks like a mixer stays as it is, and why.
  void leave(mlir::Location loc, llvm::StringRef what, llvm::StringRef reason) const;

  /// A remark with figures.
  void note(mlir::Location loc, llvm::StringRef name, llvm::StringRef text) const;

private:
  Prover prover;
  std::string category;
};

/// Erases the ops that compute `values` and nothing else.
void eraseUnused(llvm::ArrayRef<mlir::Value> values);

} // namespace heddle

#endif
