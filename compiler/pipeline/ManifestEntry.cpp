#include "compiler/pipeline/ManifestEntry.h"

#include "passes/lower/MemoryFormula.h"
#include "passes/lower/Names.h"
#include "passes/stream/Names.h"

#include <cmath>

using namespace mlir;
namespace json = llvm::json;

namespace heddle {
namespace {

/// Element type as the runtime names it.
std::string typeName(Type type) {
  if (type.isInteger(1))
    return "bool";
  // Elements narrower than a byte have one each.
  if (isa<Float4E2M1FNType>(type))
    return "u8";
  if (auto integer = dyn_cast<IntegerType>(type))
    return (integer.isUnsigned() ? "u" : "i") + std::to_string(std::max(8u, integer.getWidth()));
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

json::Array shapeToJson(ShapedType type, AffineMap map, llvm::ArrayRef<llvm::StringRef> symbols) {
  json::Array shape;
  for (auto [index, size] : llvm::enumerate(type.getShape())) {
    if (!ShapedType::isDynamic(size))
      shape.push_back(size);
    else
      shape.push_back(printSize(map.getResult(index), symbols));
  }
  return shape;
}

/// The value of a state in front of the first token; JSON has no infinities.
json::Value initialToJson(Attribute initial) {
  if (auto integer = dyn_cast<IntegerAttr>(initial))
    return integer.getInt();
  double value = cast<FloatAttr>(initial).getValueAsDouble();
  if (std::isfinite(value))
    return value;
  return value < 0 ? "-inf" : "inf";
}

json::Object tensorToJson(Type type, DictionaryAttr attrs, llvm::StringRef fallback,
                          llvm::ArrayRef<llvm::StringRef> symbols) {
  auto shaped = cast<ShapedType>(type);
  auto name = attrs ? attrs.getAs<StringAttr>("heddle.name") : nullptr;
  auto map = attrs ? attrs.getAs<AffineMapAttr>(kShapeAttr) : nullptr;
  Type element = shaped.getElementType();
  if (auto declared = attrs ? attrs.getAs<TypeAttr>("heddle.type") : nullptr)
    element = declared.getValue();
  json::Object tensor{{"name", name ? name.getValue().str() : fallback.str()},
                      {"type", typeName(element)},
                      {"shape", shapeToJson(shaped, map ? map.getValue() : AffineMap(), symbols)}};
  if (auto range = attrs ? attrs.getAs<DenseI64ArrayAttr>("heddle.range") : nullptr)
    tensor["range"] = json::Array{range[0], range[1]};
  if (auto initial = attrs ? attrs.get(kStateAttr) : nullptr)
    tensor["initial"] = initialToJson(initial);
  if (attrs && attrs.get(kStateAttr) && attrs.get(kAppendAttr))
    tensor["append"] = true;
  if (attrs && attrs.get(kGrowsAttr))
    tensor["grows"] = true;
  if (attrs && attrs.get(kEndAttr))
    tensor["end"] = true;
  if (auto latency = attrs ? attrs.getAs<IntegerAttr>(kLatencyAttr) : nullptr)
    tensor["latency"] = latency.getInt();
  return tensor;
}

AffineExpr tensorBytes(Type type, DictionaryAttr attrs) {
  auto shaped = cast<ShapedType>(type);
  auto map = attrs ? attrs.getAs<AffineMapAttr>(kShapeAttr) : nullptr;
  AffineExpr bytes = getAffineConstantExpr(llvm::divideCeil(shaped.getElementTypeBitWidth(), 8), type.getContext());
  for (auto [index, size] : llvm::enumerate(shaped.getShape()))
    bytes = bytes * (ShapedType::isDynamic(size) ? map.getValue().getResult(index)
                                                 : getAffineConstantExpr(size, type.getContext()));
  return bytes;
}

/// Bytes of all inputs and outputs; what is appended to is one memory.
AffineExpr tensorBytes(func::FuncOp func) {
  AffineExpr bytes = getAffineConstantExpr(0, func.getContext());
  for (auto [index, input] : llvm::enumerate(func.getArgumentTypes()))
    bytes = bytes + tensorBytes(input, func.getArgAttrDict(index));
  for (auto [index, output] : llvm::enumerate(func.getResultTypes()))
    if (!func.getResultAttr(index, kAppendAttr))
      bytes = bytes + tensorBytes(output, func.getResultAttrDict(index));
  return bytes;
}

/// Bytes of a state whose calls cannot be undone: what is appended to once, all else in two versions.
AffineExpr stateBytes(func::FuncOp func) {
  AffineExpr bytes = getAffineConstantExpr(0, func.getContext());
  for (auto [index, input] : llvm::enumerate(func.getArgumentTypes()))
    if (func.getArgAttr(index, kStateAttr))
      bytes = bytes + tensorBytes(input, func.getArgAttrDict(index)) * (func.getArgAttr(index, kAppendAttr) ? 1 : 2);
  return bytes;
}

/// Lengths that a trace has frozen, and nodes that only make sense at them.
json::Array frozenToJson(ArrayAttr frozen) {
  json::Array lengths;
  for (auto length : frozen.getAsRange<DictionaryAttr>()) {
    json::Array nodes;
    for (auto node : length.getAs<ArrayAttr>("locations").getAsRange<StringAttr>())
      nodes.push_back(node.getValue());
    lengths.push_back(json::Object{{"size", length.getAs<IntegerAttr>("size").getInt()}, {"nodes", std::move(nodes)}});
  }
  return lengths;
}

json::Array pairsToJson(ArrayAttr pairs) {
  json::Array list;
  for (auto pair : pairs.getAsRange<DictionaryAttr>()) {
    json::Object row{{"initial", initialToJson(pair.get("initial"))}};
    for (llvm::StringRef key : {"input", "output", "evidence", "bytes"})
      row[key] = pair.getAs<StringAttr>(key).getValue();
    list.push_back(std::move(row));
  }
  return list;
}

} // namespace

llvm::SmallVector<llvm::StringRef> readSymbols(Operation *func) {
  llvm::SmallVector<llvm::StringRef> names;
  if (auto symbols = func->getAttrOfType<ArrayAttr>(kSymbolsAttr))
    for (Attribute name : symbols)
      names.push_back(cast<StringAttr>(name).getValue());
  return names;
}

json::Object entryToJson(func::FuncOp func) {
  llvm::SmallVector<llvm::StringRef> symbols = readSymbols(func);
  json::Array symbolList, inputs, outputs;
  auto ranges = func->getAttrOfType<DenseI64ArrayAttr>("heddle.symbol_ranges");
  for (auto [index, name] : llvm::enumerate(symbols)) {
    json::Object symbol{{"name", name.str()}, {"min", ranges ? ranges[2 * index] : 1}};
    if (ranges && ranges[2 * index + 1] != std::numeric_limits<int64_t>::max())
      symbol["max"] = ranges[2 * index + 1];
    symbolList.push_back(std::move(symbol));
  }
  FunctionType type = func.getFunctionType();
  for (auto [index, input] : llvm::enumerate(type.getInputs()))
    inputs.push_back(tensorToJson(input, func.getArgAttrDict(index), "input" + std::to_string(index), symbols));
  for (auto [index, output] : llvm::enumerate(type.getResults()))
    outputs.push_back(tensorToJson(output, func.getResultAttrDict(index), "output" + std::to_string(index), symbols));
  json::Object entry{{"name", func.getName().str()},
                     {"symbol", "heddle_entry_" + func.getName().str()},
                     {"plan", "heddle_plan_" + func.getName().str()},
                     {"symbols", std::move(symbolList)},
                     {"inputs", std::move(inputs)},
                     {"outputs", std::move(outputs)},
                     {"memory", json::Object{{"tensors", printSize(tensorBytes(func), symbols)}}}};
  if (auto defaults = func->getAttrOfType<DenseI64ArrayAttr>("heddle.defaults"))
    entry["defaults"] = json::Array(llvm::ArrayRef<int64_t>(defaults));
  if (AffineExpr states = stateBytes(func); states != 0)
    (*entry.getObject("memory"))["states"] = printSize(states, symbols);
  if (auto source = func->getAttrOfType<StringAttr>(kStreamOfAttr))
    entry["stream_of"] = source.getValue();
  for (auto [key, attribute] :
       {std::pair("tokens", kTokensAttr), std::pair("capacity", kCapacityAttr), std::pair("ring", kRingAttr)})
    if (auto symbol = func->getAttrOfType<IntegerAttr>(attribute))
      entry[key] = symbols[symbol.getInt()];
  if (func->hasAttr(kCallerPlacesAttr))
    entry["caller_places"] = true;
  for (auto [key, attribute] : {std::pair("block", kBlockAttr), std::pair("positions", kPositionsAttr),
                                std::pair("latency", kLatencyAttr), std::pair("ring_tokens", kRingTokensAttr)})
    if (auto number = func->getAttrOfType<IntegerAttr>(attribute))
      entry[key] = number.getInt();
  if (auto pairs = func->getAttrOfType<ArrayAttr>(kStatePairsAttr))
    entry["state_pairs"] = pairsToJson(pairs);
  if (auto frozen = func->getAttrOfType<ArrayAttr>("heddle.frozen_length"))
    entry["frozen"] = frozenToJson(frozen);
  return entry;
}

} // namespace heddle
