// Where read-outs go: to the output, or, between the two sweeps of a bidirectional mixer, to buffers in the arena.
//
//   SweepOutput output(view, pieces);                       // before the kernel: makes the buffers
//   output.put(place, {weighted sum, sum of weights}, isFirst, isLast);
//
// The last sweep adds what the first one left and normalises. `top`, where given, says that both sums are scaled by
// exp(-top); it occurs for single sweeps only.
#ifndef HEDDLE_PASSES_KERNELS_SWEEPOUTPUT_H
#define HEDDLE_PASSES_KERNELS_SWEEPOUTPUT_H

#include "passes/kernels/MixView.h"

namespace heddle::kernels {

struct Readout {
  Expr sum, total, top;
};

/// Which sweep is under way.
struct SweepStage {
  bool isFirst, isLast;
};

class SweepOutput {
public:
  /// `pieces`: pieces of value features that keep a sum of weights of their own.
  SweepOutput(MixView &view, int64_t pieces);

  /// `at` names batch, token (as i), output head and first value feature.
  void put(const Point &at, Expr pieceNumber, Readout result, SweepStage stage);

private:
  MixView &view;
  mlir::Value sums, totals;
};

} // namespace heddle::kernels

#endif
