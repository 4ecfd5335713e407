// The kernel of a long convolution in a step: all of it where it is a constant, or as far as the step needs it where
// positions decide it.
#ifndef HEDDLE_PASSES_STREAM_LONGKERNEL_H
#define HEDDLE_PASSES_STREAM_LONGKERNEL_H

#include "passes/stream/StreamEmitter.h"

#include "dialects/mixer/Mixer.h"

namespace heddle {

/// `tensor` in a type that is at least as wide as its own.
mlir::Value widened(StreamEmitter &e, mlir::Value tensor, mlir::FloatType type);

class LongKernel {
public:
  /// Without `taps` the kernel has one for each token so far: as many as are needed, `length`, are computed.
  LongKernel(StreamEmitter &e, mixer::MixOp mix, std::optional<int64_t> taps, mlir::Value length);

  /// Up to `count` taps from `offset` on, [heads, channels, taps] in the compute type.
  mlir::Value from(mlir::Value offset, mlir::OpFoldResult count);
  /// The tap of an output head and channel, 0 outside of the kernel.
  mlir::Value at(mlir::ImplicitLocOpBuilder &b, mlir::Value head, mlir::Value channel, mlir::Value lag);

private:
  StreamEmitter &e;
  int64_t heads; // of the output
  mlir::Value kernel;
};

} // namespace heddle

#endif
