#include "passes/raise/Proof.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/Excerpt.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir;

namespace heddle {
namespace {

// In double, another order of the same operations stays far below this share of the largest value, and another meaning
// far above: it shows in the first digits.
constexpr double kSameMeaning = 1e-7;

/// How random numbers are drawn: floats uniform in [low, high), a share of the integers is 0. Few zeros, because rows
/// of a mask that hide everything make the original NaN.
struct Draw {
  double low, high, zeros;
};
constexpr Draw kDraws[] = {{-1, 1, 0.5}, {-0.1, 0.1, 0.2}, {0.05, 0.5, 0.1}, {0.05, 0.5, 0.03}};

ReferenceTensor randomTensor(Type type, ArrayRef<int64_t> shape, Draw draw, std::mt19937_64 &random) {
  ReferenceTensor tensor = ReferenceTensor::zeros(getElementTypeOrSelf(type), shape);
  std::uniform_real_distribution<double> real(draw.low, draw.high);
  std::uniform_int_distribution<int64_t> integer(1, tensor.elementType.isInteger(1) ? 1 : 5);
  std::bernoulli_distribution isZero(draw.zeros);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    Scalar value;
    if (tensor.isFloat())
      value.real = real(random);
    else
      value.integer = isZero(random) ? 0 : integer(random);
    tensor.set(i, value);
  }
  return tensor;
}

bool isFinite(ArrayRef<ReferenceTensor> tensors) {
  return llvm::all_of(tensors, [](const ReferenceTensor &tensor) {
    return llvm::all_of(tensor.data, [](double value) { return std::isfinite(value); });
  });
}

using Inputs = llvm::DenseMap<Value, ReferenceTensor>;

LogicalResult evaluate(const Excerpt &excerpt, const Inputs &inputs, SmallVectorImpl<ReferenceTensor> &results) {
  SmallVector<ReferenceTensor> arguments;
  for (Value input : excerpt.inputs)
    arguments.push_back(inputs.lookup(input));
  return interpret(excerpt.function, arguments, results, Precision::Double);
}

Verdict compareAll(ArrayRef<ReferenceTensor> expected, ArrayRef<ReferenceTensor> actual, const std::string &place) {
  double largest = 0;
  for (auto [left, right] : llvm::zip_equal(expected, actual)) {
    double magnitude = maxMagnitude(left);
    Comparison comparison = compare(left, right, kSameMeaning * magnitude);
    if (!comparison.passes)
      return {false, comparison.problem.empty()
                         ? llvm::formatv("differs by {0} of {1} {2}", comparison.error, magnitude, place).str()
                         : comparison.problem + " " + place};
    largest = std::max(largest, comparison.relative);
  }
  return {true, llvm::formatv("largest difference {0} of the largest value {1}", largest, place).str()};
}

} // namespace

Verdict Prover::prove(const Proposal &proposal) {
  if (options.mode == ProofMode::Off)
    return {true, "not checked"};
  Verdict verdict{false, "no sizes to prove at"};
  for (ArrayRef<int64_t> symbols : trialSizes(proposal.length)) {
    unsigned seeds = options.mode == ProofMode::Always ? 2 : 1;
    for (unsigned seed = 0; seed < seeds; ++seed)
      if (verdict = proveAt(proposal, symbols, options.seed + seed); !verdict.holds)
        return verdict;
    if (options.mode == ProofMode::Cheap)
      break;
  }
  return verdict;
}

Verdict Prover::proveAt(const Proposal &proposal, ArrayRef<int64_t> symbols, uint64_t seed) {
  // Mistakes of a proposal are reasons to leave it, not errors of the model.
  ScopedDiagnosticHandler silent(entry.getContext(), [](Diagnostic &) { return success(); });
  ConcreteSizes sizes(entry, symbols);
  Excerpt original = Excerpt::of(proposal.original, proposal.frontier, sizes);
  Excerpt replacement = Excerpt::of(proposal.replacement, proposal.frontier, sizes);
  if (!original.function || !replacement.function)
    return {false, "a size depends on data"};
  // What a matcher built was not verified yet, and the evaluator takes legal ops only.
  if (failed(verify(*replacement.module)))
    return {false, "the template does not allow it"};
  spent += original.operations + replacement.operations;
  if (options.mode == ProofMode::Cheap && spent > options.budget)
    return {false, "the proof would exceed the budget of --verify-raises=cheap"};

  std::string place = symbols.empty() ? "at the model's sizes" : "at";
  for (auto [i, size] : llvm::enumerate(symbols))
    place +=
        llvm::formatv(" {0}={1}", cast<StringAttr>(entry->getAttrOfType<ArrayAttr>(kSymbolsAttr)[i]).getValue(), size)
            .str();
  for (Draw draw : kDraws) {
    std::mt19937_64 random(seed);
    Inputs inputs;
    for (const Excerpt *side : {&original, &replacement})
      for (Value input : side->inputs)
        if (!inputs.contains(input)) {
          bool isTensor = isa<RankedTensorType>(input.getType());
          auto shape = isTensor ? sizes.shape(input) : SmallVector<int64_t>();
          if (!shape)
            return {false, "a size depends on data"};
          inputs[input] = randomTensor(input.getType(), *shape, draw, random);
        }
    SmallVector<ReferenceTensor> expected, actual;
    if (failed(evaluate(original, inputs, expected)) || failed(evaluate(replacement, inputs, actual)))
      return {false, "cannot be evaluated " + place};
    if (isFinite(expected))
      return compareAll(expected, actual, place);
  }
  return {false, "the original is not finite on random inputs " + place};
}

SmallVector<SmallVector<int64_t>> Prover::trialSizes(int64_t length) const {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  SmallVector<SmallVector<int64_t>> trials;
  // Small and mostly prime, so that no two sizes are equal by chance.
  for (int64_t first : {7, 13, 2}) {
    SmallVector<int64_t> sizes;
    for (unsigned i = 0; i < (names ? names.size() : 0); ++i) {
      // By custom the first symbol is a batch and the others are lengths; each may turn out to be either.
      int64_t size = i == 0 && names.size() > 1 ? 2 : std::max<int64_t>(first + 4 * (int64_t(i) - 1), length);
      if (ranges)
        size = std::clamp(size, ranges[2 * i], ranges[2 * i + 1]);
      sizes.push_back(size);
    }
    trials.push_back(std::move(sizes));
    if (!names || names.empty())
      break;
  }
  return trials;
}

} // namespace heddle
