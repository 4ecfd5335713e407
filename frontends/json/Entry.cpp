// The boundary of a model while it is being built: inputs that blocks name, states that enter and leave, limits of
// symbols.
#include "frontends/json/Model.h"

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

bool Model::limit(Dim dim, int64_t size, StringRef pointer) {
  if (auto symbol = dyn_cast<AffineSymbolExpr>(dim)) {
    auto [entry, isNew] = limits.try_emplace(symbol.getPosition(), size);
    entry->second = std::min(entry->second, size);
    return true;
  }
  auto constant = dyn_cast<AffineConstantExpr>(dim);
  if (constant && constant.getValue() <= size)
    return true;
  failAt(pointer, "block has " + g.describe(dim) + " tokens, expected a symbol or at most " + Twine(size));
  return false;
}

} // namespace heddle::json
