// One object file to the shared library that a package carries.
#ifndef HEDDLE_COMPILER_TARGET_CPU_LINKSHARED_H
#define HEDDLE_COMPILER_TARGET_CPU_LINKSHARED_H

#include "mlir/IR/Location.h"
#include "llvm/Support/LogicalResult.h"

#include <vector>

namespace heddle {

/// Links `object` with ld.lld (the one found at configure time, or HEDDLE_LLD). The library needs libm and libc only;
/// any other undefined symbol is an error. Same object, same bytes.
llvm::FailureOr<std::vector<char>> linkShared(const std::vector<char> &object, mlir::Location loc);

} // namespace heddle

#endif
