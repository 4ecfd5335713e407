// Names of elementwise operations, for messages.
#include "frontends/graph/ScalarOps.h"

namespace heddle::scalar {

llvm::StringRef name(Unary kind) {
  static constexpr llvm::StringLiteral names[] = {
      "abs",     "neg",  "exp",   "log",  "log1p",     "sqrt",     "rsqrt", "reciprocal", "tanh",
      "sigmoid", "relu", "silu",  "gelu", "gelu_tanh", "softplus", "erf",   "sin",        "cos",
      "tan",     "atan", "floor", "ceil", "round",     "sign",     "not",   "is_nan",     "is_inf"};
  return names[static_cast<int>(kind)];
}

llvm::StringRef name(Binary kind) {
  static constexpr llvm::StringLiteral names[] = {"add", "sub", "mul", "div", "pow", "min",
                                                  "max", "mod", "and", "or",  "xor"};
  return names[static_cast<int>(kind)];
}

} // namespace heddle::scalar
