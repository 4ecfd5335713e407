// Logarithms of decays: read off where a decay is an exponential, computed otherwise.
#include "passes/raise/ProductEmitter.h"
#include "passes/raise/TokenRegion.h"

#include "dialects/mixer/TensorMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

bool isOne(Value scalar) {
  FloatAttr constant;
  return matchPattern(scalar, m_Constant(&constant)) && constant.getValueAsDouble() == 1;
}

/// The argument of 1 / (1 + exp(-x)), or null.
Value sigmoidOf(Value scalar) {
  auto divide = scalar.getDefiningOp<arith::DivFOp>();
  auto add = divide && isOne(divide.getLhs()) ? divide.getRhs().getDefiningOp<arith::AddFOp>() : arith::AddFOp();
  if (!add || (!isOne(add.getLhs()) && !isOne(add.getRhs())))
    return {};
  auto exp = (isOne(add.getLhs()) ? add.getRhs() : add.getLhs()).getDefiningOp<math::ExpOp>();
  auto negate = exp ? exp.getOperand().getDefiningOp<arith::NegFOp>() : arith::NegFOp();
  return negate ? negate.getOperand() : Value();
}

/// The result of an elementwise op on one tensor of the same shape, if the op is that.
linalg::GenericOp unaryOf(Value value) {
  auto generic = value.getDefiningOp<linalg::GenericOp>();
  if (!generic || generic.getNumDpsInputs() != 1 || generic.getNumReductionLoops() ||
      !llvm::all_of(generic.getIndexingMapsArray(), [](AffineMap map) { return map.isIdentity(); }))
    return nullptr;
  return generic;
}

/// log(1 / (1 + exp(-x))) = min(x, 0) - log(1 + exp(-|x|)): finite for every finite x.
Value logSigmoid(OpBuilder &b, Location loc, Value x) {
  Value zero = arith::ConstantOp::create(b, loc, b.getZeroAttr(x.getType()));
  Value low = arith::MinimumFOp::create(b, loc, x, zero);
  Value magnitude = math::AbsFOp::create(b, loc, x);
  Value small = math::ExpOp::create(b, loc, Value(arith::NegFOp::create(b, loc, magnitude)));
  return arith::SubFOp::create(b, loc, low, Value(math::Log1pOp::create(b, loc, small)));
}

} // namespace

bool Logarithm::has(Variable variable) const {
  return llvm::any_of(summands, [&](const Product &product) { return product.has(variable); });
}

Value ProductEmitter::mapElements(Value tensor, llvm::function_ref<Value(OpBuilder &, Value)> body) {
  mixer::TensorMath math(loc, builder);
  return math.elementwise(tensor, [&](ImplicitLocOpBuilder &b, ValueRange at) { return body(b, at[0]); });
}

Value ProductEmitter::boundLogarithm(Value tensor) {
  return mapElements(tensor, [&](OpBuilder &b, Value element) -> Value {
    Value lowest = arith::ConstantOp::create(b, loc, FloatAttr::get(type, -60));
    return arith::MaximumFOp::create(b, loc, element, lowest);
  });
}

/// The logarithm of a tensor that is positive by construction; null for all others.
Value ProductEmitter::positiveLogarithm(Value tensor) {
  DenseFPElementsAttr elements;
  if (matchPattern(tensor, m_Constant(&elements))) {
    SmallVector<APFloat> logs;
    for (const APFloat &element : elements.getValues<APFloat>()) {
      double value = element.convertToDouble();
      if (!(value > 0))
        return {};
      logs.push_back(FloatAttr::get(elements.getElementType(), std::log(value)).getValue());
    }
    return arith::ConstantOp::create(builder, loc,
                                     DenseFPElementsAttr::get(cast<ShapedType>(elements.getType()), logs));
  }
  if (linalg::GenericOp generic = unaryOf(tensor)) {
    Value yielded = generic.getBody()->getTerminator()->getOperand(0);
    auto exp = yielded.getDefiningOp<math::ExpOp>();
    if (exp && isa<BlockArgument>(exp.getOperand()))
      return generic.getInputs()[0];
    Value x = sigmoidOf(yielded);
    if (x && isa<BlockArgument>(x))
      return mapElements(generic.getInputs()[0],
                         [&](OpBuilder &b, Value element) { return logSigmoid(b, loc, element); });
  }
  // Where elements only move, their logarithms move along.
  Operation *op = tensor.getDefiningOp();
  bool isView = isa_and_present<tensor::ExtractSliceOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op);
  Value moved = isView ? op->getOperand(0) : copiedValue(op);
  Value source = moved ? positiveLogarithm(moved) : Value();
  if (!source || getElementTypeOrSelf(source) != getElementTypeOrSelf(moved))
    return {};
  IRMapping mapping;
  mapping.map(moved, source);
  return builder.clone(*op, mapping)->getResult(0);
}

/// Adds the logarithm of one factor.
void ProductEmitter::addLogarithm(const Factor &given, Logarithm &result) {
  Factor factor = beforeMoves(given, variables);
  if (Value log = positiveLogarithm(factor.value)) {
    result.summands.push_back(factorise(log, factor.at, variables));
    return;
  }
  Value log = mapElements(factor.value,
                          [&](OpBuilder &b, Value element) -> Value { return math::LogOp::create(b, loc, element); });
  result.summands.push_back({1, {{log, factor.at}}});
  result.maybeZero = true;
}

std::optional<Logarithm> ProductEmitter::logarithm(ArrayRef<Product> sum) {
  Logarithm result;
  SmallVector<Product> products(sum.begin(), sum.end());
  if (products.size() != 1) {
    llvm::SmallSetVector<Variable, 8> all;
    for (const Product &product : sum)
      for (Variable variable : product.variables())
        all.insert(variable);
    Value total = emit(sum, all.getArrayRef());
    if (!total)
      return std::nullopt;
    Factor factor{total, {}};
    for (Variable variable : all)
      factor.at.push_back({variable});
    products = {Product{1, {factor}}};
  }
  if (!(products[0].coefficient > 0))
    return std::nullopt;
  if (products[0].coefficient != 1)
    result.summands.push_back({std::log(products[0].coefficient), {}});
  for (const Factor &factor : products[0].factors)
    addLogarithm(factor, result);
  return result;
}

} // namespace heddle
