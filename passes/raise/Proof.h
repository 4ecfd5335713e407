// Before a raise replaces values, both sides are computed on the same random tensors and must agree.
//
//   %scores = ..   %weights = softmax ..   %old = matmul %weights, %v        (what the exporter wrote)
//   %new = mixer.mix query(%q) key(%k) value(%v) ..                          (what a matcher proposes)
//
//   Prover prover(entry, options);
//   Verdict verdict = prover.prove({/*frontier=*/{q, k, v}, /*original=*/{old}, /*replacement=*/{new}, /*length=*/0});
//   if (!verdict.holds) { remark: verdict.reason; erase the proposal }
//
// Random tensors stand for the frontier, nothing else is assumed. Both sides run in the reference evaluator, in double,
// so the proof shares no code with the kernels that the raised form takes. Matchers may therefore propose from weak
// evidence: a wrong proposal costs time and never a wrong result.
//
// Where the original shows values that are not finite on random inputs, smaller and then positive ones are tried: a
// comparison of NaNs proves nothing. Sizes at which the original has no values at all are skipped, and one trial at
// least must hold. Which of several symbols is a length is not known, so each of the first two is tried as one.
#ifndef HEDDLE_PASSES_RAISE_PROOF_H
#define HEDDLE_PASSES_RAISE_PROOF_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include <string>
#include <vector>

namespace heddle {

/// Off trusts the matchers. Cheap proves with each symbol long once and one seed, within a budget of operations for
/// each proposal: what takes long is proved at smaller sizes where no op needs its own, and what would exceed the
/// budget stays as it is. Always proves at several sizes and seeds, whatever it takes. Proposals that compute the same
/// are proved once.
enum class ProofMode { Off, Cheap, Always };

struct ProofOptions {
  ProofMode mode = ProofMode::Cheap;
  /// Elementary operations that Cheap may spend on a proposal; the evaluator does about 1e8 in a second.
  double budget = 1e9;
  uint64_t seed = 1;
};

/// What a raise wants to replace. All values are in the entry's body; the proposal's ops are there already, unused.
struct Proposal {
  llvm::ArrayRef<mlir::Value> frontier; // what both sides are computed from
  llvm::ArrayRef<mlir::Value> original, replacement;
  /// A length at which everything that the raise claims shows: 1 + the widest window, lag or block. 0: any.
  int64_t length = 0;
};

struct Verdict {
  bool holds = false;
  std::string reason; // for a remark: "largest difference 2e-13 at T=7" or "differs by 0.3 of 1.1 at T=7"
};

struct ProofSides;

/// What both sides at one size tell. Nothing, where the original has no values to compare with.
struct ProofTrial {
  enum { Agrees, Differs, TellsNothing } outcome = TellsNothing;
  std::string text;
};

class Prover {
public:
  Prover(mlir::func::FuncOp entry, const ProofOptions &options);
  ~Prover();

  Verdict prove(const Proposal &proposal);

private:
  /// Both sides at the given symbols, or at smaller sizes.
  ProofTrial tryAt(const Proposal &proposal, llvm::ArrayRef<int64_t> symbols);
  /// With all seeds, or as it was for sides that are the same. Takes the sides.
  ProofTrial tryAll(ProofSides &sides);
  /// Sizes of the entry's symbols at which to prove: within their ranges and at least `length` where they may be.
  llvm::SmallVector<llvm::SmallVector<int64_t>> trialSizes(int64_t length) const;

  mlir::func::FuncOp entry;
  ProofOptions options;
  std::vector<std::pair<ProofSides, ProofTrial>> trials; // of all proposals
};

} // namespace heddle

#endif
