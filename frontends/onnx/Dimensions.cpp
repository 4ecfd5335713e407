#include "frontends/onnx/Dimensions.h"
#include "frontends/onnx/onnx_model.pb.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace heddle::onnx {

//===--- expressions ----------------------------------------------------------------------===//

namespace {
class DimParser {
public:
  DimParser(StringRef text, MLIRContext *context, llvm::function_ref<Dim(StringRef)> lookup)
      : text(text), context(context), lookup(lookup) {}

  Dim parse() {
    Dim result = sum();
    skipSpace();
    return text.empty() ? result : Dim();
  }

private:
  static constexpr int maxDepth = 32;

  void skipSpace() { text = text.ltrim(); }
  bool accept(StringRef token) {
    skipSpace();
    return text.consume_front(token);
  }

  Dim sum() {
    Dim result = term();
    while (result) {
      bool isAdd = accept("+");
      if (!isAdd && !accept("-"))
        break;
      Dim rhs = term();
      result = !rhs ? Dim() : isAdd ? result + rhs : result - rhs;
    }
    return result;
  }

  Dim term() {
    Dim result = factor();
    while (result) {
      bool isMul = accept("*");
      if (!isMul && !accept("//") && !accept("/") && !accept("floordiv"))
        break;
      Dim rhs = factor();
      if (!rhs)
        return {};
      auto divisor = dyn_cast<AffineConstantExpr>(rhs);
      if (!isMul && (!divisor || divisor.getValue() <= 0))
        return {};
      result = isMul ? result * rhs : result.floorDiv(rhs);
    }
    return result;
  }

  Dim factor() {
    if (++depth > maxDepth)
      return {};
    Dim result = atom();
    --depth;
    return result;
  }

  Dim atom() {
    if (accept("(")) {
      Dim result = sum();
      return accept(")") ? result : Dim();
    }
    if (accept("-")) {
      Dim operand = factor();
      return operand ? -operand : Dim();
    }
    skipSpace();
    StringRef word = text.take_while([](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == ':'; });
    text = text.drop_front(word.size());
    int64_t number;
    if (word.empty())
      return {};
    if (!word.getAsInteger(10, number))
      return getAffineConstantExpr(number, context);
    return llvm::isDigit(word.front()) ? Dim() : lookup(word);
  }

  StringRef text;
  MLIRContext *context;
  llvm::function_ref<Dim(StringRef)> lookup;
  int depth = 0;
};

// The symbols met so far; a name is added once.
class SymbolNames {
public:
  SymbolNames(const FixedSymbols &fixed, MLIRContext *context) : fixed(fixed), context(context) {}

  // The symbol of a dimension's name, or what it is fixed to.
  Dim symbol(StringRef name) {
    std::string spelled = identifier(name);
    if (auto found = fixed.find(spelled); found != fixed.end() && depth < 64) {
      ++depth;
      Dim value = parseDim(found->second.expression, context, [&](StringRef inner) { return symbol(inner); });
      --depth;
      if (value)
        return value;
    }
    auto position = llvm::find(names, spelled);
    if (position == names.end())
      position = names.insert(names.end(), spelled);
    return getAffineSymbolExpr(position - names.begin(), context);
  }

  std::vector<std::string> names;

private:
  // Names appear in expressions and in manifests, so they are identifiers; distinct names stay distinct.
  std::string identifier(StringRef name) {
    auto known = identifiers.find(name.str());
    if (known != identifiers.end())
      return known->second;
    std::string spelled;
    for (char c : name)
      spelled += llvm::isAlnum(c) || c == '_' ? c : '_';
    if (spelled.empty() || llvm::isDigit(spelled.front()))
      spelled = "d" + spelled;
    auto isTaken = [&](const std::string &candidate) {
      return llvm::any_of(identifiers, [&](const auto &entry) { return entry.second == candidate; });
    };
    std::string unique = spelled;
    for (int copy = 2; isTaken(unique); ++copy)
      unique = spelled + "_" + std::to_string(copy);
    return identifiers[name.str()] = unique;
  }

  const FixedSymbols &fixed;
  MLIRContext *context;
  std::map<std::string, std::string> identifiers;
  int depth = 0;
};
} // namespace

Dim parseDim(StringRef text, MLIRContext *context, llvm::function_ref<Dim(StringRef)> lookup) {
  return DimParser(text, context, lookup).parse();
}

//===--- inputs ---------------------------------------------------------------------------===//

static bool isName(StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == ':'; });
}

// Names that stand alone in some dimension: only their values can be read from the inputs.
static std::vector<StringRef> plainNames(ArrayRef<const ValueInfoProto *> inputs) {
  std::vector<StringRef> names;
  for (const ValueInfoProto *input : inputs)
    for (const auto &dimension : input->type().tensor_type().shape().dim())
      if (isName(dimension.dim_param()))
        names.push_back(dimension.dim_param());
  return names;
}

static const char *typeKind(const TypeProto &type) {
  switch (type.value_case()) {
  case TypeProto::kSequenceType:
    return "a sequence";
  case TypeProto::kMapType:
    return "a map";
  case TypeProto::kOpaqueType:
    return "an opaque type";
  case TypeProto::kSparseTensorType:
    return "a sparse tensor";
  case TypeProto::kOptionalType:
    return "an optional";
  default:
    return "no type";
  }
}

static bool checkInput(const ValueInfoProto &input, EmitError emitError) {
  const TypeProto &type = input.type();
  if (type.value_case() != TypeProto::kTensorType) {
    emitError() << "input '" << input.name() << "', expected a tensor but got " << typeKind(type);
    return false;
  }
  if (!type.tensor_type().has_shape()) {
    emitError() << "input '" << input.name() << "' has no shape, expected one with a known number of dimensions";
    return false;
  }
  SmallVector<int64_t> known;
  for (auto [axis, dimension] : llvm::enumerate(type.tensor_type().shape().dim())) {
    if (dimension.dim_value() < 0) {
      emitError() << "input '" << input.name() << "' has size " << dimension.dim_value() << " in dimension " << axis
                  << ", expected a non-negative size";
      return false;
    }
    known.push_back(dimension.has_dim_value() ? dimension.dim_value() : 1);
  }
  if (elementCount(known))
    return true;
  emitError() << "input '" << input.name()
              << "' has more elements than expected, the product of its sizes is above 2^48";
  return false;
}

std::optional<InputSizes> resolveInputSizes(ArrayRef<const ValueInfoProto *> inputs, const FixedSymbols &fixed,
                                            MLIRContext *context, EmitError emitError) {
  std::vector<StringRef> plain = plainNames(inputs);
  SymbolNames symbols(fixed, context);
  auto lookupPlain = [&](StringRef name) { return llvm::is_contained(plain, name) ? symbols.symbol(name) : Dim(); };
  InputSizes result;
  for (const ValueInfoProto *input : inputs) {
    if (!checkInput(*input, emitError))
      return std::nullopt;
    Shape shape;
    for (auto [axis, dimension] : llvm::enumerate(input->type().tensor_type().shape().dim())) {
      Dim size = dimension.has_dim_value() ? getAffineConstantExpr(dimension.dim_value(), context)
                                           : parseDim(dimension.dim_param(), context, lookupPlain);
      if (!size)
        size = symbols.symbol(dimension.dim_param().empty() ? input->name() + "_dim" + std::to_string(axis)
                                                            : dimension.dim_param());
      shape.push_back(size);
    }
    result.shapes.push_back(shape);
  }
  result.symbols = std::move(symbols.names);
  return result;
}

} // namespace heddle::onnx
