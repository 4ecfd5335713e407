#include "passes/stream/DeclareStep.h"

#include "passes/stream/Names.h"
#include "passes/stream/StreamSymbols.h"

using namespace mlir;

namespace heddle {

/// Steps take any number of blocks, whatever lengths the entry takes; its longest is how many tokens a row may see.
static void limitPositions(func::FuncOp step, unsigned tokens, int64_t block) {
  Builder builder(step.getContext());
  auto ranges = step->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  if (!ranges)
    return;
  SmallVector<int64_t> all(ranges.asArrayRef());
  all[2 * tokens] = 1;
  step->setAttr("heddle.symbol_ranges", builder.getDenseI64ArrayAttr(all));
  if (int64_t most = all[2 * tokens + 1]; most != std::numeric_limits<int64_t>::max())
    step->setAttr(kPositionsAttr, builder.getI64IntegerAttr(most * block));
}

func::FuncOp declareStep(func::FuncOp entry, StringRef name, unsigned tokens) {
  OpBuilder builder(entry.getContext());
  builder.setInsertionPointAfter(entry);
  auto step = func::FuncOp::create(builder, entry.getLoc(), name, entry.getFunctionType());
  step->setAttrs(entry->getAttrDictionary());
  step.setName(name);
  step.setPublic();
  step.setFunctionType(builder.getFunctionType(entry.getArgumentTypes(), {}));
  step->setAttr(kTokensAttr, builder.getI64IntegerAttr(tokens));
  int64_t block = tokensPerBlock(entry, tokens);
  if (block != 1)
    step->setAttr(kBlockAttr, builder.getI64IntegerAttr(block));
  limitPositions(step, tokens, block);
  step->removeAttr("heddle.defaults"); // they are of whole sequences
  step.removeResAttrsAttr();
  step.addEntryBlock();
  return step;
}

} // namespace heddle
