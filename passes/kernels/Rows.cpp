// Rows in registers or on the stack.
#include "passes/kernels/Rows.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "passes/kernels/Kernels.h"

using namespace mlir;

namespace heddle::kernels {

Rows::Rows(LoopBuilder &loops, int64_t count, int64_t width, int64_t registerLimit)
    : loops(loops), rowCount(count), laneCount(width) {
  if (count > registerLimit)
    memory = loops.scratch({count, std::max<int64_t>(width, 1)});
  else
    registers.assign(count, loops.real(0.0, width));
}

Rows::Rows(LoopBuilder &loops, int64_t count, int64_t width, std::function<Expr(Expr)> source,
           std::function<void(Expr, Expr)> target)
    : loops(loops), rowCount(count), laneCount(width), source(std::move(source)), target(std::move(target)) {}

Expr Rows::get(Expr n) const {
  if (source)
    return source(n);
  if (inRegisters())
    return registers[*getConstantIntValue(n.value)];
  return loops.load(memory, {n, loops.index(0)}, laneCount);
}

void Rows::set(Expr n, Expr value) {
  value = loops.broadcast(value, laneCount);
  if (target)
    target(n, value);
  else if (inRegisters())
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

Expr Rows::sum(function_ref<Expr(Expr)> weight) const {
  constexpr int64_t latency = 4; // of a multiply-add, in sums of one vector
  int64_t partialSums = std::max<int64_t>(1, latency * vectorLanes / std::max(laneCount, vectorLanes));
  auto add = [&](Expr n, Expr acc) { return fma(weight(n), get(n), acc); };
  Expr zero = loops.real(0.0, laneCount);
  if (rowCount % partialSums != 0)
    return fold(zero, add);
  Exprs parts(partialSums, zero);
  if (inRegisters()) {
    for (int64_t n = 0; n < rowCount; ++n)
      parts[n % partialSums] = add(loops.index(n), parts[n % partialSums]);
  } else {
    auto body = [&](Expr first, ArrayRef<Expr> carried) {
      Exprs next;
      for (auto [offset, acc] : llvm::enumerate(carried))
        next.push_back(add(first + loops.index(offset), acc));
      return next;
    };
    parts = loops.loop(loops.index(0), loops.index(rowCount), parts, body, partialSums);
  }
  Expr total = parts.front();
  for (Expr part : ArrayRef(parts).drop_front())
    total = total + part;
  return total;
}

Expr Rows::update(function_ref<Expr(Expr)> next, function_ref<Expr(Expr)> weight) {
  if (!weight) {
    each([&](Expr n) { set(n, next(n)); });
    return {};
  }
  return fold(loops.real(0.0, laneCount), [&](Expr n, Expr acc) {
    Expr row = loops.broadcast(next(n), laneCount);
    set(n, row);
    return fma(weight(n), row, acc);
  });
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
