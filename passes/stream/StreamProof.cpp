#include "passes/stream/StreamProof.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/raise/ConcreteSizes.h"
#include "passes/raise/Excerpt.h"
#include "passes/stream/Names.h"
#include "passes/stream/StepRunner.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/IR/Remarks.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

// The share of the largest value that another order of summation may differ by, in double.
constexpr double kSameMeaning = 1e-7;
// Elementary operations that ProofMode::Cheap may spend; the evaluator does about 5e7 in a second.
constexpr double kBudget = 5e8;
// Rows of a batch, and the size of any other symbol.
constexpr int64_t kOtherSymbols = 2;
// Tails longer than this are not filled by ProofMode::Cheap.
constexpr int64_t kLongTail = 64;

class StepProof {
public:
  explicit StepProof(const StreamClaim &claim) : claim(claim) {}

  /// `length` as far as the entry's range of lengths allows it.
  SmallVector<int64_t> symbolsAt(int64_t length) const {
    func::FuncOp entry = claim.entry;
    auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
    auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
    SmallVector<int64_t> symbols(names.size(), kOtherSymbols);
    symbols[claim.tokens] = length;
    if (auto capacity = entry->getAttrOfType<IntegerAttr>(kCapacityAttr))
      symbols[capacity.getInt()] = length;
    for (unsigned symbol = 0; ranges && symbol < symbols.size(); ++symbol)
      symbols[symbol] = std::clamp(symbols[symbol], ranges[2 * symbol], ranges[2 * symbol + 1]);
    return symbols;
  }

  /// Tokens that a number of the symbol stands for.
  int64_t tokensOf(int64_t length) const { return length * tokensPerBlock(claim.entry, claim.tokens); }

  /// Elementary operations of the entry at these sizes.
  double operations(ArrayRef<int64_t> symbols) const {
    func::FuncOp entry = claim.entry;
    ConcreteSizes sizes(entry, symbols);
    SmallVector<Value> results(entry.getBody().front().getTerminator()->getOperands());
    Excerpt excerpt = Excerpt::of(results, {}, sizes);
    return excerpt.function ? excerpt.operations : std::numeric_limits<double>::infinity();
  }

  LogicalResult proveAt(ArrayRef<int64_t> symbols);

private:
  LogicalResult compute(ArrayRef<int64_t> symbols, ReferenceTensors &expected, ReferenceTensors &actual);
  /// Some tokens at once, single ones, and the rest.
  SmallVector<int64_t> chunksOf(int64_t length) const {
    int64_t first = std::max<int64_t>(1, length / 2);
    SmallVector<int64_t> chunks = {first};
    for (int64_t left = length - first; left > 0; left -= chunks.back())
      chunks.push_back(chunks.size() < 3 ? 1 : left);
    return chunks;
  }

  StreamClaim claim;
};

/// What the entry computes, and the step in several calls. A step that is its own entry is compared with one call, in
/// its states too; they are no inputs then.
LogicalResult StepProof::compute(ArrayRef<int64_t> symbols, ReferenceTensors &expected, ReferenceTensors &actual) {
  int64_t length = symbols[claim.tokens];
  SmallVector<int64_t> fed(symbols);
  fed[claim.tokens] += claim.latency;
  StepRunner runner(claim.step, claim.tokens, symbolsOfStep(claim.step, fed, /*capacity=*/fed[claim.tokens]));
  ReferenceTensors inputs = drawInputs(claim.entry, fed, /*seed=*/1, /*largestInteger=*/1);
  ReferenceTensors states = runner.initialStates(), whole = states;
  if (claim.isOwnEntry())
    inputs.truncate(inputs.size() - states.size());
  FailureOr<ReferenceTensors> parts = runner.runToEnd(inputs, chunksOf(length), states);
  if (failed(parts))
    return failure();
  actual = *parts;
  if (!claim.isOwnEntry())
    return interpret(claim.entry, runner.inputsAt(inputs, 0, length), expected, Precision::Double);
  FailureOr<ReferenceTensors> once = runner.runChunks(inputs, length, whole);
  if (failed(once))
    return failure();
  for (auto [all, last] : llvm::zip_equal(*once, actual))
    expected.push_back(lastElements(all, last));
  llvm::append_range(expected, whole);
  llvm::append_range(actual, states);
  return success();
}

LogicalResult StepProof::proveAt(ArrayRef<int64_t> symbols) {
  func::FuncOp entry = claim.entry;
  int64_t length = symbols[claim.tokens];
  ReferenceTensors expected, actual;
  if (failed(compute(symbols, expected, actual)))
    return failure();
  double largest = 0;
  for (auto [number, left, right] : llvm::enumerate(expected, actual)) {
    Comparison comparison = compare(left, right, kSameMeaning * maxMagnitude(left));
    if (!comparison.passes)
      return entry.emitError() << (claim.isOwnEntry() ? "calls one after the other differ from one call in output "
                                                      : "step differs from the entry in output ")
                               << number << " at " << tokensOf(length) << " tokens: " << comparison.describe();
    largest = std::max(largest, comparison.relative);
  }
  remark::passed(entry.getLoc(), remark::RemarkOpts::name("step-proved").category("derive-stream"))
      << llvm::formatv("largest difference {0} of the largest value at {1} tokens", largest, tokensOf(length)).str();
  return success();
}

} // namespace

LogicalResult proveStep(const StreamClaim &claim, ProofMode mode) {
  StepProof proof(claim);
  func::FuncOp entry = claim.entry;
  if (mode == ProofMode::Off)
    return success();
  if (mode == ProofMode::Always) {
    for (int64_t length : {int64_t(1), int64_t(2), int64_t(9), claim.depth + 5})
      if (failed(proof.proveAt(proof.symbolsAt(length))))
        return failure();
    return success();
  }
  for (int64_t length :
       {claim.depth <= kLongTail ? std::max<int64_t>(9, claim.depth + 5) : 9, int64_t(9), int64_t(3)}) {
    SmallVector<int64_t> symbols = proof.symbolsAt(length);
    if (2 * proof.operations(symbols) <= kBudget)
      return proof.proveAt(symbols);
  }
  // Not through the op: that would print all of it.
  emitWarning(entry.getLoc()) << "the step of '" << entry.getName()
                              << "' was not compared with it: that would exceed the budget of verify=cheap";
  return success();
}

} // namespace heddle
