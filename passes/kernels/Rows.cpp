// Rows in registers or on the stack.
#include "passes/kernels/Rows.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;

namespace heddle::kernels {

Rows::Rows(LoopBuilder &loops, int64_t count, int64_t width, int64_t registerLimit)
    : loops(loops), rowCount(count), laneCount(width) {
  if (count > registerLimit)
    memory = loops.scratch({count, std::max<int64_t>(width, 1)});
  else
    registers.assign(count, loops.real(0.0, width));
}

Expr Rows::get(Expr n) const {
  if (inRegisters())
    return registers[*getConstantIntValue(n.value)];
  return loops.load(memory, {n, loops.index(0)}, laneCount);
}

void Rows::set(Expr n, Expr value) {
  value = loops.broadcast(value, laneCount);
  if (inRegisters())
    registers[*getConstantIntValue(n.value)] = value;
  else
    loops.store(value, memory, {n, loops.index(0)});
}

void Rows::each(function_ref<void(Expr)> body) const {
  if (!inRegisters())
    return loops.loop(loops.index(0), loops.index(rowCount), body);
  for (int64_t n = 0; n < rowCount; ++n)
    body(loops.index(n));
}

Exprs Rows::fold(Exprs initial, function_ref<Exprs(Expr, ArrayRef<Expr>)> body) const {
  if (!inRegisters())
    return loops.loop(loops.index(0), loops.index(rowCount), initial, body);
  for (int64_t n = 0; n < rowCount; ++n)
    initial = body(loops.index(n), initial);
  return initial;
}

Expr Rows::fold(Expr initial, function_ref<Expr(Expr, Expr)> body) const {
  return fold(Exprs{initial}, [&](Expr n, ArrayRef<Expr> carried) { return Exprs{body(n, carried[0])}; })[0];
}

void Rows::fill(double number) {
  each([&](Expr n) { set(n, loops.real(number, laneCount)); });
}

static Exprs gather(ArrayRef<Rows *> matrices) {
  Exprs all;
  for (Rows *rows : matrices)
    llvm::append_range(all, rows->values());
  return all;
}

static void scatter(ArrayRef<Rows *> matrices, ArrayRef<Expr> all) {
  for (Rows *rows : matrices) {
    size_t count = rows->values().size();
    rows->values().assign(all.begin(), all.begin() + count);
    all = all.drop_front(count);
  }
}

void carryLoop(LoopBuilder &loops, Expr begin, Expr end, ArrayRef<Rows *> matrices, function_ref<void(Expr)> body) {
  Exprs last = loops.loop(begin, end, gather(matrices), [&](Expr i, ArrayRef<Expr> carried) {
    scatter(matrices, carried);
    body(i);
    return gather(matrices);
  });
  scatter(matrices, last);
}

void carryWhen(LoopBuilder &loops, Expr condition, ArrayRef<Rows *> matrices, function_ref<void()> body) {
  Exprs before = gather(matrices);
  Exprs after = loops.choose(
      condition,
      [&]() {
        body();
        return gather(matrices);
      },
      [&]() { return before; });
  scatter(matrices, after);
}

} // namespace heddle::kernels
