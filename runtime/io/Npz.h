// NumPy's .npz files: a zip archive of .npy files.
//
// Limits: 65,536 arrays, and per array and in sum the caller's cap on uncompressed bytes. What an archive claims about
// its sizes is checked before anything is allocated.
#ifndef HEDDLE_RUNTIME_IO_NPZ_H
#define HEDDLE_RUNTIME_IO_NPZ_H

#include "runtime/io/HostTensor.h"
#include <string>
#include <vector>

namespace heddle::io {

struct NpzOptions {
  uint64_t maxTotalBytes = uint64_t(64) << 30;
};

/// All arrays, in the archive's order, without the ".npy" of their names.
Result<std::vector<NamedTensor>> readNpz(const std::string &path, const NpzOptions &options = {});
/// One array.
Result<HostTensor> readNpzArray(const std::string &path, const std::string &name, const NpzOptions &options = {});
/// The names of the arrays, in the archive's order; reads no data.
Result<std::vector<std::string>> listNpz(const std::string &path);

/// Stores without compression and without time stamps: same tensors, same bytes. Replaces `path` at once.
Status writeNpz(const std::string &path, const std::vector<NamedTensor> &tensors);

} // namespace heddle::io
#endif
