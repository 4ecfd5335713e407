#include "passes/stream/StreamSymbols.h"

#include "passes/lower/Names.h"
#include "passes/raise/ConcreteSizes.h"

#include "dialects/mixer/Mixer.h"

#include "llvm/ADT/SmallSet.h"

using namespace mlir;

namespace heddle {
namespace {

using Symbols = llvm::SmallSet<unsigned, 4>;

SmallVector<StringRef> symbolNames(func::FuncOp entry) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  return names ? llvm::to_vector(names.getAsValueRange<StringAttr>()) : SmallVector<StringRef>();
}

/// Calls `visit` with every dimension of an input.
void forEachSize(func::FuncOp entry, function_ref<void(size_t dim, AffineExpr size)> visit) {
  for (unsigned argument = 0; argument < entry.getNumArguments(); ++argument)
    if (auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument, kShapeAttr))
      for (auto [dim, size] : llvm::enumerate(shape.getValue().getResults()))
        visit(dim, size);
}

/// The symbols that are dimension 0 of an input.
Symbols leadingSymbols(func::FuncOp entry) {
  Symbols found;
  forEachSize(entry, [&](size_t dim, AffineExpr size) {
    if (auto symbol = dyn_cast<AffineSymbolExpr>(size); symbol && dim == 0)
      found.insert(symbol.getPosition());
  });
  return found;
}

/// Whether a multiple of the symbol is the size of a dimension of an input.
bool isBound(func::FuncOp entry, unsigned symbol) {
  bool found = false;
  forEachSize(entry, [&](size_t, AffineExpr size) { found |= multipleOf(size, symbol) != 0; });
  return found;
}

bool hasMixers(func::FuncOp entry) {
  return entry.walk([](mixer::MixOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// The one symbol that sizes depend on, perhaps rounded: of pooled tokens there are a part of them.
class OnlySymbol {
public:
  explicit OnlySymbol(func::FuncOp entry) {
    constexpr int64_t kFew = 64, kMany = 4096;
    SmallVector<int64_t> symbols(symbolNames(entry).size(), kFew);
    samples.emplace_back(entry, symbols);
    for (int64_t &symbol : symbols) {
      symbol = kMany;
      samples.emplace_back(entry, symbols);
      symbol = kFew;
    }
  }

  std::optional<unsigned> of(Value tensor, int64_t dim) {
    std::optional<unsigned> found;
    std::optional<int64_t> few = samples.front().size(tensor, dim);
    for (unsigned symbol = 0; symbol + 1 < samples.size(); ++symbol)
      if (samples[1 + symbol].size(tensor, dim) != few && std::exchange(found, symbol))
        return std::nullopt;
    return found;
  }

private:
  std::vector<ConcreteSizes> samples;
};

/// The symbols along which mixers mix.
Symbols mixedSymbols(func::FuncOp entry) {
  OnlySymbol only(entry);
  Symbols found;
  entry.walk([&](mixer::MixOp mix) {
    // A matrix over tokens may leave another number of them.
    bool isMatrix = isa<mixer::StructuredAttr>(mix.getTransport());
    if (std::optional<unsigned> symbol = only.of(isMatrix ? mix.getValue() : mix.getOutputInit(), 1))
      found.insert(*symbol);
  });
  return found;
}

FailureOr<unsigned> guessTokens(func::FuncOp entry) {
  if (!hasMixers(entry))
    return symbolNames(entry).size() - 1;
  Symbols found = mixedSymbols(entry);
  if (found.size() == 1)
    return *found.begin();
  return entry.emitError() << "symbol of the tokens, expected one along which all mixers mix but got "
                           << (found.empty() ? "a fixed length" : "several; name one with tokens=");
}

} // namespace

int64_t multipleOf(AffineExpr size, unsigned symbol) {
  auto product = dyn_cast<AffineBinaryOpExpr>(size);
  auto factor = product && product.getKind() == AffineExprKind::Mul ? dyn_cast<AffineConstantExpr>(product.getRHS())
                                                                    : AffineConstantExpr();
  AffineExpr single = factor ? product.getLHS() : size;
  return single == getAffineSymbolExpr(symbol, size.getContext()) ? (factor ? factor.getValue() : 1) : 0;
}

std::optional<TokenSize> tokenSize(AffineMapAttr shape, unsigned tokens) {
  for (int64_t dim = 0; shape && dim < int64_t(shape.getValue().getNumResults()); ++dim)
    if (int64_t rate = multipleOf(shape.getValue().getResult(dim), tokens))
      return TokenSize{dim, rate};
  return std::nullopt;
}

int64_t tokensPerBlock(func::FuncOp entry, unsigned tokens) {
  int64_t most = 1;
  forEachSize(entry, [&](size_t, AffineExpr size) { most = std::max(most, multipleOf(size, tokens)); });
  return most;
}

bool hasTokenSymbol(func::FuncOp entry) {
  return !symbolNames(entry).empty() && (!hasMixers(entry) || !mixedSymbols(entry).empty());
}

FailureOr<StreamSymbols> findStreamSymbols(func::FuncOp entry, StringRef tokens) {
  SmallVector<StringRef> names = symbolNames(entry);
  if (names.empty())
    return entry.emitError("entry has no symbol, expected one that counts the tokens");
  FailureOr<unsigned> chosen = llvm::find(names, tokens) - names.begin();
  if (tokens.empty())
    chosen = guessTokens(entry);
  else if (*chosen == names.size())
    return entry.emitError() << "symbol '" << tokens << "' is unknown, expected one of: " << llvm::join(names, ", ");
  if (failed(chosen))
    return failure();
  for (unsigned symbol = 0; symbol < names.size(); ++symbol)
    if (!isBound(entry, symbol))
      return entry.emitError() << "symbol '" << names[symbol] << "', expected the size of a dimension of an input";
  StreamSymbols symbols{*chosen, std::nullopt};
  for (unsigned symbol : leadingSymbols(entry))
    if (symbol != symbols.tokens)
      symbols.rows = symbols.rows ? std::min(*symbols.rows, symbol) : symbol;
  return symbols;
}

std::optional<unsigned> findTokenSymbol(func::FuncOp entry, StringRef tokens) {
  ScopedDiagnosticHandler quiet(entry.getContext(), [](Diagnostic &) { return success(); });
  if (tokens.empty() && (entry.getFunctionBody().getOps<mixer::MixOp>().empty() || !hasTokenSymbol(entry)))
    return std::nullopt;
  FailureOr<StreamSymbols> symbols = findStreamSymbols(entry, tokens);
  return succeeded(symbols) ? std::optional(symbols->tokens) : std::nullopt;
}

} // namespace heddle
