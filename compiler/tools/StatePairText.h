// The states that a model brings along, as lines for people.
//
//   state   past_key -> present_key: by name, begins with 0, 256*B*P bytes
#ifndef HEDDLE_COMPILER_TOOLS_STATEPAIRTEXT_H
#define HEDDLE_COMPILER_TOOLS_STATEPAIRTEXT_H

#include "llvm/Support/JSON.h"

#include <string>
#include <vector>

namespace heddle {

/// A line for each pair of an entry of the manifest; none where it has no states of its own.
std::vector<std::string> statePairLines(const llvm::json::Object &entry);

} // namespace heddle

#endif
