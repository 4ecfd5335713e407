// Formulas over scalars, for scores and states that no slot value covers.
//
//   "expression": "score * exp(-0.1 * (i - j))"
//
//   comparison = sum [("<" | "<=" | ">" | ">=" | "==" | "!=") sum]
//   sum        = product {("+" | "-") product}
//   product    = factor {("*" | "/") factor}
//   factor     = "-" factor | NUMBER | NAME | FUNCTION "(" comparison {"," comparison} ")" | "(" comparison ")"
//
// Invariant: a formula that parses is well typed: comparisons stand only where select() asks for a condition, and the
// whole is a number. Values are f32 (f64 where the mixer computes in f64).
#ifndef HEDDLE_FRONTENDS_JSON_SLOTS_EXPRESSION_H
#define HEDDLE_FRONTENDS_JSON_SLOTS_EXPRESSION_H

#include "frontends/json/Reader.h"
#include "mlir/IR/Builders.h"

namespace heddle::json {

class Expression {
public:
  // A node of the tree: `what` is an operator, a function or a name; numbers have no name.
  struct Node {
    enum class Kind { Number, Name, Call } kind;
    std::string what;
    double number = 0;
    bool isCondition = false;
    std::vector<Node> operands;
  };

  // Reads the text at `key`; a mistake is reported with the character where it stands. Nothing without the key.
  static std::optional<Expression> read(ObjectReader &reader, llvm::StringRef key,
                                        llvm::ArrayRef<std::string> variables);

  using Lookup = llvm::function_ref<mlir::Value(llvm::StringRef)>; // of a variable, as `type`
  mlir::Value emit(mlir::OpBuilder &b, mlir::Location loc, mlir::FloatType type, Lookup variable) const;

private:
  Node root;
};

} // namespace heddle::json
#endif
