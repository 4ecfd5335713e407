// The supports that the unit tests try: every class with several parameters, and compositions.
#ifndef HEDDLE_TEST_UNIT_DIALECTS_SUPPORTS_H
#define HEDDLE_TEST_UNIT_DIALECTS_SUPPORTS_H

#include "dialects/mixer/Mixer.h"
#include <string>
#include <vector>

namespace heddle::test {

/// A context with the mixer dialect, shared by all tests of the binary.
mlir::MLIRContext *mixerContext();

mixer::SupportAttrInterface parseSupport(const std::string &text);

/// Texts of the supports; per-head ones list `kHeads` heads.
const std::vector<std::string> &supportTexts();
constexpr int64_t kHeads = 2;

std::string toString(mlir::Attribute attribute);

} // namespace heddle::test
#endif
