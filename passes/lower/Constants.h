// The constants section of a package, as the module describes it after `heddle-externalize-constants`.
//
// Invariant: pieces are sorted by offset, start at multiples of 64 and do not overlap. Bytes of a model's weights are
// never copied here: a piece points into the module's resources.
#ifndef HEDDLE_PASSES_LOWER_CONSTANTS_H
#define HEDDLE_PASSES_LOWER_CONSTANTS_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include <vector>

namespace heddle {

struct ConstantPiece {
  uint64_t offset = 0;
  /// Content, owned by the module's context or, when it had to be unpacked, by `storage`.
  llvm::ArrayRef<char> bytes;
  std::vector<char> storage;
};

/// Bytes of one constant as it lies in memory (a boolean is a byte). A dense attribute that is packed or a splat is
/// expanded into `storage`.
ConstantPiece getConstantBytes(mlir::ElementsAttr value);

/// All pieces of the constants section of a lowered module.
std::vector<ConstantPiece> getConstantPieces(mlir::ModuleOp module);

/// Size of the constants section.
uint64_t getConstantsSize(mlir::ModuleOp module);

} // namespace heddle

#endif
