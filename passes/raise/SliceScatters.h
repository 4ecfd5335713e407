// Scatters whose positions form a box are slices that are written, however the positions are computed.
//
//   scf.for %i .. scf.for %j .. iter_args(%out = %y) {
//     %e = tensor.extract %part[%i, %j]                       ->    tensor.insert_slice %part into %y[0, 3] [4, 5]
//     %at = tensor.extract %positions[%i, %j, %c1] .. = 3 + %j
//     tensor.insert %e into %out[%i, %at]
//
// Positions that depend on no data are computed here, for every iteration and at several sizes of each symbol; a box is
// written only where all of them fit.
#ifndef HEDDLE_PASSES_RAISE_SLICESCATTERS_H
#define HEDDLE_PASSES_RAISE_SLICESCATTERS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace heddle {

/// Replaces the loops of an entry that write boxes.
void writeScattersAsSlices(mlir::func::FuncOp entry);

} // namespace heddle

#endif
