#include "passes/lower/MemoryPlan.h"

#include "passes/lower/MemoryFormula.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

namespace heddle {
namespace {

struct Range {
  unsigned first, last;
};

/// Position of every op in program order; an op with regions spans the positions of what it holds.
llvm::DenseMap<Operation *, Range> numberOps(func::FuncOp entry) {
  llvm::DenseMap<Operation *, Range> positions;
  unsigned next = 0;
  entry.walk([&](Operation *op, const WalkStage &stage) {
    if (stage.isBeforeAllRegions())
      positions[op].first = next++;
    if (stage.isAfterAllRegions())
      positions[op].last = next++;
  });
  return positions;
}

/// The op whose span a use extends over: the outermost loop around the use that does not also hold the allocation.
Operation *extentOfUse(Operation *user, memref::AllocOp alloc) {
  Operation *extent = user;
  for (Operation *parent = user; parent && !parent->isProperAncestor(alloc); parent = parent->getParentOp())
    if (isa<LoopLikeOpInterface>(parent))
      extent = parent;
  return extent;
}

class Slots {
public:
  explicit Slots(ArrayRef<int64_t> typicalSymbols) : typicalSymbols(typicalSymbols) {}

  void place(PlannedBuffer &buffer) {
    unsigned best = findBest(buffer);
    if (best == slots.size())
      slots.emplace_back();
    buffer.slot = best;
    slots[best].buffers.push_back(&buffer);
    addSize(slots[best].sizes, buffer.bytes);
  }

  SmallVector<AffineMap> getMaps(MLIRContext *context) {
    SmallVector<AffineMap> maps;
    for (Slot &slot : slots)
      maps.push_back(AffineMap::get(0, typicalSymbols.size(), slot.sizes, context));
    return maps;
  }

private:
  struct Slot {
    SmallVector<PlannedBuffer *> buffers;
    SmallVector<AffineExpr> sizes;
  };

  static void addSize(SmallVector<AffineExpr> &sizes, AffineExpr size) {
    if (llvm::any_of(sizes, [&](AffineExpr other) { return isAtLeast(other, size); }))
      return;
    llvm::erase_if(sizes, [&](AffineExpr other) { return isAtLeast(size, other); });
    sizes.push_back(size);
  }

  double evaluate(ArrayRef<AffineExpr> sizes) const {
    double largest = 0;
    for (AffineExpr size : sizes)
      largest = std::max(largest, evaluateSize(size, typicalSymbols));
    return largest;
  }

  /// Least growth first, then the shortest formula, then the tightest fit.
  unsigned findBest(PlannedBuffer &buffer) const {
    unsigned best = slots.size();
    auto bestCost = std::make_tuple(evaluate(buffer.bytes), size_t(0), 0.0);
    for (auto [index, slot] : llvm::enumerate(slots)) {
      if (llvm::any_of(slot.buffers, [&](PlannedBuffer *other) {
            return buffer.first <= other->last && other->first <= buffer.last;
          }))
        continue;
      SmallVector<AffineExpr> sizes = slot.sizes;
      addSize(sizes, buffer.bytes);
      auto cost = std::make_tuple(evaluate(sizes) - evaluate(slot.sizes), sizes.size(), evaluate(slot.sizes));
      if (cost < bestCost) {
        best = index;
        bestCost = cost;
      }
    }
    return best;
  }

  ArrayRef<int64_t> typicalSymbols;
  SmallVector<Slot> slots;
};

} // namespace

void computeLiveRanges(func::FuncOp entry, const BufferAliases &aliases, MutableArrayRef<PlannedBuffer> buffers) {
  llvm::DenseMap<Operation *, Range> positions = numberOps(entry);
  for (PlannedBuffer &buffer : buffers) {
    // A buffer without content yet, or of which only an address or a size is taken, needs no place.
    buffer.first = positions[entry].last;
    for (Value member : aliases.getMembers(buffer.alloc)) {
      for (Operation *user : member.getUsers()) {
        if (isa<ViewLikeOpInterface, memref::DimOp>(user))
          continue;
        Operation *extent = extentOfUse(user, buffer.alloc);
        buffer.first = std::min(buffer.first, positions[extent].first);
        buffer.last = std::max(buffer.last, positions[extent].last);
      }
    }
  }
}

SmallVector<AffineMap> assignSlots(MutableArrayRef<PlannedBuffer> buffers, ArrayRef<int64_t> typicalSymbols,
                                   MLIRContext *context) {
  SmallVector<PlannedBuffer *> order;
  for (PlannedBuffer &buffer : buffers)
    order.push_back(&buffer);
  llvm::sort(order, [&](PlannedBuffer *a, PlannedBuffer *b) {
    double sizeA = evaluateSize(a->bytes, typicalSymbols), sizeB = evaluateSize(b->bytes, typicalSymbols);
    return sizeA != sizeB ? sizeA > sizeB : a < b; // equal sizes in program order
  });
  Slots slots(typicalSymbols);
  for (PlannedBuffer *buffer : order)
    slots.place(*buffer);
  return slots.getMaps(context);
}

} // namespace heddle
