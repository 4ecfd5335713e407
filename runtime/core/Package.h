// A loaded package behind the C handles heddle_package and heddle_entry.
#ifndef HEDDLE_RUNTIME_CORE_PACKAGE_H
#define HEDDLE_RUNTIME_CORE_PACKAGE_H

#include "runtime/abi/kernel_abi.h"
#include "runtime/core/HostModule.h"
#include "runtime/core/Image.h"
#include "runtime/core/Manifest.h"
#include <atomic>
#include <memory>
#include <vector>

/// A tensor as the C API shows it: heddle_tensor_info_t with the arrays that it points to.
struct heddle_tensor_arrays {
  std::vector<const char *> dimensions;
  std::vector<int64_t> sizes;
  heddle_tensor_info_t info;
};

struct heddle_entry {
  const heddle_package *package = nullptr;
  heddle::runtime::EntryInfo info;
  heddle_abi_entry_t run = nullptr;
  heddle_abi_plan_t plan = nullptr;
  std::vector<heddle_symbol_t> symbols;
  std::vector<heddle_tensor_arrays> inputs, outputs;
  size_t outputDims = 0; // of all outputs together

  /// Sizes for these symbol values; both results are checked to be sane. outputDimensions holds outputDims numbers.
  heddle::runtime::Status planFor(const int64_t *values, int64_t &arenaBytes, int64_t *outputDimensions) const;
  /// The symbols lie in their ranges.
  heddle::runtime::Status checkSymbols(const int64_t *values) const;
};

struct heddle_package {
  std::atomic<int64_t> references{1};
  heddle::runtime::Image image;
  heddle::runtime::HostModule host;
  std::string manifestText;
  std::vector<std::string> kernels;
  std::vector<std::unique_ptr<heddle_entry>> entries;

  /// Reads manifest and code from the opened image.
  heddle::runtime::Status bind();
};

#endif
