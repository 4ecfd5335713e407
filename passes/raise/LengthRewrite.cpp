#include "passes/raise/LengthRewrite.h"

#include "passes/lower/Names.h"
#include "passes/raise/SizedConstant.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace heddle {

using Var = DimClasses::Var;

LengthRewrite::LengthRewrite(func::FuncOp entry, DimClasses &classes, Var token)
    : entry(entry), classes(classes), token(classes.find(token)), builder(entry.getContext()) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  symbols = names ? names.size() : 0;
  builder.setInsertionPointToStart(&entry.getBody().front());
  findLeast();
}

/// T + offset >= 1 for what is not empty now.
void LengthRewrite::findLeast() {
  auto include = [&](Value value) {
    auto type = dyn_cast<RankedTensorType>(value.getType());
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim)
      if (auto [root, offset] = classes.find(classes.of(value, dim)); root == token.root && type.getDimSize(dim) > 0)
        smallest = std::max(smallest, 1 - (offset - token.offset));
  };
  entry.walk([&](Operation *op) {
    llvm::for_each(op->getResults(), include);
    for (Region &region : op->getRegions())
      llvm::for_each(region.getArguments(), include);
  });
}

bool LengthRewrite::isFree(Var var) const {
  Var root = classes.find(var).root;
  if (root == token.root)
    return true;
  const DimClasses::Product *product = classes.productOf(root);
  return product && llvm::any_of(product->parts, [&](Var part) { return isFree(part); });
}

bool LengthRewrite::hasFreeDim(Value tensor) const {
  auto type = dyn_cast<RankedTensorType>(tensor.getType());
  return type && llvm::any_of(llvm::seq(type.getRank()), [&](int64_t dim) { return isFree(classes.of(tensor, dim)); });
}

AffineExpr LengthRewrite::exprOf(Var var) const {
  auto [root, offset] = classes.find(var);
  if (auto known = roots.find(root); known != roots.end())
    return known->second + offset;
  if (const DimClasses::Product *product = classes.productOf(root)) {
    AffineExpr result = getAffineConstantExpr(1, entry.getContext());
    for (Var part : product->parts) {
      AffineExpr factor = exprOf(part);
      if (!factor)
        return nullptr;
      result = result * factor;
    }
    return result + (offset - classes.find(product->whole).offset);
  }
  int64_t size = classes.size(var);
  return ShapedType::isDynamic(size) ? nullptr : getAffineConstantExpr(size, entry.getContext());
}

OpFoldResult LengthRewrite::sizeOf(Var var) {
  if (auto number = dyn_cast<AffineConstantExpr>(exprOf(var)))
    return builder.getIndexAttr(number.getValue());
  AffineMap map = AffineMap::get(0, symbols, exprOf(var));
  SmallVector<OpFoldResult> operands = getAsOpFoldResult(ValueRange(symbolValues));
  return affine::makeComposedFoldedAffineApply(builder, entry.getLoc(), map, operands);
}

/// The `sizes` that an op states for a tensor, those of free dimensions as they will be.
SmallVector<OpFoldResult> LengthRewrite::sizesOf(Value tensor, SmallVector<OpFoldResult> sizes) {
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (Var var = classes.of(tensor, dim); isFree(var))
      size = sizeOf(var);
  return sizes;
}

void LengthRewrite::planSlice(Operation *op, Value whole, Value part, const llvm::SmallBitVector &dropped,
                              SmallVector<OpFoldResult> sizes) {
  if (!hasFreeDim(part))
    return;
  int64_t partDim = 0;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(whole.getType()).getRank(); ++dim)
    if (!dropped[dim]) {
      Var var = classes.of(part, partDim++);
      if (isFree(var))
        sizes[dim] = sizeOf(var);
    }
  plan.push_back({op, sizes});
}

/// Decides the sizes of all ops that state them, while types and values are as they were classified.
bool LengthRewrite::planSizes() {
  SmallVector<Operation *> ops;
  entry.walk([&](Operation *op) { ops.push_back(op); });
  for (Operation *op : ops) {
    for (Value result : op->getResults()) {
      if (!hasFreeDim(result))
        continue;
      retyped.push_back(result);
      for (int64_t dim = 0; dim < cast<RankedTensorType>(result.getType()).getRank(); ++dim)
        if (Var var = classes.of(result, dim); isFree(var) && !exprOf(var))
          return false;
    }
    for (Region &region : op->getRegions())
      for (BlockArgument argument : region.getArguments())
        if (hasFreeDim(argument))
          retyped.push_back(argument);
    if (auto extract = dyn_cast<tensor::ExtractSliceOp>(op))
      planSlice(op, extract.getSource(), extract.getResult(), extract.getDroppedDims(), extract.getMixedSizes());
    else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
      planSlice(op, insert.getDest(), insert.getSource(), insert.getDroppedDims(), insert.getMixedSizes());
    else if (auto empty = dyn_cast<tensor::EmptyOp>(op); empty && hasFreeDim(empty))
      plan.push_back({op, sizesOf(empty, empty.getMixedSizes())});
    else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op); expand && hasFreeDim(expand))
      plan.push_back({op, sizesOf(expand, expand.getMixedOutputShape())});
    else if (auto constant = dyn_cast<arith::ConstantOp>(op); constant && hasFreeDim(constant))
      plan.push_back({op, sizesOf(constant, getAsIndexOpFoldResult(op->getContext(),
                                                                   cast<ShapedType>(constant.getType()).getShape()))});
    if (auto slice = dyn_cast<OffsetSizeAndStrideOpInterface>(op))
      if (auto loop = op->getParentOfType<scf::ForOp>())
        for (auto [dim, offset] : llvm::enumerate(slice.getMixedOffsets()))
          if (offset == OpFoldResult(loop.getInductionVar())) {
            Var var = classes.of(isa<tensor::InsertSliceOp>(op) ? op->getOperand(1) : op->getOperand(0), dim);
            if (isFree(var))
              plan.push_back({loop, {sizeOf(var)}});
          }
  }
  return true;
}

void LengthRewrite::setTypes() {
  SmallVector<std::pair<Value, Type>> types;
  for (Value value : retyped) {
    auto type = cast<RankedTensorType>(value.getType());
    SmallVector<int64_t> shape(type.getShape());
    for (auto [dim, size] : llvm::enumerate(shape)) {
      Var var = classes.of(value, dim);
      if (!isFree(var))
        continue;
      auto number = dyn_cast<AffineConstantExpr>(exprOf(var));
      size = number ? number.getValue() : ShapedType::kDynamic;
    }
    types.push_back({value, RankedTensorType::get(shape, type.getElementType(), type.getEncoding())});
  }
  for (auto [value, type] : types)
    value.setType(type);
}

void LengthRewrite::rebuild(Operation *op, ArrayRef<OpFoldResult> sizes) {
  OpBuilder at(op);
  if (auto loop = dyn_cast<scf::ForOp>(op)) {
    loop.setUpperBound(getValueOrCreateConstantIndexOp(at, op->getLoc(), sizes.front()));
    return;
  }
  Value made;
  if (auto extract = dyn_cast<tensor::ExtractSliceOp>(op)) {
    made = tensor::ExtractSliceOp::create(at, op->getLoc(), extract.getType(), extract.getSource(),
                                          extract.getMixedOffsets(), sizes, extract.getMixedStrides());
  } else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op)) {
    made = tensor::InsertSliceOp::create(at, op->getLoc(), insert.getSource(), insert.getDest(),
                                         insert.getMixedOffsets(), sizes, insert.getMixedStrides());
  } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    made = buildSizedConstant(at, constant, cast<RankedTensorType>(constant.getType()), sizes);
  } else if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op)) {
    made = tensor::ExpandShapeOp::create(at, op->getLoc(), expand.getResultType(), expand.getSrc(),
                                         expand.getReassociationIndices(), sizes);
  } else {
    made = tensor::EmptyOp::create(at, op->getLoc(), sizes, getElementTypeOrSelf(op->getResult(0).getType()));
  }
  op->getResult(0).replaceAllUsesWith(made);
  op->erase();
}

LogicalResult LengthRewrite::run(StringRef name, int64_t most) {
  describeRoots(getAffineSymbolExpr(symbols++, entry.getContext()));
  if (!findSymbols() || failed(rewrite()))
    return failure();
  describeEntry(name, most);
  return success();
}

LogicalResult LengthRewrite::resize(int64_t size) {
  describeRoots(getAffineConstantExpr(size, entry.getContext()));
  return rewrite();
}

LogicalResult LengthRewrite::rewrite() {
  if (!planSizes())
    return failure();
  Operation *terminator = entry.getBody().front().getTerminator();
  for (BlockArgument argument : entry.getArguments())
    if (AffineMapAttr shape = shapeOf(argument))
      entry.setArgAttr(argument.getArgNumber(), kShapeAttr, shape);
  for (auto [number, result] : llvm::enumerate(terminator->getOperands()))
    if (AffineMapAttr shape = shapeOf(result))
      entry.setResultAttr(number, kShapeAttr, shape);
  setTypes();
  for (auto &[op, sizes] : plan)
    rebuild(op, sizes);
  entry.setFunctionType(
      builder.getFunctionType(TypeRange(ValueRange(entry.getArguments())), terminator->getOperandTypes()));
  return success();
}

} // namespace heddle
