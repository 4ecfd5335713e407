#include "passes/stream/EmptyPast.h"

#include "passes/lower/Names.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/BitVector.h"

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

} // namespace

LogicalResult emptyPast(func::FuncOp copy, const StatePairs &pairs) { return PastRemover(copy, pairs).run(); }

} // namespace heddle
