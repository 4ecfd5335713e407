// A loaded model on host tensors: the tools' view of the runtime.
#ifndef HEDDLE_COMPILER_TOOLS_RUNNER_H
#define HEDDLE_COMPILER_TOOLS_RUNNER_H

#include "heddle/runtime.h"
#include "runtime/io/HostTensor.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace heddle {

/// Owns: package, session, and the bytes of a package in memory. Threads: one at a time.
class Runner {
public:
  /// Loads a package file.
  static io::Result<std::unique_ptr<Runner>> open(const std::string &path, int threads);
  ~Runner();

  std::string manifest() const;
  io::Result<const heddle_entry_t *> entry(const std::string &name) const;

  /// The inputs in the entry's order; an absent or an unknown name is an error.
  static io::Result<std::vector<io::HostTensor>> orderInputs(const heddle_entry_t *entry,
                                                             const std::vector<io::NamedTensor> &named);
  /// Symbol values that these inputs stand for, by name.
  static io::Result<std::map<std::string, int64_t>> bind(const heddle_entry_t *entry,
                                                         std::vector<io::HostTensor> &inputs);

  /// Allocates the outputs for these inputs.
  io::Result<std::vector<io::NamedTensor>> makeOutputs(const heddle_entry_t *entry,
                                                       std::vector<io::HostTensor> &inputs);
  io::Status run(const heddle_entry_t *entry, std::vector<io::HostTensor> &inputs,
                 std::vector<io::NamedTensor> &outputs);

  heddle_session_t *session() const { return session_; }
  size_t constantBytes() const { return heddle_package_constants_bytes(package); }

private:
  Runner() = default;
  heddle_package_t *package = nullptr;
  heddle_session_t *session_ = nullptr;
};

/// The element type of a tensor description; the manifest's types all have one.
io::DType dtypeOf(const heddle_dtype_t &dtype);

/// Random inputs for an entry at these symbol values: uniform in [-1, 1), integers in their declared range.
io::Result<std::vector<io::NamedTensor>> randomInputs(const heddle_entry_t *entry,
                                                      const std::map<std::string, int64_t> &symbols, uint64_t seed);

} // namespace heddle

#endif
