#include "passes/stream/StreamStates.h"

#include "passes/lower/Names.h"
#include "passes/stream/Names.h"

using namespace mlir;

namespace heddle {

StreamStates::StreamStates(func::FuncOp step) : step(step), firstArgument(step.getNumArguments()) {}

/// "/blocks/0/mixer" and "S" as "blocks.0.mixer.S": letters, digits, points and underscores, whatever the place is.
std::string StreamStates::nameOf(Location place, StringRef part) {
  std::string name;
  if (auto file = place->findInstanceOf<FileLineColLoc>(); file && !file.getFilename().getValue().ends_with(".mlir"))
    name = file.getFilename().getValue().rsplit(".json:").second.str();
  else if (auto known = place->findInstanceOf<NameLoc>())
    name = known.getName().str();
  for (char &letter : name)
    if (!llvm::isAlnum(letter) && letter != '_')
      letter = '.';
  name = StringRef(name).trim('.').str();
  if (!part.empty())
    name += (name.empty() ? "" : ".") + part.str();
  unsigned repetition = names[name]++;
  return repetition ? name + "." + std::to_string(repetition) : name;
}

Value StreamStates::add(Location place, StringRef part, RankedTensorType type, ArrayRef<AffineExpr> shape,
                        TypedAttr initial) {
  unsigned index = step.getNumArguments();
  if (failed(step.insertArgument(index, type, {}, place)))
    llvm_unreachable("an argument can be added behind the last one");
  states.push_back({nameOf(place, part), step.getArgument(index), {}, initial, llvm::to_vector(shape), {}});
  return states.back().argument;
}

StreamStates::State &StreamStates::find(Value argument) {
  return *llvm::find_if(states, [&](const State &state) { return state.argument == argument; });
}

void StreamStates::setRange(Value state, int64_t low, int64_t high) { find(state).range = {low, high}; }

void StreamStates::setNext(Value state, Value next) { find(state).next = next; }

AffineExpr StreamStates::symbol(StringRef attribute, std::string name, int64_t least) {
  Builder builder(step.getContext());
  constexpr int64_t unbounded = std::numeric_limits<int64_t>::max();
  if (auto known = step->getAttrOfType<IntegerAttr>(attribute))
    return builder.getAffineSymbolExpr(known.getInt());
  SmallVector<StringRef> symbols;
  for (Attribute known : step->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    symbols.push_back(cast<StringAttr>(known).getValue());
  while (llvm::is_contained(symbols, name))
    name += "_";
  SmallVector<int64_t> ranges;
  if (auto known = step->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges"))
    ranges.assign(known.asArrayRef().begin(), known.asArrayRef().end());
  while (ranges.size() < 2 * symbols.size())
    ranges.append({1, unbounded});
  ranges.append({least, unbounded});
  step->setAttr(attribute, builder.getI64IntegerAttr(symbols.size()));
  symbols.push_back(name);
  step->setAttr(kSymbolsAttr, builder.getStrArrayAttr(symbols));
  step->setAttr("heddle.symbol_ranges", builder.getDenseI64ArrayAttr(ranges));
  return builder.getAffineSymbolExpr(symbols.size() - 1);
}

AffineExpr StreamStates::capacity() { return symbol(kCapacityAttr, "capacity", 1); }

AffineExpr StreamStates::ring(int64_t tokens) {
  step->setAttr(kRingTokensAttr, Builder(step.getContext()).getI64IntegerAttr(tokens));
  return symbol(kRingAttr, "ring", 2 * tokens);
}

DictionaryAttr StreamStates::describe(const State &state, bool isArgument) {
  Builder b(step.getContext());
  unsigned symbols = step->getAttrOfType<ArrayAttr>(kSymbolsAttr).size();
  bool grows = !state.grownShape.empty();
  ArrayRef<AffineExpr> shape = grows && !isArgument ? state.grownShape : state.shape;
  SmallVector<NamedAttribute> attributes = {
      b.getNamedAttr("heddle.name", b.getStringAttr(state.name)),
      b.getNamedAttr(kShapeAttr, AffineMapAttr::get(AffineMap::get(0, symbols, shape, b.getContext())))};
  if (isArgument)
    attributes.push_back(b.getNamedAttr(kStateAttr, state.initial));
  if (isArgument && grows)
    attributes.push_back(b.getNamedAttr(kGrowsAttr, b.getUnitAttr()));
  if (isArgument && state.range)
    attributes.push_back(
        b.getNamedAttr("heddle.range", b.getDenseI64ArrayAttr({state.range->first, state.range->second})));
  if (isArgument && state.isEnd)
    attributes.push_back(b.getNamedAttr(kEndAttr, b.getUnitAttr()));
  if (isArgument && state.late > 0)
    attributes.push_back(b.getNamedAttr(kLatencyAttr, b.getI64IntegerAttr(state.late)));
  if (state.isAppended)
    attributes.push_back(b.getNamedAttr(kAppendAttr, b.getUnitAttr()));
  return b.getDictionaryAttr(attributes);
}

void StreamStates::finish(ValueRange outputs, ArrayRef<DictionaryAttr> outputAttrs) {
  OpBuilder builder = OpBuilder::atBlockEnd(&step.getBody().front());
  SmallVector<Value> results(outputs);
  for (const State &state : states)
    results.push_back(state.next);
  func::ReturnOp::create(builder, step.getLoc(), results);
  step.setFunctionType(builder.getFunctionType(step.getArgumentTypes(), ValueRange(results).getTypes()));
  // Symbols may have been added since the entry was described.
  unsigned symbols = step->getAttrOfType<ArrayAttr>(kSymbolsAttr).size();
  auto widen = [&](DictionaryAttr attributes) {
    NamedAttrList list(attributes);
    if (auto shape = list.getNamed(kShapeAttr)) {
      AffineMap map = cast<AffineMapAttr>(shape->getValue()).getValue();
      list.set(kShapeAttr, AffineMapAttr::get(AffineMap::get(0, symbols, map.getResults(), builder.getContext())));
    }
    return list.getDictionary(builder.getContext());
  };
  for (unsigned index = 0; index < firstArgument; ++index)
    step.setArgAttrs(index, widen(step.getArgAttrDict(index)));
  for (auto [index, attributes] : llvm::enumerate(outputAttrs))
    step.setResultAttrs(index, widen(attributes));
  for (auto [index, state] : llvm::enumerate(states)) {
    step.setArgAttrs(firstArgument + index, describe(state, /*isArgument=*/true));
    step.setResultAttrs(outputs.size() + index, describe(state, /*isArgument=*/false));
  }
}

} // namespace heddle
