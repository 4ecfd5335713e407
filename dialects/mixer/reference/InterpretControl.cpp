// Meaning of control flow: scf.for, scf.if, scf.index_switch, func.call, affine.apply.
#include "dialects/mixer/reference/AffineEvaluation.h"
#include "dialects/mixer/reference/InterpreterState.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace heddle {
namespace {

LogicalResult forLoop(Interpreter &in, scf::ForOp op) {
  int64_t lower = in.integer(op.getLowerBound()), upper = in.integer(op.getUpperBound());
  int64_t step = in.integer(op.getStep());
  if (step <= 0)
    return op.emitOpError("expected a positive step but got ") << step;
  SmallVector<Capture> carried;
  for (Value init : op.getInitArgs())
    carried.push_back(in.get(init));
  Operation *yield = op.getBody()->getTerminator();
  for (int64_t i = lower; i < upper; i += step) {
    Scalar position;
    position.integer = i;
    in.set(op.getInductionVar(), position);
    for (auto [argument, value] : llvm::zip_equal(op.getRegionIterArgs(), carried))
      in.set(argument, std::move(value));
    if (failed(in.runBlock(*op.getBody())))
      return failure();
    // Values yielded once and computed in the loop are released: the next iteration owns them alone.
    for (auto [value, yielded] : llvm::zip_equal(carried, yield->getOperands())) {
      bool own = yielded.getParentBlock() == op.getBody() && yielded.hasOneUse();
      value = own ? in.release(yielded) : in.get(yielded);
    }
  }
  for (auto [result, value] : llvm::zip_equal(op.getResults(), carried))
    in.set(result, std::move(value));
  return success();
}

/// Runs the one region that is taken; what it yields are the results of `op`.
LogicalResult runTaken(Interpreter &in, Operation *op, Region &region) {
  if (region.empty())
    return success();
  if (failed(in.runBlock(region.front())))
    return failure();
  for (auto [result, yielded] : llvm::zip(op->getResults(), region.front().getTerminator()->getOperands()))
    in.set(result, in.get(yielded));
  return success();
}

LogicalResult conditional(Interpreter &in, scf::IfOp op) {
  return runTaken(in, op, in.integer(op.getCondition()) ? op.getThenRegion() : op.getElseRegion());
}

LogicalResult choose(Interpreter &in, scf::IndexSwitchOp op) {
  int64_t choice = in.integer(op.getArg());
  for (auto [number, region] : llvm::zip_equal(op.getCases(), op.getCaseRegions()))
    if (number == choice)
      return runTaken(in, op, region);
  return runTaken(in, op, op.getDefaultRegion());
}

LogicalResult call(Interpreter &in, func::CallOp op) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(op, op.getCalleeAttr());
  if (!callee || !callee.getBody().hasOneBlock())
    return op.emitOpError("expected a callee with a body of one block but got '") << op.getCallee() << "'";
  Block &body = callee.getBody().front();
  for (auto [argument, operand] : llvm::zip_equal(body.getArguments(), op.getOperands()))
    in.set(argument, in.get(operand));
  if (failed(in.runBlock(body)))
    return failure();
  for (auto [result, returned] : llvm::zip_equal(op.getResults(), body.getTerminator()->getOperands()))
    in.set(result, in.get(returned));
  return success();
}

LogicalResult applyMap(Interpreter &in, affine::AffineApplyOp op) {
  SmallVector<int64_t> values;
  for (Value operand : op.getMapOperands())
    values.push_back(in.integer(operand));
  Scalar result;
  result.integer = evaluateAffine(op.getAffineMap().getResult(0), values, op.getAffineMap().getNumDims());
  in.set(op.getResult(), result);
  return success();
}

} // namespace

void addControlHandlers(HandlerTable &table) {
  addHandler<affine::AffineApplyOp, applyMap>(table);
  addHandler<func::CallOp, call>(table);
  addHandler<scf::ForOp, forLoop>(table);
  addHandler<scf::IfOp, conditional>(table);
  addHandler<scf::IndexSwitchOp, choose>(table);
}

} // namespace heddle
