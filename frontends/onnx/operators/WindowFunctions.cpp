// Window functions and the mel filter bank, which are made from sizes alone.
#include "frontends/onnx/NodeReader.h"
#include <cmath>

using namespace mlir;

namespace heddle::onnx {

static constexpr double pi = 3.14159265358979323846;

static Type outputType(NodeReader &node) {
  return convertElementType(node.integer("output_datatype", 1), "attribute 'output_datatype'", node.g.context(),
                            [&] { return node.error(); });
}

// A constant of f64 values, rounded to the type.
static Tensor constantOf(NodeReader &node, ArrayRef<double> values, ArrayRef<int64_t> shape, Type type) {
  Literal literal{type, SmallVector<int64_t>(shape), {}};
  for (double value : values) {
    Element element{Dim(), value};
    if (!isa<FloatType>(type))
      element = {node.g.dim(static_cast<int64_t>(value)), 0};
    literal.elements.push_back(rounded(element, type));
  }
  return emitLiteral(node.g, literal);
}

// a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N)
static Results cosineWindow(NodeReader &node, double a0, double a1, double a2) {
  std::optional<double> size = node.number(0, "size");
  bool periodic = node.flag("periodic", true);
  Type type = outputType(node);
  if (!size || !type)
    return {};
  if (*size < 0 || *size > maxLiteralElements)
    return node.fail("window of " + Twine(static_cast<int64_t>(*size)) + " elements, expected at most " +
                     Twine(maxLiteralElements));
  auto count = static_cast<int64_t>(*size);
  double period = static_cast<double>(periodic ? count : count - 1);
  std::vector<double> values;
  for (int64_t n = 0; n < count; ++n) {
    double angle = period > 0 ? 2 * pi * static_cast<double>(n) / period : 0;
    values.push_back(a0 - a1 * std::cos(angle) + a2 * std::cos(2 * angle));
  }
  return {constantOf(node, values, count, type)};
}

static Results convertHann(NodeReader &node) { return cosineWindow(node, 0.5, 0.5, 0); }
static Results convertHamming(NodeReader &node) { return cosineWindow(node, 25.0 / 46, 21.0 / 46, 0); }
static Results convertBlackman(NodeReader &node) { return cosineWindow(node, 0.42, 0.5, 0.08); }

static double melOf(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
static double hertzOf(double mel) { return 700 * (std::pow(10, mel / 2595) - 1); }

// Triangles between neighbouring mel frequencies, [spectrogram bins, mel bins].
static Results convertMelWeights(NodeReader &node) {
  SmallVector<double> numbers;
  static constexpr StringRef names[] = {"num_mel_bins", "dft_length", "sample_rate", "lower_edge_hertz",
                                        "upper_edge_hertz"};
  for (auto [index, name] : llvm::enumerate(names)) {
    std::optional<double> number = node.number(index, name);
    if (!number)
      return {};
    numbers.push_back(*number);
  }
  Type type = outputType(node);
  auto mels = static_cast<int64_t>(numbers[0]), length = static_cast<int64_t>(numbers[1]), bins = length / 2 + 1;
  if (!type)
    return {};
  if (mels < 1 || length < 1 || mels * bins > maxLiteralElements)
    return node.fail("filter bank of " + Twine(bins) + " x " + Twine(mels) + ", expected at most " +
                     Twine(maxLiteralElements) + " elements");
  double low = melOf(numbers[3]), step = (melOf(numbers[4]) - low) / static_cast<double>(mels + 2);
  std::vector<int64_t> edges;
  for (int64_t i = 0; i < mels + 2; ++i)
    edges.push_back(static_cast<int64_t>(
        std::floor(static_cast<double>(length + 1) * hertzOf(low + static_cast<double>(i) * step) / numbers[2])));
  std::vector<double> weights(bins * mels, 0);
  auto set = [&](int64_t bin, int64_t mel, double weight) {
    if (bin >= 0 && bin < bins)
      weights[bin * mels + mel] = weight;
  };
  for (int64_t mel = 0; mel < mels; ++mel) {
    int64_t left = edges[mel], center = edges[mel + 1], right = edges[mel + 2];
    if (left == center)
      set(center, mel, 1);
    for (int64_t bin = left; bin <= center && left != center; ++bin)
      set(bin, mel, static_cast<double>(bin - left) / static_cast<double>(center - left));
    for (int64_t bin = center; bin < right; ++bin)
      set(bin, mel, static_cast<double>(right - bin) / static_cast<double>(right - center));
  }
  return {constantOf(node, weights, {bins, mels}, type)};
}

void registerWindow(OpTable &table) {
  table.add({{"BlackmanWindow", 17, convertBlackman},
             {"HammingWindow", 17, convertHamming},
             {"HannWindow", 17, convertHann},
             {"MelWeightMatrix", 17, convertMelWeights}});
}

} // namespace heddle::onnx
