// What each op says about the sizes of its tensors.
#include "dialects/mixer/Mixer.h"
#include "passes/raise/DimClasses.h"
#include "passes/raise/SizedConstant.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace heddle {
namespace {

using Var = DimClasses::Var;

int64_t rankOf(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : 0;
}

class Constraints {
public:
  Constraints(DimClasses &classes, SmallVectorImpl<Var> &tokens, Tables tables)
      : classes(classes), tokens(tokens), tables(tables) {}

  void visit(Block &block) {
    for (Operation &op : block)
      visit(&op);
  }

private:
  void visit(Operation *op) {
    llvm::TypeSwitch<Operation *>(op)
        .Case([&](linalg::LinalgOp structured) { visitStructured(structured); })
        .Case([&](mixer::MixOp mix) { constrainMix(mix, classes, tables, tokens); })
        .Case([&](scf::ForOp loop) { visitLoop(loop); })
        .Case([&](tensor::ExtractSliceOp slice) { visitSlice(slice, slice.getSource(), slice.getResult()); })
        .Case([&](tensor::InsertSliceOp slice) {
          classes.unifyAll(slice.getResult(), slice.getDest(), slice.getLoc());
          visitSlice(slice, slice.getDest(), slice.getSource());
        })
        .Case([&](tensor::CollapseShapeOp reshape) {
          visitReshape(reshape.getResult(), reshape.getSrc(), reshape.getReassociationIndices(), reshape.getLoc());
        })
        .Case([&](tensor::ExpandShapeOp reshape) {
          visitReshape(reshape.getSrc(), reshape.getResult(), reshape.getReassociationIndices(), reshape.getLoc());
        })
        .Case([&](tensor::PadOp pad) { visitPad(pad); })
        .Case([&](tensor::CastOp cast) { classes.unifyAll(cast.getSource(), cast.getDest(), cast.getLoc()); })
        .Case<tensor::EmptyOp, tensor::DimOp, func::ReturnOp, scf::YieldOp>([](Operation *) {})
        .Default([&](Operation *other) { visitOther(other); });
  }

  void visitOther(Operation *op) {
    Attribute value;
    if (matchPattern(op, m_Constant(&value))) {
      if (tables == Tables::Pin && rankOf(op->getResult(0)) != 0 && !hasAnySize(value))
        classes.pinAll(op->getResult(0), op->getLoc());
      return;
    }
    bool isElementwise = op->hasTrait<OpTrait::Elementwise>() && op->getNumResults() == 1;
    for (Value value : llvm::concat<Value>(op->getOperands(), op->getResults())) {
      if (!isElementwise)
        classes.pinAll(value, op->getLoc());
      else if (rankOf(value) != 0)
        classes.unifyAll(value, op->getResult(0), op->getLoc());
    }
  }

  void visitStructured(linalg::LinalgOp op) {
    SmallVector<std::optional<Var>> loops(op.getNumLoops());
    SmallVector<std::pair<Var, AffineExpr>> sums;
    for (OpOperand &operand : op->getOpOperands())
      for (auto [dim, expr] : llvm::enumerate(op.getMatchingIndexingMap(&operand).getResults())) {
        if (rankOf(operand.get()) == 0)
          break;
        Var var = classes.of(operand.get(), dim);
        auto loop = dyn_cast<AffineDimExpr>(expr);
        if (!loop) {
          sums.push_back({var, expr});
          continue;
        }
        std::optional<Var> &known = loops[loop.getPosition()];
        if (known)
          classes.unify(var, *known, 0, op.getLoc());
        else
          known = var;
      }
    for (auto [var, expr] : sums)
      visitSum(op, var, expr, loops);
    for (OpResult result : op->getResults())
      classes.unifyAll(result, op.getDpsInitOperand(result.getResultNumber())->get(), op.getLoc());
    visitBody(op, loops);
  }

  /// A loop and what its index is multiplied by, if the expression is that.
  static std::optional<std::pair<unsigned, int64_t>> multipleOf(AffineExpr expr) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr))
      return std::pair(loop.getPosition(), int64_t(1));
    auto product = dyn_cast<AffineBinaryOpExpr>(expr);
    auto loop = product ? dyn_cast<AffineDimExpr>(product.getLHS()) : nullptr;
    auto factor = product ? dyn_cast<AffineConstantExpr>(product.getRHS()) : nullptr;
    if (!loop || !factor || product.getKind() != AffineExprKind::Mul)
      return std::nullopt;
    return std::pair(loop.getPosition(), factor.getValue());
  }

  /// A dimension that a window slides over: as long as the outputs and the window, with its gaps, less one.
  void visitSum(linalg::LinalgOp op, Var var, AffineExpr expr, ArrayRef<std::optional<Var>> loops) {
    auto sum = dyn_cast<AffineBinaryOpExpr>(expr);
    bool isSum = sum && sum.getKind() == AffineExprKind::Add;
    auto left = isSum ? multipleOf(sum.getLHS()) : std::nullopt,
         right = isSum ? multipleOf(sum.getRHS()) : std::nullopt;
    if (left && right && left->second == 1 && loops[left->first] && loops[right->first]) {
      Var longer = *loops[left->first], window = *loops[right->first];
      if (right->second == 1 && !ShapedType::isDynamic(classes.size(longer)) &&
          classes.size(longer) < classes.size(window))
        std::swap(longer, window);
      if (!ShapedType::isDynamic(classes.size(window))) {
        classes.pin(window, op.getLoc());
        if (tables == Tables::Cut)
          tokens.push_back(longer);
        return classes.unify(var, longer, right->second * (classes.size(window) - 1), op.getLoc());
      }
    }
    if (!classes.isUnit(var))
      classes.pin(var, op.getLoc());
  }

  /// Bodies that read tensors at computed positions, or compare positions with numbers, know the size.
  void visitBody(linalg::LinalgOp op, ArrayRef<std::optional<Var>> loops) {
    llvm::SetVector<Value> captured;
    getUsedValuesDefinedAbove(op->getRegions(), captured);
    op->walk([&](tensor::ExtractOp extract) {
      if (captured.contains(extract.getTensor()))
        visitExtract(op, extract, loops);
    });
    bool comparesWithNumbers = llvm::any_of(captured, [](Value value) {
      llvm::APInt number;
      return matchPattern(value, m_ConstantInt(&number)) && number.sgt(1);
    });
    op->walk([&](linalg::IndexOp index) {
      if (tables == Tables::Pin && comparesWithNumbers && loops[index.getDim()])
        classes.pin(*loops[index.getDim()], op.getLoc());
    });
  }

  /// A dimension that is read at the positions of a loop is as long as the loop; any other is as long as it is.
  void visitExtract(linalg::LinalgOp op, tensor::ExtractOp extract, ArrayRef<std::optional<Var>> loops) {
    for (auto [dim, at] : llvm::enumerate(extract.getIndices())) {
      Var var = classes.of(extract.getTensor(), dim);
      auto index = at.getDefiningOp<linalg::IndexOp>();
      std::optional<Var> loop = index ? loops[index.getDim()] : std::nullopt;
      if (loop && classes.size(*loop) == classes.size(var))
        classes.unify(var, *loop, 0, op.getLoc());
      else
        classes.pin(var, op.getLoc());
    }
  }

  void visitReshape(Value merged, Value split, ArrayRef<ReassociationIndices> groups, Location loc) {
    for (auto [dim, group] : llvm::enumerate(groups)) {
      SmallVector<Var> parts;
      for (int64_t part : group)
        parts.push_back(classes.of(split, part));
      classes.addProduct(classes.of(merged, dim), parts, loc);
    }
  }

  void visitPad(tensor::PadOp pad) {
    SmallVector<OpFoldResult> lows = pad.getMixedLowPad(), highs = pad.getMixedHighPad();
    for (int64_t dim = 0; dim < rankOf(pad.getSource()); ++dim) {
      std::optional<int64_t> low = getConstantIntValue(lows[dim]), high = getConstantIntValue(highs[dim]);
      Var source = classes.of(pad.getSource(), dim), result = classes.of(pad.getResult(), dim);
      if (low && high)
        classes.unify(result, source, *low + *high, pad.getLoc());
      else
        classes.pin(source, pad.getLoc()), classes.pin(result, pad.getLoc());
    }
  }

  /// A slice of `part` in `whole`: of whole dimensions, of all but a margin, or of fixed places at the start.
  void visitSlice(OffsetSizeAndStrideOpInterface slice, Value whole, Value part) {
    llvm::SmallBitVector dropped = droppedDims(slice);
    int64_t partDim = 0;
    for (int64_t dim = 0; dim < rankOf(whole); ++dim) {
      Var outer = classes.of(whole, dim);
      std::optional<Var> inner;
      if (!dropped[dim])
        inner = classes.of(part, partDim++);
      visitSliceDim(slice, dim, outer, inner);
    }
  }

  static llvm::SmallBitVector droppedDims(OffsetSizeAndStrideOpInterface slice) {
    if (auto extract = dyn_cast<tensor::ExtractSliceOp>(slice.getOperation()))
      return extract.getDroppedDims();
    return cast<tensor::InsertSliceOp>(slice.getOperation()).getDroppedDims();
  }

  void visitSliceDim(OffsetSizeAndStrideOpInterface slice, int64_t dim, Var outer, std::optional<Var> inner) {
    Location loc = slice.getLoc();
    std::optional<int64_t> offset = getConstantIntValue(slice.getMixedOffsets()[dim]);
    std::optional<int64_t> size = getConstantIntValue(slice.getMixedSizes()[dim]);
    bool isContiguous = getConstantIntValue(slice.getMixedStrides()[dim]) == 1;
    if (!offset && size == 1) {
      auto position = dyn_cast<BlockArgument>(cast<Value>(slice.getMixedOffsets()[dim]));
      auto trips = position ? tripsOf.find(position) : tripsOf.end();
      if (trips == tripsOf.end())
        return classes.pin(outer, loc);
      tokens.push_back(outer);
      return classes.unify(outer, trips->second, 0, loc);
    }
    int64_t extent = classes.size(outer);
    bool isWhole = offset == 0 && (size ? *size == extent : ShapedType::isDynamic(extent));
    if (isContiguous && inner && isWhole)
      return classes.unify(*inner, outer, 0, loc);
    // Most of a dimension is all of it but a margin.
    if (isContiguous && inner && offset && size && !ShapedType::isDynamic(extent) && 2 * *size > extent)
      return classes.unify(*inner, outer, *size - extent, loc);
    classes.pin(outer, loc);
  }

  void visitLoop(scf::ForOp loop) {
    std::optional<int64_t> upper = getConstantIntValue(loop.getUpperBound());
    if (upper && getConstantIntValue(loop.getLowerBound()) == 0 && getConstantIntValue(loop.getStep()) == 1)
      tripsOf[loop.getInductionVar()] = classes.add(*upper);
    for (auto [init, argument, yielded, result] :
         llvm::zip_equal(loop.getInitArgs(), loop.getRegionIterArgs(), loop.getYieldedValues(), loop.getResults())) {
      classes.unifyAll(argument, init, loop.getLoc());
      classes.unifyAll(yielded, argument, loop.getLoc());
      classes.unifyAll(result, init, loop.getLoc());
    }
    visit(*loop.getBody());
  }

  DimClasses &classes;
  SmallVectorImpl<Var> &tokens;
  Tables tables;
  llvm::DenseMap<Value, Var> tripsOf; // by induction variable
};

} // namespace

DimClasses classifyDims(func::FuncOp entry, SmallVectorImpl<Var> &tokens, Tables tables,
                        ArrayRef<std::pair<Value, int64_t>> fixed) {
  DimClasses classes;
  Constraints(classes, tokens, tables).visit(entry.getBody().front());
  for (auto [tensor, dim] : fixed)
    classes.pin(classes.of(tensor, dim), entry.getLoc());
  classes.solve();
  return classes;
}

} // namespace heddle
