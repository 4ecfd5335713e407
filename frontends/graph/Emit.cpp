// The few functions through which every operation becomes IR.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

static SmallVector<int64_t> staticSizes(ArrayRef<Dim> shape) {
  SmallVector<int64_t> sizes;
  for (Dim dim : shape) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    sizes.push_back(constant ? constant.getValue() : ShapedType::kDynamic);
  }
  return sizes;
}

Tensor GraphBuilder::wrap(Value value, Shape shape, Type elementType) {
  if (!value)
    return {};
  for (Dim &dim : shape)
    dim = simplify(dim);
  auto type = llvm::cast<RankedTensorType>(value.getType());
  auto expected = RankedTensorType::get(staticSizes(shape), type.getElementType());
  if (type != expected)
    value = tensor::CastOp::create(b, loc, expected, value);
  return {value, shape, elementType ? elementType : type.getElementType()};
}

Value GraphBuilder::empty(ArrayRef<Dim> shape, Type elementType) {
  SmallVector<Value> dynamic;
  for (Dim dim : shape) {
    if (isa<AffineConstantExpr>(dim))
      continue;
    Value value = dimValue(dim);
    if (!value)
      return {};
    dynamic.push_back(value);
  }
  return tensor::EmptyOp::create(b, loc, staticSizes(shape), scalar::storageType(elementType), dynamic);
}

AffineMap GraphBuilder::broadcastMap(ArrayRef<Dim> operandShape, ArrayRef<Dim> loops) {
  SmallVector<AffineExpr> results;
  size_t offset = loops.size() - operandShape.size();
  for (auto [axis, dim] : llvm::enumerate(operandShape)) {
    auto constant = dyn_cast<AffineConstantExpr>(dim);
    bool repeats = constant && constant.getValue() == 1 && loops[offset + axis] != dim;
    results.push_back(repeats ? getAffineConstantExpr(0, context()) : getAffineDimExpr(offset + axis, context()));
  }
  return AffineMap::get(loops.size(), 0, results, context());
}

bool GraphBuilder::checkAxis(int64_t &axis, int64_t rank, StringRef what) {
  if (axis >= -rank && axis < rank) {
    axis += axis < 0 ? rank : 0;
    return true;
  }
  emitError() << what << " axis " << axis << " is outside of rank " << rank << ", expected -" << rank << " to "
              << rank - 1;
  return false;
}

Tensor GraphBuilder::generic(ArrayRef<Dim> loops, ArrayRef<Tensor> operands, ArrayRef<AffineMap> maps, Type resultType,
                             std::optional<double> init, Body body) {
  SmallVector<Value> inputs;
  for (const Tensor &operand : operands) {
    if (!operand)
      return {};
    inputs.push_back(operand.value);
  }
  AffineMap resultMap = maps.back();
  Shape shape;
  SmallVector<utils::IteratorType> iterators(loops.size(), utils::IteratorType::reduction);
  for (AffineExpr expr : resultMap.getResults()) {
    unsigned position = llvm::cast<AffineDimExpr>(expr).getPosition();
    shape.push_back(simplify(loops[position]));
    iterators[position] = utils::IteratorType::parallel;
  }
  Value destination = empty(shape, resultType);
  if (!destination)
    return {};
  if (init) {
    Value start = scalar::constant(b, loc, *init, resultType);
    destination = linalg::FillOp::create(b, loc, start, destination).getResult(0);
  }
  auto op = linalg::GenericOp::create(b, loc, destination.getType(), inputs, destination, maps, iterators,
                                      [&](OpBuilder &nested, Location at, ValueRange arguments) {
                                        Value result = body(nested, at, init ? arguments : arguments.drop_back());
                                        linalg::YieldOp::create(nested, at, result);
                                      });
  return {op.getResult(0), shape, resultType};
}

Tensor GraphBuilder::cached(StringRef key, llvm::function_ref<Tensor()> make) {
  if (isNested())
    return make();
  auto found = sharedTensors.find(key.str());
  if (found != sharedTensors.end())
    return found->second;
  Tensor tensor = make();
  sharedTensors[key.str()] = tensor;
  return tensor;
}

} // namespace heddle
