// FreeLength: a length that a trace has frozen becomes a symbol again where nothing depends on it.
#include "passes/raise/FreeLength.h"

#include "dialects/mixer/Mixer.h"
#include "passes/Passes.h"
#include "passes/lower/Names.h"
#include "passes/raise/LengthProof.h"
#include "passes/raise/LengthRewrite.h"
#include "passes/raise/Raiser.h"

#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
#define GEN_PASS_DEF_FREELENGTHPASS
#include "passes/Passes.h.inc"

namespace {

using Var = DimClasses::Var;

/// A name that no symbol of the entry has.
std::string freshName(func::FuncOp entry) {
  auto known = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  for (unsigned number = 0;; ++number) {
    std::string name = number == 0 ? "T" : llvm::formatv("T{0}", number).str();
    if (!known || !llvm::is_contained(known, StringAttr::get(entry.getContext(), name)))
      return name;
  }
}

/// A dimension of an argument for each class of fixed sizes along which tokens are mixed.
SmallVector<Var> frozenLengths(func::FuncOp entry, DimClasses &classes, ArrayRef<Var> tokens) {
  llvm::SmallSetVector<Var, 4> roots;
  SmallVector<Var> lengths;
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
      Var var = classes.of(argument, dim), root = classes.find(var).root;
      bool isLength = llvm::any_of(tokens, [&](Var token) { return classes.find(token).root == root; });
      if (isLength && !type.isDynamicDim(dim) && type.getDimSize(dim) != 1 && roots.insert(root))
        lengths.push_back(var);
    }
  }
  return lengths;
}

bool isFixed(const DimClasses &classes, Var var) {
  Var root = classes.find(var).root;
  return classes.isPinned(root) || classes.productOf(root);
}

class LengthFreer {
public:
  LengthFreer(func::FuncOp entry, ProofMode mode) : entry(entry), mode(mode) {}

  void run() {
    SmallVector<Var> tokens;
    DimClasses classes = classifyDims(entry, tokens);
    for (Var var : frozenLengths(entry, classes, tokens)) {
      if (!isFixed(classes, var))
        return free(classes, var);
      noteFrozen(classes.size(var), classes.pinsOf(classes.find(var).root));
    }
  }

private:
  /// Makes the length a symbol, unless the entry then computes something else. The classes are those of the entry
  /// before.
  void free(DimClasses &classes, Var var) {
    int64_t length = classes.size(var);
    OwningOpRef<func::FuncOp> original = cast<func::FuncOp>(entry->clone());
    LengthRewrite rewrite(entry, classes, var);
    std::string name = freshName(entry);
    bool isRewritten = succeeded(rewrite.run(name)) && succeeded(verify(entry));
    std::string reason = "a size is not a product of symbols";
    if (isRewritten) {
      LengthVerdict verdict = proveLength(*original, entry, length, {rewrite.least()}, mode);
      if (verdict.exceedsBudget)
        verdict = proveSmallLength(*original, entry, length, mode);
      if (verdict.holds) {
        remark::passed(entry.getLoc(), remark::RemarkOpts::name("length-freed").category("free-length"))
            << llvm::formatv("length {0} is the symbol {1}; {2}", length, name, verdict.reason).str();
        return;
      }
      reason = verdict.reason;
    }
    remark::missed(entry.getLoc(), remark::RemarkOpts::name("length-frozen").category("free-length"))
        << llvm::formatv("length {0} stays: {1}", length, reason).str();
    entry.getBody().takeBody(original->getBody());
    entry->setAttrs((*original)->getAttrDictionary());
  }

  void noteFrozen(int64_t length, ArrayRef<Location> places) {
    Builder builder(entry.getContext());
    SmallVector<Attribute> names, known;
    for (Location place : places) {
      std::string text;
      llvm::raw_string_ostream(text) << place;
      names.push_back(builder.getStringAttr(text));
      remark::missed(place, remark::RemarkOpts::name("length-frozen").category("free-length"))
          << llvm::formatv("this node only makes sense at length {0}", length).str();
    }
    if (auto list = entry->getAttrOfType<ArrayAttr>("heddle.frozen_length"))
      llvm::append_range(known, list);
    known.push_back(builder.getDictionaryAttr({builder.getNamedAttr("size", builder.getI64IntegerAttr(length)),
                                               builder.getNamedAttr("locations", builder.getArrayAttr(names))}));
    entry->setAttr("heddle.frozen_length", builder.getArrayAttr(known));
  }

  func::FuncOp entry;
  ProofMode mode;
};

struct FreeLengthPass : impl::FreeLengthPassBase<FreeLengthPass> {
  using FreeLengthPassBase::FreeLengthPassBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    FailureOr<ProofMode> mode = parseProofMode(verify, function);
    if (failed(mode))
      return signalPassFailure();
    if (!keep && function.isPublic() && !function.isDeclaration())
      LengthFreer(function, *mode).run();
  }
};

/// A diagnostic at what says that one of these sizes has to be as it is.
LogicalResult refuseLengths(func::FuncOp entry, const DimClasses &classes, ArrayRef<Var> lengths) {
  for (Var var : lengths) {
    Var root = classes.find(var).root;
    if (!isFixed(classes, var))
      continue;
    Location place = classes.isPinned(root) ? classes.pinsOf(root).front() : classes.productOf(root)->loc;
    return emitError(place) << "cannot run token by token: this only makes sense at length " << classes.size(var);
  }
  return entry.emitError("entry has no symbol, expected one that counts the tokens");
}

} // namespace

FailureOr<LengthRange> limitLength(func::FuncOp entry) {
  SmallVector<Var> tokens;
  DimClasses classes = classifyDims(entry, tokens, Tables::Cut);
  SmallVector<Var> lengths = frozenLengths(entry, classes, tokens);
  auto open = llvm::find_if(lengths, [&](Var var) { return !isFixed(classes, var); });
  if (open == lengths.end())
    return refuseLengths(entry, classes, lengths.empty() ? tokens : lengths);
  entry->removeAttr("heddle.frozen_length");
  LengthRewrite rewrite(entry, classes, *open);
  int64_t length = classes.size(*open);
  if (succeeded(rewrite.run(freshName(entry), length)) && succeeded(verify(entry)))
    return LengthRange{rewrite.least(), length};
  return entry.emitError() << "length " << length << " is fixed, expected one that all sizes are products of";
}

} // namespace heddle
