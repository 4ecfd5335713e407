// The same tensor for the runtime and for the reference evaluator.
#ifndef HEDDLE_COMPILER_TOOLS_REFERENCEBRIDGE_H
#define HEDDLE_COMPILER_TOOLS_REFERENCEBRIDGE_H

#include "dialects/mixer/reference/ReferenceTensor.h"
#include "runtime/io/HostTensor.h"

namespace heddle {

/// `elementType` is the type that the IR gives the tensor (i1 for bool, i8 for u8).
ReferenceTensor toReference(const io::HostTensor &tensor, mlir::Type elementType);

} // namespace heddle

#endif
