// Parser of formulas, by recursive descent. Depth and length are bounded: the text comes from anywhere.
#include "frontends/json/slots/Expression.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

namespace heddle::json {

namespace {

// A function, its number of operands, and whether the first one is a condition.
struct FunctionRow {
  const char *name;
  unsigned operands;
  bool takesCondition = false;
};
constexpr FunctionRow kFunctions[] = {
    {"abs", 1},          {"exp", 1},     {"log", 1},  {"max", 2},  {"min", 2},
    {"select", 3, true}, {"sigmoid", 1}, {"sqrt", 1}, {"tanh", 1},
};

using Node = Expression::Node;
using Parsed = std::optional<Node>; // nothing after a mistake

constexpr size_t kMaxLength = 4096;
constexpr unsigned kMaxDepth = 64;

class Parser {
public:
  Parser(llvm::StringRef text, llvm::ArrayRef<std::string> variables) : text(text), variables(variables) {}

  Parsed parse() {
    if (text.size() > kMaxLength)
      return fail("expected at most " + std::to_string(kMaxLength) + " characters but got " +
                  std::to_string(text.size()));
    Parsed root = comparison();
    if (root && !atEnd())
      return fail("expected an operator or the end but got " + got());
    return root && root->isCondition ? failAt(0, "expected a number but got a comparison") : root;
  }

  std::string problem;

private:
  std::nullopt_t fail(const std::string &message) { return failAt(position, message); }
  std::nullopt_t failAt(size_t place, const std::string &message) {
    if (problem.empty())
      problem = "character " + std::to_string(place + 1) + ": " + message;
    return std::nullopt;
  }

  void skipBlanks() {
    position += text.drop_front(position).take_while([](char c) { return c == ' '; }).size();
  }
  bool atEnd() {
    skipBlanks();
    return position == text.size();
  }
  std::string got() {
    if (atEnd())
      return "the end";
    char c = text[position];
    return llvm::isPrint(c) ? std::string("'") + c + "'" : "a character that is not printable";
  }
  bool accept(llvm::StringRef token) {
    skipBlanks();
    if (!text.drop_front(position).starts_with(token))
      return false;
    position += token.size();
    return true;
  }
  // The first of the tokens that stands here; longer ones come first.
  llvm::StringRef acceptAny(llvm::ArrayRef<llvm::StringRef> tokens) {
    for (llvm::StringRef token : tokens)
      if (accept(token))
        return token;
    return "";
  }
  bool expect(llvm::StringRef token) {
    return accept(token) || (fail("expected '" + token.str() + "' but got " + got()), false);
  }

  Parsed number(Parsed node, size_t place) {
    return node && node->isCondition ? failAt(place, "expected a number but got a comparison") : node;
  }

  Parsed comparison() {
    if (depth >= kMaxDepth)
      return fail("nesting is too deep, expected at most " + std::to_string(kMaxDepth) + " levels");
    ++depth;
    skipBlanks();
    size_t start = position;
    Parsed left = sum();
    llvm::StringRef relation = left ? acceptAny({"<=", ">=", "==", "!=", "<", ">"}) : "";
    --depth;
    if (relation.empty())
      return left;
    skipBlanks();
    size_t second = position;
    Parsed right = number(sum(), second);
    left = number(left, start);
    return left && right ? Parsed(Node{Node::Kind::Call, relation.str(), 0, true, {*left, *right}}) : std::nullopt;
  }

  template <typename Operand> Parsed chain(llvm::ArrayRef<llvm::StringRef> operators, Operand operand) {
    skipBlanks();
    size_t start = position;
    Parsed left = operand();
    while (left) {
      llvm::StringRef which = acceptAny(operators);
      if (which.empty())
        return left;
      left = number(left, start);
      skipBlanks();
      size_t second = position;
      Parsed right = number(operand(), second);
      if (!left || !right)
        return std::nullopt;
      left = Node{Node::Kind::Call, which.str(), 0, false, {*left, *right}};
    }
    return std::nullopt;
  }
  Parsed sum() {
    return chain({"+", "-"}, [&] { return product(); });
  }
  Parsed product() {
    return chain({"*", "/"}, [&] { return factor(); });
  }

  Parsed factor() {
    unsigned minuses = 0;
    while (accept("-"))
      ++minuses;
    skipBlanks();
    size_t start = position;
    Parsed operand = primary();
    if (minuses == 0)
      return operand;
    operand = number(operand, start);
    bool isNegated = minuses % 2;
    return operand && isNegated ? Parsed(Node{Node::Kind::Call, "negate", 0, false, {*operand}}) : operand;
  }

  Parsed primary() {
    if (accept("(")) {
      Parsed inner = comparison();
      return inner && expect(")") ? inner : std::nullopt;
    }
    if (atEnd())
      return fail("expected a number, a name or '(' but got the end");
    char c = text[position];
    if (llvm::isDigit(c) || c == '.')
      return literal();
    if (llvm::isAlpha(c) || c == '_')
      return named();
    return fail("expected a number, a name or '(' but got " + got());
  }

  Parsed literal() {
    auto isPart = [](char c) { return llvm::isDigit(c) || c == '.'; };
    size_t end = position + text.drop_front(position).take_while(isPart).size();
    if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
      ++end;
      if (end < text.size() && (text[end] == '+' || text[end] == '-'))
        ++end;
      end += text.drop_front(end).take_while(llvm::isDigit).size();
    }
    llvm::StringRef digits = text.slice(position, end);
    Node node{Node::Kind::Number, "", 0, false, {}};
    if (digits.getAsDouble(node.number))
      return fail("expected a number but got '" + digits.str() + "'");
    position = end;
    return node;
  }

  Parsed named() {
    size_t start = position;
    llvm::StringRef name = text.drop_front(position).take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    position += name.size();
    if (accept("("))
      return call(name, start);
    if (llvm::is_contained(variables, name))
      return Node{Node::Kind::Name, name.str(), 0, false, {}};
    return failAt(start, "'" + name.str() + "' is unknown, expected one of: " + listNames(variables) +
                             didYouMean(name, variables));
  }

  Parsed call(llvm::StringRef name, size_t start) {
    auto row = llvm::find_if(kFunctions, [&](const FunctionRow &each) { return name == each.name; });
    if (row == std::end(kFunctions)) {
      std::vector<std::string> names;
      for (const FunctionRow &each : kFunctions)
        names.push_back(each.name);
      return failAt(start, "function '" + name.str() + "' is unknown, expected one of: " + listNames(names) +
                               didYouMean(name, names));
    }
    Node node{Node::Kind::Call, name.str(), 0, false, {}};
    do {
      skipBlanks();
      size_t place = position;
      Parsed operand = comparison();
      if (!operand)
        return std::nullopt;
      bool asCondition = row->takesCondition && node.operands.empty();
      if (operand->isCondition != asCondition)
        return failAt(place, asCondition ? "expected a comparison but got a number"
                                         : "expected a number but got a comparison");
      node.operands.push_back(*operand);
    } while (accept(","));
    if (!expect(")"))
      return std::nullopt;
    if (node.operands.size() != row->operands)
      return failAt(start, "'" + name.str() + "', expected " + std::to_string(row->operands) + " operands but got " +
                               std::to_string(node.operands.size()));
    return node;
  }

  llvm::StringRef text;
  llvm::ArrayRef<std::string> variables;
  size_t position = 0;
  unsigned depth = 0;
};

} // namespace

std::optional<Expression> Expression::read(ObjectReader &reader, llvm::StringRef key,
                                           llvm::ArrayRef<std::string> variables) {
  if (!reader.has(key))
    return std::nullopt;
  unsigned before = reader.reporter.count();
  std::string text = reader.text(key);
  if (reader.reporter.count() != before)
    return std::nullopt;
  Parser parser(text, variables);
  Parsed root = parser.parse();
  if (!root) {
    reader.error(key, parser.problem);
    return std::nullopt;
  }
  Expression expression;
  expression.root = std::move(*root);
  return expression;
}

} // namespace heddle::json
