#include "passes/raise/Proof.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/raise/ProofSides.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir;

namespace heddle {
namespace {

// In double, another order of the same operations stays far below this share of the largest value, and another meaning
// far above: it shows in the first digits.
constexpr double kSameMeaning = 1e-7;

// Sizes of symbols. Small and mostly prime, so that no two are equal by chance.
constexpr int64_t kShortest[] = {7, 13, 2};
constexpr int64_t kBatch = 2;

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

// Elementary operations of a proof that is worth no thought; the evaluator does about 1e8 in a second.
constexpr double kAtOnce = 2e7;

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

/// Random tensors of the shapes that both sides have at their sizes.
Inputs drawInputs(const ProofSides &sides, Draw draw, uint64_t seed) {
  std::mt19937_64 random(seed);
  Inputs inputs;
  for (const Excerpt *side : {&sides.original, &sides.replacement})
    for (auto [input, shape] : llvm::zip_equal(side->inputs, side->shapes))
      if (!inputs.contains(input))
        inputs[input] = randomTensor(input.getType(), shape, draw, random);
  return inputs;
}

ProofTrial compareAll(ArrayRef<ReferenceTensor> expected, ArrayRef<ReferenceTensor> actual) {
  double largest = 0;
  for (auto [left, right] : llvm::zip_equal(expected, actual)) {
    double magnitude = maxMagnitude(left);
    Comparison comparison = compare(left, right, kSameMeaning * magnitude);
    if (!comparison.passes)
      return {ProofTrial::Differs, comparison.problem.empty()
                                       ? llvm::formatv("differs by {0} of {1}", comparison.error, magnitude).str()
                                       : comparison.problem};
    largest = std::max(largest, comparison.relative);
  }
  return {ProofTrial::Agrees, llvm::formatv("largest difference {0} of the largest value", largest).str()};
}

ProofTrial tryWith(const ProofSides &sides, const Inputs &inputs) {
  SmallVector<ReferenceTensor> expected, actual;
  if (failed(evaluate(sides.original, inputs, expected)))
    return {ProofTrial::TellsNothing, "the original cannot be evaluated"};
  if (!isFinite(expected))
    return {ProofTrial::TellsNothing, "the original is not finite on random inputs"};
  if (failed(evaluate(sides.replacement, inputs, actual)))
    return {ProofTrial::Differs, "cannot be evaluated"};
  return compareAll(expected, actual);
}

/// Sets integers to 0: of the front of each row, as a mask of what was padded there, so that what looks back sees
/// nothing; or all. False where there are none.
bool hide(Inputs &inputs, bool isAll) {
  bool any = false;
  Scalar zero;
  zero.integer = 0;
  for (auto &[input, tensor] : inputs) {
    if (tensor.isFloat())
      continue;
    any = true;
    auto wide = llvm::find_if(llvm::reverse(tensor.shape), [](int64_t size) { return size > 1; });
    int64_t row = wide == tensor.shape.rend() ? 1 : *wide;
    for (int64_t place = 0; place < tensor.size(); ++place)
      if (isAll || place % row < row / 2)
        tensor.set(place, zero);
  }
  return any;
}

ProofTrial tryOn(const ProofSides &sides, uint64_t seed) {
  ProofTrial trial;
  for (Draw draw : kDraws) {
    Inputs inputs = drawInputs(sides, draw, seed);
    trial = tryWith(sides, inputs);
    for (bool isAll : {false, true})
      if (trial.outcome == ProofTrial::Agrees && hide(inputs, isAll))
        if (ProofTrial hidden = tryWith(sides, inputs); hidden.outcome == ProofTrial::Differs)
          return hidden;
    if (trial.outcome != ProofTrial::TellsNothing)
      break;
  }
  return trial;
}

} // namespace

Prover::Prover(func::FuncOp entry, const ProofOptions &options) : entry(entry), options(options) {}
Prover::~Prover() = default;

Verdict Prover::prove(const Proposal &proposal) {
  if (options.mode == ProofMode::Off)
    return {true, "not checked"};
  // Mistakes of a proposal are reasons to leave it, not errors of the model.
  ScopedDiagnosticHandler silent(entry.getContext(), [](Diagnostic &) { return success(); });
  Verdict verdict{false, "no sizes to prove at"};
  for (ArrayRef<int64_t> symbols : trialSizes(proposal.length)) {
    ProofTrial trial = tryAt(proposal, symbols);
    if (trial.outcome == ProofTrial::Differs)
      return {false, trial.text};
    if (trial.outcome == ProofTrial::Agrees || !verdict.holds)
      verdict = {trial.outcome == ProofTrial::Agrees, trial.text};
  }
  return verdict;
}

ProofTrial Prover::tryAt(const Proposal &proposal, ArrayRef<int64_t> symbols) {
  std::optional<ProofSides> sides = ProofSides::of(entry, proposal, symbols);
  if (!sides)
    return {ProofTrial::Differs, "a size depends on data"};
  // What a matcher built was not verified yet, and the evaluator takes legal ops only.
  if (failed(verify(*sides->replacement.module)))
    return {ProofTrial::Differs, "the template does not allow it"};
  if (options.mode == ProofMode::Cheap && sides->operations() > kAtOnce) {
    // What differs at small sizes may yet be the same at the model's and for its constants.
    std::optional<ProofSides> smaller = ProofSides::smaller(entry, proposal, symbols);
    if (smaller && smaller->operations() <= options.budget)
      if (ProofTrial trial = tryAll(*smaller); trial.outcome == ProofTrial::Agrees)
        return trial;
  }
  if (options.mode == ProofMode::Cheap && sides->operations() > options.budget)
    return {ProofTrial::Differs, "the proof would exceed the budget of --verify-raises=cheap"};
  return tryAll(*sides);
}

ProofTrial Prover::tryAll(ProofSides &sides) {
  auto known = llvm::find_if(trials, [&](const auto &trial) { return trial.first.isSame(sides); });
  if (known != trials.end())
    return {known->second.outcome, known->second.text + " " + sides.place + ", as before"};
  ProofTrial trial;
  for (unsigned seed = 0; seed < (options.mode == ProofMode::Always ? 2 : 1); ++seed) {
    ProofTrial one = tryOn(sides, options.seed + seed);
    if (one.outcome != ProofTrial::TellsNothing || seed == 0)
      trial = one;
    if (one.outcome == ProofTrial::Differs)
      break;
  }
  std::string place = sides.place;
  trials.emplace_back(std::move(sides), trial);
  return {trial.outcome, trial.text + " " + place};
}

SmallVector<SmallVector<int64_t>> Prover::trialSizes(int64_t length) const {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  unsigned count = names ? names.size() : 0;
  SmallVector<SmallVector<int64_t>> trials;
  for (int64_t shortest : ArrayRef(kShortest).take_front(options.mode == ProofMode::Always ? std::size(kShortest) : 1))
    // Which of several symbols is the batch is not known: by custom it is the first, and each is tried as a length.
    for (unsigned batch = 0; batch < std::clamp(count, 1u, 2u); ++batch) {
      SmallVector<int64_t> sizes;
      for (unsigned i = 0; i < count; ++i) {
        int64_t size = std::max(shortest + (i > 1 ? 4 * (i - 1) : 0), length);
        if (count > 1 && i == batch)
          size = kBatch;
        sizes.push_back(ranges ? std::clamp(size, ranges[2 * i], ranges[2 * i + 1]) : size);
      }
      if (!llvm::is_contained(trials, sizes))
        trials.push_back(std::move(sizes));
    }
  return trials;
}

} // namespace heddle
