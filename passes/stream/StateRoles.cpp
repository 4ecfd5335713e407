#include "passes/stream/StateRoles.h"

#include "passes/lower/Names.h"
#include "passes/stream/StreamSymbols.h"

using namespace mlir;

namespace heddle {

AffineMap inputShape(func::FuncOp entry, unsigned input) {
  auto shape = entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr);
  return shape ? shape.getValue() : AffineMap::get(entry.getContext());
}

namespace {

SmallVector<StringRef> symbolNames(func::FuncOp entry) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  return names ? llvm::to_vector(names.getAsValueRange<StringAttr>()) : SmallVector<StringRef>();
}

/// Tokens are what the states grow by, or the one symbol that is in no state; rows are in every state; a third one is
/// how many tokens a state has seen or has room for.
class RoleFinder {
public:
  RoleFinder(func::FuncOp entry, const StatePairs &pairs) : entry(entry), pairs(pairs), names(symbolNames(entry)) {}

  FailureOr<StateRoles> find(StringRef tokens) {
    for (unsigned symbol = 0; symbol < names.size(); ++symbol) {
      size_t states = llvm::count_if(
          pairs, [&](const StatePair &pair) { return inputShape(entry, pair.input).isFunctionOfSymbol(symbol); });
      (states == 0 ? outside : states == pairs.size() ? everywhere : inside).push_back(symbol);
    }
    StateRoles roles;
    if (failed(findTokens(tokens, roles)))
      return failure();
    for (unsigned symbol : everywhere)
      if (!roles.rows && symbol != roles.past && isRows(symbol))
        roles.rows = symbol;
    for (unsigned symbol : llvm::concat<unsigned>(everywhere, inside))
      if (symbol != roles.rows && std::exchange(roles.capacity, symbol))
        return refuse("states", "rows and one more symbol, the room for tokens", everywhere);
    return roles;
  }

private:
  LogicalResult findTokens(StringRef tokens, StateRoles &roles) {
    SmallVector<unsigned> candidates = outside;
    for (const StatePair &pair : pairs) {
      if (!pair.past)
        continue;
      if (roles.past && (roles.past != pair.past || roles.tokens != pair.tokens))
        return refuse("states", "one past, of as many tokens in every state", {*roles.past, *pair.past});
      roles.past = pair.past, roles.tokens = pair.tokens;
      candidates = {pair.tokens};
    }
    if (!tokens.empty())
      llvm::erase_if(candidates, [&](unsigned symbol) { return names[symbol] != tokens; });
    if (candidates.size() != 1)
      return refuse("tokens", "one symbol that is no size of a state", candidates);
    roles.tokens = candidates.front();
    return success();
  }

  /// Whether the symbol alone is a size of every state.
  bool isRows(unsigned symbol) {
    AffineExpr size = getAffineSymbolExpr(symbol, entry.getContext());
    return llvm::all_of(pairs, [&](const StatePair &pair) {
      return llvm::is_contained(inputShape(entry, pair.input).getResults(), size);
    });
  }

  LogicalResult refuse(StringRef what, StringRef expected, ArrayRef<unsigned> symbols) {
    InFlightDiagnostic diagnostic = entry.emitError()
                                    << "symbols of the " << what << ", expected " << expected << " but got ";
    diagnostic << (symbols.empty() ? "none" : "");
    llvm::interleave(
        symbols, [&](unsigned symbol) { diagnostic << "'" << names[symbol] << "'"; }, [&] { diagnostic << ", "; });
    return diagnostic << "; name the one of the tokens with tokens=";
  }

  func::FuncOp entry;
  const StatePairs &pairs;
  SmallVector<StringRef> names;
  SmallVector<unsigned> outside, everywhere, inside; // symbols by the states whose sizes they are
};

} // namespace

FailureOr<StateRoles> findStateRoles(func::FuncOp entry, const StatePairs &pairs, StringRef tokens) {
  FailureOr<StateRoles> roles = RoleFinder(entry, pairs).find(tokens);
  if (failed(roles) || failed(findStreamSymbols(entry, symbolNames(entry)[roles->tokens])))
    return failure();
  return roles;
}

} // namespace heddle
