// Direct form: a position-only kernel or a structured matrix, a block of rows at a time.
//
//   for each block of 8 rows, each vector of channels:   for j in keys: o_i += W[i, j] v_j   (8 sums in registers)
//
// No matrix of pairs is stored: W[i, j] is a tap of the kernel, an entry of the given matrix, or an entry of a table
// that holds one period of the cosine or sine. A channel is one value feature of one head; channels lie side by side in
// memory, and what does not lie so is packed first. Taps are packed as [K, channels] with a margin of zeros, so that a
// block of rows needs no test at the ends of the kernel; a causal support clears the taps of negative lags.
#include "passes/kernels/FlatTokens.h"
#include "passes/kernels/Kernels.h"

using namespace mlir;

namespace heddle::kernels {
namespace {

constexpr int64_t rowBlock = 8;
constexpr int64_t margin = rowBlock - 1;
constexpr int64_t tapPiece = 16; // taps that are packed at a time, a line of the cache

class DirectKernel {
public:
  explicit DirectKernel(MixView &view)
      : view(view), loops(view.loops), order(view.sweeps().front()), values(view, view.value, /*isOutput=*/false),
        output(view, view.output, /*isOutput=*/true), channels(view.sizes.Ho * view.sizes.dv) {}
  void emitToeplitz();
  void emitStructured();

private:
  using RowSums = function_ref<Exprs(Expr, ArrayRef<Expr>)>;
  void packTaps(Expr length, int64_t center);
  Exprs toeplitzRows(Expr b, Expr firstRow, Expr length, int64_t center, Lanes lanes);
  Exprs denseRows(Expr b, Expr h, Expr firstRow, Expr channel, int64_t width);
  Exprs periodicRows(Expr b, Expr firstRow, Expr channel, int64_t width);
  void fillTable(bool isCosine);
  void storeRows(Expr b, Expr firstRow, Expr channel, ArrayRef<Expr> sums);
  Expr value(Expr b, Expr position, Expr channel, int64_t width) {
    return values.load(b, view.token(order, position, view.keyTokens), channel, width);
  }
  Expr keyEnd(Expr firstRow) {
    bool isCausal = view.op.getSupport().isCausal();
    return isCausal ? min(view.keyTokens, firstRow + loops.index(rowBlock)) : view.keyTokens;
  }

  MixView &view;
  LoopBuilder &loops;
  Sweep order;
  FlatTokens values, output;
  int64_t channels;
  Value taps, table;
};

} // namespace

void DirectKernel::storeRows(Expr b, Expr firstRow, Expr channel, ArrayRef<Expr> sums) {
  for (auto [r, sum] : llvm::enumerate(sums)) {
    Expr row = firstRow + loops.index(r), total = sum;
    loops.when(row < view.queryTokens,
               [&]() { output.store(total, b, view.token(order, row, view.queryTokens), channel); });
  }
}

//===--- toeplitz -------------------------------------------------------------------------===//

/// taps[margin + k, c] = kernel[c, k]; zero in the margins and, for a causal support, for negative lags. A piece of one
/// channel after the other: taps of a channel lie side by side, those of two far apart.
void DirectKernel::packTaps(Expr length, int64_t center) {
  const Operand &kernel = view.transport[0];
  int64_t tapChannels = kernel.size(0) * kernel.size(1) == 1 ? 1 : channels, dv = view.sizes.dv;
  Expr padded = length + loops.index(2 * margin), zero = loops.index(0);
  taps = loops.buffer({padded, loops.index(tapChannels)});
  int64_t first = view.op.getSupport().isCausal() ? center : 0; // that is seen
  Expr pieces = (padded + loops.index(tapPiece - 1)) / loops.index(tapPiece);
  loops.kernel("mix_direct_pack", {pieces}, tapPiece * tapChannels, [&](ArrayRef<Expr> at) {
    Expr begin = at[0] * loops.index(tapPiece), end = min(begin + loops.index(tapPiece), padded);
    Expr inside = min(end, max(begin, loops.index(margin + first)));
    Expr behind = min(end, max(inside, length + loops.index(margin)));
    loops.loop(zero, loops.index(tapChannels), [&](Expr channel) {
      Expr h = channel / loops.index(dv), d = channel % loops.index(dv);
      Expr head = kernel.size(0) == 1 ? zero : h / loops.index(view.sizes.Ho / kernel.size(0));
      Expr feature = kernel.size(1) == 1 ? zero : d;
      auto clear = [&](Expr k) { loops.store(loops.real(0.0), taps, {k, channel}); };
      loops.loop(begin, inside, clear);
      loops.loop(inside, behind, [&](Expr k) {
        loops.store(loops.load(kernel.memref, {head, feature, k - loops.index(margin)}), taps, {k, channel});
      });
      loops.loop(behind, end, clear);
    });
  });
}

/// Row r and key j meet at tap firstRow + r - j + center. Eight keys at a time need fifteen taps.
Exprs DirectKernel::toeplitzRows(Expr b, Expr firstRow, Expr length, int64_t center, Lanes lanes) {
  bool isShared = cast<MemRefType>(taps.getType()).getDimSize(1) == 1;
  auto keys = [&](Expr position, int64_t count, ArrayRef<Expr> sums) {
    // Packed index of the tap for row 0 and the last of these keys.
    Expr lowest = firstRow + loops.index(center + margin) - position - loops.index(count - 1);
    Exprs window, next(sums);
    for (int64_t t = 0; t < rowBlock + count - 1; ++t) {
      Expr channel = isShared ? loops.index(0) : lanes.first;
      window.push_back(loops.load(taps, {lowest + loops.index(t), channel}, isShared ? 0 : lanes.width));
    }
    for (int64_t j = 0; j < count; ++j) {
      Expr v = value(b, position + loops.index(j), lanes.first, lanes.width);
      for (int64_t r = 0; r < rowBlock; ++r)
        next[r] = fma(window[r + count - 1 - j], v, next[r]);
    }
    return next;
  };
  Expr zero = loops.index(0);
  Expr begin = max(zero, firstRow + loops.index(center + 1) - length);
  Expr end = max(begin, min(view.keyTokens, firstRow + loops.index(rowBlock + center)));
  Expr middle = begin + (end - begin) / loops.index(rowBlock) * loops.index(rowBlock);
  Exprs sums(rowBlock, loops.real(0.0, lanes.width));
  sums = loops.loop(
      begin, middle, sums, [&](Expr j, ArrayRef<Expr> carried) { return keys(j, rowBlock, carried); }, rowBlock);
  return loops.loop(middle, end, sums, [&](Expr j, ArrayRef<Expr> carried) { return keys(j, 1, carried); });
}

void DirectKernel::emitToeplitz() {
  Expr length = loops.dim(view.transport[0].memref, 2);
  int64_t center = cast<mixer::ToeplitzAttr>(view.op.getTransport()).getCenter();
  packTaps(length, center);
  Exprs counts = {view.batch, (view.queryTokens + loops.index(margin)) / loops.index(rowBlock),
                  loops.index(LoopBuilder::pieces(channels, vectorLanes))};
  loops.kernel("mix_direct_toeplitz", counts, 2 * 1024 * rowBlock * vectorLanes, [&](ArrayRef<Expr> at) {
    Expr firstRow = at[1] * loops.index(rowBlock);
    loops.piece(at[2], channels, vectorLanes, [&](Lanes lanes) {
      storeRows(at[0], firstRow, lanes.first, toeplitzRows(at[0], firstRow, length, center, lanes));
    });
  });
  output.finish();
}

//===--- structured -----------------------------------------------------------------------===//

Exprs DirectKernel::denseRows(Expr b, Expr h, Expr firstRow, Expr channel, int64_t width) {
  bool isCausal = view.op.getSupport().isCausal();
  Expr last = view.queryTokens - 1;
  Exprs sums(rowBlock, loops.real(0.0, width));
  return loops.loop(loops.index(0), keyEnd(firstRow), sums, [&](Expr j, ArrayRef<Expr> carried) {
    Expr v = value(b, j, channel, width);
    Exprs next;
    for (int64_t r = 0; r < rowBlock; ++r) {
      Expr row = firstRow + loops.index(r);
      Expr weight = view.load(view.transport[0], {{}, min(row, last), j, h});
      next.push_back(fma(isCausal ? select(j <= row, weight, loops.real(0.0)) : weight, v, carried[r]));
    }
    return next;
  });
}

/// table[m] = cos or sin of 2 pi m / S.
void DirectKernel::fillTable(bool isCosine) {
  table = loops.buffer({view.keyTokens});
  loops.kernel("mix_direct_table", {view.keyTokens}, 16, [&](ArrayRef<Expr> at) {
    Expr angle = loops.toReal(at[0]) * (2.0 * M_PI) / loops.toReal(view.keyTokens);
    loops.store(isCosine ? cos(angle) : sin(angle), table, at);
  });
}

/// W[i, j] = table[i j mod S]: each row carries its place in the table and moves on by i.
Exprs DirectKernel::periodicRows(Expr b, Expr firstRow, Expr channel, int64_t width) {
  bool isCausal = view.op.getSupport().isCausal();
  Exprs state(rowBlock, loops.real(0.0, width)), rows;
  for (int64_t r = 0; r < rowBlock; ++r) {
    state.push_back(loops.index(0));
    rows.push_back(min(firstRow + loops.index(r), view.keyTokens - 1));
  }
  Exprs last = loops.loop(loops.index(0), keyEnd(firstRow), state, [&](Expr j, ArrayRef<Expr> carried) {
    Expr v = value(b, j, channel, width);
    Exprs sums, places;
    for (int64_t r = 0; r < rowBlock; ++r) {
      Expr place = carried[rowBlock + r], weight = loops.load(table, {place});
      sums.push_back(fma(isCausal ? select(j <= rows[r], weight, loops.real(0.0)) : weight, v, carried[r]));
      Expr moved = place + rows[r];
      places.push_back(select(moved < view.keyTokens, moved, moved - view.keyTokens));
    }
    sums.append(places);
    return sums;
  });
  last.truncate(rowBlock);
  return last;
}

void DirectKernel::emitStructured() {
  mixer::StructuredKind kind = cast<mixer::StructuredAttr>(view.op.getTransport()).getKind();
  bool isDense = kind == mixer::StructuredKind::Dense;
  if (!isDense)
    fillTable(kind == mixer::StructuredKind::Cosine);
  // One matrix for all heads sees all channels at once, a matrix per head those of its head.
  int64_t heads = isDense && view.transport[0].size(0) > 1 ? view.sizes.Ho : 1, perHead = channels / heads;
  int64_t width = 2 * vectorLanes;
  Exprs counts = {view.batch, loops.index(heads), (view.queryTokens + loops.index(margin)) / loops.index(rowBlock),
                  loops.index(LoopBuilder::pieces(perHead, width))};
  loops.kernel("mix_direct_structured", counts, 2 * 1024 * rowBlock * width, [&](ArrayRef<Expr> at) {
    Expr firstRow = at[2] * loops.index(rowBlock);
    loops.piece(at[3], perHead, width, [&](Lanes lanes) {
      Expr channel = at[1] * loops.index(perHead) + lanes.first;
      storeRows(at[0], firstRow, channel,
                isDense ? denseRows(at[0], at[1], firstRow, channel, lanes.width)
                        : periodicRows(at[0], firstRow, channel, lanes.width));
    });
  });
  output.finish();
}

void emitDirect(MixView &view) {
  DirectKernel kernel(view);
  isa<mixer::ToeplitzAttr>(view.op.getTransport()) ? kernel.emitToeplitz() : kernel.emitStructured();
}

} // namespace heddle::kernels
