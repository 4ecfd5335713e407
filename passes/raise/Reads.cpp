#include "passes/raise/Reads.h"

#include "mlir/Transforms/RegionUtils.h"

using namespace mlir;

namespace heddle {

llvm::SetVector<Value> readsOf(Operation *op) {
  llvm::SetVector<Value> reads(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), reads);
  return reads;
}

} // namespace heddle
