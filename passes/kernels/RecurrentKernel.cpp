// Recurrent form. One piece of work carries the state of one batch entry, one state head and one vector of value
// features:
//
//   for t in tokens: S = Phi_t S + k_t v_t^T;   for each head that reads this state: o_t = q_t . S
//
// A bonus for the current token moves the read-out in front of the step. A state of few rows stays in registers over
// the whole loop. The sum of keys z steps like the state with v = 1. For keys given as logarithms, S and z are scaled
// by exp(-m), m the running maximum of each row. A bidirectional mixer keeps the sums of its forward sweep in the
// arena.
#include "passes/kernels/Kernels.h"
#include "passes/kernels/SweepOutput.h"
#include "passes/kernels/Transport.h"
#include <limits>

using namespace mlir;

namespace heddle::kernels {
namespace {

/// x, or 0 where x is -infinity: exp(-infinity - origin) is then 0 and not a NaN.
Expr finiteOrigin(Expr x) {
  Expr lowest = x.builder->real(-std::numeric_limits<double>::infinity());
  return select(x == lowest, x.builder->real(0.0), x);
}

/// A strict sweep reads between the transport of a token and its update.
enum class StepPart { Both, Transport, Update };

class Recurrence {
public:
  Recurrence(MixView &view, Expr b, Expr s, Expr pieceNumber, Lanes block, SweepOutput &output)
      : view(view), loops(view.loops), b(b), pieceNumber(pieceNumber), block(block), output(output),
        firstHead(s * loops.index(view.group())), state(loops, view.keyWidth(), block.width, registerRows),
        sum(loops, view.normalised() ? view.keyWidth() : 0, 0, registerRows),
        top(loops, view.logKeys() ? view.sizes.dk : 0, 0, registerRows) {}

  void emit();

private:
  static constexpr int64_t registerRows = 16;

  void loadState();
  void storeState();
  void sweep(const Sweep &order, SweepStage stage);
  void resetAtSegment(const Sweep &order, Expr position, Expr token);
  void step(const Point &at, StepPart part);
  void stepLogKeys(const Point &at, StepPart part);
  void eachHead(function_ref<void(Expr)> body);
  Readout readout(const Point &at, bool beforeStep);
  Readout readoutLogKeys(const Point &at, bool beforeStep);
  Expr keyRow(const Point &at, Expr n) {
    Point point = at;
    point.n = n;
    return view.load(view.key, point);
  }
  Expr queryRow(const Point &at, Expr n) { return view.load(view.query, {b, at.j, {}, at.h, n}); }
  Expr valueLanes(const Point &at) { return view.load(view.value, at, block.width); }

  MixView &view;
  LoopBuilder &loops;
  Expr b, pieceNumber;
  Lanes block;
  SweepOutput &output;
  Expr firstHead;
  Rows state, sum, top;
};

} // namespace

void Recurrence::emit() {
  SmallVector<Sweep> sweeps = view.sweeps();
  for (auto [number, order] : llvm::enumerate(sweeps)) {
    loadState();
    sweep(order, {number == 0, number + 1 == sweeps.size()});
  }
  storeState();
}

void Recurrence::loadState() {
  auto part = [&](Rows &rows, unsigned index, double otherwise) {
    rows.each([&](Expr n) {
      rows.set(n, index < view.initialState.size()
                      ? view.load(view.initialState[index], {b, {}, {}, firstHead, n, block.first}, rows.width())
                      : loops.real(otherwise, rows.width()));
    });
  };
  bool carriesSum = view.op.getNorm().getKind() == mixer::NormKind::Running;
  constexpr unsigned absent = 3;
  part(state, 0, 0.0);
  part(sum, carriesSum ? 1 : absent, 0.0);
  part(top, carriesSum ? 2 : 1, -std::numeric_limits<double>::infinity());
}

void Recurrence::storeState() {
  if (view.finalState.empty())
    return;
  bool carriesSum = view.op.getNorm().getKind() == mixer::NormKind::Running;
  auto part = [&](Rows &rows, unsigned index) {
    rows.each([&](Expr n) { view.store(rows.get(n), view.finalState[index], {b, {}, {}, firstHead, n, block.first}); });
  };
  part(state, 0);
  // Every piece of value features computes the same sums and maxima; the first one stores them.
  loops.when(pieceNumber == 0.0, [&]() {
    if (carriesSum)
      part(sum, 1);
    if (view.logKeys())
      part(top, carriesSum ? 2 : 1);
  });
}

void Recurrence::sweep(const Sweep &order, SweepStage stage) {
  carryLoop(loops, loops.index(0), view.queryTokens, {&state, &sum, &top}, [&](Expr position) {
    Expr token = view.token(order, position, view.queryTokens);
    Point at = {b, token, token, firstHead, {}, block.first};
    if (view.segments)
      resetAtSegment(order, position, token);
    auto read = [&](bool withBonus) {
      eachHead([&](Expr h) {
        Point place = at;
        place.h = h;
        Readout result = view.logKeys() ? readoutLogKeys(place, withBonus) : readout(place, withBonus);
        output.put(place, pieceNumber, result, stage);
      });
    };
    if (view.current) {
      read(/*withBonus=*/!order.strict);
      step(at, StepPart::Both);
    } else if (order.strict) {
      step(at, StepPart::Transport);
      read(false);
      step(at, StepPart::Update);
    } else {
      step(at, StepPart::Both);
      read(false);
    }
  });
}

void Recurrence::resetAtSegment(const Sweep &order, Expr position, Expr token) {
  Expr zero = loops.index(0);
  Expr previousToken = view.token(order, max(position - 1, zero), view.queryTokens);
  Expr previous = view.segment(b, previousToken);
  previous = select(position == zero, previous.constant(0), previous);
  carryWhen(loops, previous != view.segment(b, token), {&state, &sum, &top}, [&]() {
    state.fill(0.0);
    sum.fill(0.0);
    top.fill(-std::numeric_limits<double>::infinity());
  });
}

//===--- steps ----------------------------------------------------------------------------===//

void Recurrence::step(const Point &at, StepPart part) {
  if (view.logKeys())
    return stepLogKeys(at, part);
  auto key = [&](Expr n) { return keyRow(at, n); };
  auto stepRows = [&](Rows &rows, Expr value) {
    if (part == StepPart::Update)
      return addUpdate(view, rows, at, key, value);
    stepState(view, rows, at, key, part == StepPart::Transport ? loops.real(0.0, rows.width()) : value);
  };
  stepRows(state, valueLanes(at));
  if (sum.count() > 0)
    stepRows(sum, loops.real(1.0));
}

void Recurrence::stepLogKeys(const Point &at, StepPart part) {
  Expr value = valueLanes(at);
  top.each([&](Expr n) {
    Expr decayed = top.get(n);
    if (Expr a = part == StepPart::Update ? Expr() : logDecay(view, at, n, 0))
      decayed = decayed + a;
    if (part == StepPart::Transport)
      return top.set(n, decayed);
    Expr key = keyRow(at, n), next = max(decayed, key), origin = finiteOrigin(next);
    Expr keep = exp(decayed - origin), add = exp(key - origin);
    state.set(n, fma(add, value, state.get(n) * keep));
    sum.set(n, fma(sum.get(n), keep, add));
    top.set(n, next);
  });
}

//===--- read-out -------------------------------------------------------------------------===//

void Recurrence::eachHead(function_ref<void(Expr)> body) {
  constexpr int64_t unrolled = 8;
  if (view.group() > unrolled)
    return loops.loop(firstHead, firstHead + loops.index(view.group()), body);
  for (int64_t g = 0; g < view.group(); ++g)
    body(firstHead + loops.index(g));
}

Readout Recurrence::readout(const Point &at, bool withBonus) {
  bool isComplex = view.op.getTransport().isComplex();
  int64_t modes = view.sizes.dk;
  auto query = [&](Expr n) {
    Expr q = queryRow(at, n);
    return isComplex ? select(n < loops.index(modes), q, -q) : q;
  };
  auto dot = [&](Rows &rows) {
    return rows.fold(loops.real(0.0, rows.width()), [&](Expr n, Expr acc) { return fma(query(n), rows.get(n), acc); });
  };
  Readout result = {dot(state), sum.count() > 0 ? dot(sum) : Expr(), {}};
  if (withBonus) {
    Expr weight = state.fold(loops.real(0.0), [&](Expr n, Expr acc) {
      return fma(query(n) * keyRow(at, n), view.load(view.current, {{}, {}, {}, at.h, n}), acc);
    });
    if (isa<mixer::DeltaAttr>(view.op.getTransport()))
      weight = weight * view.load(view.transport[0], at);
    result.sum = fma(weight, valueLanes(at), result.sum);
    result.total = result.total ? result.total + weight : Expr();
  }
  if (view.scale() == 1.0)
    return result;
  return {result.sum * view.scale(), result.total ? result.total * view.scale() : Expr(), {}};
}

Readout Recurrence::readoutLogKeys(const Point &at, bool withBonus) {
  auto bonus = [&](Expr n) { return keyRow(at, n) + view.load(view.current, {{}, {}, {}, at.h, n}); };
  Expr highest = top.fold(loops.real(-std::numeric_limits<double>::infinity()), [&](Expr n, Expr acc) {
    acc = max(acc, top.get(n));
    return withBonus ? max(acc, bonus(n)) : acc;
  });
  Expr origin = finiteOrigin(highest);
  Expr value = valueLanes(at);
  Exprs sums = top.fold({loops.real(0.0, block.width), loops.real(0.0)}, [&](Expr n, ArrayRef<Expr> acc) {
    Expr query = queryRow(at, n) * view.scale();
    Expr weight = query * exp(top.get(n) - origin);
    Exprs next = {fma(weight, state.get(n), acc[0]), fma(weight, sum.get(n), acc[1])};
    if (withBonus) {
      Expr own = query * exp(bonus(n) - origin);
      next = {fma(own, value, next[0]), next[1] + own};
    }
    return next;
  });
  return {sums[0], sums[1], origin};
}

//===--- kernel ---------------------------------------------------------------------------===//

/// Value features per piece: one vector, fewer when the rows of a tall state would not fit on the stack.
static int64_t pieceWidth(MixView &view) {
  int64_t bytes = view.loops.realType.getWidth() / 8, width = vectorLanes;
  while (width > 1 && view.keyWidth() * width * bytes > stackBytes)
    width /= 2;
  return width;
}

void emitRecurrent(MixView &view) {
  LoopBuilder &loops = view.loops;
  int64_t width = pieceWidth(view), dv = view.sizes.dv, count = LoopBuilder::pieces(dv, width);
  SweepOutput output(view, count);
  Exprs counts = {view.batch, loops.index(view.sizes.Hs), loops.index(count)};
  int64_t work = 1024 * 4 * view.keyWidth() * width;
  loops.kernel("mix_recurrent", counts, work, [&](ArrayRef<Expr> at) {
    loops.piece(at[2], dv, width, [&](Lanes block) { Recurrence(view, at[0], at[1], at[2], block, output).emit(); });
  });
}

} // namespace heddle::kernels
