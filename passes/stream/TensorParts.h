// Parts of tensors along a dimension, as the calls of a step take and leave them.
#ifndef HEDDLE_PASSES_STREAM_TENSORPARTS_H
#define HEDDLE_PASSES_STREAM_TENSORPARTS_H

#include "dialects/mixer/reference/ReferenceTensor.h"

namespace heddle {

/// `count` elements of `tensor` along a dimension.
ReferenceTensor sliceAlong(const ReferenceTensor &tensor, int64_t dim, int64_t first, int64_t count);
ReferenceTensor concatAlong(llvm::ArrayRef<ReferenceTensor> parts, int64_t dim);
/// What calls give of an output: put together along the dimension of tokens. Of an output without, or with other sizes
/// in other calls (scores of all keys so far), there is what the last one left.
ReferenceTensor joinCalls(llvm::ArrayRef<ReferenceTensor> calls, std::optional<int64_t> dim);
/// Of what one call on all tokens gives, as much as `last` has.
ReferenceTensor lastElements(ReferenceTensor whole, const ReferenceTensor &last);

} // namespace heddle

#endif
