#include "passes/stream/StreamSymbols.h"

#include "passes/lower/Names.h"
#include "passes/stream/SizeFormula.h"

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

/// The symbol that is dimension `dim` of an argument, for every argument that has one.
Symbols symbolsAt(func::FuncOp entry, std::optional<unsigned> dim) {
  Symbols found;
  for (unsigned argument = 0; argument < entry.getNumArguments(); ++argument)
    if (auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument, kShapeAttr))
      for (auto [at, size] : llvm::enumerate(shape.getValue().getResults()))
        if (auto symbol = dyn_cast<AffineSymbolExpr>(size); symbol && (!dim || at == *dim))
          found.insert(symbol.getPosition());
  return found;
}

bool hasMixers(func::FuncOp entry) {
  return entry.walk([](mixer::MixOp) { return WalkResult::interrupt(); }).wasInterrupted();
}

/// The symbols along which mixers mix.
Symbols mixedSymbols(func::FuncOp entry) {
  SizeFormulas sizes(entry, 0, std::nullopt);
  Symbols found;
  entry.walk([&](mixer::MixOp mix) {
    // A matrix over tokens may leave another number of them.
    bool isMatrix = isa<mixer::StructuredAttr>(mix.getTransport());
    std::optional<SizeFormula> size = sizes.of(isMatrix ? mix.getValue() : mix.getOutputInit(), 1);
    for (unsigned symbol = 0; size && symbol < sizes.numSymbols(); ++symbol)
      if (size->isSymbol(symbol))
        found.insert(symbol);
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
  Symbols plain = symbolsAt(entry, std::nullopt);
  for (unsigned symbol = 0; symbol < names.size(); ++symbol)
    if (!plain.contains(symbol))
      return entry.emitError() << "symbol '" << names[symbol] << "', expected the size of a dimension of an input";
  StreamSymbols symbols{*chosen, std::nullopt};
  for (unsigned symbol : symbolsAt(entry, 0))
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
