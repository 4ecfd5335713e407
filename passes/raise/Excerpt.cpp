#include "passes/raise/Excerpt.h"

#include "passes/raise/EvaluationCost.h"
#include "passes/raise/Reads.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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
    for (Value input : inputs) {
      bool isTensor = isa<RankedTensorType>(input.getType());
      std::optional<SmallVector<int64_t>> shape = isTensor ? sizes.shape(input) : SmallVector<int64_t>();
      if (!shape)
        return Excerpt();
      excerpt.shapes.push_back(std::move(*shape));
    }
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
      excerpt.operations += evaluationCost(op, sizes);
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

  llvm::DenseSet<Value> frontier;
  ConcreteSizes &sizes;
  llvm::SetVector<Value> inputs, indices;
  llvm::SetVector<Operation *> ops;
};

} // namespace

bool Excerpt::isSame(const Excerpt &other) const {
  func::FuncOp left = function, right = other.function;
  return operations == other.operations && shapes == other.shapes &&
         left.getFunctionType() == right.getFunctionType() &&
         OperationEquivalence::isRegionEquivalentTo(&left.getBody(), &right.getBody(),
                                                    OperationEquivalence::IgnoreLocations);
}

Excerpt Excerpt::of(ArrayRef<Value> results, ArrayRef<Value> frontier, ConcreteSizes &sizes) {
  Builder builder(frontier, sizes);
  return builder.collect(results) ? builder.build(results) : Excerpt();
}

} // namespace heddle
