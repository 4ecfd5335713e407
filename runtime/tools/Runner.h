// A loaded model on host tensors: the tools' view of the runtime.
#ifndef HEDDLE_RUNTIME_TOOLS_RUNNER_H
#define HEDDLE_RUNTIME_TOOLS_RUNNER_H

#include "heddle/runtime.h"
#include "runtime/io/HostTensor.h"
#include "runtime/tools/Expression.h"

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

  /// Moves the inputs into the entry's order; an absent name is an error.
  static io::Result<std::vector<io::HostTensor>> orderInputs(const heddle_entry_t *entry,
                                                             std::vector<io::NamedTensor> named);

  /// Allocates the outputs for these inputs.
  io::Result<std::vector<io::NamedTensor>> makeOutputs(const heddle_entry_t *entry,
                                                       std::vector<io::HostTensor> &inputs);
  io::Status run(const heddle_entry_t *entry, std::vector<io::HostTensor> &inputs,
                 std::vector<io::NamedTensor> &outputs);

  heddle_session_t *session() const { return session_; }

private:
  Runner() = default;
  heddle_package_t *package = nullptr;
  heddle_session_t *session_ = nullptr;
};

/// A view of the whole tensor, which keeps the bytes.
heddle_tensor_view_t viewOf(io::HostTensor &tensor);
/// A cleared tensor for a description of the package at these symbol values.
io::Result<io::HostTensor> makeTensor(const heddle_tensor_info_t *info, const SymbolValues &symbols);

/// Sizes for inputs that are made up: `first` for the entry's first symbol (a batch, by custom), `others` for the rest.
SymbolValues defaultDims(const heddle_entry_t *entry, int64_t first, int64_t others);
/// `values` with those replaced that the NAME=SIZE texts of --dim name.
io::Result<SymbolValues> chooseDims(SymbolValues values, const std::vector<std::string> &dims);

/// Random inputs for an entry at these symbol values: uniform in [-1, 1), integers in their declared range.
io::Result<std::vector<io::NamedTensor>> randomInputs(const heddle_entry_t *entry, const SymbolValues &symbols,
                                                      uint64_t seed);

} // namespace heddle

#endif
