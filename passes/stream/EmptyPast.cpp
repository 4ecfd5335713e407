#include "passes/stream/EmptyPast.h"

#include "dialects/mixer/reference/Interpreter.h"
#include "dialects/mixer/reference/Tolerance.h"
#include "passes/lower/Names.h"
#include "passes/stream/StepRunner.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/BitVector.h"
#include <numeric>

using namespace mlir;

namespace heddle {
namespace {

constexpr llvm::StringLiteral kRangesAttr = "heddle.symbol_ranges";

/// Takes the states out of a copy of an entry, and the symbols of its past out of every shape.
class PastRemover {
public:
  PastRemover(func::FuncOp entry, const StatePairs &pairs) : entry(entry), pairs(pairs), builder(entry.getContext()) {
    for (const StatePair &pair : pairs)
      if (pair.past)
        isPast[*pair.past] = true;
  }

  LogicalResult run() {
    builder.setInsertionPointToStart(&entry.getBody().front());
    llvm::BitVector inputs(entry.getNumArguments()), outputs(entry.getNumResults());
    for (const StatePair &pair : pairs)
      inputs.set(pair.input), outputs.set(pair.output);
    for (const StatePair &pair : pairs) {
      Value initial = initialState(pair, inputs);
      if (!initial)
        return entry.emitError() << "state '" << inputName(entry, pair.input)
                                 << "', expected sizes that other inputs have";
      entry.getArgument(pair.input).replaceAllUsesWith(initial);
    }
    Operation *end = entry.getBody().front().getTerminator();
    end->eraseOperands(outputs);
    if (failed(entry.eraseResults(outputs)) || failed(entry.eraseArguments(inputs)))
      return entry.emitError("states that cannot be taken out");
    renumber();
    return success();
  }

private:
  AffineMap shapeOf(unsigned input) {
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr);
    return shape ? shape.getValue() : AffineMap::get(builder.getContext());
  }

  /// The value of a symbol, as the size of an input that is no state.
  Value symbolValue(AffineExpr symbol, const llvm::BitVector &states) {
    for (BlockArgument argument : entry.getArguments())
      for (auto [dim, size] : llvm::enumerate(shapeOf(argument.getArgNumber()).getResults()))
        if (size == symbol && !states[argument.getArgNumber()])
          return tensor::DimOp::create(builder, entry.getLoc(), argument, dim);
    return {};
  }

  Value initialState(const StatePair &pair, const llvm::BitVector &states) {
    auto type = cast<RankedTensorType>(entry.getArgumentTypes()[pair.input]);
    SmallVector<int64_t> shape(type.getShape());
    SmallVector<Value> sizes;
    for (auto [dim, size] : llvm::enumerate(shapeOf(pair.input).getResults())) {
      auto symbol = dyn_cast<AffineSymbolExpr>(size);
      if (symbol && isPast.lookup(symbol.getPosition())) {
        shape[dim] = 0;
      } else if (ShapedType::isDynamic(shape[dim])) {
        sizes.push_back(symbolValue(size, states));
        if (!sizes.back())
          return {};
      }
    }
    Location at = entry.getLoc();
    Type element = type.getElementType();
    Value empty = tensor::EmptyOp::create(builder, at, RankedTensorType::get(shape, element), sizes);
    TypedAttr value = isa<FloatType>(element) ? TypedAttr(FloatAttr::get(element, pair.initial))
                                              : IntegerAttr::get(element, static_cast<int64_t>(pair.initial));
    Value initial = arith::ConstantOp::create(builder, at, value);
    Value filled = linalg::FillOp::create(builder, at, initial, empty).getResult(0);
    return tensor::CastOp::create(builder, at, type, filled);
  }

  /// Every shape with 0 for the past, in terms of the symbols that are left.
  void renumber() {
    SmallVector<StringRef> names;
    SmallVector<AffineExpr> replacements;
    SmallVector<int64_t> ranges;
    auto known = entry->getAttrOfType<DenseI64ArrayAttr>(kRangesAttr);
    for (auto [symbol, name] :
         llvm::enumerate(entry->getAttrOfType<ArrayAttr>(kSymbolsAttr).getAsValueRange<StringAttr>())) {
      bool isGone = isPast.lookup(symbol);
      replacements.push_back(isGone ? builder.getAffineConstantExpr(0) : builder.getAffineSymbolExpr(names.size()));
      if (isGone)
        continue;
      names.push_back(name);
      if (known)
        ranges.append({known[2 * symbol], known[2 * symbol + 1]});
    }
    auto changed = [&](AffineMapAttr shape) {
      return AffineMapAttr::get(shape.getValue().replaceDimsAndSymbols({}, replacements, 0, names.size()));
    };
    for (unsigned input = 0; input < entry.getNumArguments(); ++input)
      if (auto shape = entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr))
        entry.setArgAttr(input, kShapeAttr, changed(shape));
    for (unsigned output = 0; output < entry.getNumResults(); ++output)
      if (auto shape = entry.getResultAttrOfType<AffineMapAttr>(output, kShapeAttr))
        entry.setResultAttr(output, kShapeAttr, changed(shape));
    entry->setAttr(kSymbolsAttr, builder.getStrArrayAttr(names));
    if (known)
      entry->setAttr(kRangesAttr, builder.getDenseI64ArrayAttr(ranges));
    entry->removeAttr("heddle.defaults");
  }

  func::FuncOp entry;
  const StatePairs &pairs;
  OpBuilder builder;
  llvm::DenseMap<unsigned, bool> isPast;
};

/// Calls of an entry in the reference evaluator, in which the states of one are handed to the next.
class Calls {
public:
  Calls(func::FuncOp entry, const StatePairs &pairs, unsigned tokens) : entry(entry), pairs(pairs), tokens(tokens) {
    unsigned count = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr).size();
    symbols.assign(count, 2);
    for (const StatePair &pair : pairs)
      if (pair.past)
        symbols[*pair.past] = 0;
  }

  /// Whether an input that is no state has a size that depends on the past.
  bool isOpen() {
    for (unsigned input = 0; input < entry.getNumArguments(); ++input)
      for (const StatePair &pair : pairs)
        if (!isState(input) && pair.past && shapeOf(input).isFunctionOfSymbol(*pair.past))
          return true;
    return false;
  }

  /// The outputs of calls on the given numbers of tokens, those with tokens put together, then the states.
  FailureOr<ReferenceTensors> run(ArrayRef<int64_t> counts) {
    symbols[tokens] = std::accumulate(counts.begin(), counts.end(), int64_t(0));
    ReferenceTensors whole = drawInputs(entry, symbols, /*seed=*/1, /*largestInteger=*/1);
    for (const StatePair &pair : pairs)
      fill(whole[pair.input], pair.initial);
    SmallVector<ReferenceTensors> parts(entry.getNumResults());
    int64_t first = 0;
    for (int64_t count : counts) {
      ReferenceTensors inputs = whole, outputs;
      for (unsigned input = 0; input < inputs.size(); ++input)
        if (std::optional<int64_t> dim = tokenDim(entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr)))
          inputs[input] = sliceAlong(whole[input], *dim, first, count);
      if (failed(interpret(entry, inputs, outputs, Precision::Double)))
        return failure();
      for (const StatePair &pair : pairs)
        whole[pair.input] = outputs[pair.output];
      for (auto [output, part] : llvm::zip_equal(outputs, parts))
        part.push_back(output);
      first += count;
    }
    ReferenceTensors joined;
    for (auto [number, part] : llvm::enumerate(parts)) {
      std::optional<int64_t> dim = tokenDim(entry.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr));
      joined.push_back(dim ? concatAlong(part, *dim) : part.back());
    }
    return joined;
  }

private:
  bool isState(unsigned input) {
    return llvm::any_of(pairs, [&](const StatePair &pair) { return pair.input == input; });
  }
  AffineMap shapeOf(unsigned input) {
    auto shape = entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr);
    return shape ? shape.getValue() : AffineMap::get(entry.getContext());
  }
  std::optional<int64_t> tokenDim(AffineMapAttr shape) {
    for (int64_t dim = 0; shape && dim < int64_t(shape.getValue().getNumResults()); ++dim)
      if (shape.getValue().getResult(dim) == getAffineSymbolExpr(tokens, entry.getContext()))
        return dim;
    return std::nullopt;
  }
  static void fill(ReferenceTensor &tensor, double number) {
    Scalar value;
    if (tensor.isFloat())
      value.real = number;
    else
      value.integer = static_cast<int64_t>(number);
    for (int64_t i = 0; i < tensor.size(); ++i)
      tensor.set(i, value);
  }

  func::FuncOp entry;
  const StatePairs &pairs;
  unsigned tokens;
  SmallVector<int64_t> symbols;
};

} // namespace

LogicalResult emptyPast(func::FuncOp copy, const StatePairs &pairs) { return PastRemover(copy, pairs).run(); }

LogicalResult proveGrowth(func::FuncOp entry, const StatePairs &pairs, unsigned tokens) {
  Calls calls(entry, pairs, tokens);
  if (calls.isOpen())
    return success();
  FailureOr<ReferenceTensors> once = calls.run({5}), twice = calls.run({3, 2});
  if (failed(once) || failed(twice))
    return failure();
  for (auto [number, left, right] : llvm::enumerate(*once, *twice))
    if (Comparison comparison = compare(left, right, 1e-7 * maxMagnitude(left)); !comparison.passes)
      return entry.emitError() << "calls one after the other differ from one call in output '"
                               << outputName(entry, number) << "': " << comparison.describe();
  return success();
}

} // namespace heddle
