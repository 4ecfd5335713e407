// Elementwise operations with numpy broadcasting.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

// The element of a splat constant: written into the body, so that `x * 2` reads one tensor.
static TypedAttr splatElement(const Tensor &tensor) {
  DenseElementsAttr attribute;
  if (matchPattern(tensor.value, m_Constant(&attribute)) && attribute.isSplat())
    return attribute.getSplatValue<TypedAttr>();
  return {};
}

Tensor GraphBuilder::elementwise(ArrayRef<Tensor> operands, Type resultType, Body body) {
  SmallVector<Shape> shapes;
  for (const Tensor &operand : operands) {
    if (!operand)
      return {};
    shapes.push_back(operand.shape);
  }
  std::optional<Shape> loops = broadcastShapes(shapes);
  if (!loops)
    return {};
  SmallVector<Tensor> read;
  SmallVector<AffineMap> maps;
  SmallVector<TypedAttr> splats;
  for (const Tensor &operand : operands) {
    splats.push_back(splatElement(operand));
    if (splats.back())
      continue;
    read.push_back(operand);
    maps.push_back(broadcastMap(operand.shape, *loops));
  }
  maps.push_back(AffineMap::getMultiDimIdentityMap(loops->size(), context()));
  return generic(
      *loops, read, maps, resultType, std::nullopt, [&](OpBuilder &nested, Location at, ValueRange arguments) {
        SmallVector<Value> scalars;
        unsigned next = 0;
        for (auto [operand, splat] : llvm::zip_equal(operands, splats)) {
          Value x = splat ? arith::ConstantOp::create(nested, at, splat).getResult() : arguments[next++];
          Type compute = scalar::computeType(operand.elementType);
          scalars.push_back(isa<FloatType>(compute) ? scalar::convert(nested, at, x, operand.elementType, compute) : x);
        }
        Value result = body(nested, at, scalars);
        Type compute = scalar::computeType(resultType);
        if (scalar::isSmallFloat(resultType) && result.getType() == scalar::storageType(resultType))
          return result; // a bit pattern already
        return isa<FloatType>(compute) ? scalar::convert(nested, at, result, result.getType(), resultType) : result;
      });
}

Tensor GraphBuilder::generate(Shape shape, Type type, Body body) {
  for (Dim &dim : shape)
    dim = simplify(dim);
  AffineMap identity = AffineMap::getMultiDimIdentityMap(shape.size(), context());
  return generic(shape, {}, identity, type, std::nullopt, [&](OpBuilder &nested, Location at, ValueRange) {
    SmallVector<Value> indices;
    for (unsigned axis = 0; axis < shape.size(); ++axis)
      indices.push_back(linalg::IndexOp::create(nested, at, axis));
    return body(nested, at, indices);
  });
}

static std::string typeName(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

Tensor GraphBuilder::unary(Unary kind, Tensor x) {
  if (!x)
    return {};
  if (!scalar::defined(kind, x.elementType))
    return fail(scalar::name(kind) + " is not defined on elements of type " + typeName(x.elementType));
  bool isPredicate = kind == Unary::IsNan || kind == Unary::IsInf;
  return elementwise(x, isPredicate ? b.getI1Type() : x.elementType, [&](OpBuilder &nested, Location at, ValueRange v) {
    return scalar::unary(nested, at, kind, v[0], x.elementType);
  });
}

Tensor GraphBuilder::binary(Binary kind, Tensor x, Tensor y) {
  if (!x || !y)
    return {};
  if (x.elementType != y.elementType)
    return fail(scalar::name(kind) + " of " + typeName(x.elementType) + " and " + typeName(y.elementType) +
                ", expected equal types");
  if (!scalar::defined(kind, x.elementType))
    return fail(scalar::name(kind) + " is not defined on elements of type " + typeName(x.elementType));
  return elementwise({x, y}, x.elementType, [&](OpBuilder &nested, Location at, ValueRange v) {
    return scalar::binary(nested, at, kind, v[0], v[1], x.elementType);
  });
}

Tensor GraphBuilder::compare(Compare kind, Tensor x, Tensor y) {
  if (!x || !y)
    return {};
  if (x.elementType != y.elementType)
    return fail("comparison of " + typeName(x.elementType) + " and " + typeName(y.elementType) +
                ", expected equal types");
  return elementwise({x, y}, b.getI1Type(), [&](OpBuilder &nested, Location at, ValueRange v) {
    return scalar::compare(nested, at, kind, v[0], v[1], x.elementType);
  });
}

Tensor GraphBuilder::select(Tensor condition, Tensor x, Tensor y) {
  if (!condition || !x || !y)
    return {};
  if (!condition.elementType.isInteger(1) || x.elementType != y.elementType)
    return fail("select on " + typeName(condition.elementType) + " between " + typeName(x.elementType) + " and " +
                typeName(y.elementType) + ", expected i1 and two equal types");
  return elementwise({condition, x, y}, x.elementType, [&](OpBuilder &nested, Location at, ValueRange v) {
    return arith::SelectOp::create(nested, at, v[0], v[1], v[2]).getResult();
  });
}

Tensor GraphBuilder::cast(Tensor x, Type type) {
  if (!x || x.elementType == type)
    return x;
  return elementwise(x, type, [&](OpBuilder &nested, Location at, ValueRange v) {
    Type from = isa<FloatType>(x.elementType) ? v[0].getType() : x.elementType;
    return scalar::convert(nested, at, v[0], from, isa<FloatType>(type) ? scalar::computeType(type) : type);
  });
}

Tensor GraphBuilder::clamp(Tensor x, std::optional<double> low, std::optional<double> high) {
  if (!x || (!low && !high))
    return x;
  return elementwise(x, x.elementType, [&](OpBuilder &nested, Location at, ValueRange v) {
    Value result = v[0];
    Type type = isa<FloatType>(x.elementType) ? result.getType() : x.elementType;
    if (low)
      result = scalar::binary(nested, at, Binary::Max, result, scalar::constant(nested, at, *low, type), type);
    if (high)
      result = scalar::binary(nested, at, Binary::Min, result, scalar::constant(nested, at, *high, type), type);
    return result;
  });
}

Tensor GraphBuilder::leakyRelu(Tensor x, double slope) {
  if (!x)
    return {};
  if (!isa<FloatType>(x.elementType))
    return fail("leaky_relu is not defined on elements of type " + typeName(x.elementType));
  return elementwise(x, x.elementType, [&](OpBuilder &nested, Location at, ValueRange v) {
    Type type = v[0].getType();
    Value scaled = arith::MulFOp::create(nested, at, v[0], scalar::constant(nested, at, slope, type));
    Value isNegative =
        arith::CmpFOp::create(nested, at, arith::CmpFPredicate::OLT, v[0], scalar::constant(nested, at, 0, type));
    return arith::SelectOp::create(nested, at, isNegative, scaled, v[0]).getResult();
  });
}

} // namespace heddle
