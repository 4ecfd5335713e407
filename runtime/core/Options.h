// Reading option structs of any version: fields that the caller's struct does not reach keep their defaults.
#ifndef HEDDLE_RUNTIME_CORE_OPTIONS_H
#define HEDDLE_RUNTIME_CORE_OPTIONS_H

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace heddle::runtime {

template <typename Options> Options readOptions(const Options *given, void (*initialize)(Options *)) {
  Options options;
  initialize(&options);
  if (given)
    std::memcpy(&options, given, std::min(given->size, sizeof options));
  options.size = sizeof options;
  return options;
}

} // namespace heddle::runtime
#endif
