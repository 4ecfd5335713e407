// NumPy's .npy files, versions 1 to 3.
//
// The header is a Python dict literal; exactly the keys descr, fortran_order and shape are accepted. Little-endian and
// one-byte types only. Fortran order is converted to row-major. Objects, strings and structured types are refused by
// name. bf16 travels as "<V2", as ml_dtypes writes it.
#ifndef HEDDLE_RUNTIME_IO_NPY_H
#define HEDDLE_RUNTIME_IO_NPY_H

#include "runtime/io/HostTensor.h"
#include <functional>
#include <string>
#include <string_view>

namespace heddle::io {

Result<HostTensor> readNpy(const std::string &path);
/// `where` names the source in messages. The tensor has its own copy of the bytes.
Result<HostTensor> parseNpy(std::string_view file, const std::string &where);

/// Writes version 1.0, or 2.0 when the header needs it. Replaces `path` at once: no reader sees half a file.
Status writeNpy(const std::string &path, const HostTensor &tensor);
/// An error for the 8-bit floats, which npy cannot hold.
Status checkNpyType(DType dtype, const std::string &where);
/// The file's bytes before the data; at least so many, so that a longer shape can take their place.
std::string npyHeader(DType dtype, const std::vector<int64_t> &shape, size_t atLeast = 0);

/// What stands in front of the data.
struct NpyHeader {
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  bool fortranOrder = false;
};
/// The header at the front of a stream; `read` fills all of the bytes that it is asked for.
Result<NpyHeader> readNpyHeader(const std::function<Status(char *data, size_t size)> &read, const std::string &where);

} // namespace heddle::io
#endif
