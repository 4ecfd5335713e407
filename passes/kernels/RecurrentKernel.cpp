// The steps of the recurrent form, and its kernel.
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "passes/kernels/Kernels.h"
#include "passes/kernels/Recurrence.h"
#include <limits>

using namespace mlir;

namespace heddle::kernels {

Expr finiteOrigin(Expr x) {
  Expr lowest = x.builder->real(-std::numeric_limits<double>::infinity());
  return select(x == lowest, x.builder->real(0.0), x);
}

void Recurrence::emit() {
  if (view.headLanes > 0)
    tabulateConstants();
  SmallVector<Sweep> sweeps = view.sweeps();
  for (auto [number, order] : llvm::enumerate(sweeps)) {
    loadState();
    sweep(order, {number == 0, number + 1 == sweeps.size()});
  }
  storeState();
}

void Recurrence::emitPiece(MixView &view, ArrayRef<Expr> at, Lanes features, int64_t width, SweepOutput &output) {
  auto emit = [&](Extent extent, int64_t width) {
    view.loops.lanes(std::max<int64_t>(features.width, 1), width, [&](Lanes l) {
      Lanes block = {features.width == 0 ? features.first : features.first + l.first, l.width};
      Recurrence(view, at[0], at[1], at[2], block, output, extent).emit();
    });
  };
  auto oneToken = [&]() { emit(Extent::OneToken, mostVectorsInPlace * vectorLanes); };
  auto anyTokens = [&]() { emit(Extent::Tokens, width); };
  std::optional<int64_t> count = getConstantIntValue(view.queryTokens.value);
  if (!stepsInPlace(view) || (count && count != 1))
    return anyTokens();
  if (count)
    return oneToken();
  view.loops.whenElse(view.queryTokens == 1.0, oneToken, anyTokens);
}

//===--- rows -----------------------------------------------------------------------------===//

Expr Recurrence::keyRow(const Point &at, Expr n) {
  if (keyTable)
    return loops.load(keyTable, {n, loops.index(0)}, view.headLanes);
  Point point = at;
  point.n = n;
  return view.load(view.key, point);
}

Expr Recurrence::queryRow(const Point &at, Expr n) {
  if (queryTable)
    return loops.load(queryTable, {n, loops.index(0)}, view.headLanes);
  return view.load(view.query, {b, at.j, {}, at.h, n});
}

Value Recurrence::tabulate(int64_t count, function_ref<Expr(Expr)> row) {
  Value table = loops.scratch({count, view.headLanes});
  loops.loop(loops.index(0), loops.index(count),
             [&](Expr n) { loops.store(loops.broadcast(row(n), view.headLanes), table, {n, loops.index(0)}); });
  return table;
}

/// Heads of more than one row lie apart in memory: what is the same at every token is gathered before the loop.
void Recurrence::tabulateConstants() {
  Expr zero = loops.index(0);
  Point at = {b, zero, zero, firstHead, {}, block.first};
  auto isConstant = [&](const Operand &operand) {
    return operand && operand.size(1) == 1 && MixView::differsByHead(operand);
  };
  if (isConstant(view.key))
    keyTable = tabulate(view.keyWidth(), [&](Expr n) { return keyRow(at, n); });
  if (isConstant(view.query) && view.group() == 1)
    queryTable = tabulate(view.keyWidth(), [&](Expr n) { return queryRow(at, n); });
  if (view.op.getTransport().isComplex() && isConstant(view.transport[0]) && isConstant(view.transport[1]))
    view.decayTable = tabulateDecays(view, at);
}

//===--- tokens ---------------------------------------------------------------------------===//

void Recurrence::sweep(const Sweep &order, SweepStage stage) {
  carryLoop(loops, loops.index(0), tokens, {&state, &sum, &top}, [&](Expr position) {
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
    } else if (view.group() == 1 && !view.logKeys()) {
      output.put(at, pieceNumber, stepAndRead(at), stage);
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
      addUpdate(view, rows, at, key, value);
    else
      stepState(view, rows, at, key, part == StepPart::Transport ? loops.real(0.0, rows.width()) : value);
  };
  stepRows(state, valueLanes(at));
  if (sum.count() > 0)
    stepRows(sum, loops.real(1.0));
}

Readout Recurrence::stepAndRead(const Point &at) {
  auto key = [&](Expr n) { return keyRow(at, n); };
  auto query = [&](Expr n) { return signedQuery(at, n); };
  Expr read = stepState(view, state, at, key, valueLanes(at), query);
  Expr total = sum.count() > 0 ? stepState(view, sum, at, key, loops.real(1.0), query) : Expr();
  return scaled({read, total, {}});
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

//===--- kernel ---------------------------------------------------------------------------===//

/// Lanes of one vector, fewer when the rows of a tall state would not fit on the stack.
static int64_t vectorWidth(MixView &view) {
  int64_t bytes = view.loops.realType.getWidth() / 8, width = vectorLanes;
  while (width > 1 && view.keyWidth() * width * bytes > stackBytes)
    width /= 2;
  return width;
}

/// Value features per piece: several vectors where they fit, so that a row's key and query are loaded once for all of
/// them and their sums do not wait for each other, while every thread still has pieces.
static int64_t pieceWidth(MixView &view) {
  constexpr int64_t fewestPieces = 16;
  int64_t room = Recurrence::inRegisters(view.keyWidth()) ? Recurrence::registerRows * vectorLanes
                                                          : stackBytes * 8 / view.loops.realType.getWidth();
  int64_t mostVectors = 4, width = vectorWidth(view), dv = view.sizes.dv;
  if (getConstantIntValue(view.queryTokens.value) == 1 && Recurrence::stepsInPlace(view)) // long reads, no copy
    room = std::numeric_limits<int64_t>::max(), mostVectors = Recurrence::mostVectorsInPlace;
  for (int64_t wider = 2 * width; wider <= mostVectors * vectorLanes; wider *= 2)
    if (dv % wider == 0 && view.keyWidth() * wider <= room && view.sizes.Hs * (dv / wider) >= fewestPieces)
      width = wider;
  return width;
}

/// With one value feature the heads are what lies side by side. A matrix per head would differ from lane to lane, and
/// the sums between two sweeps lie by feature.
static bool takesHeadsAsLanes(MixView &view) {
  return view.sizes.dv == 1 && view.sizes.Hs > 1 && view.sweeps().size() == 1 &&
         !isa<mixer::ConstantAttr>(view.op.getTransport());
}

static void emitHeadsAsLanes(MixView &view) {
  LoopBuilder &loops = view.loops;
  int64_t width = vectorWidth(view), heads = view.sizes.Hs;
  SweepOutput output(view, 1);
  Exprs counts = {view.batch, loops.index(LoopBuilder::pieces(heads, width))};
  int64_t work = 1024 * 4 * view.keyWidth() * width;
  loops.kernel("mix_recurrent", counts, work, [&](ArrayRef<Expr> at) {
    loops.piece(at[1], heads, width, [&](Lanes block) {
      view.headLanes = block.width;
      view.decayTable = {};
      Expr zero = loops.index(0);
      Recurrence(view, at[0], block.first, zero, {zero, 0}, output).emit();
    });
  });
}

void emitRecurrent(MixView &view) {
  if (takesHeadsAsLanes(view))
    return emitHeadsAsLanes(view);
  LoopBuilder &loops = view.loops;
  int64_t width = pieceWidth(view), dv = view.sizes.dv, count = LoopBuilder::pieces(dv, width);
  SweepOutput output(view, count);
  Exprs counts = {view.batch, loops.index(view.sizes.Hs), loops.index(count)};
  int64_t work = 1024 * 4 * view.keyWidth() * width;
  loops.kernel("mix_recurrent", counts, work, [&](ArrayRef<Expr> at) {
    loops.piece(at[2], dv, width, [&](Lanes block) { Recurrence::emitPiece(view, at, block, width, output); });
  });
}

} // namespace heddle::kernels
