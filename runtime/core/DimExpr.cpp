#include "runtime/core/DimExpr.h"
#include "runtime/core/Checked.h"
#include <algorithm>
#include <cctype>

namespace heddle::runtime {

/// Recursive descent: sum of products of atoms. Depth is bounded by the evaluation stack.
class DimExprParser {
public:
  DimExprParser(std::string_view text, const std::vector<std::string> &symbols) : text(text), symbols(symbols) {}

  bool parse(DimExpr &result) {
    if (!sum(0) || (skipSpace(), at != text.size()))
      return false;
    result = std::move(expr);
    return true;
  }

private:
  using Op = DimExpr::Op;

  bool sum(int depth) {
    if (!product(depth))
      return false;
    for (;;) {
      if (eat('+')) {
        if (!product(depth) || !emit(Op::Add))
          return false;
      } else if (eat('-')) {
        if (!product(depth) || !emit(Op::Sub))
          return false;
      } else {
        return true;
      }
    }
  }

  bool product(int depth) {
    if (!atom(depth))
      return false;
    for (;;) {
      Op op;
      if (eat('*'))
        op = Op::Mul;
      else if (word("floordiv"))
        op = Op::FloorDiv;
      else if (word("ceildiv"))
        op = Op::CeilDiv;
      else if (word("mod"))
        op = Op::Mod;
      else
        return true;
      if (!atom(depth) || !emit(op))
        return false;
    }
  }

  bool atom(int depth) {
    if (depth >= DimExpr::kMaxStack / 3) // each level keeps at most three values on the evaluation stack
      return false;
    skipSpace();
    if (symbol())
      return true;
    if (eat('('))
      return sum(depth + 1) && eat(')');
    if (eat('-'))
      return push(Op::Constant, 0) && atom(depth + 1) && emit(Op::Sub);
    return number();
  }

  bool number() {
    size_t begin = at;
    int64_t value = 0;
    for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at)
      if (mulOverflows(value, 10, value) || addOverflows(value, text[at] - '0', value))
        return false;
    return at != begin && push(Op::Constant, value);
  }

  /// The longest name that stands here: exporters use names with colons, dashes or even spaces.
  bool symbol() {
    size_t best = symbols.size(), length = 0;
    for (size_t i = 0; i < symbols.size(); ++i) {
      const std::string &name = symbols[i];
      bool stands = !name.empty() && text.substr(at, name.size()) == name && !continues(name, at + name.size());
      if (stands && name.size() > length) {
        best = i;
        length = name.size();
      }
    }
    at += length;
    return length != 0 && push(Op::Symbol, static_cast<int64_t>(best));
  }

  /// Whether the text goes on with the word that `name` ends in: "T" does not stand in "T2".
  bool continues(const std::string &name, size_t end) const {
    return end < text.size() && isWordCharacter(name.back()) && isWordCharacter(text[end]);
  }

  static bool isWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

  bool word(std::string_view expected) {
    skipSpace();
    size_t end = at + expected.size();
    if (text.substr(at, expected.size()) != expected || (end < text.size() && isWordCharacter(text[end])))
      return false;
    at = end;
    return true;
  }
  bool eat(char c) {
    skipSpace();
    bool found = at < text.size() && text[at] == c;
    at += found;
    return found;
  }
  void skipSpace() {
    while (at < text.size() && text[at] == ' ')
      ++at;
  }
  bool push(Op op, int64_t value) {
    expr.steps.push_back({op, value});
    return true;
  }
  bool emit(Op op) { return push(op, 0); }

  std::string_view text;
  const std::vector<std::string> &symbols;
  size_t at = 0;
  DimExpr expr;
};

bool DimExpr::parse(std::string_view text, const std::vector<std::string> &symbols, DimExpr &result,
                    std::string &problem) {
  if (DimExprParser(text, symbols).parse(result))
    return true;
  problem = "'" + std::string(text) + "'";
  return false;
}

DimExpr DimExpr::constant(int64_t value) {
  DimExpr expr;
  expr.steps.push_back({Op::Constant, value});
  return expr;
}

bool DimExpr::apply(Op op, int64_t a, int64_t b, int64_t &result) {
  switch (op) {
  case Op::Add:
    return !addOverflows(a, b, result);
  case Op::Sub:
    return !__builtin_sub_overflow(a, b, &result);
  case Op::Mul:
    return !mulOverflows(a, b, result);
  case Op::FloorDiv:
    if (b <= 0)
      return false;
    result = a / b - (a % b < 0);
    return true;
  case Op::CeilDiv:
    if (b <= 0)
      return false;
    result = a / b + (a % b > 0);
    return true;
  case Op::Mod:
    if (b <= 0)
      return false;
    result = a % b + (a % b < 0 ? b : 0);
    return true;
  case Op::Constant:
  case Op::Symbol:
    break;
  }
  return false;
}

bool DimExpr::evaluate(const int64_t *symbols, int64_t &value) const {
  int64_t stack[kMaxStack];
  int depth = 0;
  for (const Step &step : steps) {
    if (step.op == Op::Constant || step.op == Op::Symbol) {
      if (depth == kMaxStack)
        return false;
      stack[depth++] = step.op == Op::Constant ? step.value : symbols[step.value];
      continue;
    }
    --depth;
    if (!apply(step.op, stack[depth - 1], stack[depth], stack[depth - 1]))
      return false;
  }
  value = depth == 1 ? stack[0] : 0;
  return depth == 1;
}

bool DimExpr::isConstant() const {
  return std::none_of(steps.begin(), steps.end(), [](const Step &step) { return step.op == Op::Symbol; });
}

int DimExpr::plainSymbol() const {
  return steps.size() == 1 && steps[0].op == Op::Symbol ? static_cast<int>(steps[0].value) : -1;
}

int64_t DimExpr::multipleOf(int index) const {
  if (steps.size() != 3 || steps[2].op != Op::Mul)
    return index >= 0 && plainSymbol() == index ? 1 : 0;
  bool isLeft = steps[0].op == Op::Symbol;
  const Step &symbol = steps[isLeft ? 0 : 1], &factor = steps[isLeft ? 1 : 0];
  return symbol.op == Op::Symbol && symbol.value == index && factor.op == Op::Constant ? factor.value : 0;
}

bool DimExpr::uses(int index) const {
  return std::any_of(steps.begin(), steps.end(),
                     [&](const Step &step) { return step.op == Op::Symbol && step.value == index; });
}

bool DimExpr::solve(int index, int64_t target, int64_t *symbols) const {
  // Affine: value(s) = value(0) + s * (value(1) - value(0)). What is not affine fails the check at the end.
  int64_t at0, at1, slope, distance, check;
  symbols[index] = 0;
  if (!evaluate(symbols, at0))
    return false;
  symbols[index] = 1;
  if (!evaluate(symbols, at1) || __builtin_sub_overflow(at1, at0, &slope) || slope == 0 ||
      __builtin_sub_overflow(target, at0, &distance) || (distance == INT64_MIN && slope == -1) || distance % slope != 0)
    return false;
  symbols[index] = distance / slope;
  return evaluate(symbols, check) && check == target;
}

} // namespace heddle::runtime
