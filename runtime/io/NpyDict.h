// The Python dict in an npy file's header: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
#ifndef HEDDLE_RUNTIME_IO_NPYDICT_H
#define HEDDLE_RUNTIME_IO_NPYDICT_H

#include "runtime/io/Result.h"
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::io {

struct NpyDict {
  std::string descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
};

/// Exactly the three keys, each once, in any order.
Result<NpyDict> parseNpyDict(std::string_view text, const std::string &where);

} // namespace heddle::io
#endif
