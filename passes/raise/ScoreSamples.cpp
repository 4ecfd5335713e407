// Evaluating parts of scores: which pairs exist, and what an expression is on them.
#include "passes/raise/ScorePlan.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "passes/lower/Names.h"
#include "passes/raise/Excerpt.h"
#include "passes/raise/Raiser.h"

#include "llvm/ADT/ScopeExit.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir;

namespace heddle {

using Kind = ElementExpr::Kind;

// Additive masks use finite numbers too: -1e4 in half precision, -1e9, the lowest float. No score comes near them.
static constexpr double kMasked = -9e3;
// Lengths at which masks are looked at, unless a distance in them asks for more.
static constexpr int64_t kUsualLength = 37, kLongestLength = 4200;

static double widestConstant(Expr root) {
  double widest = 0;
  ElementExprs::any(root, [&](Expr expr) {
    bool counts = expr->type.isIntOrIndex() && !expr->type.isInteger(1);
    if (expr->is<arith::CmpFOp>())
      for (Expr operand : expr->operands)
        widest = std::max(widest, std::abs(operand->number().value_or(0)));
    if (counts && expr->number())
      widest = std::max(widest, std::abs(*expr->number()));
    return false;
  });
  return widest;
}

/// Which symbols of the entry the sizes of `tensor` from `firstDim` on depend on.
static SmallVector<bool> lengthSymbols(func::FuncOp entry, Value tensor, int64_t firstDim, size_t count) {
  auto shapeAt = [&](ArrayRef<int64_t> symbols) {
    std::optional<SmallVector<int64_t>> shape = ConcreteSizes(entry, symbols).shape(tensor);
    return shape ? SmallVector<int64_t>(ArrayRef<int64_t>(*shape).drop_front(firstDim)) : SmallVector<int64_t>();
  };
  SmallVector<int64_t> symbols(count, 32);
  SmallVector<int64_t> usual = shapeAt(symbols);
  SmallVector<bool> isLength;
  for (size_t i = 0; i < count; ++i) {
    symbols[i] = 64;
    isLength.push_back(shapeAt(symbols) != usual);
    symbols[i] = 32;
  }
  return isLength;
}

static SmallVector<int64_t> symbolsFor(func::FuncOp entry, ArrayRef<bool> isLength, int64_t length) {
  auto ranges = entry->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  SmallVector<int64_t> symbols;
  for (auto [i, counts] : llvm::enumerate(isLength)) {
    // Different lengths differ, so that queries are not taken for keys.
    int64_t size = counts ? length + 6 * int64_t(i) : 2;
    symbols.push_back(ranges ? std::clamp(size, ranges[2 * i], ranges[2 * i + 1]) : size);
  }
  return symbols;
}

namespace {

/// What stands for data when a mask depends on some.
enum class Data { Zeros, Ones, Random };

ReferenceTensor dataTensor(Type type, ArrayRef<int64_t> shape, Data data) {
  Type element = getElementTypeOrSelf(type);
  ReferenceTensor tensor = ReferenceTensor::zeros(element, shape);
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> real(-1, 1);
  for (int64_t i = 0; i < tensor.size(); ++i) {
    double number = data == Data::Zeros ? 0 : data == Data::Ones ? 1 : real(random);
    Scalar value;
    if (tensor.isFloat())
      value.real = number;
    else
      value.integer = number > 0.5;
    tensor.set(i, value);
  }
  return tensor;
}

std::optional<ReferenceTensor> run(func::FuncOp entry, Value value, ArrayRef<Value> leaves, ArrayRef<int64_t> symbols,
                                   Data data) {
  ScopedDiagnosticHandler silent(entry.getContext(), [](Diagnostic &) { return success(); });
  ConcreteSizes sizes(entry, symbols);
  Excerpt excerpt = Excerpt::of(value, leaves, sizes);
  if (!excerpt.function)
    return std::nullopt;
  SmallVector<ReferenceTensor> inputs, outputs;
  for (Value input : excerpt.inputs) {
    bool isTensor = isa<RankedTensorType>(input.getType());
    std::optional<SmallVector<int64_t>> shape = isTensor ? sizes.shape(input) : SmallVector<int64_t>();
    if (!shape)
      return std::nullopt;
    inputs.push_back(dataTensor(input.getType(), *shape, data));
  }
  if (failed(interpret(excerpt.function, inputs, outputs, Precision::Double)))
    return std::nullopt;
  return outputs.front();
}

} // namespace

ScorePlanner::ScorePlanner(func::FuncOp entry, ElementExprs &exprs, const AttentionMatch &match,
                           llvm::function_ref<bool(Value)> isFixed)
    : entry(entry), exprs(exprs), match(match), isFixed(isFixed), builder(entry.getContext()) {
  builder.setInsertionPointAfterValue(match.output);
}

bool ScorePlanner::isFixedExpr(Expr expr) const {
  return !ElementExprs::any(
      expr, [&](Expr part) { return part == match.product || (part->kind == Kind::Leaf && !isFixed(part->value)); });
}

bool ScorePlanner::samplePairs(std::string &problem) {
  Expr atZero = scoresAtZero(exprs, match);
  SmallVector<Value> leaves;
  ElementExprs::any(atZero, [&](Expr expr) {
    if (expr->kind == Kind::Leaf && !isFixed(expr->value))
      leaves.push_back(expr->value);
    return false;
  });
  AxisList used = exprs.axesOf(atZero);
  AxisList batch = containsAny(used, match.batch) ? match.batch : AxisList();
  AxisList heads = containsAny(used, match.heads) ? match.heads : AxisList();
  Value table = exprs.emit(builder, match.output.getLoc(), atZero, {batch, heads, match.queryTokens, match.keyTokens});
  llvm::scope_exit cleanUp([&] { eraseUnused(table); });

  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  double widest = widestConstant(atZero);
  if (widest > kLongestLength) {
    problem = llvm::formatv("its mask names the distance {0}, more than is looked at", widest);
    return false;
  }
  int64_t length = widest > 600 ? int64_t(widest) + 19 : std::max(kUsualLength, 2 * int64_t(widest) + 3);
  SmallVector<bool> isLength = lengthSymbols(entry, table, 2, names ? names.size() : 0);
  trials = {symbolsFor(entry, isLength, length)};
  if (llvm::is_contained(isLength, true))
    trials.push_back(symbolsFor(entry, isLength, kUsualLength - 14));
  for (ArrayRef<int64_t> symbols : trials) {
    std::optional<MaskSample> sample = samplePairsAt(symbols, table, leaves);
    if (!sample) {
      problem = "its mask cannot be evaluated";
      return false;
    }
    samples.push_back(std::move(*sample));
  }
  return true;
}

/// The pairs that exist at one length for some values of the data.
std::optional<MaskSample> ScorePlanner::samplePairsAt(ArrayRef<int64_t> symbols, Value table,
                                                      ArrayRef<Value> data) const {
  MaskSample sample;
  for (Data values : {Data::Ones, Data::Zeros, Data::Random}) {
    std::optional<ReferenceTensor> scores = run(entry, table, data, symbols, values);
    if (!scores)
      return std::nullopt;
    int64_t pairs = scores->shape[2] * scores->shape[3];
    sample.heads.resize(scores->shape[1], {scores->shape[2], scores->shape[3], std::vector<char>(pairs, false)});
    for (int64_t offset = 0; offset < scores->size(); ++offset)
      sample.heads[offset / pairs % scores->shape[1]].seen[offset % pairs] |= !(scores->number(offset) <= kMasked);
    if (data.empty())
      break;
  }
  return sample;
}

std::optional<SmallVector<ScorePlanner::Table>> ScorePlanner::evaluate(Expr expr, bool &isPerHead) {
  AxisList used = exprs.axesOf(expr);
  isPerHead = containsAny(used, match.heads);
  AxisList batch = containsAny(used, match.batch) ? match.batch : AxisList();
  Value emitted = exprs.emit(builder, match.output.getLoc(), expr,
                             {batch, isPerHead ? match.heads : AxisList(), match.queryTokens, match.keyTokens});
  llvm::scope_exit cleanUp([&] { eraseUnused(emitted); });
  SmallVector<Table> tables;
  for (ArrayRef<int64_t> symbols : trials) {
    std::optional<ReferenceTensor> values = run(entry, emitted, {}, symbols, Data::Zeros);
    if (!values)
      return std::nullopt;
    Table table{values->shape[2], values->shape[3], {}};
    int64_t pairs = table.queries * table.keys, heads = values->shape[1];
    for (int64_t row = 0; row < values->shape[0] * heads; ++row) {
      std::vector<double> numbers(pairs);
      for (int64_t offset = 0; offset < pairs; ++offset)
        numbers[offset] = values->number(row * pairs + offset);
      if (row < heads)
        table.heads.push_back(std::move(numbers));
      else if (table.heads[row % heads] != numbers)
        return std::nullopt; // it differs from batch to batch
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

const PairGrid &ScorePlanner::grid(unsigned sample, unsigned head) const {
  const auto &heads = samples[sample].heads;
  return heads[heads.size() == 1 ? 0 : head];
}

Expr ScorePlanner::foldOnSupport(Expr root) {
  return exprs.rewrite(root, [&](Expr expr) -> Expr {
    if (expr->kind == Kind::Constant || !isFixedExpr(expr))
      return nullptr;
    bool isPerHead = false;
    std::optional<SmallVector<Table>> tables = evaluate(expr, isPerHead);
    std::optional<double> common;
    for (unsigned sample = 0; tables && sample < tables->size(); ++sample) {
      unsigned count = std::max((*tables)[sample].heads.size(), samples[sample].heads.size());
      for (unsigned head = 0; head < count; ++head) {
        const std::vector<double> &values = (*tables)[sample].heads[isPerHead ? head : 0];
        const PairGrid &pairs = grid(sample, head);
        for (size_t offset = 0; offset < values.size(); ++offset) {
          if (!pairs.seen[offset])
            continue;
          if (!common)
            common = values[offset];
          if (values[offset] != *common)
            return expr; // it differs from pair to pair, and so may what it is made of
        }
      }
    }
    return common ? exprs.number(*common, expr->type) : expr;
  });
}

} // namespace heddle
