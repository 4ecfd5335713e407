// A step at one row, as the verb `stream` sees it: which of its inputs and outputs have tokens, and what one token is.
//
//   tokens [B, T], memory [B, S, 64] | position [B], ..   ->   logits [B, T, 256] | position [B], ..
//   at B = 1: a token of `tokens` is one number, of `logits` 256; `memory` is the same for all
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STEPENTRY_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STEPENTRY_H

#include "runtime/tools/Verbs.h"

namespace heddle {

/// An input or output of a step beside its states.
struct StepTensor {
  const heddle_tensor_info_t *info = nullptr;
  io::DType dtype = io::DType::F32;
  std::vector<int64_t> shape; // at one token
  int tokensAt = -1;          // its dimension of tokens; only dimensions of size 1 are in front of it. -1: none

  std::string name() const { return info->name; }
  bool hasTokens() const { return tokensAt >= 0; }
  std::vector<int64_t> shapeAt(int64_t tokens) const;
  /// Elements and bytes of a token; of all where there are none.
  int64_t elements() const;
  size_t bytes() const { return static_cast<size_t>(elements()) * io::dtypeSize(dtype); }
};

std::string namesOf(const std::vector<StepTensor> &tensors);
/// The tensor of this name, which `option` has given.
io::Result<size_t> findTensor(const char *option, const std::vector<StepTensor> &tensors, const std::string &name);

class StepEntry {
public:
  static io::Result<StepEntry> of(const RunTarget &target, const Runner &runner);
  /// Sizes of an input without tokens give symbols their values.
  io::Status bind(const StepTensor &input, const std::vector<int64_t> &shape);

  const heddle_entry_t *entry = nullptr;
  std::vector<StepTensor> inputs, outputs;
  bool hasCapacity = false;

  /// The symbols' values for a call, for formulas.
  SymbolValues symbolsAt(int64_t tokenCount, int64_t capacityValue) const;
  std::string peakFormula; // bytes that a call keeps in memory

private:
  io::Status readTensors();
  io::Result<StepTensor> readTensor(const heddle_tensor_info_t *info) const;
  size_t states = 0;
  SymbolValues symbols; // without tokens and capacity
  std::string tokens, capacity;
};

} // namespace heddle

#endif
