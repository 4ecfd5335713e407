#include "compiler/tools/StatePairText.h"

#include "llvm/Support/FormatVariadic.h"

namespace json = llvm::json;

namespace heddle {

std::vector<std::string> statePairLines(const json::Object &entry) {
  std::vector<std::string> lines;
  const json::Array *pairs = entry.getArray("state_pairs");
  if (!pairs)
    return lines;
  for (const json::Value &value : *pairs) {
    const json::Object &pair = *value.getAsObject();
    auto text = [&](llvm::StringRef key) { return *pair.getString(key); };
    std::string initial =
        pair.getString("initial") ? text("initial").str() : llvm::formatv("{0}", *pair.get("initial")).str();
    lines.push_back(llvm::formatv("state   {0} -> {1}: {2}, begins with {3}, {4} bytes", text("input"), text("output"),
                                  text("evidence") == "given" ? "as said" : ("by " + text("evidence")).str(), initial,
                                  text("bytes")));
  }
  return lines;
}

} // namespace heddle
