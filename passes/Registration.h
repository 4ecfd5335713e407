// What a context needs before it can parse, transform and bufferize Heddle IR. Tools call this once on the registry
// from which they make their context; a dialect that is only produced by a pass is loaded by that pass.
#ifndef HEDDLE_PASSES_REGISTRATION_H
#define HEDDLE_PASSES_REGISTRATION_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace heddle {

/// Registers the dialects that appear between import and lower, with their bufferization, inliner, tiling and
/// LLVM-conversion models.
void registerAllExternalModels(mlir::DialectRegistry &registry);

} // namespace heddle

#endif
