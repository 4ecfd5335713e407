#include "passes/raise/Alike.h"

#include "llvm/ADT/DenseMap.h"

using namespace mlir;

namespace heddle {

std::optional<SmallVector<Value>> readsWhereAlike(Operation *sample, Operation *op) {
  if (sample->getName() != op->getName() || sample->getNumOperands() != op->getNumOperands() ||
      sample->getBlock() != op->getBlock())
    return std::nullopt;
  SmallVector<Value> reads(op->operand_begin(), op->operand_end());
  for (auto [left, right] : llvm::zip_equal(sample->getOperandTypes(), op->getOperandTypes()))
    if (left != right)
      return std::nullopt;
  llvm::DenseMap<Value, Value> inside, captured;
  bool inRegions = false;
  auto check = [&](Value left, Value right) {
    if (!inRegions)
      return success();
    auto known = inside.find(left);
    if (known != inside.end())
      return success(known->second == right);
    auto [place, isNew] = captured.insert({left, right});
    if (isNew)
      reads.push_back(right);
    return success(place->second == right && left.getType() == right.getType());
  };
  // The ops' own results are marked after their operands were compared and before their regions are.
  auto mark = [&](Value left, Value right) {
    inRegions = true;
    inside[left] = right;
  };
  if (!OperationEquivalence::isEquivalentTo(sample, op, check, mark, OperationEquivalence::IgnoreLocations))
    return std::nullopt;
  return reads;
}

} // namespace heddle
