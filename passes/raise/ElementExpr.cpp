#include "passes/raise/ElementExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace heddle {

using Kind = ElementExpr::Kind;

std::optional<double> ElementExpr::number() const {
  if (kind != Kind::Constant)
    return std::nullopt;
  if (auto real = dyn_cast<FloatAttr>(constant))
    return real.getValueAsDouble();
  if (auto integer = dyn_cast<IntegerAttr>(constant))
    return integer.getType().isInteger(1) ? double(integer.getValue().getZExtValue())
                                          : double(integer.getValue().getSExtValue());
  return std::nullopt;
}

Expr ElementExprs::constant(TypedAttr value) {
  return &nodes.emplace_back(ElementExpr{Kind::Constant, value.getType(), value});
}

Expr ElementExprs::number(double value, Type type) {
  if (isa<FloatType>(type))
    return constant(FloatAttr::get(type, value));
  return constant(IntegerAttr::get(type, int64_t(value)));
}

Expr ElementExprs::index(ArrayRef<AxisId> along, Type indexType) {
  ElementExpr node{Kind::Index, indexType};
  node.axes.assign(along.begin(), along.end());
  return &nodes.emplace_back(std::move(node));
}

Expr ElementExprs::leaf(Value value, ArrayRef<AxisList> dims) {
  ElementExpr node{Kind::Leaf, getElementTypeOrSelf(value)};
  node.value = value;
  node.dims.assign(dims.begin(), dims.end());
  return &nodes.emplace_back(std::move(node));
}

//===--- folding --------------------------------------------------------------------------===//

/// The operand that is left when the other one is neutral or decides, or null.
static Expr foldOperand(StringRef name, ArrayRef<Expr> operands) {
  auto named = [&](auto... ops) { return ((name == decltype(ops)::getOperationName()) || ...); };
  if (operands.size() == 3 && named(arith::SelectOp()))
    return operands[0]->number() ? operands[*operands[0]->number() != 0 ? 1 : 2] : nullptr;
  if (operands.size() != 2)
    return nullptr;
  Expr left = operands[0], right = operands[1];
  if (named(arith::AddFOp(), arith::AddIOp()))
    return left->isNumber(0) ? right : right->isNumber(0) ? left : nullptr;
  if (named(arith::SubFOp(), arith::SubIOp()))
    return right->isNumber(0) ? left : nullptr;
  if (named(arith::MulFOp(), arith::MulIOp()))
    return left->isNumber(1) ? right : right->isNumber(1) ? left : nullptr;
  if (named(arith::DivFOp()))
    return right->isNumber(1) ? left : nullptr;
  bool isBit = left->type.isInteger(1);
  if (isBit && named(arith::AndIOp()))
    return left->isNumber(0) || right->isNumber(1) ? left : right->isNumber(0) || left->isNumber(1) ? right : nullptr;
  if (isBit && named(arith::OrIOp()))
    return left->isNumber(1) || right->isNumber(0) ? left : right->isNumber(1) || left->isNumber(0) ? right : nullptr;
  return nullptr;
}

/// The number that float arithmetic on constants gives.
static std::optional<double> foldNumbers(StringRef name, ArrayRef<Expr> operands) {
  SmallVector<double, 2> values;
  for (Expr operand : operands) {
    if (!operand->number())
      return std::nullopt;
    values.push_back(*operand->number());
  }
  auto named = [&](auto... ops) { return ((name == decltype(ops)::getOperationName()) || ...); };
  if (values.size() == 1 && named(arith::NegFOp()))
    return -values[0];
  if (values.size() == 1 && named(arith::ExtFOp(), arith::TruncFOp(), arith::SIToFPOp(), arith::UIToFPOp()))
    return values[0];
  if (values.size() != 2)
    return std::nullopt;
  if (named(arith::AddFOp()))
    return values[0] + values[1];
  if (named(arith::SubFOp()))
    return values[0] - values[1];
  if (named(arith::MulFOp()))
    return values[0] * values[1];
  if (named(arith::DivFOp()))
    return values[0] / values[1];
  return std::nullopt;
}

Expr ElementExprs::apply(StringRef name, DictionaryAttr attributes, Type type, ArrayRef<Expr> operands) {
  if (Expr folded = foldOperand(name, operands))
    return folded;
  if (isa<FloatType>(type))
    if (std::optional<double> folded = foldNumbers(name, operands))
      return number(*folded, type);
  ElementExpr node{Kind::Apply, type};
  node.name = name;
  node.attributes = attributes;
  node.operands.assign(operands.begin(), operands.end());
  return &nodes.emplace_back(std::move(node));
}

//===--- walking --------------------------------------------------------------------------===//

template <typename Visit> static void walk(Expr root, Visit visit) {
  SmallVector<Expr> open{root};
  llvm::SmallPtrSet<Expr, 32> seen{root};
  while (!open.empty()) {
    Expr expr = open.pop_back_val();
    if (visit(expr))
      return;
    for (Expr operand : expr->operands)
      if (seen.insert(operand).second)
        open.push_back(operand);
  }
}

AxisList ElementExprs::axesOf(Expr root) const {
  AxisList all;
  walk(root, [&](Expr expr) {
    AxisList own = axes.resolve(expr->axes);
    llvm::append_range(own, flatten(axes.resolveDims(expr->dims)));
    for (AxisId axis : own)
      if (!contains(all, axis))
        all.push_back(axis);
    return false;
  });
  return all;
}

bool ElementExprs::any(Expr root, llvm::function_ref<bool(Expr)> predicate) {
  bool found = false;
  walk(root, [&](Expr expr) { return found = predicate(expr); });
  return found;
}

Expr ElementExprs::rewrite(Expr root, llvm::function_ref<Expr(Expr)> replace) {
  llvm::DenseMap<Expr, Expr> done;
  std::function<Expr(Expr)> visit = [&](Expr expr) -> Expr {
    if (Expr before = done.lookup(expr))
      return before;
    Expr result = replace(expr);
    if (!result && expr->kind != Kind::Apply)
      result = expr;
    if (!result) {
      SmallVector<Expr, 3> operands = llvm::map_to_vector<3>(expr->operands, visit);
      result = ArrayRef<Expr>(operands) == ArrayRef<Expr>(expr->operands)
                   ? expr
                   : apply(expr->name, expr->attributes, expr->type, operands);
    }
    return done[expr] = result;
  };
  return visit(root);
}

Expr stripCasts(Expr expr) {
  while (expr->is<arith::ExtFOp>() || expr->is<arith::TruncFOp>())
    expr = expr->operands[0];
  return expr;
}

} // namespace heddle
