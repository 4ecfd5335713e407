// The operators that the importer knows: one row for each meaning of each operator.
//
//   table.add({{"Softmax", 1, convertSoftmaxFlattened},
//              {"Softmax", 13, convertSoftmax}});
//
// A model's opset selects the row with the largest `since` that is not above it. A row is added only where the meaning
// changes, not where an operator merely accepts more element types. To add an operator: write its function in the file
// of its group, add its row.
#ifndef HEDDLE_FRONTENDS_ONNX_OPTABLE_H
#define HEDDLE_FRONTENDS_ONNX_OPTABLE_H

#include "frontends/Tensor.h"
#include "frontends/onnx/GraphValue.h"
#include "llvm/ADT/StringRef.h"
#include <map>
#include <string>

namespace heddle::onnx {

class NodeReader;

using Results = llvm::SmallVector<Tensor>; // one for each output; empty after a reported mistake
using Literals =
    llvm::SmallVector<Literal>; // one for each output; empty when the outputs are not known while importing

// Operators of another domain than the default one are named "domain.Name".
struct OpRow {
  llvm::StringRef name;
  int64_t since;
  Results (*convert)(NodeReader &) = nullptr; // emits the operator
  Literals (*fold)(NodeReader &) = nullptr;   // tried first
  Values (*bind)(NodeReader &) = nullptr;     // instead of both, for operators on sequences and graphs

  OpRow(llvm::StringRef name, int64_t since, Results (*convert)(NodeReader &), Literals (*fold)(NodeReader &) = nullptr)
      : name(name), since(since), convert(convert), fold(fold) {}
  OpRow(llvm::StringRef name, int64_t since, Values (*bind)(NodeReader &)) : name(name), since(since), bind(bind) {}
};

// Versions of the default operator set that a model may import.
constexpr int64_t minOpset = 1, maxOpset = 28;

class OpTable {
public:
  static const OpTable &get();

  void add(std::initializer_list<OpRow> added);
  const OpRow *find(llvm::StringRef domain, llvm::StringRef name, int64_t opset) const;
  // Why the table has no row for the operator, and what comes nearest.
  std::string explainMissing(llvm::StringRef domain, llvm::StringRef name, int64_t opset) const;
  std::string markdown() const;

private:
  llvm::StringRef nearestName(llvm::StringRef name) const;
  std::map<llvm::StringRef, std::map<int64_t, OpRow>> rows;
};

} // namespace heddle::onnx
#endif
