#include "passes/stream/AdoptStates.h"

#include "passes/lower/Names.h"
#include "passes/stream/DeclareStep.h"
#include "passes/stream/Names.h"
#include "passes/stream/StateRoles.h"
#include "passes/stream/StreamStates.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

TypedAttr initialValue(Type element, double value) {
  if (auto type = dyn_cast<FloatType>(element))
    return FloatAttr::get(type, value);
  return IntegerAttr::get(element, static_cast<int64_t>(value));
}

class Adoption {
public:
  Adoption(func::FuncOp entry, const StatePairs &pairs, StateRoles roles) : entry(entry), pairs(pairs), roles(roles) {}

  func::FuncOp run(StringRef name) {
    func::FuncOp step = declareStep(entry, name, roles.tokens);
    step->setAttr(kStreamOfAttr, entry.getNameAttr());
    if (roles.capacity)
      step->setAttr(kCapacityAttr, IntegerAttr::get(IntegerType::get(step.getContext(), 64), *roles.capacity));
    if (roles.grows())
      takeEmptyPast(step);
    llvm::BitVector isState(entry.getNumArguments());
    for (const StatePair &pair : pairs)
      isState.set(pair.input);
    (void)step.eraseArguments(isState);
    IRMapping mapping;
    unsigned kept = 0;
    for (BlockArgument argument : entry.getArguments())
      if (!isState[argument.getArgNumber()])
        mapping.map(argument, step.getArgument(kept++));
    StreamStates states(step);
    Value position = addPosition(states);
    SmallVector<Value> arguments;
    for (const StatePair &pair : pairs)
      arguments.push_back(addState(states, pair));
    if (roles.capacity && !roles.grows() && isPlacedByCaller())
      step->setAttr(kCallerPlacesAttr, UnitAttr::get(step.getContext()));
    for (auto [pair, argument] : llvm::zip_equal(pairs, arguments))
      mapping.map(entry.getArgument(pair.input), argument);
    OpBuilder builder = OpBuilder::atBlockEnd(&step.getBody().front());
    for (Operation &op : entry.getBody().front().without_terminator())
      builder.clone(op, mapping);
    states.setNext(position, advanced(builder, position, step));
    Operation *end = entry.getBody().front().getTerminator();
    for (auto [pair, argument] : llvm::zip_equal(pairs, arguments))
      states.setNext(argument, mapping.lookup(end->getOperand(pair.output)));
    finish(states, mapping, end);
    return step;
  }

private:
  Value addPosition(StreamStates &states) {
    Builder b(entry.getContext());
    AffineExpr rows = roles.rows ? b.getAffineSymbolExpr(*roles.rows) : b.getAffineConstantExpr(1);
    auto type = RankedTensorType::get({roles.rows ? ShapedType::kDynamic : 1}, b.getI64Type());
    Value position = states.add(UnknownLoc::get(b.getContext()), "position", type, {rows}, b.getI64IntegerAttr(0));
    states.setRange(position, 0, int64_t(1) << 40); // sums of positions and lengths stay far from overflow
    return position;
  }

  Value addState(StreamStates &states, const StatePair &pair) {
    auto type = cast<RankedTensorType>(entry.getArgumentTypes()[pair.input]);
    SmallVector<AffineExpr> shape(inputShape(entry, pair.input).getResults());
    if (shape.empty())
      for (int64_t size : type.getShape())
        shape.push_back(getAffineConstantExpr(size, entry.getContext()));
    Value state = states.add(UnknownLoc::get(entry.getContext()), inputName(entry, pair.input), type, shape,
                             initialValue(type.getElementType(), pair.initial));
    if (pair.past)
      states.setGrown(state, entry.getResultAttrOfType<AffineMapAttr>(pair.output, kShapeAttr).getValue().getResults());
    return state;
  }

  /// A past of no tokens is what a step begins with.
  void takeEmptyPast(func::FuncOp step) {
    SmallVector<int64_t> ranges;
    if (auto known = step->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges"))
      ranges.assign(known.asArrayRef().begin(), known.asArrayRef().end());
    else
      for (size_t symbol = 0; symbol < step->getAttrOfType<ArrayAttr>(kSymbolsAttr).size(); ++symbol)
        ranges.append({1, std::numeric_limits<int64_t>::max()});
    ranges[2 * *roles.capacity] = 0;
    step->setAttr("heddle.symbol_ranges", DenseI64ArrayAttr::get(step.getContext(), ranges));
  }

  /// Whether an input beside the states, integers for each call, may say where it writes.
  bool isPlacedByCaller() {
    return llvm::any_of(llvm::seq(entry.getNumArguments()), [&](unsigned input) {
      return !isState(input) && getElementTypeOrSelf(entry.getArgumentTypes()[input]).isInteger() &&
             !inputShape(entry, input).isFunctionOfSymbol(roles.tokens);
    });
  }
  bool isState(unsigned input) {
    return llvm::any_of(pairs, [&](const StatePair &pair) { return pair.input == input; });
  }

  /// The positions behind the new tokens.
  Value advanced(OpBuilder &builder, Value position, func::FuncOp step) {
    Location at = entry.getLoc();
    Value more = arith::IndexCastOp::create(builder, at, builder.getI64Type(), tokenCount(builder, step));
    Value empty =
        tensor::EmptyOp::create(builder, at, tensor::getMixedSizes(builder, at, position), builder.getI64Type());
    AffineMap all = builder.getMultiDimIdentityMap(1);
    auto body = [&](OpBuilder &b, Location inner, ValueRange v) {
      linalg::YieldOp::create(b, inner, arith::AddIOp::create(b, inner, v[0], more).getResult());
    };
    return linalg::GenericOp::create(builder, at, empty.getType(), position, empty, ArrayRef{all, all},
                                     utils::IteratorType::parallel, body)
        .getResult(0);
  }

  /// The size of a dimension of an input that the tokens are.
  Value tokenCount(OpBuilder &builder, func::FuncOp step) {
    int64_t block = tokensPerBlock(entry, roles.tokens);
    for (BlockArgument argument : step.getArguments())
      if (auto shape = step.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr))
        for (auto [dim, size] : llvm::enumerate(shape.getValue().getResults()))
          if (multipleOf(size, roles.tokens) == block)
            return tensor::DimOp::create(builder, entry.getLoc(), argument, dim);
    llvm_unreachable("checked by findStreamSymbols: every symbol is the size of a dimension of an input");
  }

  void finish(StreamStates &states, IRMapping &mapping, Operation *end) {
    SmallVector<Value> outputs;
    SmallVector<DictionaryAttr> attributes;
    for (unsigned output = 0; output < entry.getNumResults(); ++output) {
      if (llvm::any_of(pairs, [&](const StatePair &pair) { return pair.output == output; }))
        continue;
      outputs.push_back(mapping.lookup(end->getOperand(output)));
      attributes.push_back(entry.getResultAttrDict(output));
    }
    states.finish(outputs, attributes);
  }

  func::FuncOp entry;
  const StatePairs &pairs;
  StateRoles roles;
};

/// An input without tokens that is no state.
std::optional<unsigned> inputOfCalls(func::FuncOp step, unsigned tokens) {
  for (unsigned input = 0; input < step.getNumArguments(); ++input)
    if (!step.getArgAttr(input, kStateAttr) && !inputShape(step, input).isFunctionOfSymbol(tokens))
      return input;
  return std::nullopt;
}

} // namespace

LogicalResult adoptStates(func::FuncOp entry, const StatePairs &pairs, StringRef tokens, StringRef name,
                          ProofMode mode) {
  FailureOr<StateRoles> roles = findStateRoles(entry, pairs, tokens);
  if (failed(roles))
    return failure();
  if (int64_t block = tokensPerBlock(entry, roles->tokens); block != 1 && roles->capacity)
    return entry.emitError() << "tokens of a model whose states have room for tokens, expected one for each of their "
                                "symbol but got "
                             << block;
  for (const StatePair &pair : pairs)
    remark::passed(entry.getLoc(), remark::RemarkOpts::name("state-paired").category("derive-stream"))
        << llvm::formatv("state '{0}' is what output '{1}' leaves, by {2}", inputName(entry, pair.input),
                         outputName(entry, pair.output), pair.evidence)
               .str();
  func::FuncOp step = Adoption(entry, pairs, *roles).run(name);
  if (failed(mlir::verify(step)))
    return failure();
  if (roles->grows())
    return success(); // compared by proveGrowth
  std::optional<unsigned> other = inputOfCalls(step, roles->tokens);
  if (!other)
    return proveStep({step, step, roles->tokens, 0}, mode);
  remark::passed(entry.getLoc(), remark::RemarkOpts::name("step-taken").category("derive-stream"))
      << llvm::formatv("not compared with itself: input '{0}' has no tokens, so each call may have its own",
                       inputName(step, *other))
             .str();
  return success();
}

} // namespace heddle
