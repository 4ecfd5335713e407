#include "passes/tile/Epilogue.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "passes/tile/RowAccess.h"

using namespace mlir;

namespace heddle {
namespace {

//===--- which operation --------------------------------------------------------------------===//

/// Operations that look at `buffer` itself or at a reshape of it, in no order.
void collectUsers(Value buffer, SmallVectorImpl<Operation *> &users) {
  for (Operation *user : buffer.getUsers()) {
    if (isa<memref::ExpandShapeOp, memref::CollapseShapeOp>(user))
      collectUsers(user->getResult(0), users);
    else if (!isa<memref::DimOp, memref::DeallocOp>(user))
      users.push_back(user);
  }
}

/// Arithmetic on single elements that reads the same on vectors.
bool isVectorizable(linalg::GenericOp op) {
  if (op.getNumReductionLoops() || op.getNumDpsInits() != 1 || !op.hasPureBufferSemantics() ||
      !op.getRegionOutputArgs().front().use_empty())
    return false;
  return llvm::all_of(op.getBody()->without_terminator(), [](Operation &inner) {
    return isa<arith::ConstantOp>(inner) || OpTrait::hasElementwiseMappableTraits(&inner);
  });
}

/// Whether the contraction may run at the place of `later`: what stands between neither writes its operands nor looks
/// at its result.
bool mayMoveDown(linalg::LinalgOp contraction, Operation *later, Value result, const BufferAliases &aliases) {
  SmallVector<Value> classes{aliases.getClass(result)};
  for (Value input : contraction.getDpsInputs())
    classes.push_back(aliases.getClass(input));
  auto touches = [&](Value value) { return llvm::is_contained(classes, aliases.getClass(value)); };
  for (Operation *op = contraction->getNextNode(); op != later; op = op->getNextNode()) {
    if (isMemoryEffectFree(op) || isa<memref::AllocOp>(op))
      continue;
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (!structured || !structured.hasPureBufferSemantics() || llvm::any_of(structured.getDpsInits(), touches) ||
        llvm::any_of(structured.getDpsInputs(),
                     [&](Value value) { return aliases.getClass(value) == classes.front(); }))
      return false;
  }
  return true;
}

//===--- its loops --------------------------------------------------------------------------===//

/// A matrix without gaps, indexed by exactly these two loops.
bool isWholeMatrix(const Access &access, std::optional<unsigned> row, unsigned column) {
  return row && access.type().getRank() == 2 && access.type().getLayout().isIdentity() &&
         access.dimOfLoop(*row) == 0u && access.dimOfLoop(column) == 1u;
}

bool isWholeMatrix(const Access &access) { return isWholeMatrix(access, Epilogue::row, Epilogue::column); }

} // namespace

linalg::GenericOp findEpilogue(linalg::LinalgOp contraction, const BufferAliases &aliases) {
  Value sums = contraction.getDpsInitOperand(0)->get(), buffer = skipReshapes(sums);
  if (!buffer.getDefiningOp<memref::AllocOp>())
    return nullptr;
  SmallVector<Operation *> users;
  collectUsers(buffer, users);
  linalg::GenericOp first;
  for (Operation *user : users) {
    auto generic = dyn_cast<linalg::GenericOp>(user);
    if (!generic || generic == contraction || generic->getBlock() != contraction->getBlock() ||
        !contraction->isBeforeInBlock(generic))
      continue;
    if (!first || generic->isBeforeInBlock(first))
      first = generic;
  }
  if (!first || !isVectorizable(first) || !mayMoveDown(contraction, first, buffer, aliases))
    return nullptr;
  Value written = aliases.getClass(first.getDpsInits().front());
  bool isRead =
      llvm::any_of(contraction.getDpsInputs(), [&](Value input) { return aliases.getClass(input) == written; });
  return isRead ? nullptr : first;
}

/// Whether `epilogue` alone reads the sums, and has room for them in its output until it writes there.
static bool accumulatesInOutput(Epilogue &epilogue, const Contraction &contraction, Value buffer,
                                const BufferAliases &aliases) {
  SmallVector<Operation *> users;
  collectUsers(buffer, users);
  unsigned readers = llvm::count_if(users, [](Operation *user) { return !isa<linalg::FillOp>(user); });
  Value written = aliases.getClass(epilogue.op.getDpsInitOperand(0)->get());
  bool isRead = llvm::any_of(epilogue.op.getDpsInputs(), [&](Value input) {
    return isa<MemRefType>(input.getType()) && aliases.getClass(input) == written;
  });
  return readers == 2 && !isRead && isWholeMatrix(epilogue.out()) &&
         epilogue.out().type().getElementType() == contraction.out().type().getElementType();
}

std::optional<Epilogue> matchEpilogue(OpBuilder &builder, const Contraction &contraction, Value sums,
                                      linalg::GenericOp op, const BufferAliases &aliases) {
  Value buffer = skipReshapes(sums);
  Epilogue found{op, makeIterationSpace(builder, op)};
  SmallVector<OpOperand *> inputs = op.getDpsInputOperands();
  auto readsSums = [&](OpOperand *operand) { return skipReshapes(operand->get()) == buffer; };
  if (llvm::count_if(inputs, readsSums) != 1)
    return std::nullopt;
  found.sum = std::distance(inputs.begin(), llvm::find_if(inputs, readsSums));

  SmallVector<Access> &accesses = found.space.accesses;
  mergeLoops(builder, op.getLoc(), found.space, [&](unsigned outer, unsigned inner) {
    std::optional<unsigned> column = accesses[found.sum].unitStrideLoop();
    return column != outer && column != inner;
  });
  const Access &sum = accesses[found.sum];
  auto suitsColumns = [](const Access &access) {
    return access.isScalar() || access.unitStrideLoop() == Epilogue::column || !access.usesLoop(Epilogue::column);
  };
  if (found.space.loops.size() != 2 || !isWholeMatrix(sum) ||
      !isWholeMatrix(contraction.out(), contraction.m, contraction.n) || sum.type().isDynamicDim(1) ||
      sum.type().getDimSize(1) != contraction.out().type().getDimSize(1) || !llvm::all_of(accesses, suitsColumns) ||
      !found.out().usesLoop(Epilogue::row) || !found.out().usesLoop(Epilogue::column))
    return std::nullopt;
  found.needsSums = !accumulatesInOutput(found, contraction, buffer, aliases);
  return found;
}

} // namespace heddle
