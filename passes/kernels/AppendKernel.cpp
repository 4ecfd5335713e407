// `mixer.append`: each row's new tokens to the places from its position on, which go round where they are a ring.
#include "passes/kernels/Kernels.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

class AppendKernel {
public:
  AppendKernel(LoopBuilder &loops, mixer::AppendOp op) : loops(loops), op(op) {}

  void emit() {
    Value tokens = op.getTokens();
    int64_t rank = cast<MemRefType>(tokens.getType()).getRank(), work = 1;
    for (int64_t size : cast<MemRefType>(tokens.getType()).getShape().drop_front(2))
      work *= ShapedType::isDynamic(size) ? 64 : size;
    Expr given = loops.dim(tokens, 1), count = given;
    if (std::optional<uint64_t> ring = op.getRing())
      count = min(given, loops.index(int64_t(*ring)));
    loops.kernel("append", {loops.dim(tokens, 0), count}, work, [&](ArrayRef<Expr> at) {
      bool isShared = cast<MemRefType>(op.getPositions().getType()).getDimSize(0) == 1;
      Expr position = loops.load(op.getPositions(), {isShared ? loops.index(0) : at[0]});
      Expr place = loops.toIndex(position) + at[1], room = loops.dim(op.getInit(), 1), zero = loops.index(0);
      Expr token = given - count + at[1];
      if (op.getRing())
        place = place % room;
      Expr isInside = (zero <= place) & (place < room);
      loops.when(isInside, [&]() { copyFeatures({at[0], token}, {at[0], place}, rank); });
    });
  }

private:
  /// The elements are copied as they are, whatever their type is.
  void copyFeatures(Exprs from, Exprs to, int64_t rank) {
    if (int64_t(from.size()) == rank) {
      auto values = [](ArrayRef<Expr> at) { return llvm::map_to_vector(at, [](Expr index) { return index.value; }); };
      Value element = memref::LoadOp::create(loops.builder, loops.loc, op.getTokens(), values(from));
      memref::StoreOp::create(loops.builder, loops.loc, element, op.getInit(), values(to));
      return;
    }
    loops.loop(loops.index(0), loops.dim(op.getTokens(), from.size()), [&](Expr index) {
      Exprs nextFrom = from, nextTo = to;
      nextFrom.push_back(index);
      nextTo.push_back(index);
      copyFeatures(nextFrom, nextTo, rank);
    });
  }

  LoopBuilder &loops;
  mixer::AppendOp op;
};

} // namespace

void emitAppend(LoopBuilder &loops, mixer::AppendOp op) { AppendKernel(loops, op).emit(); }

} // namespace heddle::kernels
