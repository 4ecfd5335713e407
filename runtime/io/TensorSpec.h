// Tensors on a command line.
//
//   2x64x16xf32=random(7)       uniform in [-1, 1), or in the integer range below, from seed 7
//   2x64xi64=random(7,0,50)     uniform in [0, 50)
//   4xf32=zeros   4xf32=ones   6xi64=iota   4xf32=2.5   2x2xf32=1,2,3,4   f32=3
//   @x.npy   @batch.npz:x   @weights.safetensors:w   @input_0.pb (an ONNX TensorProto)
//
// The same spec gives the same bytes on every machine.
#ifndef HEDDLE_RUNTIME_IO_TENSORSPEC_H
#define HEDDLE_RUNTIME_IO_TENSORSPEC_H

#include "runtime/io/HostTensor.h"
#include <string>
#include <string_view>

namespace heddle::io {

struct TensorSpecOptions {
  int64_t integerLow = 0; // random integers without bounds of their own lie in [integerLow, integerHigh)
  int64_t integerHigh = 16;
};

Result<HostTensor> parseTensorSpec(const std::string &spec, const TensorSpecOptions &options = {});

/// "name=spec"; the name ends at the first '='.
Result<NamedTensor> parseNamedTensorSpec(const std::string &text, const TensorSpecOptions &options = {});

/// Fills `tensor` with uniform values in [low, high) from `seed`.
void fillRandom(HostTensor &tensor, uint64_t seed, double low, double high);

} // namespace heddle::io
#endif
