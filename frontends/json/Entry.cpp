// The boundary of a model while it is being built: inputs that blocks name, states that enter and leave, limits of
// symbols.
#include "frontends/json/Model.h"
#include <limits>
#include <numeric>

using namespace mlir;

namespace heddle::json {

Tensor Model::namedInput(const InputName &name) {
  auto found = inputs.find(name.name);
  if (found != inputs.end())
    return found->second;
  std::vector<std::string> names;
  for (const auto &[each, tensor] : inputs)
    names.push_back(each);
  return failAt(name.pointer, "input '" + name.name + "' is unknown, expected one of: " + listNames(names) +
                                  didYouMean(name.name, names));
}

std::string Model::stateName(const std::string &name, StringRef part) const {
  return name + repetition + (part.empty() ? "" : "_" + part.str());
}

Tensor Model::stateInput(StringRef part, Shape shape, Type type) {
  std::string name = stateName(state->input, part);
  if (inputs.count(name))
    return failAt(state->pointer + "/input", "input '" + name + "' exists already, expected another name");
  return inputs[name] = g.input(name, shape, type);
}

void Model::stateOutput(StringRef part, Tensor value) {
  std::string name = stateName(state->output, part);
  bool exists = llvm::any_of(outputs, [&](const auto &output) { return output.first == name; });
  if (exists)
    failAt(state->pointer + "/output", "output '" + name + "' exists already, expected another name");
  else
    outputs.push_back({name, value});
}

// The symbol that a size is a multiple of, or null.
static AffineSymbolExpr symbolOf(GraphBuilder &g, Dim dim) {
  return dyn_cast<AffineSymbolExpr>(g.simplify(dim.floorDiv(dim.getLargestKnownDivisor())));
}

bool Model::limit(Dim dim, int64_t size, StringRef pointer) {
  if (AffineSymbolExpr symbol = symbolOf(g, dim); symbol && size >= dim.getLargestKnownDivisor()) {
    auto [entry, isNew] = limits.try_emplace(symbol.getPosition(), std::numeric_limits<int64_t>::max());
    entry->second = std::min(entry->second, size / dim.getLargestKnownDivisor());
    return true;
  }
  auto constant = dyn_cast<AffineConstantExpr>(dim);
  if (constant && constant.getValue() <= size)
    return true;
  failAt(pointer, "block has " + g.describe(dim) + " tokens, expected a symbol or at most " + Twine(size));
  return false;
}

Dim Model::groupsOf(Dim tokens, int64_t count, StringRef pointer) {
  int64_t shared = std::gcd(tokens.getLargestKnownDivisor(), count);
  if (shared == count)
    return g.simplify(tokens.floorDiv(count));
  if (AffineSymbolExpr symbol = symbolOf(g, tokens))
    multiple = {symbol.getPosition(), count / shared};
  else
    failAt(pointer, "expected a divisor of the " + g.describe(tokens) + " tokens but got " + Twine(count));
  return {};
}

} // namespace heddle::json
