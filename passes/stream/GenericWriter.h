// Writes a linalg.generic of the step: the tokens that were asked for, at their positions.
#ifndef HEDDLE_PASSES_STREAM_GENERICWRITER_H
#define HEDDLE_PASSES_STREAM_GENERICWRITER_H

#include "passes/stream/StreamEmitter.h"
#include "passes/stream/TokenBody.h"

namespace heddle {

/// Defines the results of `op`, which has a TokenBody. Loops over rows are added where positions are read and there is
/// none.
void writeGeneric(mlir::linalg::GenericOp op, StreamEmitter &e);

} // namespace heddle

#endif
