// Formulas as arith and math on scalars.
#include "frontends/graph/ScalarOps.h"
#include "frontends/json/slots/Expression.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace heddle::json {

namespace {

struct Emitter {
  OpBuilder &b;
  Location loc;
  FloatType type;
  Expression::Lookup variable;

  Value emit(const Expression::Node &node) {
    if (node.kind == Expression::Node::Kind::Number)
      return scalar::constant(b, loc, node.number, type);
    if (node.kind == Expression::Node::Kind::Name)
      return variable(node.what);
    SmallVector<Value> operands;
    for (const Expression::Node &operand : node.operands)
      operands.push_back(emit(operand));
    if (operands.size() == 1)
      return scalar::unaryFloat(b, loc, unaryKind(node.what), operands[0]);
    if (operands.size() == 3)
      return arith::SelectOp::create(b, loc, operands[0], operands[1], operands[2]);
    if (node.isCondition)
      return scalar::compare(b, loc, compareKind(node.what), operands[0], operands[1], type);
    return scalar::binaryFloat(b, loc, binaryKind(node.what), operands[0], operands[1]);
  }

  static Unary unaryKind(StringRef what) {
    return llvm::StringSwitch<Unary>(what)
        .Case("abs", Unary::Abs)
        .Case("exp", Unary::Exp)
        .Case("log", Unary::Log)
        .Case("negate", Unary::Neg)
        .Case("sigmoid", Unary::Sigmoid)
        .Case("sqrt", Unary::Sqrt)
        .Case("tanh", Unary::Tanh);
  }
  static Binary binaryKind(StringRef what) {
    return llvm::StringSwitch<Binary>(what)
        .Case("+", Binary::Add)
        .Case("-", Binary::Sub)
        .Case("*", Binary::Mul)
        .Case("/", Binary::Div)
        .Case("max", Binary::Max)
        .Case("min", Binary::Min);
  }
  static Compare compareKind(StringRef what) {
    return llvm::StringSwitch<Compare>(what)
        .Case("==", Compare::Equal)
        .Case("!=", Compare::NotEqual)
        .Case("<", Compare::Less)
        .Case("<=", Compare::LessEqual)
        .Case(">", Compare::Greater)
        .Case(">=", Compare::GreaterEqual);
  }
};

} // namespace

Value Expression::emit(OpBuilder &b, Location loc, FloatType type, Lookup variable) const {
  return Emitter{b, loc, type, variable}.emit(root);
}

} // namespace heddle::json
