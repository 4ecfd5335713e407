// Values of the manifest's formulas: "max(4*B*T*768, 64) + 2*T" at B=2, T=48.
#ifndef HEDDLE_RUNTIME_TOOLS_EXPRESSION_H
#define HEDDLE_RUNTIME_TOOLS_EXPRESSION_H

#include "runtime/io/Result.h"

#include <cstdint>
#include <map>
#include <string>

namespace heddle {

using SymbolValues = std::map<std::string, int64_t>;

/// Evaluates + - * mod floordiv ceildiv, parentheses and max(a, b, ...) over integers and symbols. An unknown symbol,
/// an overflow and a division by zero are errors.
io::Result<int64_t> evaluate(const std::string &formula, const SymbolValues &symbols);

} // namespace heddle

#endif
