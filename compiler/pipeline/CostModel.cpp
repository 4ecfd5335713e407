#include "compiler/pipeline/CostModel.h"

#include "dialects/mixer/Mixer.h"
#include "passes/lower/SymbolicSizes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

#include <cmath>

using namespace mlir;

namespace heddle {
namespace {

/// Operations of one iteration of a linalg body: all arithmetic on floats but conversions.
int64_t flopsOfBody(linalg::LinalgOp op) {
  int64_t flops = 0;
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (isa<arith::ExtFOp, arith::TruncFOp, arith::ConstantOp>(inner) ||
        !isa<arith::ArithDialect, math::MathDialect>(inner.getDialect()))
      continue;
    flops += inner.getNumResults() == 1 && isa<FloatType>(inner.getResult(0).getType());
  }
  return flops;
}

class Counter {
public:
  explicit Counter(func::FuncOp entry) : sizes(entry), cost{constant(entry, 0), constant(entry, 0)} {}

  void add(linalg::LinalgOp op) {
    AffineExpr iterations = constant(op, 1);
    for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
      AffineExpr range = rangeOf(op, loop);
      if (!range)
        return;
      iterations = iterations * range;
    }
    cost.flops = cost.flops + iterations * flopsOfBody(op);
    addOperands(op);
  }

  /// Forms speak in numbers, so the formula B * (a * T + b * T * S) is fitted to two lengths.
  void add(mixer::MixOp mix) {
    AffineExpr batch = sizes.resolveDim(mix.getInits().front(), 0),
               queries = sizes.resolveDim(mix.getInits().front(), 1);
    AffineExpr keys = sizes.resolveDim(mix.getValue(), 1);
    if (!batch || !queries || !keys || !mix.getForm())
      return;
    auto flopsAt = [&](int64_t tokens) {
      mixer::MixSizes at = mix.getSizes();
      at.B = 1, at.T = at.S = tokens;
      mixer::FormCost form = mix.formCost(*mix.getForm(), at);
      return form.flops + form.exps;
    };
    constexpr double shorter = 1024, longer = 2048;
    double first = flopsAt(shorter) / shorter, second = flopsAt(longer) / longer;
    double quadratic = std::max(0.0, (second - first) / (longer - shorter));
    double linear = std::max(0.0, first - quadratic * shorter);
    cost.flops = cost.flops + batch * queries * int64_t(std::llround(linear)) +
                 batch * queries * keys * int64_t(std::llround(quadratic));
    addOperands(mix);
  }

  /// The new tokens are read and written; the rest of the buffer is not touched.
  void add(mixer::AppendOp append) {
    for (int pass = 0; pass < 2; ++pass)
      addBuffer(append, append.getTokens());
  }

  void add(memref::CopyOp copy) { addOperands(copy); }

  EntryCost take() { return {cost.flops, cost.bytes}; }

private:
  static AffineExpr constant(Operation *op, int64_t value) { return getAffineConstantExpr(value, op->getContext()); }

  AffineExpr rangeOf(linalg::LinalgOp op, unsigned loop) {
    for (OpOperand &operand : op->getOpOperands()) {
      AffineMap map = op.getMatchingIndexingMap(&operand);
      for (auto [dim, result] : llvm::enumerate(map.getResults()))
        if (result == getAffineDimExpr(loop, op.getContext()))
          return sizes.resolveDim(operand.get(), dim);
    }
    return nullptr;
  }

  void addOperands(Operation *op) {
    auto mix = dyn_cast<mixer::MixOp>(op);
    for (Value operand : op->getOperands()) {
      // Of a ring as many places are read as the support reaches back.
      bool isPast = mix && (operand == mix.getPastKey() || operand == mix.getPastValue());
      addBuffer(op, operand, isPast ? std::optional(mix.getPastTokens()) : std::nullopt);
    }
  }

  /// All of a buffer, or so many elements of its dimension 1.
  void addBuffer(Operation *op, Value operand, std::optional<int64_t> tokens = {}) {
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type || !type.getElementType().isIntOrFloat())
      return;
    AffineExpr bytes = constant(op, llvm::divideCeil(type.getElementTypeBitWidth(), 8));
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      AffineExpr size = dim == 1 && tokens ? constant(op, *tokens) : sizes.resolveDim(operand, dim);
      if (!size)
        return;
      bytes = bytes * size;
    }
    cost.bytes = cost.bytes + bytes;
  }

  SymbolicSizes sizes;
  EntryCost cost;
};

} // namespace

EntryCost costOf(func::FuncOp entry) {
  Counter counter(entry);
  entry.walk([&](Operation *op) {
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      counter.add(linalgOp);
    else if (auto mix = dyn_cast<mixer::MixOp>(op))
      counter.add(mix);
    else if (auto append = dyn_cast<mixer::AppendOp>(op))
      counter.add(append);
    else if (auto copy = dyn_cast<memref::CopyOp>(op))
      counter.add(copy);
  });
  return counter.take();
}

} // namespace heddle
