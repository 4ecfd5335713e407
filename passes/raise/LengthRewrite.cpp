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
  AffineMap map = AffineMap::get(0, symbols + 1, exprOf(var));
  SmallVector<OpFoldResult> operands = getAsOpFoldResult(ValueRange(symbolValues));
  return affine::makeComposedFoldedAffineApply(builder, entry.getLoc(), map, operands);
}

SmallVector<OpFoldResult> LengthRewrite::sizesOf(Value tensor) {
  SmallVector<OpFoldResult> sizes;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim)
    sizes.push_back(sizeOf(classes.of(tensor, dim)));
  return sizes;
}

/// Writes classes in terms of the symbols as the arguments' shapes tell, and finds a dimension for each symbol.
bool LengthRewrite::describeRoots() {
  MLIRContext *context = entry.getContext();
  symbolValues.assign(symbols + 1, Value());
  roots[token.root] = getAffineSymbolExpr(symbols, context) - token.offset;
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr);
    for (int64_t dim = 0; type && dim < type.getRank(); ++dim) {
      auto [root, offset] = classes.find(classes.of(argument, dim));
      if (type.isDynamicDim(dim) && shape && !roots.contains(root))
        roots[root] = shape.getValue().getResult(dim) - offset;
      AffineExpr size = root == token.root ? exprOf(classes.of(argument, dim))
                        : shape            ? shape.getValue().getResult(dim)
                                           : nullptr;
      auto symbol = dyn_cast_if_present<AffineSymbolExpr>(size);
      if (symbol && !symbolValues[symbol.getPosition()])
        symbolValues[symbol.getPosition()] = tensor::DimOp::create(builder, entry.getLoc(), argument, dim);
    }
  }
  return llvm::all_of(symbolValues, [](Value value) { return value; });
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
        if (!exprOf(classes.of(result, dim)))
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
    else if (isa<tensor::EmptyOp, tensor::ExpandShapeOp, arith::ConstantOp>(op) && hasFreeDim(op->getResult(0)))
      plan.push_back({op, sizesOf(op->getResult(0))});
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
      // T + offset >= 1 for what is not empty now.
      if (auto [root, offset] = classes.find(var); root == token.root && size > 0)
        smallest = std::max(smallest, 1 - (offset - token.offset));
      size = ShapedType::kDynamic;
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

AffineMapAttr LengthRewrite::shapeOf(Value tensor) const {
  SmallVector<AffineExpr> sizes;
  for (int64_t dim = 0; dim < cast<RankedTensorType>(tensor.getType()).getRank(); ++dim)
    sizes.push_back(exprOf(classes.of(tensor, dim)));
  return AffineMapAttr::get(AffineMap::get(0, symbols + 1, sizes, entry.getContext()));
}

void LengthRewrite::describeEntry(StringRef name, int64_t most) {
  Builder attributes(entry.getContext());
  SmallVector<Attribute> names;
  if (auto known = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    llvm::append_range(names, known);
  names.push_back(attributes.getStringAttr(name));
  entry->setAttr(kSymbolsAttr, attributes.getArrayAttr(names));
  SmallVector<int64_t> ranges;
  if (auto known = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges"))
    llvm::append_range(ranges, known.asArrayRef());
  while (ranges.size() < 2 * symbols)
    ranges.append({1, std::numeric_limits<int64_t>::max()});
  ranges.append({smallest, most});
  entry->setAttr("heddle.symbol_ranges", attributes.getDenseI64ArrayAttr(ranges));
  Operation *terminator = entry.getBody().front().getTerminator();
  entry.setFunctionType(
      attributes.getFunctionType(TypeRange(ValueRange(entry.getArguments())), terminator->getOperandTypes()));
}

LogicalResult LengthRewrite::run(StringRef name, int64_t most) {
  ValueRange returned = entry.getBody().front().getTerminator()->getOperands();
  if (!describeRoots() || !planSizes())
    return failure();
  for (BlockArgument argument : entry.getArguments())
    if (isa<RankedTensorType>(argument.getType()))
      entry.setArgAttr(argument.getArgNumber(), kShapeAttr, shapeOf(argument));
  for (auto [number, result] : llvm::enumerate(returned))
    if (isa<RankedTensorType>(result.getType()))
      entry.setResultAttr(number, kShapeAttr, shapeOf(result));
  setTypes();
  for (auto &[op, sizes] : plan)
    rebuild(op, sizes);
  describeEntry(name, most);
  return success();
}

} // namespace heddle
