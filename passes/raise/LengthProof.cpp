#include "passes/raise/LengthProof.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/Excerpt.h"

#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir;

namespace heddle {
namespace {

using Tensors = SmallVector<ReferenceTensor>;

// Sizes of other symbols than the length, and the share of the largest value that other orders of summation may differ
// by.
constexpr int64_t kOtherSymbols = 2;
constexpr double kSameMeaning = 1e-7;
// Elementary operations that ProofMode::Cheap may spend here; the evaluator does about 5e7 in a second.
constexpr double kBudget = 5e8;

SmallVector<int64_t> shapeAt(AffineMap map, int64_t length) {
  MLIRContext *context = map.getContext();
  SmallVector<Attribute> operands(map.getNumSymbols(), IntegerAttr::get(IndexType::get(context), kOtherSymbols));
  if (!operands.empty())
    operands.back() = IntegerAttr::get(IndexType::get(context), length);
  SmallVector<Attribute> results;
  SmallVector<int64_t> shape;
  if (succeeded(map.constantFold(operands, results)))
    for (Attribute result : results)
      shape.push_back(cast<IntegerAttr>(result).getInt());
  return shape;
}

/// The first elements along each dimension.
ReferenceTensor firstOf(const ReferenceTensor &tensor, ArrayRef<int64_t> shape) {
  ReferenceTensor result = ReferenceTensor::zeros(tensor.elementType, shape);
  if (result.size() == 0)
    return result;
  SmallVector<int64_t> index(shape.size(), 0), strides = tensor.strides();
  int64_t to = 0;
  do
    result.set(to++, tensor.get(dot(index, strides)));
  while (nextIndex(index, shape));
  return result;
}

class Evaluation {
public:
  Evaluation(func::FuncOp original, func::FuncOp freed, int64_t length)
      : original(original), freed(freed), length(length) {}

  /// Random inputs at `longest`, of which other lengths take the beginning.
  void draw(int64_t longest) {
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> real(-1, 1);
    for (auto [number, type] : llvm::enumerate(freed.getArgumentTypes())) {
      ReferenceTensor tensor =
          ReferenceTensor::zeros(getElementTypeOrSelf(type), shapeAt(argumentMap(number), longest));
      for (int64_t i = 0; i < tensor.size(); ++i) {
        Scalar value;
        if (tensor.isFloat())
          value.real = real(random);
        else
          value.integer = random() % 2;
        tensor.set(i, value);
      }
      inputs.push_back(std::move(tensor));
    }
  }

  std::optional<Tensors> run(func::FuncOp entry, int64_t at) const { return run(entry, inputsAt(at)); }

  std::optional<Tensors> run(func::FuncOp entry, const Tensors &arguments) const {
    ScopedDiagnosticHandler silent(entry.getContext(), [](Diagnostic &) { return success(); });
    Tensors outputs;
    if (failed(interpret(entry, arguments, outputs, Precision::Double)))
      return std::nullopt;
    return outputs;
  }

  Tensors inputsAt(int64_t at) const {
    Tensors result;
    for (auto [number, input] : llvm::enumerate(inputs))
      result.push_back(firstOf(input, shapeAt(argumentMap(number), at)));
    return result;
  }

  /// Whether the first outputs of `longer` are those of `shorter`, at the given length, but for those of the last
  /// `ahead` tokens.
  bool beginsWith(const Tensors &longer, const Tensors &shorter, int64_t at, int64_t ahead = 0) const {
    for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(longer, shorter))) {
      auto [all, first] = pair;
      auto map = freed.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr);
      SmallVector<int64_t> shape = map ? shapeAt(map.getValue(), at) : first.shape;
      SmallVector<int64_t> known = map ? shapeAt(map.getValue(), std::max<int64_t>(at - ahead, 0)) : shape;
      if (first.shape != shape || !compare(firstOf(all, known), firstOf(first, known), bound(all)).passes)
        return false;
    }
    return true;
  }

  /// Whether outputs before `at` do not depend on inputs from `at` on.
  bool isCausal(const Tensors &outputs, int64_t at) const {
    Tensors changed = inputsAt(length), kept = inputsAt(at);
    for (auto [tensor, beginning] : llvm::zip_equal(changed, kept)) {
      ReferenceTensor other = tensor;
      for (int64_t i = 0; i < other.size(); ++i)
        if (other.isFloat())
          other.set(i, Scalar{.real = 0.5 - other.get(i).real});
      // The beginning is put back.
      SmallVector<int64_t> index(tensor.rank(), 0), strides = tensor.strides();
      if (beginning.size() != 0)
        do
          other.set(dot(index, strides), tensor.get(dot(index, strides)));
        while (nextIndex(index, beginning.shape));
      tensor = std::move(other);
    }
    std::optional<Tensors> others = run(original, changed);
    if (!others)
      return false;
    for (auto [number, pair] : llvm::enumerate(llvm::zip_equal(outputs, *others))) {
      auto [left, right] = pair;
      auto map = freed.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr);
      SmallVector<int64_t> shape = map ? shapeAt(map.getValue(), at) : left.shape;
      if (!compare(firstOf(left, shape), firstOf(right, shape), bound(left)).passes)
        return false;
    }
    return true;
  }

  static double bound(const ReferenceTensor &tensor) { return kSameMeaning * maxMagnitude(tensor); }

private:
  AffineMap argumentMap(unsigned number) const {
    if (auto map = freed.getArgAttrOfType<AffineMapAttr>(number, kShapeAttr))
      return map.getValue();
    return AffineMap::get(freed.getContext());
  }

  mutable func::FuncOp original, freed;
  int64_t length;
  Tensors inputs;
};

double operationsOf(func::FuncOp original) {
  auto names = original->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  SmallVector<int64_t> symbols(names ? names.size() : 0, kOtherSymbols);
  ConcreteSizes sizes(original, symbols);
  SmallVector<Value> results(original.getBody().front().getTerminator()->getOperands());
  Excerpt excerpt = Excerpt::of(results, {}, sizes);
  return excerpt.function ? excerpt.operations : std::numeric_limits<double>::infinity();
}

} // namespace

LengthVerdict proveLength(func::FuncOp original, func::FuncOp freed, int64_t length, LengthRange range, ProofMode mode,
                          int64_t lookAhead) {
  if (mode == ProofMode::Off)
    return {true, "not checked"};
  if (mode == ProofMode::Cheap && 4 * operationsOf(original) > kBudget)
    return {false, "the proof would exceed the budget of --verify-raises=cheap", true};
  int64_t shorter = std::max(range.least, length / 2 + 1), longer = std::min(length + 3, range.most);
  Evaluation evaluation(original, freed, length);
  evaluation.draw(longer);
  std::optional<Tensors> expected = evaluation.run(original, length), actual = evaluation.run(freed, length);
  if (!expected || !actual || !evaluation.beginsWith(*expected, *actual, length))
    return {false, "the entry with a symbol differs at the traced length"};
  std::optional<Tensors> first = evaluation.run(freed, shorter), all = evaluation.run(freed, longer);
  if (!first || !all)
    return {false, "the entry with a symbol cannot be evaluated at other lengths"};
  bool isConsistent = evaluation.beginsWith(*expected, *first, shorter, lookAhead) &&
                      evaluation.beginsWith(*all, *expected, length, lookAhead);
  if (isConsistent)
    return {true, llvm::formatv("equal at {0}, and at {1} and {2} as far as they overlap", length, shorter, longer)};
  if (longer == length || evaluation.isCausal(*expected, shorter))
    return {false, llvm::formatv("outputs at {0} or {1} are not those at {2}", shorter, longer, length)};
  return {true,
          llvm::formatv("equal at {0}; outputs depend on later tokens, so other lengths have none to compare with",
                        length)};
}

} // namespace heddle
