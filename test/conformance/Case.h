// A case of the ONNX backend suites: a folder with `model.onnx` and `test_data_set_*/{input,output}_N.pb`.
//
//   io::Result<Case> read = readCase("node", "/usr/share/libonnx-testdata/data/node/test_abs");
//
// Invariant: a data set holds one value for each input of the graph that is no initialiser, and one for each output.
#ifndef HEDDLE_TEST_CONFORMANCE_CASE_H
#define HEDDLE_TEST_CONFORMANCE_CASE_H

#include "frontends/onnx/onnx_model.pb.h"
#include "runtime/io/Result.h"
#include <string>
#include <vector>

namespace heddle::test {

// A tensor, a sequence of tensors, or an optional of either.
struct CaseValue {
  bool isSequence = false;
  bool isOptional = false;
  bool isPresent = true; // false: an optional that holds nothing
  int32_t elementType = 0;
  std::vector<onnx::TensorProto> tensors; // one where it is no sequence
};

struct DataSet {
  std::vector<CaseValue> inputs, outputs;
};

struct Case {
  std::string suite, name;
  onnx::ModelProto model;
  std::vector<DataSet> dataSets;
  std::string key() const { return suite + "/" + name; }
};

io::Result<Case> readCase(const std::string &suite, const std::string &folder);

// Inputs of the graph that are no initialisers.
std::vector<const onnx::ValueInfoProto *> feedableInputs(const onnx::GraphProto &graph);

// The folders below `suite` that hold a model, by name.
std::vector<std::string> listCases(const std::string &suite);

} // namespace heddle::test
#endif
