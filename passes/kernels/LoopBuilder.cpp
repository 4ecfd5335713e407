// Control flow and constants of the kernel language.
#include "passes/kernels/LoopBuilder.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;

namespace heddle::kernels {

static SmallVector<Value> values(ArrayRef<Expr> exprs) {
  return llvm::map_to_vector(exprs, [](Expr expr) { return expr.value; });
}

static Exprs wrapAll(LoopBuilder &builder, ValueRange range) {
  return Exprs(llvm::map_range(range, [&](Value value) { return builder.wrap(value); }));
}

int64_t Expr::width() const {
  auto vector = dyn_cast<VectorType>(type());
  return vector ? vector.getDimSize(0) : 0;
}

Expr Expr::constant(double number) const {
  if (isIndex())
    return builder->index(static_cast<int64_t>(number));
  if (isa<FloatType>(getElementTypeOrSelf(type())))
    return builder->real(number);
  return builder->wrap(arith::ConstantOp::create(
      builder->builder, builder->loc, builder->builder.getIntegerAttr(type(), static_cast<int64_t>(number))));
}

//===--- values ---------------------------------------------------------------------------===//

Expr LoopBuilder::index(int64_t number) { return wrap(arith::ConstantIndexOp::create(builder, loc, number)); }

Expr LoopBuilder::real(double number) {
  return wrap(arith::ConstantOp::create(builder, loc, builder.getFloatAttr(realType, number)));
}

Expr LoopBuilder::real(double number, int64_t width) {
  if (width == 0)
    return real(number);
  auto type = cast<VectorType>(typeOf(width));
  auto splat = DenseElementsAttr::get(type, builder.getFloatAttr(realType, number).getValue());
  return wrap(arith::ConstantOp::create(builder, loc, splat));
}

Expr LoopBuilder::truth(bool value) {
  return wrap(arith::ConstantOp::create(builder, loc, builder.getBoolAttr(value)));
}

Expr LoopBuilder::dim(Value memref, int64_t dimension) {
  int64_t size = cast<MemRefType>(memref.getType()).getDimSize(dimension);
  if (!ShapedType::isDynamic(size))
    return index(size);
  return wrap(memref::DimOp::create(builder, loc, memref, dimension));
}

Expr LoopBuilder::laneNumbers(int64_t width) {
  SmallVector<Attribute> numbers;
  for (int64_t lane = 0; lane < width; ++lane)
    numbers.push_back(builder.getFloatAttr(realType, static_cast<double>(lane)));
  auto type = cast<VectorType>(typeOf(width));
  return wrap(arith::ConstantOp::create(builder, loc, DenseElementsAttr::get(type, numbers)));
}

Expr LoopBuilder::toReal(Expr integer) {
  Value value = integer.value;
  if (integer.isIndex())
    value = arith::IndexCastOp::create(builder, loc, builder.getI64Type(), value);
  return wrap(arith::SIToFPOp::create(builder, loc, realType, value));
}

Expr LoopBuilder::toIndex(Expr integer) {
  return wrap(arith::IndexCastOp::create(builder, loc, builder.getIndexType(), integer.value));
}

Type LoopBuilder::typeOf(int64_t width) const {
  return width == 0 ? Type(realType) : Type(VectorType::get({width}, realType));
}

Expr LoopBuilder::broadcast(Expr scalar, int64_t width) {
  if (width == 0 || scalar.width() == width)
    return scalar;
  return wrap(vector::BroadcastOp::create(builder, loc, VectorType::get({width}, scalar.type()), scalar.value));
}

Expr LoopBuilder::fromLanes(ArrayRef<Expr> scalars) {
  auto type = VectorType::get({int64_t(scalars.size())}, scalars.front().type());
  return wrap(vector::FromElementsOp::create(builder, loc, type, values(scalars)));
}

Expr LoopBuilder::padLanes(Expr lanes, int64_t width) {
  if (lanes.width() == width)
    return lanes;
  Value zeros = real(0.0, width).value;
  if (lanes.width() == 0)
    return wrap(vector::InsertOp::create(builder, loc, lanes.value, zeros, 0));
  return wrap(vector::InsertStridedSliceOp::create(builder, loc, lanes.value, zeros, ArrayRef<int64_t>{0},
                                                   ArrayRef<int64_t>{1}));
}

Expr LoopBuilder::firstLanes(Expr lanes, int64_t width) {
  if (lanes.width() == width)
    return lanes;
  if (width == 0)
    return wrap(vector::ExtractOp::create(builder, loc, lanes.value, 0));
  return wrap(vector::ExtractStridedSliceOp::create(builder, loc, lanes.value, ArrayRef<int64_t>{0},
                                                    ArrayRef<int64_t>{width}, ArrayRef<int64_t>{1}));
}

//===--- control --------------------------------------------------------------------------===//

Exprs LoopBuilder::loop(Expr begin, Expr end, ArrayRef<Expr> initial, CarryingBody body, int64_t step) {
  auto forOp = scf::ForOp::create(builder, loc, begin.value, end.value, index(step).value, values(initial));
  OpBuilder::InsertionGuard guard(builder);
  // Without carried values the op comes with its terminator.
  Block *block = forOp.getBody();
  bool terminated = !block->empty() && block->back().hasTrait<OpTrait::IsTerminator>();
  builder.setInsertionPointToStart(block);
  Exprs next = body(wrap(forOp.getInductionVar()), wrapAll(*this, forOp.getRegionIterArgs()));
  if (!terminated)
    scf::YieldOp::create(builder, loc, values(next));
  return wrapAll(*this, forOp.getResults());
}

void LoopBuilder::loop(Expr begin, Expr end, Body body, int64_t step) {
  loop(
      begin, end, {},
      [&](Expr iteration, ArrayRef<Expr>) {
        body(iteration);
        return Exprs();
      },
      step);
}

Expr LoopBuilder::sum(Expr begin, Expr end, Expr initial, SumBody body, int64_t step) {
  return loop(
      begin, end, {initial}, [&](Expr i, ArrayRef<Expr> carried) { return Exprs{body(i, carried[0])}; }, step)[0];
}

void LoopBuilder::when(Expr condition, function_ref<void()> body) {
  scf::IfOp::create(builder, loc, condition.value, [&](OpBuilder &nested, Location) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(nested.getInsertionBlock(), nested.getInsertionPoint());
    body();
    scf::YieldOp::create(builder, loc);
  });
}

Exprs LoopBuilder::choose(Expr condition, function_ref<Exprs()> body, function_ref<Exprs()> otherwise) {
  auto branch = [&](function_ref<Exprs()> emit) {
    return [this, emit](OpBuilder &nested, Location) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(nested.getInsertionBlock(), nested.getInsertionPoint());
      scf::YieldOp::create(builder, loc, values(emit()));
    };
  };
  auto ifOp = scf::IfOp::create(builder, loc, condition.value, branch(body), branch(otherwise));
  return wrapAll(*this, ifOp.getResults());
}

void LoopBuilder::whenElse(Expr condition, function_ref<void()> body, function_ref<void()> otherwise) {
  auto silent = [](function_ref<void()> emit) {
    return [emit]() {
      emit();
      return Exprs();
    };
  };
  choose(condition, silent(body), silent(otherwise));
}

void LoopBuilder::lanes(int64_t total, int64_t width, function_ref<void(Lanes)> body) {
  if (total == 1)
    return body({index(0), 0});
  int64_t full = total / width * width;
  if (full == width)
    body({index(0), width});
  else if (full > 0)
    loop(index(0), index(full), [&](Expr first) { body({first, width}); }, width);
  if (full < total)
    body({index(full), total - full});
}

void LoopBuilder::piece(Expr number, int64_t total, int64_t width, function_ref<void(Lanes)> body) {
  if (total == 1 || width == 1)
    return body({number, 0});
  int64_t full = total / width * width, tail = total - full;
  auto emitFull = [&]() { body({number * index(width), width}); };
  auto emitTail = [&]() { body({index(full), tail}); };
  if (tail == 0)
    return emitFull();
  if (full == 0)
    return emitTail();
  whenElse(number < index(full / width), emitFull, emitTail);
}

void LoopBuilder::kernel(StringRef name, ArrayRef<Expr> counts, int64_t work, function_ref<void(ArrayRef<Expr>)> body) {
  // Dimensions of one iteration stay out of the loop: canonicalization would rebuild it without its attributes.
  SmallVector<Value> ends;
  for (Expr count : counts)
    if (getConstantIntValue(count.value) != 1)
      ends.push_back(count.value);
  if (ends.empty())
    ends.push_back(counts.front().value);
  SmallVector<Value> begins(ends.size(), index(0).value), steps(ends.size(), index(1).value);
  Exprs at(counts.size(), index(0));
  auto parallel = scf::ParallelOp::create(builder, loc, begins, ends, steps);
  parallel->setAttr("heddle.kernel", builder.getStringAttr(name));
  parallel->setAttr("heddle.work", builder.getI64IntegerAttr(std::max<int64_t>(work, 1)));
  OpBuilder::InsertionGuard guard(builder);
  kernelBody = parallel.getBody();
  builder.setInsertionPointToStart(kernelBody);
  size_t next = 0;
  for (auto [number, count] : llvm::enumerate(counts))
    if (getConstantIntValue(count.value) != 1)
      at[number] = wrap(parallel.getInductionVars()[next++]);
  body(at);
}

} // namespace heddle::kernels
