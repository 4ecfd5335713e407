// A step as the verb `stream` sees it, at one row or at several: which of its inputs and outputs have tokens, and what
// one token is.
//
//   tokens [B, T], memory [B, S, 64] | position [B], ..   ->   logits [B, T, 256] | position [B], ..
//   at B = 1: a token of `tokens` is one number, of `logits` 256; `memory` is the same for all
//
// Where states grow, a size may be that of all tokens so far: mask [B, P + T]. Such an input takes a token of each call
// and hands on those in front of it too.
//
// Calls take whole blocks of tokens. An input or output has so many tokens of its own for each of them, its rate:
//
//   samples [B, 4 * T]  ->  codes [B, T, 8]     blocks of 4 samples; the rate of `samples` is 4, of `codes` 1
#ifndef HEDDLE_RUNTIME_TOOLS_STREAM_STEPENTRY_H
#define HEDDLE_RUNTIME_TOOLS_STREAM_STEPENTRY_H

#include "runtime/tools/Verbs.h"

namespace heddle {

/// An input or output of a step beside its states.
struct StepTensor {
  const heddle_tensor_info_t *info = nullptr;
  io::DType dtype = io::DType::F32;
  std::vector<int64_t> shape; // at one token
  int tokensAt = -1;        // its dimension of tokens; only rows and dimensions of size 1 are in front of it. -1: none
  int rowsAt = -1;          // its dimension of rows; -1: none
  int allAt = -1;           // its dimension of all tokens so far; -1: none
  int64_t rate = 1;         // tokens for each block
  std::string problem = {}; // why its tokens do not lie one behind the other; empty: they do

  std::string name() const { return info->name; }
  bool hasTokens() const { return tokensAt >= 0; }
  /// Whether its tokens are all so far, in every call.
  bool isOfAll() const { return allAt >= 0 && allAt == tokensAt; }
  /// `before`: tokens in front of those of a call.
  std::vector<int64_t> shapeAt(int64_t tokens, int64_t before = 0) const;
  /// Elements and bytes of a token of all rows; of all where there are no tokens.
  int64_t elements() const;
  size_t bytes() const { return static_cast<size_t>(elements()) * io::dtypeSize(dtype); }
  int64_t rows() const { return rowsAt < 0 ? 1 : shape[static_cast<size_t>(rowsAt)]; }
  /// The same of one row.
  int64_t rowElements() const { return elements() / rows(); }
  size_t rowBytes() const { return bytes() / static_cast<size_t>(rows()); }
  /// Where a token of a row stands, in a tensor of `count` tokens.
  int64_t placeOf(int64_t row, int64_t token, int64_t count) const {
    return !hasTokens() ? row : rowsAt < tokensAt ? row * count + token : token * rows() + row;
  }
};

/// Whether its tokens can be read or written one after the other.
io::Status checkTokens(const StepTensor &tensor);

/// Elements of an output, [first, last) of those that a call gives.
struct TokenSpan {
  int64_t first = 0, last = 0;
  int64_t count() const { return last - first; }
};
/// Those that belong to a sequence of `end` blocks, in a call on so many blocks at `position`, in blocks too: outputs
/// may come late.
TokenSpan existingTokens(const StepTensor &output, int64_t position, int64_t blocks, int64_t end);
/// Tokens of one row that are fed behind the end of a sequence, where outputs come late.
std::vector<std::byte> tokensBehindEnd(const StepTensor &input, int64_t count);

std::string namesOf(const std::vector<StepTensor> &tensors);
/// The tensor of this name, which `option` has given.
io::Result<size_t> findTensor(const char *option, const std::vector<StepTensor> &tensors, const std::string &name);

/// The specs NAME=SPEC that `option` has given, by the entry's inputs or outputs; empty where there is none.
io::Result<std::vector<std::string>> orderSpecs(const char *option, const std::vector<std::string> &given,
                                                const std::vector<StepTensor> &tensors);
/// "FORMULA = N bytes (B = 1, T = 16)".
std::string describeMemory(const std::string &formula, int64_t bytes, const SymbolValues &symbols);

class StepEntry {
public:
  /// `rows`: of each call.
  static io::Result<StepEntry> of(const RunTarget &target, const Runner &runner, int64_t rows = 1);
  /// Sizes of an input without tokens give symbols their values.
  io::Status bind(const StepTensor &input, const std::vector<int64_t> &shape);

  const heddle_entry_t *entry = nullptr;
  std::vector<StepTensor> inputs, outputs;
  bool hasCapacity = false, grows = false; // grows: the capacity is the tokens seen
  int64_t block = 1;                       // tokens that come together
  /// The blocks that so many tokens begin.
  int64_t wholeBlocks(int64_t tokenCount) const { return (tokenCount + block - 1) / block; }

  /// The symbols' values for a call on so many blocks with a state of a capacity in tokens, for formulas.
  SymbolValues symbolsAt(int64_t blocks, int64_t capacityValue) const;
  std::string peakFormula; // bytes that a call keeps in memory

private:
  io::Status readTensors();
  io::Result<StepTensor> readTensor(const heddle_tensor_info_t *info) const;
  io::Status readSizes(const heddle_tensor_info_t *info, StepTensor &tensor) const;
  bool countsAll(const char *size) const;
  size_t states = 0;
  SymbolValues symbols; // without tokens and capacity
  std::string tokens, capacity, rowSymbol;
};

} // namespace heddle

#endif
