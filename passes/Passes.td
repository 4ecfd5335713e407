// Every pass of Heddle: one table per phase, in the order data travels. Each description shows the IR before and after.
#ifndef HEDDLE_PASSES_PASSES_TD
#define HEDDLE_PASSES_PASSES_TD

include "passes/raise/Passes.td"
include "passes/stream/Passes.td"
include "passes/form/Passes.td"
include "passes/fuse/Passes.td"
include "passes/tile/Passes.td"
include "passes/lower/Passes.td"

#endif // HEDDLE_PASSES_PASSES_TD
