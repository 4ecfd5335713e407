#include "passes/raise/Excerpt.h"

#include "dialects/mixer/Mixer.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/Reads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace heddle {
namespace {

class Builder {
public:
  Builder(ArrayRef<Value> frontier, ConcreteSizes &sizes) : frontier(frontier.begin(), frontier.end()), sizes(sizes) {}

  /// Sorts the values that the results depend on into ops to clone, inputs and sizes; false where a size is unknown.
  bool collect(ArrayRef<Value> results) {
    SmallVector<Value> open(results.begin(), results.end());
    llvm::DenseSet<Value> seen;
    while (!open.empty()) {
      Value value = open.pop_back_val();
      if (!seen.insert(value).second)
        continue;
      if (value.getType().isIndex()) {
        if (!sizes.value(value))
          return false;
        indices.insert(value);
        continue;
      }
      Operation *op = value.getDefiningOp();
      if (!op || frontier.contains(value)) {
        inputs.insert(value);
        continue;
      }
      if (ops.insert(op))
        llvm::append_range(open, readsOf(op));
    }
    return true;
  }

  Excerpt build(ArrayRef<Value> results) {
    Excerpt excerpt;
    excerpt.inputs.assign(inputs.begin(), inputs.end());
    Location loc = results.front().getLoc();
    excerpt.module = ModuleOp::create(loc);
    auto type =
        FunctionType::get(loc.getContext(), ValueRange(excerpt.inputs).getTypes(), TypeRange(ValueRange(results)));
    OpBuilder builder = OpBuilder::atBlockEnd(excerpt.module->getBody());
    excerpt.function = func::FuncOp::create(builder, loc, "excerpt", type);
    Block *body = excerpt.function.addEntryBlock();
    builder.setInsertionPointToEnd(body);
    IRMapping mapping;
    mapping.map(excerpt.inputs, body->getArguments());
    for (Value index : indices)
      mapping.map(index, arith::ConstantIndexOp::create(builder, loc, *sizes.value(index)).getResult());
    for (Operation *op : inOrder()) {
      builder.clone(*op, mapping);
      excerpt.operations += operationsOf(op);
    }
    SmallVector<Value> mapped;
    for (Value result : results)
      mapped.push_back(mapping.lookup(result));
    func::ReturnOp::create(builder, loc, mapped);
    return excerpt;
  }

private:
  SmallVector<Operation *> inOrder() {
    SmallVector<Operation *> ordered(ops.begin(), ops.end());
    llvm::sort(ordered, [](Operation *left, Operation *right) { return left->isBeforeInBlock(right); });
    return ordered;
  }

  double elements(Value tensor) {
    if (!isa<RankedTensorType>(tensor.getType()))
      return 1;
    std::optional<SmallVector<int64_t>> shape = sizes.shape(tensor);
    double count = 1;
    for (int64_t size : shape.value_or(SmallVector<int64_t>()))
      count *= size;
    return count;
  }

  /// Every output feature adds up the tokens, and every weight the key features.
  double pairsOf(mixer::MixOp mix) {
    double tokens = sizes.size(mix.getValue(), 1).value_or(1);
    double weights = mix.getQuery() ? elements(mix.getQuery()) * sizes.size(mix.getResult(0), 1).value_or(1) : 0;
    return (elements(mix.getResult(0)) + weights) * tokens;
  }

  double operationsOf(Operation *op) {
    if (auto mix = dyn_cast<mixer::MixOp>(op))
      return pairsOf(mix);
    double count = 0;
    for (Value result : op->getResults())
      count += elements(result);
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (!structured || structured.getNumReductionLoops() == 0)
      return count;
    // Reductions run over the largest operand at least.
    for (Value operand : op->getOperands())
      count = std::max(count, elements(operand));
    if (linalg::isaContractionOpInterface(structured))
      count *= std::sqrt(std::max(1.0, elements(op->getOperand(0)) * elements(op->getOperand(1)) /
                                           std::max(1.0, elements(op->getResult(0)))));
    return count;
  }

  llvm::DenseSet<Value> frontier;
  ConcreteSizes &sizes;
  llvm::SetVector<Value> inputs, indices;
  llvm::SetVector<Operation *> ops;
};

} // namespace

Excerpt Excerpt::of(ArrayRef<Value> results, ArrayRef<Value> frontier, ConcreteSizes &sizes) {
  Builder builder(frontier, sizes);
  return builder.collect(results) ? builder.build(results) : Excerpt();
}

} // namespace heddle
