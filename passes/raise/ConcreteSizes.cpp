#include "passes/raise/ConcreteSizes.h"

#include "passes/lower/Names.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {

std::optional<SmallVector<int64_t>> ConcreteSizes::shape(Value tensor) {
  SmallVector<int64_t> result;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim) {
    std::optional<int64_t> known = size(tensor, dim);
    if (!known)
      return std::nullopt;
    result.push_back(*known);
  }
  return result;
}

std::optional<int64_t> ConcreteSizes::size(Value tensor, int64_t dim) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(dim))
    return type.getDimSize(dim);
  auto known = sizes.find({tensor, dim});
  if (known != sizes.end())
    return known->second;
  std::optional<int64_t> result = computeSize(tensor, dim);
  sizes[{tensor, dim}] = result;
  return result;
}

std::optional<int64_t> ConcreteSizes::value(Value scalar) {
  auto known = values.find(scalar);
  if (known != values.end())
    return known->second;
  std::optional<int64_t> result = computeValue(scalar);
  values[scalar] = result;
  return result;
}

std::optional<int64_t> ConcreteSizes::value(OpFoldResult mixed) {
  if (auto constant = getConstantIntValue(mixed))
    return constant;
  return value(cast<Value>(mixed));
}

std::optional<int64_t> ConcreteSizes::argumentSize(BlockArgument argument, int64_t dim) {
  if (argument.getOwner() == &entry.getBody().front()) {
    auto map = entry.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr);
    if (!map)
      return std::nullopt;
    SmallVector<Attribute> operands;
    for (int64_t symbol : symbols)
      operands.push_back(IntegerAttr::get(IndexType::get(entry.getContext()), symbol));
    SmallVector<Attribute> results;
    if (failed(map.getValue().constantFold(operands, results)))
      return std::nullopt;
    return cast<IntegerAttr>(results[dim]).getInt();
  }
  // A loop does not change the sizes of what it carries.
  if (auto loop = dyn_cast<LoopLikeOpInterface>(argument.getOwner()->getParentOp()))
    if (OpOperand *init = loop.getTiedLoopInit(argument))
      return size(init->get(), dim);
  return std::nullopt;
}

std::optional<int64_t> ConcreteSizes::computeSize(Value tensor, int64_t dim) {
  if (auto argument = dyn_cast<BlockArgument>(tensor))
    return argumentSize(argument, dim);
  auto result = cast<OpResult>(tensor);
  Operation *op = result.getOwner();
  if (auto cast = dyn_cast<tensor::CastOp>(op))
    return size(cast.getSource(), dim);
  if (auto loop = dyn_cast<LoopLikeOpInterface>(op))
    if (OpOperand *init = loop.getTiedLoopInit(loop.getTiedLoopRegionIterArg(result)))
      return size(init->get(), dim);
  if (auto style = dyn_cast<DestinationStyleOpInterface>(op))
    return size(style.getTiedOpOperand(result)->get(), dim);
  if (op->hasTrait<OpTrait::SameOperandsAndResultShape>() || op->hasTrait<OpTrait::Elementwise>())
    for (Value operand : op->getOperands())
      if (isa<RankedTensorType>(operand.getType()))
        return size(operand, dim);
  // Everything else says what its shape is; the ops that this makes are only looked at.
  OpBuilder builder(op);
  ReifiedRankedShapedTypeDims shapes;
  Operation *before = op->getPrevNode();
  if (failed(reifyResultShapes(builder, op, shapes)))
    return std::nullopt;
  std::optional<int64_t> known = value(shapes[result.getResultNumber()][dim]);
  while (op->getPrevNode() != before) {
    Operation *made = op->getPrevNode();
    for (Value value : made->getResults())
      values.erase(value);
    made->erase();
  }
  return known;
}

std::optional<int64_t> ConcreteSizes::computeValue(Value scalar) {
  Operation *op = scalar.getDefiningOp();
  if (!op)
    return std::nullopt;
  if (auto dim = dyn_cast<tensor::DimOp>(op)) {
    std::optional<int64_t> index = value(dim.getIndex());
    return index ? size(dim.getSource(), *index) : std::nullopt;
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op)) {
    SmallVector<Attribute> operands, results;
    for (Value operand : apply.getMapOperands()) {
      std::optional<int64_t> known = value(operand);
      if (!known)
        return std::nullopt;
      operands.push_back(IntegerAttr::get(IndexType::get(op->getContext()), *known));
    }
    if (failed(apply.getAffineMap().constantFold(operands, results)))
      return std::nullopt;
    return cast<IntegerAttr>(results[0]).getInt();
  }
  if (!isa<arith::ArithDialect>(op->getDialect()) || op->getNumResults() != 1)
    return std::nullopt;
  // Arithmetic folds itself once its operands are constants.
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands()) {
    std::optional<int64_t> known = operand.getType().isIntOrIndex() ? value(operand) : std::nullopt;
    if (!known)
      return std::nullopt;
    operands.push_back(IntegerAttr::get(operand.getType(), *known));
  }
  SmallVector<OpFoldResult> results;
  if (failed(op->fold(operands, results)) || results.size() != 1)
    return std::nullopt;
  if (auto attribute = dyn_cast<Attribute>(results[0]))
    if (auto integer = dyn_cast<IntegerAttr>(attribute))
      return integer.getType().isIndex() || integer.getType().isSignlessInteger() ? integer.getValue().getSExtValue()
                                                                                  : integer.getInt();
  auto folded = dyn_cast<Value>(results[0]);
  return folded && folded != scalar ? value(folded) : std::nullopt;
}

} // namespace heddle
