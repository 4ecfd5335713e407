#include "passes/lower/SymbolicSizes.h"

#include "passes/lower/Names.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {

unsigned SymbolicSizes::getNumSymbols() {
  auto symbols = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  return symbols ? symbols.size() : 0;
}

AffineExpr SymbolicSizes::resolveFoldResult(OpFoldResult size, Bound bound) {
  if (std::optional<int64_t> number = getConstantIntValue(size))
    return constant(*number);
  return resolve(cast<Value>(size), bound);
}

AffineExpr SymbolicSizes::resolve(Value value, Bound bound) {
  APInt number;
  if (matchPattern(value, m_ConstantInt(&number)))
    return constant(number.getSExtValue());
  Operation *op = value.getDefiningOp();
  if (!op)
    return {};
  if (auto dim = dyn_cast<memref::DimOp>(op)) {
    std::optional<int64_t> index = dim.getConstantIndex();
    return index ? resolveDim(dim.getSource(), *index, bound) : AffineExpr();
  }
  if (auto apply = dyn_cast<affine::AffineApplyOp>(op))
    return resolveMap(apply.getAffineMap(), apply.getMapOperands());
  if (isa<arith::IndexCastOp, arith::IndexCastUIOp>(op))
    return resolve(op->getOperand(0), bound);
  if (isa<affine::AffineMinOp, arith::MinSIOp, arith::MinUIOp, affine::AffineMaxOp, arith::MaxSIOp, arith::MaxUIOp>(op))
    return resolveMinMax(op, bound);
  return resolveArithmetic(op, bound);
}

AffineExpr SymbolicSizes::resolveMap(AffineMap map, ValueRange operands) {
  SmallVector<AffineExpr> dims, symbols;
  for (auto [index, operand] : llvm::enumerate(operands)) {
    AffineExpr resolved = resolve(operand);
    if (!resolved)
      return {};
    (index < map.getNumDims() ? dims : symbols).push_back(resolved);
  }
  return map.getResult(0).replaceDimsAndSymbols(dims, symbols);
}

AffineExpr SymbolicSizes::resolveArithmetic(Operation *op, Bound bound) {
  if (op->getNumOperands() != 2)
    return {};
  // Sums and products of sizes grow with their operands; what is subtracted or divided by must be exact.
  bool monotone = isa<arith::AddIOp, arith::MulIOp>(op);
  AffineExpr lhs = resolve(op->getOperand(0), bound);
  AffineExpr rhs = resolve(op->getOperand(1), monotone ? bound : Bound::Exact);
  if (!lhs || !rhs)
    return {};
  return llvm::TypeSwitch<Operation *, AffineExpr>(op)
      .Case<arith::AddIOp>([&](auto) { return lhs + rhs; })
      .Case<arith::SubIOp>([&](auto) { return lhs - rhs; })
      .Case<arith::MulIOp>([&](auto) { return lhs * rhs; })
      .Case<arith::DivSIOp, arith::DivUIOp, arith::FloorDivSIOp>([&](auto) { return lhs.floorDiv(rhs); })
      .Case<arith::CeilDivSIOp, arith::CeilDivUIOp>([&](auto) { return lhs.ceilDiv(rhs); })
      .Case<arith::RemSIOp, arith::RemUIOp>([&](auto) { return bound == Bound::Upper ? rhs : lhs % rhs; })
      .Default(AffineExpr());
}

AffineExpr SymbolicSizes::resolveMinMax(Operation *op, Bound bound) {
  SmallVector<AffineExpr> operands;
  bool isMin = isa<affine::AffineMinOp, arith::MinSIOp, arith::MinUIOp>(op);
  AffineMap map;
  if (auto minimum = dyn_cast<affine::AffineMinOp>(op))
    map = minimum.getMap();
  if (auto maximum = dyn_cast<affine::AffineMaxOp>(op))
    map = maximum.getMap();
  for (unsigned index = 0; map && index < map.getNumResults(); ++index)
    operands.push_back(resolveMap(map.getSubMap({index}), op->getOperands()));
  for (unsigned index = 0; !map && index < 2; ++index)
    operands.push_back(resolve(op->getOperand(index), bound));
  if (isMin)
    llvm::erase(operands, AffineExpr());
  if (operands.empty() || llvm::is_contained(operands, AffineExpr()))
    return {};
  if (llvm::all_equal(operands) || (bound == Bound::Upper && isMin)) {
    auto number = llvm::find_if(operands, [](AffineExpr expr) { return isa<AffineConstantExpr>(expr); });
    return number == operands.end() ? operands.front() : *number;
  }
  if (bound == Bound::Exact)
    return {};
  // Sizes are not negative, so a sum is at least as large as a maximum.
  AffineExpr sum = operands.front();
  for (AffineExpr operand : ArrayRef(operands).drop_front())
    sum = sum + operand;
  return sum;
}

AffineExpr SymbolicSizes::resolveDim(Value memref, int64_t dim, Bound bound) {
  auto type = cast<MemRefType>(memref.getType());
  if (!type.isDynamicDim(dim))
    return constant(type.getDimSize(dim));
  if (auto argument = dyn_cast<BlockArgument>(memref)) {
    if (argument.getOwner()->getParentOp() == entry) {
      auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr);
      return shape ? shape.getValue().getResult(dim) : AffineExpr();
    }
    // A buffer that a loop carries keeps its shape.
    auto loop = dyn_cast<scf::ForOp>(argument.getOwner()->getParentOp());
    return loop && argument != loop.getInductionVar() ? resolveDim(loop.getTiedLoopInit(argument)->get(), dim, bound)
                                                      : AffineExpr();
  }
  Operation *op = memref.getDefiningOp();
  if (isa<memref::AllocOp, memref::AllocaOp, memref::ViewOp>(op)) {
    auto sizes = isa<memref::ViewOp>(op) ? cast<memref::ViewOp>(op).getSizes() : op->getOperands();
    return resolve(sizes[type.getDynamicDimIndex(dim)], bound);
  }
  if (isa<memref::CastOp, memref::MemorySpaceCastOp>(op))
    return resolveDim(op->getOperand(0), dim, bound);
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return resolveDim(loop.getInitArgs()[cast<OpResult>(memref).getResultNumber()], dim, bound);
  if (auto expand = dyn_cast<memref::ExpandShapeOp>(op))
    return resolveFoldResult(expand.getMixedOutputShape()[dim], bound);
  if (auto transpose = dyn_cast<memref::TransposeOp>(op))
    return resolveDim(transpose.getIn(), transpose.getPermutation().getDimPosition(dim), bound);
  if (auto reinterpret = dyn_cast<memref::ReinterpretCastOp>(op))
    return resolveFoldResult(reinterpret.getMixedSizes()[dim], bound);
  if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op)) {
    AffineExpr product = constant(1);
    ReassociationIndices sources = collapse.getReassociationIndices()[dim];
    for (int64_t source : sources) {
      AffineExpr size = resolveDim(collapse.getSrc(), source, bound);
      if (!size)
        return {};
      product = product * size;
    }
    return product;
  }
  if (auto subview = dyn_cast<memref::SubViewOp>(op)) {
    llvm::SmallBitVector dropped = subview.getDroppedDims();
    int64_t source = 0;
    for (int64_t kept = 0; source < int64_t(dropped.size()); ++source)
      if (!dropped[source] && kept++ == dim)
        break;
    return resolveFoldResult(subview.getMixedSizes()[source], bound);
  }
  return {};
}

Value emitExpression(OpBuilder &builder, Location loc, AffineExpr expression, ValueRange symbols) {
  if (auto number = dyn_cast<AffineConstantExpr>(expression))
    return arith::ConstantIndexOp::create(builder, loc, number.getValue());
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expression))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expression);
  Value lhs = emitExpression(builder, loc, binary.getLHS(), symbols);
  Value rhs = emitExpression(builder, loc, binary.getRHS(), symbols);
  switch (expression.getKind()) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(builder, loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(builder, loc, lhs, rhs);
  default: {
    Value quotient = arith::FloorDivSIOp::create(builder, loc, lhs, rhs);
    Value product = arith::MulIOp::create(builder, loc, quotient, rhs);
    return arith::SubIOp::create(builder, loc, lhs, product);
  }
  }
}

} // namespace heddle
