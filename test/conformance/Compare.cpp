#include "test/conformance/Compare.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace heddle::test {

namespace {

struct Slack {
  double relative, absolute;
};

// The suite's own slack for f32; a narrower type adds two units in its last place.
Slack slackOf(Type type, double largest) {
  auto floating = dyn_cast<FloatType>(type);
  if (!floating)
    return {0, 0};
  double unit = std::ldexp(1.0, -static_cast<int>(floating.getFPMantissaWidth()) + 1);
  return {std::max(1e-3, 2 * unit), std::max(type.isF64() ? 1e-7 : 1e-6, 4 * unit * largest)};
}

double element(Type type, const char *data) {
  unsigned width = type.getIntOrFloatBitWidth();
  uint64_t bits = 0;
  std::memcpy(&bits, data, (width + 7) / 8);
  if (auto floating = dyn_cast<FloatType>(type)) {
    llvm::APFloat number(floating.getFloatSemantics(), llvm::APInt(width, bits, false, true));
    bool lost;
    number.convert(llvm::APFloat::IEEEdouble(), llvm::APFloat::rmNearestTiesToEven, &lost);
    return number.convertToDouble();
  }
  if (type.isUnsignedInteger() || width == 1)
    return static_cast<double>(bits);
  return static_cast<double>(llvm::APInt(width, bits, false, true).getSExtValue());
}

double largestOf(Type type, const std::string &bytes) {
  double largest = 0;
  size_t stride = (type.getIntOrFloatBitWidth() + 7) / 8;
  for (size_t at = 0; at + stride <= bytes.size(); at += stride)
    if (double magnitude = std::abs(element(type, bytes.data() + at)); std::isfinite(magnitude))
      largest = std::max(largest, magnitude);
  return largest;
}

bool isEqual(double expected, double got, Slack slack) {
  if (std::isnan(expected) || std::isnan(got))
    return std::isnan(expected) && std::isnan(got);
  return expected == got || std::abs(got - expected) <= slack.absolute + slack.relative * std::abs(expected);
}

} // namespace

std::string compareTensors(const onnx::ConstantData &expected, ArrayRef<char> got) {
  if (got.size() != expected.bytes->size())
    return llvm::formatv("{0} bytes, expected {1}", got.size(), expected.bytes->size());
  Type type = expected.elementType;
  size_t stride = (type.getIntOrFloatBitWidth() + 7) / 8, wrong = 0;
  Slack slack = slackOf(type, largestOf(type, *expected.bytes));
  std::string first;
  for (size_t at = 0; at < got.size(); at += stride) {
    double want = element(type, expected.bytes->data() + at), have = element(type, got.data() + at);
    if (isEqual(want, have, slack))
      continue;
    if (++wrong == 1)
      first = llvm::formatv("element {0}, expected {1:e6} but got {2:e6}", at / stride, want, have);
  }
  return wrong ? llvm::formatv("{0} ({1} of {2} differ)", first, wrong, got.size() / stride).str() : "";
}

} // namespace heddle::test
