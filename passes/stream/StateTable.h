// The pairs of an entry as a table for people, on the entry itself: what it keeps, and why the compiler thinks so.
//
//   heddle.state_pairs = [{input = "past", output = "present", evidence = "name", initial = 0.0, bytes = "256*B"}]
#ifndef HEDDLE_PASSES_STREAM_STATETABLE_H
#define HEDDLE_PASSES_STREAM_STATETABLE_H

#include "passes/stream/StatePairs.h"

namespace heddle {

/// Writes the table; none where there are no pairs. Bytes are a formula of the entry's symbols.
void writeStateTable(mlir::func::FuncOp entry, const StatePairs &pairs);

} // namespace heddle

#endif
