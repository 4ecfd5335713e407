// Windows that slide over the spatial dimensions of [batch, channels, spatial..]: what convolutions and pools share.
//
//   std::optional<Window> window = readWindow(node, x.shape, kernel);
//   Tensor padded = padded(node, x, *window, 0.0);       // now position = out * stride + tap * dilation
//
// Invariant: `axes` has one entry for each spatial dimension, in order.
#ifndef HEDDLE_FRONTENDS_ONNX_OPERATORS_WINDOW_H
#define HEDDLE_FRONTENDS_ONNX_OPERATORS_WINDOW_H

#include "frontends/onnx/NodeReader.h"

namespace heddle::onnx {

struct WindowAxis {
  int64_t kernel = 1, stride = 1, dilation = 1;
  Dim low, high; // explicit padding
  Dim beyond;    // what windows read behind the padding (ceil_mode)
  Dim size;      // number of windows
};

struct Window {
  llvm::SmallVector<WindowAxis> axes;
  llvm::SmallVector<int64_t> kernel() const {
    return llvm::map_to_vector(axes, [](const WindowAxis &axis) { return axis.kernel; });
  }
};

// From the attributes strides, dilations, pads, auto_pad and ceil_mode; nothing after a mistake.
std::optional<Window> readWindow(NodeReader &node, llvm::ArrayRef<Dim> shape, llvm::ArrayRef<int64_t> kernel);

// Sizes of the trailing dimensions, all known; nothing after a mistake.
std::optional<llvm::SmallVector<int64_t>> knownSizes(NodeReader &node, llvm::ArrayRef<Dim> sizes, llvm::StringRef what);

// x with `filler` around its spatial dimensions, as far as the windows read.
Tensor padWindows(NodeReader &node, Tensor x, const Window &window, double filler);

// A list attribute with one number for each spatial dimension.
std::optional<llvm::SmallVector<int64_t>> spatialList(NodeReader &node, llvm::StringRef name, int64_t count,
                                                      int64_t otherwise);

// Reduces each window of a padded x: loops over [batch, channels, windows.., taps..], `body` gets the element and the
// value so far.
Tensor reduceWindows(NodeReader &node, Tensor padded, const Window &window, mlir::Type accumulator, double init,
                     GraphBuilder::Body body);

} // namespace heddle::onnx
#endif
