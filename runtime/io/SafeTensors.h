// safetensors files, mapped: tensors are views into the file and cost no memory until they are touched.
//
// Checked before any tensor is handed out: header of at most 100,000,000 bytes that starts with '{'; no duplicate
// names; data ranges that match shape and type, in bounds, without overlaps or holes, ending at the end of the file. A
// shard index (model.safetensors.index.json) is not read here.
#ifndef HEDDLE_RUNTIME_IO_SAFETENSORS_H
#define HEDDLE_RUNTIME_IO_SAFETENSORS_H

#include "runtime/io/HostTensor.h"
#include <map>
#include <string>

namespace heddle::io {

struct SafeTensors {
  std::map<std::string, HostTensor> tensors;
  std::map<std::string, std::string> metadata; // the optional "__metadata__"
};

Result<SafeTensors> readSafeTensors(const std::string &path);

/// Names in order of the map; same tensors, same bytes. Replaces `path` at once.
Status writeSafeTensors(const std::string &path, const std::map<std::string, HostTensor> &tensors,
                        const std::map<std::string, std::string> &metadata = {});

} // namespace heddle::io
#endif
