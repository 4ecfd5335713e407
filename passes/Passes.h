// Declarations of every pass in Passes.td: one `create<Name>Pass()` and one option struct each, and
// `registerHeddlePasses()`, which makes all of them known to command-line tools.
#ifndef HEDDLE_PASSES_PASSES_H
#define HEDDLE_PASSES_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::func {
class FuncOp;
} // namespace mlir::func

namespace heddle {
#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"
} // namespace heddle

#endif
