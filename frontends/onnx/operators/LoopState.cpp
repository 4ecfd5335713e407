#include "frontends/onnx/operators/LoopState.h"

#include "frontends/onnx/onnx_model.pb.h"
#include "frontends/onnx/operators/LoopBody.h"

using namespace mlir;

namespace heddle::onnx {

bool LoopState::onlyGrows(const GraphProto &body) const {
  for (auto [number, value] : llvm::enumerate(values)) {
    int64_t input = static_cast<int64_t>(number) + 2, output = static_cast<int64_t>(number) + 1;
    bool isEmpty = value.kind == ValueKind::Sequence && value.elements.empty();
    if (!value.isTensor() && (!isEmpty || output >= body.output_size() || !appendsOneElement(body, input, output)))
      return false;
  }
  return true;
}

std::optional<SmallVector<Tensor>> LoopState::tensors() {
  Values carried;
  llvm::copy_if(values, std::back_inserter(carried), [](const GraphValue &value) { return value.isTensor(); });
  return tensorsOf(node, carried);
}

Values LoopState::arguments(ArrayRef<Tensor> carried) const {
  Values result;
  for (const GraphValue &value : values) {
    result.push_back(value.isTensor() ? valueOf(node, carried.front()) : GraphValue::ofSequence({}, node.g.location()));
    carried = carried.drop_front(value.isTensor());
  }
  return result;
}

std::optional<SmallVector<Tensor>> LoopState::tensorsOfStep(const Values &results) const {
  Values carried, rows;
  for (auto [value, made] : llvm::zip(values, llvm::drop_begin(results)))
    value.isTensor() ? carried.push_back(made) : rows.push_back(made.elements.front());
  rows.insert(rows.end(), results.begin() + 1 + static_cast<ptrdiff_t>(values.size()), results.end());
  llvm::append_range(carried, rows);
  return tensorsOf(node, carried);
}

Values LoopState::outputs(ArrayRef<Tensor> carried, ArrayRef<Tensor> rows) const {
  Values result;
  for (const GraphValue &value : values) {
    bool isCarried = value.isTensor();
    result.push_back(isCarried ? valueOf(node, carried.front()) : GraphValue::ofStack(rows.front(), node.g.location()));
    carried = carried.drop_front(isCarried);
    rows = rows.drop_front(!isCarried);
  }
  llvm::append_range(result, valuesOf(node, rows));
  return result;
}

} // namespace heddle::onnx
