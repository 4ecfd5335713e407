// A tensor of a call with several rows, token by token.
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_BATCHPORT_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_BATCHPORT_H

#include "runtime/tools/stream/StepEntry.h"

namespace heddle {

struct BatchPort {
  StepTensor type;
  io::HostTensor tensor; // for the longest call
  std::vector<int64_t> shape;

  static io::Result<BatchPort> make(const StepTensor &type, int64_t blocks) {
    io::Result<io::HostTensor> tensor = io::makeTensor(type.dtype, type.shapeAt(blocks * type.rate));
    if (!tensor)
      return tensor.error();
    return BatchPort{type, std::move(*tensor), type.shape};
  }
  /// The tensor of a call on so many blocks.
  heddle_tensor_view_t view(int64_t blocks) {
    shape = type.shapeAt(blocks * type.rate);
    heddle_tensor_view_t whole = viewOf(tensor);
    whole.shape = shape.data();
    return whole;
  }
  /// A token of a row in a call on `count` tokens; where there are no tokens, the row.
  std::byte *at(size_t row, int64_t token, int64_t count) {
    return tensor.data() + static_cast<size_t>(type.placeOf(static_cast<int64_t>(row), token, count)) * type.rowBytes();
  }
};

} // namespace heddle

#endif
