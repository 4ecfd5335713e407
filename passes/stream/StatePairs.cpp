#include "passes/stream/StatePairs.h"

#include "passes/lower/Names.h"

#include "llvm/ADT/BitVector.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;

namespace heddle {

//===--- names ----------------------------------------------------------------------------===//

static StringRef nameIn(DictionaryAttr attributes) {
  auto name = attributes ? attributes.getAs<StringAttr>("heddle.name") : StringAttr();
  return name ? name.getValue() : StringRef();
}

StringRef inputName(func::FuncOp entry, unsigned number) { return nameIn(entry.getArgAttrDict(number)); }
StringRef outputName(func::FuncOp entry, unsigned number) { return nameIn(entry.getResultAttrDict(number)); }

namespace {

/// A name without the words that say whether it is of the past or new.
struct StateName {
  SmallVector<std::string> rest;
  bool hasRole = false; // whether there was such a word
  bool isState = false; // whether it names itself a state
};

/// "past_key_values.0.hN" as past, key, values, 0, hn.
SmallVector<std::string> wordsOf(StringRef name) {
  SmallVector<std::string> words;
  bool joins = false;
  for (char letter : name) {
    if (!llvm::isAlnum(letter)) {
      joins = false;
      continue;
    }
    if (!joins)
      words.emplace_back();
    words.back() += llvm::toLower(letter);
    joins = true;
  }
  return words;
}

StateName readName(StringRef name, bool isInput) {
  static const llvm::StringSet<> pastWords = {"past", "prev", "previous", "initial", "init", "in", "old"};
  static const llvm::StringSet<> newWords = {"present", "new", "next", "updated", "final", "out", "y"};
  static const llvm::StringSet<> kinds = {"state", "states", "cache", "cached", "carry", "memory", "hx", "cx"};
  SmallVector<std::string> words = wordsOf(name);
  StateName result;
  const llvm::StringSet<> &roles = isInput ? pastWords : newWords;
  for (auto [place, word] : llvm::enumerate(words)) {
    result.isState |= kinds.contains(word);
    if (roles.contains(word)) {
      result.hasRole = true;
      continue;
    }
    // h0 and hn, h_0 and h_n: the cell's letter remains.
    bool isLetter = !result.rest.empty() && (result.rest.back() == "h" || result.rest.back() == "c");
    if (isLetter && word == (isInput ? "0" : "n")) {
      result.hasRole = result.isState = true;
      continue;
    }
    if (word.size() == 2 && (word[0] == 'h' || word[0] == 'c') && word[1] == (isInput ? '0' : 'n')) {
      result.hasRole = result.isState = true;
      result.rest.push_back(word.substr(0, 1));
      continue;
    }
    result.rest.push_back(word);
  }
  // past_key_values.0 and past_states.0 of what leaves as present.0.
  SmallVector<std::string> &rest = result.rest;
  bool isList = rest.size() > 1 && rest[0] == "states",
       isMap = rest.size() > 2 && rest[0] == "key" && rest[1] == "values";
  if (result.hasRole && (isList || isMap))
    rest.erase(rest.begin(), rest.begin() + (isMap ? 2 : 1));
  return result;
}

class Pairing {
public:
  Pairing(func::FuncOp entry, std::optional<unsigned> tokens) : entry(entry), tokens(tokens) {
    for (unsigned input = 0; input < entry.getNumArguments(); ++input)
      inputs.push_back(readName(inputName(entry, input), /*isInput=*/true));
    for (unsigned output = 0; output < entry.getNumResults(); ++output)
      outputs.push_back(readName(outputName(entry, output), /*isInput=*/false));
    inputIsPaired.resize(inputs.size()), outputIsPaired.resize(outputs.size());
  }

  LogicalResult addGiven(StringRef text);
  LogicalResult addByName();
  LogicalResult addByShape();

  StatePairs take() {
    llvm::sort(pairs, [](const StatePair &a, const StatePair &b) { return a.input < b.input; });
    return std::move(pairs);
  }

private:
  AffineMapAttr inputShape(unsigned number) { return entry.getArgAttrOfType<AffineMapAttr>(number, kShapeAttr); }
  AffineMapAttr outputShape(unsigned number) { return entry.getResultAttrOfType<AffineMapAttr>(number, kShapeAttr); }
  bool haveOneType(unsigned input, unsigned output) {
    auto type = cast<ShapedType>(entry.getArgumentTypes()[input]);
    return type == entry.getResultTypes()[output] &&
           (type.hasStaticShape() || inputShape(input) == outputShape(output));
  }
  /// Symbols in the shape of an input; empty where tokens are among them.
  std::optional<unsigned> symbolsOf(unsigned input);
  InFlightDiagnostic refuse(unsigned input) {
    return entry.emitError() << "state '" << inputName(entry, input) << "', expected ";
  }
  bool grows(StatePair &pair);
  LogicalResult add(unsigned input, unsigned output, double initial, StringRef evidence);
  LogicalResult addOnly(unsigned input, ArrayRef<unsigned> candidates, StringRef evidence);

  func::FuncOp entry;
  std::optional<unsigned> tokens;
  SmallVector<StateName> inputs, outputs;
  llvm::BitVector inputIsPaired, outputIsPaired;
  StatePairs pairs;
};

std::optional<unsigned> Pairing::symbolsOf(unsigned input) {
  AffineMapAttr shape = inputShape(input);
  unsigned count = 0;
  for (unsigned symbol = 0; shape && symbol < shape.getValue().getNumSymbols(); ++symbol) {
    if (!shape.getValue().isFunctionOfSymbol(symbol))
      continue;
    if (tokens == symbol)
      return std::nullopt;
    ++count;
  }
  return count;
}

std::string listed(func::FuncOp entry, ArrayRef<unsigned> outputs) {
  std::string text;
  for (unsigned output : outputs)
    text += (text.empty() ? "'" : ", '") + outputName(entry, output).str() + "'";
  return text;
}

/// One size of the output is that of the input and the tokens of a call, the others are equal.
bool Pairing::grows(StatePair &pair) {
  AffineMapAttr from = inputShape(pair.input), to = outputShape(pair.output);
  if (!from || !to || entry.getArgumentTypes()[pair.input] != entry.getResultTypes()[pair.output])
    return false;
  unsigned count = from.getValue().getNumSymbols();
  for (auto [before, after] : llvm::zip_equal(from.getValue().getResults(), to.getValue().getResults())) {
    if (before == after)
      continue;
    auto symbol = dyn_cast<AffineSymbolExpr>(before);
    auto more = dyn_cast<AffineSymbolExpr>(simplifyAffineExpr(after - before, 0, count));
    if (!symbol || !more || symbol == more || pair.past)
      return false;
    pair.past = symbol.getPosition(), pair.tokens = more.getPosition();
  }
  return pair.past.has_value();
}

LogicalResult Pairing::add(unsigned input, unsigned output, double initial, StringRef evidence) {
  StatePair pair{input, output, initial, evidence};
  if (!haveOneType(input, output) && !grows(pair)) {
    InFlightDiagnostic diagnostic = refuse(input);
    diagnostic << "the type and shape of its output '" << outputName(entry, output) << "' but got "
               << entry.getArgumentTypes()[input] << " and " << entry.getResultTypes()[output];
    diagnostic << "; a state has one size in front of and behind each call, or grows by its tokens";
    return diagnostic;
  }
  if (inputIsPaired[input] || outputIsPaired[output])
    return refuse(input) << "to be paired once, as its output '" << outputName(entry, output) << "'";
  inputIsPaired.set(input), outputIsPaired.set(output);
  pairs.push_back(pair);
  return success();
}

LogicalResult Pairing::addOnly(unsigned input, ArrayRef<unsigned> candidates, StringRef evidence) {
  if (candidates.size() > 1)
    return refuse(input) << "one output but got " << listed(entry, candidates) << " by " << evidence
                         << "; name one with --state " << inputName(entry, input) << "=OUTPUT";
  return candidates.empty() ? success() : add(input, candidates.front(), 0, evidence);
}

LogicalResult Pairing::addGiven(StringRef text) {
  auto [input, more] = text.split('=');
  auto [output, value] = more.split('=');
  auto numberOf = [](StringRef name, unsigned count, llvm::function_ref<StringRef(unsigned)> nameAt) {
    unsigned number = 0;
    while (number < count && nameAt(number) != name)
      ++number;
    return number;
  };
  unsigned in = numberOf(input, inputs.size(), [&](unsigned at) { return inputName(entry, at); });
  unsigned out = numberOf(output, outputs.size(), [&](unsigned at) { return outputName(entry, at); });
  double initial = 0;
  if (in == inputs.size() || out == outputs.size() || (!value.empty() && value.getAsDouble(initial)))
    return entry.emitError() << "state '" << text
                             << "', expected the names of an input and an output, and perhaps a number: INPUT=OUTPUT=0";
  return add(in, out, initial, "given");
}

LogicalResult Pairing::addByName() {
  for (unsigned input = 0; input < inputs.size(); ++input) {
    const StateName &name = inputs[input];
    SmallVector<unsigned> candidates;
    for (unsigned output = 0; output < outputs.size(); ++output) {
      // One word of the two is enough where the name says that it is a state.
      bool saysSo = name.isState ? name.hasRole || outputs[output].hasRole : name.hasRole && outputs[output].hasRole;
      if (saysSo && !name.rest.empty() && !outputIsPaired[output] && name.rest == outputs[output].rest)
        candidates.push_back(output);
    }
    if (!inputIsPaired[input] && symbolsOf(input) && failed(addOnly(input, candidates, "name")))
      return failure();
  }
  return success();
}

LogicalResult Pairing::addByShape() {
  for (unsigned input = 0; input < inputs.size(); ++input) {
    SmallVector<unsigned> candidates;
    for (unsigned output = 0; output < outputs.size(); ++output)
      if (!outputIsPaired[output] && haveOneType(input, output))
        candidates.push_back(output);
    // Nothing but the rows may be a symbol: what has more may as well be a sequence.
    bool mayBe = inputs[input].isState && !inputIsPaired[input] && symbolsOf(input).value_or(2) <= 1;
    if (mayBe && failed(addOnly(input, candidates, "shape")))
      return failure();
  }
  return success();
}

} // namespace

FailureOr<StatePairs> findStatePairs(func::FuncOp entry, std::optional<unsigned> tokens, ArrayRef<std::string> given) {
  Pairing pairing(entry, tokens);
  for (const std::string &text : given)
    if (failed(pairing.addGiven(text)))
      return failure();
  if (failed(pairing.addByName()) || failed(pairing.addByShape()))
    return failure();
  return pairing.take();
}

} // namespace heddle
