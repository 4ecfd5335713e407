// One step of every affine transport, on states and on queries that walk back.
#include "passes/kernels/Transport.h"
#include "passes/kernels/Kernels.h"

using namespace mlir;

namespace heddle::kernels {

bool isPerLane(mixer::MixOp op) { return isa<mixer::ElementwiseAttr>(op.getTransport()); }

bool isDiagonal(mixer::MixOp op) {
  return isa<mixer::IdentityAttr, mixer::ScalarAttr, mixer::KeyChannelAttr, mixer::ElementwiseAttr>(op.getTransport());
}

/// The same place with the key feature set.
static Point withRow(Point at, Expr n) {
  at.n = n;
  return at;
}

Expr logDecay(MixView &view, const Point &at, Expr n, int64_t width) {
  if (isa<mixer::IdentityAttr>(view.op.getTransport()))
    return {};
  auto elementwise = dyn_cast<mixer::ElementwiseAttr>(view.op.getTransport());
  int64_t lanes = elementwise ? width : 0;
  Expr first = view.load(view.transport[0], withRow(at, n), lanes);
  return elementwise && elementwise.getFactored() ? first * view.load(view.transport[1], withRow(at, n), lanes) : first;
}

Expr decay(MixView &view, const Point &at, Expr n, int64_t width) {
  Expr logarithm = logDecay(view, at, n, width);
  return logarithm ? exp(logarithm) : Expr();
}

//===--- diagonal -------------------------------------------------------------------------===//

namespace {
/// The decays of one token, by row: what rows or lanes share is computed once, in front of the walk over the rows.
class RowDecays {
public:
  RowDecays(MixView &view, const Point &at, int64_t width) : view(view), at(at), width(width) {
    if (isa<mixer::ScalarAttr>(view.op.getTransport()))
      shared = decay(view, at, {}, 0);
    else if (isa<mixer::KeyChannelAttr>(view.op.getTransport()) && view.headLanes == 0)
      tabulate();
  }
  /// Empty for the identity.
  Expr operator()(Expr n) {
    if (table)
      return view.loops.load(table, {n});
    return shared ? shared : decay(view, at, n, width);
  }

private:
  /// Value features share the decays of key channels: exponentials of vectors of channels.
  void tabulate() {
    LoopBuilder &loops = view.loops;
    table = loops.scratch({view.sizes.dk});
    loops.lanes(view.sizes.dk, vectorLanes, [&](Lanes l) {
      Expr decays = exp(view.load(view.transport[0], withRow(at, l.first), l.width));
      loops.store(loops.broadcast(decays, l.width), table, {l.first});
    });
  }

  MixView &view;
  const Point &at;
  int64_t width;
  Expr shared;
  Value table;
};
} // namespace

static Expr stepDiagonal(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, RowExpr query) {
  RowDecays decays(view, at, rows.width());
  auto next = [&](Expr n) {
    Expr factor = decays(n);
    return fma(key(n), value, factor ? rows.get(n) * factor : rows.get(n));
  };
  return rows.update(next, query);
}

static void adjointDiagonal(MixView &view, Rows &rows, const Point &at) {
  if (isa<mixer::IdentityAttr>(view.op.getTransport()))
    return;
  RowDecays decays(view, at, rows.width());
  rows.update([&](Expr n) { return rows.get(n) * decays(n); });
}

//===--- complex diagonal -----------------------------------------------------------------===//

namespace {
struct Complex {
  Expr re, im;
};
} // namespace

static Complex multiply(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }

static Complex complexDecay(MixView &view, const Point &at, Expr n) {
  LoopBuilder &loops = view.loops;
  if (view.decayTable) {
    auto row = [&](Expr r) { return loops.load(view.decayTable, {r, loops.index(0)}, view.headLanes); };
    return {row(n), row(n + loops.index(view.sizes.dk))};
  }
  Expr modulus = exp(view.load(view.transport[0], withRow(at, n)));
  Expr phase = view.load(view.transport[1], withRow(at, n));
  return {modulus * cos(phase), modulus * sin(phase)};
}

Value tabulateDecays(MixView &view, const Point &at) {
  LoopBuilder &loops = view.loops;
  int64_t modes = view.sizes.dk;
  Value table = loops.scratch({2 * modes, view.headLanes});
  loops.loop(loops.index(0), loops.index(modes), [&](Expr n) {
    Complex decay = complexDecay(view, at, n);
    loops.store(decay.re, table, {n, loops.index(0)});
    loops.store(decay.im, table, {n + loops.index(modes), loops.index(0)});
  });
  return table;
}

/// Calls `body` with the index of the real and of the imaginary row of every mode.
static void eachMode(MixView &view, Rows &rows, function_ref<void(Expr, Expr)> body) {
  LoopBuilder &loops = view.loops;
  int64_t modes = view.sizes.dk;
  if (rows.inRegisters()) {
    for (int64_t n = 0; n < modes; ++n)
      body(loops.index(n), loops.index(n + modes));
    return;
  }
  loops.loop(loops.index(0), loops.index(modes), [&](Expr n) { body(n, n + loops.index(modes)); });
}

static void stepComplex(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, bool update) {
  eachMode(view, rows, [&](Expr re, Expr im) {
    Complex next = multiply(complexDecay(view, at, re), {rows.get(re), rows.get(im)});
    rows.set(re, update ? fma(key(re), value, next.re) : next.re);
    rows.set(im, update ? fma(key(im), value, next.im) : next.im);
  });
}

//===--- delta ----------------------------------------------------------------------------===//

static Expr deltaGate(MixView &view, const Point &at) {
  return view.transport.size() > 1 ? exp(view.load(view.transport[1], at)) : Expr();
}

/// S = e (S - b k (k^T S)) + b k v^T = e S + b k (v - e k^T S)^T.
static Expr stepDelta(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, RowExpr query) {
  Expr rate = view.load(view.transport[0], at), gate = deltaGate(view, at), seen = rows.sum(key);
  Expr correction = rate * (value - (gate ? seen * gate : seen));
  auto next = [&](Expr n) { return fma(key(n), correction, gate ? rows.get(n) * gate : rows.get(n)); };
  return rows.update(next, query);
}

/// r = e (r - b (k . r) k).
static void adjointDelta(MixView &view, Rows &rows, const Point &at) {
  auto key = [&](Expr n) { return view.load(view.key, withRow(at, n)); };
  Expr rate = view.load(view.transport[0], at), gate = deltaGate(view, at);
  Expr part = rate * rows.sum(key);
  rows.update([&](Expr n) {
    Expr rest = rows.get(n) - part * key(n);
    return gate ? rest * gate : rest;
  });
}

//===--- constant -------------------------------------------------------------------------===//

/// next[n] = sum_m A[n, m] rows[m], or A[m, n] for the adjoint.
static void multiplyMatrix(MixView &view, Rows &rows, const Point &at, bool adjoint) {
  LoopBuilder &loops = view.loops;
  const Operand &matrix = view.transport[0];
  Expr head = matrix.size(0) == 1 ? loops.index(0) : at.h / loops.index(view.sizes.Ho / matrix.size(0));
  Rows next(loops, rows.count(), rows.width(), rows.inRegisters() ? rows.count() : 0);
  next.update([&](Expr n) {
    return rows.sum([&](Expr m) { return loops.load(matrix.memref, adjoint ? Exprs{head, m, n} : Exprs{head, n, m}); });
  });
  rows.update([&](Expr n) { return next.get(n); });
}

//===--- dispatch -------------------------------------------------------------------------===//

Expr stepState(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, RowExpr query) {
  Attribute transport = view.op.getTransport();
  if (isDiagonal(view.op))
    return stepDiagonal(view, rows, at, key, value, query);
  if (isa<mixer::DeltaAttr>(transport))
    return stepDelta(view, rows, at, key, value, query);
  if (isa<mixer::ComplexDiagonalAttr>(transport)) {
    stepComplex(view, rows, at, key, value, /*update=*/true);
    return query ? rows.sum(query) : Expr();
  }
  multiplyMatrix(view, rows, at, /*adjoint=*/false);
  return addUpdate(view, rows, at, key, value, query);
}

Expr addUpdate(MixView &view, Rows &rows, const Point &at, RowExpr key, Expr value, RowExpr query) {
  if (isa<mixer::DeltaAttr>(view.op.getTransport()))
    value = value * view.load(view.transport[0], at);
  return rows.update([&](Expr n) { return fma(key(n), value, rows.get(n)); }, query);
}

void stepAdjoint(MixView &view, Rows &rows, const Point &at) {
  Attribute transport = view.op.getTransport();
  if (isDiagonal(view.op))
    return adjointDiagonal(view, rows, at);
  if (isa<mixer::ComplexDiagonalAttr>(transport))
    return stepComplex(view, rows, at, nullptr, {}, /*update=*/false);
  if (isa<mixer::DeltaAttr>(transport))
    return adjointDelta(view, rows, at);
  multiplyMatrix(view, rows, at, /*adjoint=*/true);
}

Expr walkedWeight(MixView &view, Rows &rows, const Point &at, function_ref<Expr(Expr)> key) {
  int64_t modes = view.sizes.dk;
  bool isComplex = view.op.getTransport().isComplex();
  Expr dot = rows.fold(view.loops.real(0.0, rows.width()), [&](Expr n, Expr sum) {
    Expr product = key(n) * rows.get(n);
    if (!isComplex)
      return sum + product;
    // Re(q k): the imaginary block enters with the opposite sign.
    return select(n < view.loops.index(modes), sum + product, sum - product);
  });
  return isa<mixer::DeltaAttr>(view.op.getTransport()) ? dot * view.load(view.transport[0], at) : dot;
}

} // namespace heddle::kernels
