// Whether two tensors are equal as the ONNX backend test demands: |got - expected| <= absolute + relative * |expected|.
// The absolute slack grows with the largest number of the tensor: sums that cancel keep the error of their terms.
#ifndef HEDDLE_TEST_CONFORMANCE_COMPARE_H
#define HEDDLE_TEST_CONFORMANCE_COMPARE_H

#include "frontends/onnx/TensorData.h"

namespace heddle::test {

// Bytes of the tensor `got`, of the type and shape of `expected`; empty when they are equal.
std::string compareTensors(const onnx::ConstantData &expected, llvm::ArrayRef<char> got);

} // namespace heddle::test
#endif
