#include "passes/raise/Stacks.h"

using namespace mlir;

namespace heddle {
namespace {

constexpr size_t kFewestPieces = 3;

/// A slice written into a tensor of the same extent in all dimensions but one.
struct Write {
  Value piece;
  int64_t position, size;
};

bool hasUnitStrides(tensor::InsertSliceOp insert) {
  return llvm::all_of(insert.getStaticStrides(), [](int64_t stride) { return stride == 1; });
}

/// The only dimension in which the places of two writes differ.
std::optional<int64_t> differingDim(tensor::InsertSliceOp left, tensor::InsertSliceOp right) {
  SmallVector<OpFoldResult> leftOffsets = left.getMixedOffsets(), rightOffsets = right.getMixedOffsets();
  std::optional<int64_t> dim;
  for (auto [index, pair] : llvm::enumerate(llvm::zip_equal(leftOffsets, rightOffsets))) {
    auto [before, after] = pair;
    if (before == after)
      continue;
    if (dim)
      return std::nullopt;
    dim = index;
  }
  return dim;
}

class Collector {
public:
  explicit Collector(int64_t dim) : dim(dim) {}

  /// Adds the writes that make `whole`; returns what the first of them writes into.
  Value collect(tensor::InsertSliceOp whole, int64_t shift) {
    Value base;
    for (tensor::InsertSliceOp insert = whole; insert;
         insert = insert.getDest().getDefiningOp<tensor::InsertSliceOp>()) {
      if (insert != whole && !continues(insert, whole))
        break;
      base = insert.getDest();
      int64_t position = insert.getStaticOffset(dim), size = insert.getStaticSize(dim);
      inserts.push_back(insert);
      auto nested = insert.getSource().getDefiningOp<tensor::InsertSliceOp>();
      if (nested && isWhollyWritten(nested, size))
        collect(nested, shift + position);
      else
        writes.push_back({insert.getSource(), shift + position, size});
    }
    return base;
  }

  SmallVector<Write> writes;
  SmallVector<Operation *> inserts;

private:
  bool continues(tensor::InsertSliceOp insert, tensor::InsertSliceOp whole) const {
    return insert->hasOneUse() && insert->getBlock() == whole->getBlock() && hasUnitStrides(insert) &&
           insert.getSourceType().getRank() == whole.getSourceType().getRank() && differingDim(insert, whole) == dim &&
           !insert.isDynamicOffset(dim) && !insert.isDynamicSize(dim);
  }

  /// A piece of several pieces: the chain that ends in `nested` covers the `size` places along `dim` one by one.
  bool isWhollyWritten(tensor::InsertSliceOp nested, int64_t size) const {
    if (!nested->hasOneUse() || !hasUnitStrides(nested) || nested.getDestType().getRank() <= dim ||
        !nested.getDest().getDefiningOp<tensor::InsertSliceOp>())
      return false;
    int64_t covered = 0;
    for (auto insert = nested; insert; insert = insert.getDest().getDefiningOp<tensor::InsertSliceOp>()) {
      if (insert != nested && !continues(insert, nested))
        return false;
      if (insert.isDynamicSize(dim))
        return false;
      covered += insert.getStaticSize(dim);
      if (covered == size)
        return insert.getDest().getDefiningOp<tensor::EmptyOp>() != nullptr;
    }
    return false;
  }

  int64_t dim;
};

std::optional<Stack> stackEndingAt(tensor::InsertSliceOp last) {
  auto before = last.getDest().getDefiningOp<tensor::InsertSliceOp>();
  if (!before || !hasUnitStrides(last) || before.getSourceType().getRank() != last.getSourceType().getRank())
    return std::nullopt;
  std::optional<int64_t> dim = differingDim(last, before);
  if (!dim || last.isDynamicOffset(*dim) || last.isDynamicSize(*dim))
    return std::nullopt;
  Collector collector(*dim);
  Stack stack;
  stack.base = collector.collect(last, 0);
  stack.last = last;
  stack.inserts = std::move(collector.inserts);
  stack.dim = *dim;
  llvm::sort(collector.writes, [](const Write &left, const Write &right) { return left.position < right.position; });
  if (collector.writes.size() < kFewestPieces)
    return std::nullopt;
  stack.first = collector.writes.front().position;
  stack.step = collector.writes.front().size;
  for (auto [index, write] : llvm::enumerate(collector.writes)) {
    if (write.size != stack.step || write.position != stack.first + int64_t(index) * stack.step ||
        write.piece.getType() != collector.writes.front().piece.getType())
      return std::nullopt;
    stack.pieces.push_back(write.piece);
  }
  return stack;
}

} // namespace

Value Stack::insert(OpBuilder &builder, Location loc, Value piece, Value into, OpFoldResult position) const {
  SmallVector<OpFoldResult> offsets = last.getMixedOffsets(), sizes = last.getMixedSizes();
  offsets[dim] = position;
  sizes[dim] = builder.getIndexAttr(std::abs(step));
  return tensor::InsertSliceOp::create(builder, loc, piece, into, offsets, sizes, last.getMixedStrides());
}

SmallVector<Stack> findStacks(Block &block) {
  SmallVector<Stack> stacks;
  llvm::DenseSet<Operation *> seen;
  // From the end: what continues a tensor comes behind it.
  for (Operation &op : llvm::reverse(block)) {
    auto insert = dyn_cast<tensor::InsertSliceOp>(op);
    if (!insert || seen.contains(insert))
      continue;
    std::optional<Stack> stack = stackEndingAt(insert);
    if (!stack)
      continue;
    seen.insert(stack->inserts.begin(), stack->inserts.end());
    stacks.push_back(std::move(*stack));
  }
  std::reverse(stacks.begin(), stacks.end());
  return stacks;
}

} // namespace heddle
