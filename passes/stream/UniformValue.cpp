#include "passes/stream/UniformValue.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {
namespace {

TypedAttr scalarConstant(Value scalar) {
  Attribute constant;
  return matchPattern(scalar, m_Constant(&constant)) ? dyn_cast<TypedAttr>(constant) : TypedAttr();
}

/// Copies of an operand, or of a constant.
TypedAttr ofGeneric(linalg::GenericOp op) {
  auto yield = cast<linalg::YieldOp>(op.getBody()->getTerminator());
  if (yield.getNumOperands() != 1)
    return {};
  auto argument = dyn_cast<BlockArgument>(yield.getOperand(0));
  if (!argument || argument.getOwner() != op.getBody())
    return scalarConstant(yield.getOperand(0));
  Value operand = op.getMatchingOpOperand(argument)->get();
  return isa<RankedTensorType>(operand.getType()) ? uniformValue(operand) : scalarConstant(operand);
}

/// A destination without elements of its own takes those of the source: what is not written is not defined.
TypedAttr ofInsert(tensor::InsertSliceOp op) {
  TypedAttr source = uniformValue(op.getSource());
  if (op.getDest().getDefiningOp<tensor::EmptyOp>() || source == uniformValue(op.getDest()))
    return source;
  return {};
}

} // namespace

TypedAttr uniformValue(Value tensor) {
  SplatElementsAttr splat;
  if (matchPattern(tensor, m_Constant(&splat)))
    return splat.getSplatValue<TypedAttr>();
  Operation *op = tensor.getDefiningOp();
  if (auto fill = dyn_cast_or_null<linalg::FillOp>(op))
    return scalarConstant(fill.getInputs()[0]);
  if (auto generic = dyn_cast_or_null<linalg::GenericOp>(op))
    return ofGeneric(generic);
  if (auto insert = dyn_cast_or_null<tensor::InsertSliceOp>(op))
    return ofInsert(insert);
  if (isa_and_nonnull<tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::CastOp, tensor::ExtractSliceOp>(op))
    return uniformValue(op->getOperand(0));
  return {};
}

} // namespace heddle
