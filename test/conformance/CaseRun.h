// One variant of a case: compiled in this process, run through the runtime, compared with the expected outputs.
#ifndef HEDDLE_TEST_CONFORMANCE_CASERUN_H
#define HEDDLE_TEST_CONFORMANCE_CASERUN_H

#include "test/conformance/Variant.h"

namespace mlir {
class MLIRContext;
}

namespace heddle::test {

struct Outcome {
  bool passed = false;
  std::string detail; // why it failed, or how general the variant was that passed
};

// `folder`: where the variant's model file may be written.
Outcome runCase(const Case &source, Kind kind, const std::string &folder, mlir::MLIRContext &context);

} // namespace heddle::test
#endif
