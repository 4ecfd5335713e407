#include "passes/stream/AdoptStates.h"

#include "passes/lower/Names.h"
#include "passes/stream/DeclareStep.h"
#include "passes/stream/Names.h"
#include "passes/stream/StreamStates.h"
#include "passes/stream/StreamSymbols.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace heddle {
namespace {

/// The symbols of an entry by what they count.
struct Roles {
  unsigned tokens = 0;
  std::optional<unsigned> rows, capacity;
};

SmallVector<StringRef> symbolNames(func::FuncOp entry) {
  auto names = entry->getAttrOfType<ArrayAttr>(kSymbolsAttr);
  return names ? llvm::to_vector(names.getAsValueRange<StringAttr>()) : SmallVector<StringRef>();
}

AffineMap shapeOf(func::FuncOp entry, unsigned input) {
  auto shape = entry.getArgAttrOfType<AffineMapAttr>(input, kShapeAttr);
  return shape ? shape.getValue() : AffineMap::get(entry.getContext());
}

/// Tokens are the one symbol that is in no state; rows are in every state; a third one is how many tokens a state has
/// room for.
class RoleFinder {
public:
  RoleFinder(func::FuncOp entry, const StatePairs &pairs) : entry(entry), pairs(pairs), names(symbolNames(entry)) {}

  FailureOr<Roles> find(StringRef tokens) {
    SmallVector<unsigned> outside, everywhere, inside;
    for (unsigned symbol = 0; symbol < names.size(); ++symbol) {
      size_t states = llvm::count_if(
          pairs, [&](const StatePair &pair) { return shapeOf(entry, pair.input).isFunctionOfSymbol(symbol); });
      (states == 0 ? outside : states == pairs.size() ? everywhere : inside).push_back(symbol);
    }
    if (!tokens.empty())
      llvm::erase_if(outside, [&](unsigned symbol) { return names[symbol] != tokens; });
    if (outside.size() != 1)
      return refuse("tokens", "one symbol that is no size of a state", outside);
    Roles roles{outside.front(), std::nullopt, std::nullopt};
    for (unsigned symbol : everywhere)
      if (!roles.rows && isRows(symbol))
        roles.rows = symbol;
    for (unsigned symbol : llvm::concat<unsigned>(everywhere, inside))
      if (symbol != roles.rows && std::exchange(roles.capacity, symbol))
        return refuse("states", "rows and one more symbol, the room for tokens", everywhere);
    return roles;
  }

private:
  /// Whether the symbol alone is a size of every state.
  bool isRows(unsigned symbol) {
    AffineExpr size = getAffineSymbolExpr(symbol, entry.getContext());
    return llvm::all_of(pairs, [&](const StatePair &pair) {
      return llvm::is_contained(shapeOf(entry, pair.input).getResults(), size);
    });
  }

  LogicalResult refuse(StringRef what, StringRef expected, ArrayRef<unsigned> symbols) {
    InFlightDiagnostic diagnostic = entry.emitError()
                                    << "symbols of the " << what << ", expected " << expected << " but got ";
    diagnostic << (symbols.empty() ? "none" : "");
    llvm::interleave(
        symbols, [&](unsigned symbol) { diagnostic << "'" << names[symbol] << "'"; }, [&] { diagnostic << ", "; });
    return diagnostic << "; name the one of the tokens with tokens=";
  }

  func::FuncOp entry;
  const StatePairs &pairs;
  SmallVector<StringRef> names;
};

TypedAttr initialValue(Type element, double value) {
  if (auto type = dyn_cast<FloatType>(element))
    return FloatAttr::get(type, value);
  return IntegerAttr::get(element, static_cast<int64_t>(value));
}

class Adoption {
public:
  Adoption(func::FuncOp entry, const StatePairs &pairs, Roles roles) : entry(entry), pairs(pairs), roles(roles) {}

  func::FuncOp run(StringRef name) {
    func::FuncOp step = declareStep(entry, name, roles.tokens);
    step->setAttr(kStreamOfAttr, entry.getNameAttr());
    if (roles.capacity)
      step->setAttr(kCapacityAttr, IntegerAttr::get(IntegerType::get(step.getContext(), 64), *roles.capacity));
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
    SmallVector<AffineExpr> shape(shapeOf(entry, pair.input).getResults());
    if (shape.empty())
      for (int64_t size : type.getShape())
        shape.push_back(getAffineConstantExpr(size, entry.getContext()));
    return states.add(UnknownLoc::get(entry.getContext()), inputName(entry, pair.input), type, shape,
                      initialValue(type.getElementType(), pair.initial));
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
    AffineExpr tokens = builder.getAffineSymbolExpr(roles.tokens);
    for (BlockArgument argument : step.getArguments())
      if (auto shape = step.getArgAttrOfType<AffineMapAttr>(argument.getArgNumber(), kShapeAttr))
        for (auto [dim, size] : llvm::enumerate(shape.getValue().getResults()))
          if (size == tokens)
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
  Roles roles;
};

/// An input without tokens that is no state.
std::optional<unsigned> inputOfCalls(func::FuncOp step, unsigned tokens) {
  for (unsigned input = 0; input < step.getNumArguments(); ++input)
    if (!step.getArgAttr(input, kStateAttr) && !shapeOf(step, input).isFunctionOfSymbol(tokens))
      return input;
  return std::nullopt;
}

} // namespace

LogicalResult adoptStates(func::FuncOp entry, const StatePairs &pairs, StringRef tokens, StringRef name,
                          ProofMode mode) {
  FailureOr<Roles> roles = RoleFinder(entry, pairs).find(tokens);
  if (failed(roles) || failed(findStreamSymbols(entry, symbolNames(entry)[roles->tokens])))
    return failure();
  for (const StatePair &pair : pairs)
    remark::passed(entry.getLoc(), remark::RemarkOpts::name("state-paired").category("derive-stream"))
        << llvm::formatv("state '{0}' is what output '{1}' leaves, by {2}", inputName(entry, pair.input),
                         outputName(entry, pair.output), pair.evidence)
               .str();
  func::FuncOp step = Adoption(entry, pairs, *roles).run(name);
  if (failed(mlir::verify(step)))
    return failure();
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
