// Derives from an entry on whole sequences the step on the tokens that come next.
#include "passes/Passes.h"
#include "passes/lower/Names.h"
#include "passes/raise/Raiser.h"
#include "passes/stream/Names.h"
#include "passes/stream/StreamEmitter.h"
#include "passes/stream/StreamProof.h"

#include "dialects/mixer/Mixer.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/ScopeExit.h"

namespace heddle {
#define GEN_PASS_DEF_DERIVESTREAMPASS
#include "passes/Passes.h.inc"

using namespace mlir;

namespace {

/// Symbols of an entry that stand for its tokens and its rows.
struct StreamSymbols {
  unsigned tokens = 0;
  std::optional<unsigned> rows;
};

SmallVector<StringRef> symbolNames(func::FuncOp entry) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  return names ? llvm::to_vector(names.getAsValueRange<StringAttr>()) : SmallVector<StringRef>();
}

/// The symbol that is dimension `dim` of an argument, for every argument that has one.
llvm::SmallDenseSet<unsigned> symbolsAt(func::FuncOp entry, std::optional<unsigned> dim) {
  llvm::SmallDenseSet<unsigned> found;
  for (unsigned argument = 0; argument < entry.getNumArguments(); ++argument)
    if (auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument, kShapeAttr))
      for (auto [at, size] : llvm::enumerate(shape.getValue().getResults()))
        if (auto symbol = dyn_cast<AffineSymbolExpr>(size); symbol && (!dim || at == *dim))
          found.insert(symbol.getPosition());
  return found;
}

/// The symbol along which all mixers mix; without a mixer, the last one.
FailureOr<unsigned> guessTokens(func::FuncOp entry, ArrayRef<StringRef> names) {
  SizeFormulas sizes(entry, 0, std::nullopt);
  llvm::SmallDenseSet<unsigned> found;
  entry.walk([&](mixer::MixOp mix) {
    std::optional<SizeFormula> size = sizes.of(mix.getOutputInit(), 1);
    for (unsigned symbol = 0; size && symbol < names.size(); ++symbol)
      if (size->isSymbol(symbol))
        found.insert(symbol);
  });
  if (found.empty() && entry.getFunctionBody().getOps<mixer::MixOp>().empty())
    return names.size() - 1;
  if (found.size() == 1)
    return *found.begin();
  return entry.emitError() << "symbol of the tokens, expected one along which all mixers mix but got "
                           << (found.empty() ? "a fixed length" : "several; name one with tokens=");
}

FailureOr<StreamSymbols> findSymbols(func::FuncOp entry, StringRef tokens) {
  SmallVector<StringRef> names = symbolNames(entry);
  if (names.empty())
    return entry.emitError("entry has no symbol, expected one that counts the tokens");
  FailureOr<unsigned> chosen = llvm::find(names, tokens) - names.begin();
  if (tokens.empty())
    chosen = guessTokens(entry, names);
  else if (*chosen == names.size())
    return entry.emitError() << "symbol '" << tokens << "' is unknown, expected one of: " << llvm::join(names, ", ");
  if (failed(chosen))
    return failure();
  llvm::SmallDenseSet<unsigned> plain = symbolsAt(entry, std::nullopt);
  for (unsigned symbol = 0; symbol < names.size(); ++symbol)
    if (!plain.contains(symbol))
      return entry.emitError() << "symbol '" << names[symbol] << "', expected the size of a dimension of an input";
  StreamSymbols symbols{*chosen, std::nullopt};
  for (unsigned symbol : symbolsAt(entry, 0))
    if (symbol != symbols.tokens)
      symbols.rows = symbols.rows ? std::min(*symbols.rows, symbol) : symbol;
  return symbols;
}

/// A copy of the entry to read, in which every structured op is a generic.
func::FuncOp copyToRead(func::FuncOp entry) {
  OpBuilder builder(entry);
  auto copy = cast<func::FuncOp>(builder.clone(*entry));
  copy.setName((entry.getName() + ".read").str());
  copy.setPrivate();
  SmallVector<linalg::LinalgOp> named;
  copy.walk([&](linalg::LinalgOp op) {
    if (!isa<linalg::GenericOp, linalg::FillOp>(op))
      named.push_back(op);
  });
  IRRewriter rewriter(entry.getContext());
  for (linalg::LinalgOp op : named) {
    rewriter.setInsertionPoint(op);
    (void)linalg::generalizeNamedOp(rewriter, op); // what stays named has no rule, and says so
  }
  return copy;
}

/// The step without a body: the arguments and attributes of the entry.
func::FuncOp declareStep(func::FuncOp entry, StringRef name, unsigned tokens) {
  OpBuilder builder(entry.getContext());
  builder.setInsertionPointAfter(entry);
  auto step = func::FuncOp::create(builder, entry.getLoc(), name, entry.getFunctionType());
  step->setAttrs(entry->getAttrDictionary());
  step.setName(name);
  step.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
  step->setAttr(kStreamOfAttr, entry.getNameAttr());
  step->setAttr(kTokensAttr, builder.getI64IntegerAttr(tokens));
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  if (ranges && ranges[2 * tokens + 1] != std::numeric_limits<int64_t>::max())
    step->setAttr(kPositionsAttr, builder.getI64IntegerAttr(ranges[2 * tokens + 1]));
  step->removeAttr("heddle.defaults"); // they are of whole sequences
  step.removeResAttrsAttr();
  step.addEntryBlock();
  return step;
}

/// The longest tail that is kept of any value.
int64_t longestTail(func::FuncOp entry, const StreamDemand &demand) {
  int64_t depth = 0;
  auto look = [&](Value value) {
    for (const Tail &tail : demand.of(value).tails)
      depth = std::max(depth, tail.depth);
  };
  llvm::for_each(entry.getArguments(), look);
  for (Operation &op : entry.getBody().front())
    llvm::for_each(op.getResults(), look);
  return depth;
}

FailureOr<StreamClaim> deriveStep(func::FuncOp entry, StreamSymbols symbols, StringRef name) {
  func::FuncOp read = copyToRead(entry);
  llvm::scope_exit eraseCopy([&] { read.erase(); });
  TokenFlow flow(read, symbols.tokens, symbols.rows);
  FailureOr<StreamDemand> demand = StreamDemand::of(read, flow);
  if (failed(demand))
    return failure();
  func::FuncOp step = declareStep(entry, name, symbols.tokens);
  StreamStates states(step);
  SmallVector<Value> outputs = StreamEmitter(read, states, flow, *demand).run(step);
  SmallVector<DictionaryAttr> attributes;
  for (unsigned result = 0; result < entry.getNumResults(); ++result)
    attributes.push_back(entry.getResultAttrDict(result));
  states.finish(outputs, attributes);
  return StreamClaim{entry, step, symbols.tokens, longestTail(read, *demand)};
}

struct DeriveStreamPass : impl::DeriveStreamPassBase<DeriveStreamPass> {
  using DeriveStreamPassBase::DeriveStreamPassBase;

  void runOnOperation() override {
    auto forward = getOperation().lookupSymbol<func::FuncOp>(entry);
    if (!forward) {
      getOperation().emitError() << "entry '" << entry << "' is unknown, expected a function of the module";
      return signalPassFailure();
    }
    FailureOr<ProofMode> mode = parseProofMode(verify, forward);
    FailureOr<StreamSymbols> symbols = findSymbols(forward, tokens);
    if (failed(mode) || failed(symbols))
      return signalPassFailure();
    FailureOr<StreamClaim> derived = deriveStep(forward, *symbols, name);
    if (failed(derived) || failed(mlir::verify(derived->step)) || failed(proveStep(*derived, *mode)))
      return signalPassFailure();
    if (!keepEntry)
      forward.erase();
  }
};

} // namespace
} // namespace heddle
