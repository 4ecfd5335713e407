// Loops and branches on tensors.
#include "frontends/GraphBuilder.h"
#include "frontends/graph/ScalarOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace heddle {

static SmallVector<Value> valuesOf(ArrayRef<Tensor> tensors) {
  return llvm::map_to_vector(tensors, [](const Tensor &tensor) { return tensor.value; });
}

// The values as tensors that look like `like`.
static SmallVector<Tensor> tensorsLike(ArrayRef<Tensor> like, ValueRange values) {
  SmallVector<Tensor> tensors(like);
  for (auto [tensor, value] : llvm::zip(tensors, values))
    tensor.value = value;
  return tensors;
}

// Whether the state that a body makes can be carried where `before` was.
static bool checkCarried(GraphBuilder &g, ArrayRef<Tensor> before, ArrayRef<Tensor> after, StringRef what) {
  if (before.size() != after.size()) {
    g.fail(what + " makes " + Twine(after.size()) + " values, expected " + Twine(before.size()));
    return false;
  }
  for (auto [number, old, next] : llvm::enumerate(before, after)) {
    if (!next)
      return false;
    if (next.elementType == old.elementType && next.value.getType() == old.value.getType() &&
        llvm::all_of(llvm::zip(old.shape, next.shape),
                     [&](auto dims) { return g.sameDim(std::get<0>(dims), std::get<1>(dims)); }))
      continue;
    g.fail(what + " makes value " + Twine(number) + " of shape " + g.describe(next.shape) + ", expected " +
           g.describe(old.shape) + " and an equal element type");
    return false;
  }
  return true;
}

Tensor GraphBuilder::indexTensor(Value index, Type type) {
  return generate({}, type, [&](OpBuilder &nested, Location at, ValueRange) {
    return scalar::convert(nested, at, index, nested.getIndexType(), type);
  });
}

// Offsets and sizes of x[.., index, ..]; null sizes after a mistake.
static bool rowSlice(GraphBuilder &g, const Tensor &x, int64_t axis, Value index, SmallVector<OpFoldResult> &offsets,
                     SmallVector<OpFoldResult> &sizes) {
  offsets.assign(x.rank(), g.builder().getIndexAttr(0));
  for (Dim size : x.shape)
    sizes.push_back(g.dimOrAttr(size));
  offsets[axis] = getAsOpFoldResult(index);
  sizes[axis] = g.builder().getIndexAttr(1);
  return llvm::none_of(sizes, [](OpFoldResult size) { return !size; });
}

Tensor GraphBuilder::takeRow(Tensor x, int64_t axis, Value index) {
  SmallVector<OpFoldResult> offsets, sizes;
  if (!x || !checkAxis(axis, x.rank(), "row") || !rowSlice(*this, x, axis, index, offsets, sizes))
    return {};
  auto type = llvm::cast<RankedTensorType>(x.value.getType());
  SmallVector<int64_t> kept(type.getShape());
  kept.erase(kept.begin() + axis);
  Shape shape = x.shape;
  shape.erase(shape.begin() + axis);
  SmallVector<OpFoldResult> strides(x.rank(), b.getIndexAttr(1));
  Value row = tensor::ExtractSliceOp::create(b, loc, RankedTensorType::get(kept, type.getElementType()), x.value,
                                             offsets, sizes, strides);
  return wrap(row, shape, x.elementType);
}

// buffer[index, ..] = row, counted from the end of the loop where `isReversed`.
static Value storeRow(GraphBuilder &g, scf::ForOp loop, const Tensor &row, Value buffer, const Tensor &like,
                      Value index, bool isReversed) {
  OpBuilder &b = g.builder();
  Location loc = g.location();
  if (isReversed) {
    Value last = arith::SubIOp::create(b, loc, loop.getUpperBound(), arith::ConstantIndexOp::create(b, loc, 1));
    index = arith::SubIOp::create(b, loc, last, index);
  }
  SmallVector<OpFoldResult> offsets, sizes, strides(like.rank(), b.getIndexAttr(1));
  rowSlice(g, like, 0, index, offsets, sizes);
  return tensor::InsertSliceOp::create(b, loc, row.value, buffer, offsets, sizes, strides);
}

// Appends the rows' buffers to what the loop carries.
static scf::ForOp stackRows(GraphBuilder &g, scf::ForOp loop, SmallVector<Tensor> rows, ArrayRef<Tensor> buffers,
                            ArrayRef<bool> reversed) {
  OpBuilder &b = g.builder();
  Location loc = g.location();
  SmallVector<Value> inits(loop.getInitArgs());
  size_t carried = inits.size();
  llvm::append_range(inits, valuesOf(buffers));
  auto yield = llvm::cast<scf::YieldOp>(loop.getBody()->getTerminator());
  SmallVector<Value> yielded(yield.getOperands());
  yield.erase();
  auto body = [&](OpBuilder &nested, Location at, Value index, ValueRange arguments) {
    loop.getInductionVar().replaceAllUsesWith(index);
    for (auto [old, argument] : llvm::zip(loop.getRegionIterArgs(), arguments))
      old.replaceAllUsesWith(argument);
    // A state may be handed on, or stacked, as it came.
    auto moved = [&](Value value) {
      for (auto [old, argument] : llvm::zip(loop.getRegionIterArgs(), arguments))
        value = value == old ? argument : value;
      return value;
    };
    for (Value &value : yielded)
      value = moved(value);
    for (Tensor &row : rows)
      row.value = moved(row.value);
    Block *block = nested.getInsertionBlock();
    block->getOperations().splice(block->end(), loop.getBody()->getOperations());
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(block);
    for (auto [number, row] : llvm::enumerate(rows))
      yielded.push_back(storeRow(g, loop, row, arguments[carried + number], buffers[number], index,
                                 number < reversed.size() && reversed[number]));
    scf::YieldOp::create(b, at, yielded);
  };
  auto stacked = scf::ForOp::create(b, loc, loop.getLowerBound(), loop.getUpperBound(), loop.getStep(), inits, body);
  loop.erase();
  return stacked;
}

std::optional<LoopStep> GraphBuilder::loop(LoopCount count, ArrayRef<Tensor> state, LoopBody body,
                                           ArrayRef<bool> reversed) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), one = arith::ConstantIndexOp::create(b, loc, 1);
  Value end = count.value ? count.value : dimValue(count.dim);
  if (!end || llvm::any_of(state, [](const Tensor &tensor) { return !tensor; }))
    return std::nullopt;
  // The body is filled once the loop stands in the entry: what is constant is emitted in front of it.
  auto loop = scf::ForOp::create(b, loc, zero, end, one, valuesOf(state));
  std::optional<LoopStep> step;
  {
    OpBuilder::InsertionGuard guard(b);
    Block *block = loop.getBody();
    if (!block->empty())
      block->back().erase();
    b.setInsertionPointToStart(block);
    step = body(loop.getInductionVar(), tensorsLike(state, loop.getRegionIterArgs()));
    if (step && !checkCarried(*this, state, step->state, "loop"))
      step = std::nullopt;
    b.setInsertionPointToEnd(block);
    scf::YieldOp::create(b, loc, step ? valuesOf(step->state) : SmallVector<Value>(loop.getRegionIterArgs()));
  }
  SmallVector<Tensor> buffers;
  for (const Tensor &row : step ? step->rows : SmallVector<Tensor>()) {
    Shape shape = {count.dim};
    llvm::append_range(shape, row.shape);
    buffers.push_back({count.dim ? empty(shape, row.elementType) : Value(), shape, row.elementType});
    if (!buffers.back())
      step = std::nullopt;
  }
  if (!step) {
    loop.erase();
    return std::nullopt;
  }
  if (!buffers.empty())
    loop = stackRows(*this, loop, step->rows, buffers, reversed);
  LoopStep result;
  result.state = tensorsLike(state, loop.getResults());
  result.rows = tensorsLike(buffers, loop.getResults().drop_front(state.size()));
  return result;
}

std::optional<SmallVector<Tensor>> GraphBuilder::loopWhile(Tensor active, ArrayRef<Tensor> state, LoopBody body) {
  if (!active || llvm::any_of(state, [](const Tensor &tensor) { return !tensor; }))
    return std::nullopt;
  SmallVector<Tensor> carried = {active};
  llvm::append_range(carried, state);
  SmallVector<Value> inits = valuesOf(carried);
  inits.push_back(arith::ConstantIndexOp::create(b, loc, 0));
  auto loop = scf::WhileOp::create(b, loc, ValueRange(inits).getTypes(), inits);
  SmallVector<Type> types(ValueRange(inits).getTypes());
  SmallVector<Location> places(types.size(), loc);
  OpBuilder::InsertionGuard guard(b);
  Block *before = b.createBlock(&loop.getBefore(), {}, types, places);
  Value holds = tensor::ExtractOp::create(b, loc, before->getArgument(0), ValueRange());
  scf::ConditionOp::create(b, loc, holds, before->getArguments());
  Block *after = b.createBlock(&loop.getAfter(), {}, types, places);
  ValueRange arguments = after->getArguments();
  std::optional<LoopStep> step = body(arguments.back(), tensorsLike(state, arguments.drop_front().drop_back()));
  bool ok = step && checkCarried(*this, carried, step->state, "loop");
  b.setInsertionPointToEnd(after);
  SmallVector<Value> next = ok ? valuesOf(step->state) : SmallVector<Value>(arguments.drop_back());
  Value one = arith::ConstantIndexOp::create(b, loc, 1);
  next.push_back(arith::AddIOp::create(b, loc, arguments.back(), one));
  scf::YieldOp::create(b, loc, next);
  if (!ok) {
    loop.erase();
    return std::nullopt;
  }
  return tensorsLike(state, loop.getResults().drop_front().drop_back());
}

// Fills one region of a conditional; nothing after a mistake.
static std::optional<SmallVector<Tensor>> fillBranch(GraphBuilder &g, Region &region, GraphBuilder::Branch make) {
  OpBuilder &b = g.builder();
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&region);
  std::optional<SmallVector<Tensor>> tensors = make();
  if (!tensors || llvm::any_of(*tensors, [](const Tensor &tensor) { return !tensor; }))
    return std::nullopt;
  scf::YieldOp::create(b, g.location(), valuesOf(*tensors));
  return tensors;
}

std::optional<SmallVector<Tensor>> GraphBuilder::branch(Tensor condition, Branch then, Branch otherwise) {
  if (!condition)
    return std::nullopt;
  Value holds = tensor::ExtractOp::create(b, loc, condition.value, ValueRange());
  // What the branches make, and with it the conditional's type, is known once they are filled.
  OperationState draft(loc, scf::IfOp::getOperationName());
  draft.addOperands(holds);
  draft.addRegion();
  draft.addRegion();
  Operation *filled = b.create(draft);
  std::optional<SmallVector<Tensor>> first = fillBranch(*this, filled->getRegion(0), then);
  std::optional<SmallVector<Tensor>> second = first ? fillBranch(*this, filled->getRegion(1), otherwise) : std::nullopt;
  if (!second || !checkCarried(*this, *first, *second, "else branch")) {
    filled->erase();
    return std::nullopt;
  }
  auto op = scf::IfOp::create(b, loc, ValueRange(valuesOf(*first)).getTypes(), holds, /*withElseRegion=*/true);
  op.getThenRegion().takeBody(filled->getRegion(0));
  op.getElseRegion().takeBody(filled->getRegion(1));
  filled->erase();
  return tensorsLike(*first, op.getResults());
}

} // namespace heddle
