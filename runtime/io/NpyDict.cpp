#include "runtime/io/NpyDict.h"

namespace heddle::io {

namespace {

constexpr size_t kMaxRank = 32; // NumPy's own limit before version 2

class DictParser {
public:
  DictParser(std::string_view text, const std::string &where) : text(text), where(where) {}

  Result<NpyDict> parse() {
    bool seenDescr = false, seenOrder = false, seenShape = false;
    if (!eat('{'))
      return unexpected("'{'");
    while (!eat('}')) {
      std::string key;
      if (!string(key))
        return unexpected("a key");
      if (!eat(':'))
        return unexpected("':'");
      bool known = key == "descr" || key == "fortran_order" || key == "shape";
      bool &seen = key == "descr" ? seenDescr : key == "shape" ? seenShape : seenOrder;
      if (!known || seen)
        return Error{where, "header key", "each of descr, fortran_order, shape once", "'" + key + "'"};
      seen = true;
      if (Status status = value(key); !status)
        return status.error();
      if (!eat(',') && !peek('}'))
        return unexpected("',' or '}'");
    }
    if (!seenDescr || !seenOrder || !seenShape)
      return Error{where, "header", "the keys descr, fortran_order and shape", "fewer"};
    skipSpace();
    if (at != text.size())
      return unexpected("the end of the header");
    return header;
  }

private:
  Status value(const std::string &key) {
    if (key == "descr") {
      if (string(header.descr))
        return {};
      return Error{where, "descr", "a plain type such as '<f4'", "a structured type"};
    }
    if (key == "fortran_order")
      return boolean();
    return shape();
  }

  Status boolean() {
    header.fortranOrder = word("True");
    if (header.fortranOrder || word("False"))
      return {};
    return unexpected("True or False");
  }

  Status shape() {
    if (!eat('('))
      return unexpected("'('");
    while (!eat(')')) {
      int64_t dim = 0;
      if (!number(dim))
        return unexpected("a dimension");
      if (header.shape.size() == kMaxRank)
        return Error{where, "rank", "at most " + std::to_string(kMaxRank), "more"};
      header.shape.push_back(dim);
      if (!eat(',') && !peek(')'))
        return unexpected("',' or ')'");
    }
    return {};
  }

  void skipSpace() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t'))
      ++at;
  }
  bool peek(char c) {
    skipSpace();
    return at < text.size() && text[at] == c;
  }
  bool eat(char c) {
    bool found = peek(c);
    at += found;
    return found;
  }
  bool word(std::string_view expected) {
    skipSpace();
    if (text.substr(at, expected.size()) != expected)
      return false;
    at += expected.size();
    return true;
  }
  bool string(std::string &result) {
    skipSpace();
    if (at >= text.size() || (text[at] != '\'' && text[at] != '"'))
      return false;
    size_t end = text.find(text[at], at + 1);
    if (end == std::string_view::npos)
      return false;
    result = std::string(text.substr(at + 1, end - at - 1));
    at = end + 1;
    return true;
  }
  bool number(int64_t &result) {
    skipSpace();
    size_t begin = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
      if (__builtin_mul_overflow(result, 10, &result) || __builtin_add_overflow(result, text[at] - '0', &result))
        return false;
    if (at > begin && at < text.size() && text[at] == 'L') // Python 2 wrote long integers so
      ++at;
    return at > begin;
  }
  Error unexpected(const char *expected) const {
    std::string got = at < text.size() ? "'" + std::string(text.substr(at, 16)) + "'" : "the end";
    return Error{where, "header at byte " + std::to_string(at), expected, got};
  }

  std::string_view text;
  const std::string &where;
  size_t at = 0;
  NpyDict header;
};

} // namespace

Result<NpyDict> parseNpyDict(std::string_view text, const std::string &where) {
  return DictParser(text, where).parse();
}

} // namespace heddle::io
