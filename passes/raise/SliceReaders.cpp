#include "passes/raise/SliceReaders.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr size_t kFewestSlices = 3;

/// Slices by position along one dimension, grouped by all else that they state.
using Groups = llvm::MapVector<std::pair<Value, Attribute>, std::map<int64_t, tensor::ExtractSliceOp>>;

Groups groupSlices(Block &block) {
  Groups groups;
  for (auto slice : block.getOps<tensor::ExtractSliceOp>()) {
    if (!slice.getOffsets().empty() || slice.hasUnitStride() == false)
      continue;
    Builder builder(slice.getContext());
    ArrayRef<int64_t> offsets = slice.getStaticOffsets();
    for (auto [dim, size] : llvm::enumerate(slice.getStaticSizes())) {
      if (size != 1 || slice.getSourceType().getDimSize(dim) == 1)
        continue;
      SmallVector<int64_t> place(offsets);
      place[dim] = 0;
      Attribute rest =
          builder.getArrayAttr({builder.getI64IntegerAttr(dim), builder.getI64ArrayAttr(place),
                                builder.getI64ArrayAttr(slice.getStaticSizes()), TypeAttr::get(slice.getType())});
      groups[{slice.getSource(), rest}][offsets[dim]] = slice;
    }
  }
  return groups;
}

/// The first user of another slice's value that reads it as `user` reads `sample`.
Value resultOfLikeUser(OpOperand &sample, Value other) {
  for (OpOperand &use : other.getUses())
    if (use.getOwner()->getName() == sample.getOwner()->getName() &&
        use.getOperandNumber() == sample.getOperandNumber() &&
        use.getOwner()->getBlock() == sample.getOwner()->getBlock())
      return use.getOwner()->getResult(0);
  return nullptr;
}

} // namespace

SmallVector<SmallVector<Value>> findSliceReaders(Block &block) {
  SmallVector<SmallVector<Value>> readers;
  for (auto &[key, slices] : groupSlices(block)) {
    int64_t first = slices.begin()->first, last = slices.rbegin()->first;
    if (slices.size() < kFewestSlices || last - first + 1 != int64_t(slices.size()))
      continue;
    tensor::ExtractSliceOp sample = slices[first + int64_t(slices.size()) / 2];
    for (OpOperand &use : sample.getResult().getUses()) {
      if (use.getOwner()->getBlock() != &block || use.getOwner()->getNumResults() != 1)
        continue;
      SmallVector<Value> values;
      for (auto &[position, slice] : slices)
        values.push_back(resultOfLikeUser(use, slice.getResult()));
      if (!llvm::is_contained(values, Value()))
        readers.push_back(std::move(values));
    }
  }
  return readers;
}

} // namespace heddle
