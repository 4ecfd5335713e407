// Writing expressions as IR.
#include "passes/raise/ElementExpr.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

using Kind = ElementExpr::Kind;

Value ElementExprs::emitScalar(OpBuilder &builder, Location loc, Expr root, llvm::function_ref<Value(Expr)> leaf) {
  llvm::DenseMap<Expr, Value> done;
  std::function<Value(Expr)> visit = [&](Expr expr) -> Value {
    if (Value before = done.lookup(expr))
      return before;
    Value result;
    if (expr->kind == Kind::Constant) {
      result = arith::ConstantOp::create(builder, loc, expr->constant);
    } else if (expr->kind == Kind::Apply) {
      OperationState state(loc, expr->name, llvm::map_to_vector(expr->operands, visit), {expr->type},
                           expr->attributes.getValue());
      result = builder.create(state)->getResult(0);
    } else {
      result = leaf(expr);
    }
    return done[expr] = result;
  };
  return visit(root);
}

Value ElementExprs::emit(OpBuilder &builder, Location loc, Expr root, ArrayRef<AxisList> dims) {
  AxisDims resolved = axes.resolveDims(dims);
  AxisList loops = flatten(resolved);
  // One loop for each axis; the inputs are brought to dims of one axis.
  SmallVector<Expr> leaves;
  any(root, [&](Expr expr) {
    if (expr->kind == Kind::Leaf)
      leaves.push_back(expr);
    return false;
  });
  MLIRContext *context = builder.getContext();
  auto loopOf = [&](AxisId axis) { return unsigned(llvm::find(loops, axis) - loops.begin()); };
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  for (Expr expr : leaves) {
    AxisDims from = axes.resolveDims(expr->dims), to;
    SmallVector<AffineExpr> results;
    for (AxisId axis : flatten(from)) {
      to.push_back({axis});
      results.push_back(builder.getAffineDimExpr(loopOf(axis)));
    }
    bool isTensor = isa<RankedTensorType>(expr->value.getType());
    inputs.push_back(isTensor ? axes.arrange(builder, loc, expr->value, from, to) : expr->value);
    maps.push_back(AffineMap::get(loops.size(), 0, results, context));
  }
  AxisDims single;
  for (AxisId axis : loops)
    single.push_back({axis});
  SmallVector<OpFoldResult> sizes, offsets;
  for (AxisId axis : loops)
    sizes.push_back(axes.sizeIn(builder, loc, axis));
  Value init = tensor::EmptyOp::create(builder, loc, sizes, root->type);
  maps.push_back(builder.getMultiDimIdentityMap(loops.size()));
  auto body = [&](OpBuilder &inner, Location loc, ValueRange arguments) {
    auto position = [&](ArrayRef<AxisId> along) {
      Value joined = arith::ConstantIndexOp::create(inner, loc, 0);
      for (AxisId axis : along) {
        Value size = getValueOrCreateConstantIndexOp(inner, loc, sizes[loopOf(axis)]);
        joined = arith::MulIOp::create(inner, loc, joined, size);
        joined = arith::AddIOp::create(inner, loc, joined, linalg::IndexOp::create(inner, loc, loopOf(axis)));
      }
      return joined;
    };
    Value result = emitScalar(inner, loc, root, [&](Expr expr) -> Value {
      if (expr->kind == Kind::Index)
        return position(axes.resolve(expr->axes));
      return arguments[llvm::find(leaves, expr) - leaves.begin()];
    });
    linalg::YieldOp::create(inner, loc, result);
  };
  SmallVector<utils::IteratorType> iterators(loops.size(), utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(builder, loc, init.getType(), inputs, init, maps, iterators, body);
  return axes.arrange(builder, loc, generic.getResult(0), single, resolved);
}

} // namespace heddle
