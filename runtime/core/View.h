// One tensor of a call against its description: what can be checked without knowing the symbols.
#ifndef HEDDLE_RUNTIME_CORE_VIEW_H
#define HEDDLE_RUNTIME_CORE_VIEW_H

#include "runtime/core/Manifest.h"
#include "runtime/core/Status.h"

namespace heddle::runtime {

/// HEDDLE_INVALID_ARGUMENT: `what, expected X but got Y`.
Status invalid(const std::string &what, const std::string &expected, const std::string &got);

/// Device, type, rank, sizes, strides and address. `kind` is "input" or "output".
Status checkView(const char *kind, const TensorInfo &info, const heddle_tensor_view_t &view);

// The others need a view that has passed checkView.

inline char *viewData(const heddle_tensor_view_t &view) { return static_cast<char *>(view.data) + view.byte_offset; }

int64_t viewBytes(const heddle_tensor_view_t &view);

/// Every element lies in the description's range; passes when it has none.
Status checkRange(const TensorInfo &info, const heddle_tensor_view_t &view);

/// Whether two views share a byte.
bool overlap(const heddle_tensor_view_t &a, const heddle_tensor_view_t &b);

} // namespace heddle::runtime
#endif
