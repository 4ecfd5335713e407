// The manifest, parsed and checked: what a package says about its entries. docs/package.md has the schema.
//
// Invariant after parse(): every text, shape and expression is well formed, every tensor's dims refer to the entry's
// symbols, so that later code may evaluate without looking again.
#ifndef HEDDLE_RUNTIME_CORE_MANIFEST_H
#define HEDDLE_RUNTIME_CORE_MANIFEST_H

#include "runtime/core/DimExpr.h"
#include "runtime/core/Status.h"
#include "runtime/io/DType.h"
#include <string>
#include <string_view>
#include <vector>

namespace heddle::runtime {

/// A number of tokens that no sequence reaches.
constexpr int64_t kMostTokens = int64_t(1) << 40;

struct TensorInfo {
  std::string name;
  io::DType dtype = io::DType::F32;
  std::vector<std::string> dimensions; // as written
  std::vector<DimExpr> exprs;
  bool hasRange = false;
  int64_t low = 0, high = 0;
  bool isState = false;
  double initial = 0;   // of a state: every element in front of the first token
  bool isEnd = false;   // a state [rows]: how many tokens the sequence of each row has
  bool appends = false; // a state [rows, places, ..] of which calls write places alone that mean nothing yet
  // A state whose dimension `capacity` is the tokens seen, the same of all rows: each call copies it.
  bool grows = false;
  int64_t ring = 0; // where places go round: how many tokens in front of a row's place count
  // Of an output with tokens: how many elements late it comes; of any other: how many tokens. Of a state that is
  // appended to: how many places in front of a row's position a call begins.
  int64_t latency = 0;
};

struct Symbol {
  std::string name;
  int64_t minimum = 0, maximum = INT64_MAX;
};

struct EntryInfo {
  std::string name, symbol, plan, memoryFormula;
  std::vector<Symbol> symbols;
  std::vector<TensorInfo> inputs, outputs;
  // Of a step: the symbols of the new tokens and of what growing states keep (-1: none), how many tokens one of these
  // symbols stands for, and the most tokens that a row may see.
  int tokens = -1, capacity = -1;
  int64_t block = 1, positions = INT64_MAX;
  bool callerPlaces = false; // inputs say where a call writes, so the capacity limits no positions
  // Of a step: how many tokens, in whole blocks, have passed when its latest output comes. Where it is more than 0, a
  // state has the ends of the rows.
  int64_t latency = 0;
  // The symbol of the places of rings (-1: none), and how many tokens they keep. The second state then counts places.
  int ring = -1;
  int64_t ringTokens = 0;

  /// The states are the last so many inputs and outputs; 0 when the entry is no step.
  size_t stateCount() const;
};

struct Manifest {
  std::string targetTriple;
  std::vector<std::string> targetFeatures;
  std::vector<std::string> kernels; // by number
  std::vector<EntryInfo> entries;

  static Status parse(std::string_view json, Manifest &manifest);
};

} // namespace heddle::runtime
#endif
