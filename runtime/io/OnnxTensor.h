// Reads one ONNX TensorProto (the .pb files of test data sets) without libprotobuf: five fields of the wire format.
#ifndef HEDDLE_RUNTIME_IO_ONNXTENSOR_H
#define HEDDLE_RUNTIME_IO_ONNXTENSOR_H

#include "runtime/io/HostTensor.h"
#include <string>
#include <string_view>

namespace heddle::io {

/// Types beyond DType, strings, segments and external data are refused by name. The name may be empty.
Result<NamedTensor> readOnnxTensor(const std::string &path);
Result<NamedTensor> parseOnnxTensor(std::string_view bytes, const std::string &where);

} // namespace heddle::io
#endif
