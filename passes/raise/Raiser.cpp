#include "passes/raise/Raiser.h"

#include "passes/raise/Reads.h"

#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace heddle {

FailureOr<ProofMode> parseProofMode(StringRef text, Operation *op) {
  if (text == "off")
    return ProofMode::Off;
  if (text == "cheap")
    return ProofMode::Cheap;
  if (text == "always")
    return ProofMode::Always;
  op->emitError() << "verification of raises, expected off, cheap or always but got '" << text << "'";
  return failure();
}

bool Raiser::apply(Location loc, StringRef what, const Proposal &proposal) {
  Verdict verdict = prover.prove(proposal);
  if (!verdict.holds) {
    leave(loc, what, verdict.reason);
    eraseUnused(proposal.replacement);
    return false;
  }
  remark::passed(loc, remark::RemarkOpts::name("raised").category(category))
      << "raised to " << what << "; " << verdict.reason;
  for (auto [original, replacement] : llvm::zip_equal(proposal.original, proposal.replacement)) {
    Value replaced = original;
    replaced.replaceAllUsesWith(replacement);
  }
  eraseUnused(proposal.original);
  return true;
}

void Raiser::leave(Location loc, StringRef what, StringRef reason) const {
  remark::missed(loc, remark::RemarkOpts::name("not-raised").category(category))
      << "not raised to " << what << ": " << reason;
}

void Raiser::note(Location loc, StringRef name, StringRef text) const {
  remark::analysis(loc, remark::RemarkOpts::name(name).category(category)) << text;
}

void eraseUnused(ArrayRef<Value> values) {
  SmallVector<Operation *> open;
  auto push = [&](Value value) {
    if (Operation *op = value.getDefiningOp())
      open.push_back(op);
  };
  llvm::for_each(values, push);
  llvm::SmallPtrSet<Operation *, 16> erased;
  while (!open.empty()) {
    Operation *op = open.pop_back_val();
    if (erased.contains(op) || !isOpTriviallyDead(op))
      continue;
    llvm::SetVector<Value> reads = readsOf(op);
    erased.insert(op);
    op->erase();
    llvm::for_each(reads, push);
  }
}

} // namespace heddle
