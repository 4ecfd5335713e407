#include "frontends/json/Text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include <nlohmann/json.hpp>
#include <set>

namespace heddle::json {

namespace {

constexpr uint64_t kMaxBytes = uint64_t(64) << 20;
constexpr size_t kMaxDepth = 64;
constexpr size_t kMaxValues = 1000000;

// Walks the text without keeping it.
struct Guard : nlohmann::json_sax<nlohmann::json> {
  std::string problem;
  size_t values = 0;
  std::vector<std::set<std::string>> keys; // one set for each open object or array

  bool refuse(std::string text) {
    problem = std::move(text);
    return false;
  }
  bool count() {
    return ++values <= kMaxValues || refuse("file has too many values, expected at most " + std::to_string(kMaxValues));
  }
  bool open() {
    if (keys.size() >= kMaxDepth)
      return refuse("nesting is too deep, expected at most " + std::to_string(kMaxDepth) + " levels");
    keys.emplace_back();
    return count();
  }
  bool close() {
    keys.pop_back();
    return true;
  }
  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t &) override { return count(); }
  bool string(string_t &) override { return count(); }
  bool binary(binary_t &) override { return count(); }
  bool start_object(size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool key(string_t &name) override {
    return keys.back().insert(name).second || refuse("key '" + name + "' occurs twice in one object, expected it once");
  }
  bool parse_error(size_t, const std::string &lastToken, const nlohmann::detail::exception &error) override {
    // The library's text: `[json.exception.parse_error.101] parse error at line 3, column 5: ...`.
    std::string text = error.what();
    for (char &c : text) // the text quotes the file, which may hold any byte
      c = llvm::isPrint(c) ? c : '?';
    size_t start = text.find("] ");
    return refuse("text is no valid JSON: " + (start == std::string::npos ? text : text.substr(start + 2)));
  }
};

} // namespace

bool loadJson(llvm::StringRef path, Reporter &reporter, nlohmann::json &tree) {
  llvm::sys::fs::file_status status;
  if (std::error_code failure = llvm::sys::fs::status(path, status)) {
    reporter.error("", "file cannot be read: " + failure.message());
    return false;
  }
  if (status.type() != llvm::sys::fs::file_type::regular_file) {
    reporter.error("", "path is no regular file, expected a JSON model");
    return false;
  }
  if (status.getSize() > kMaxBytes) {
    reporter.error("",
                   "file has " + llvm::Twine(status.getSize()) + " bytes, expected at most " + llvm::Twine(kMaxBytes));
    return false;
  }
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer) {
    reporter.error("", "file cannot be read: " + buffer.getError().message());
    return false;
  }
  llvm::StringRef text = (*buffer)->getBuffer();
  Guard guard;
  bool wellFormed = nlohmann::json::sax_parse(text.begin(), text.end(), &guard);
  if (!wellFormed) {
    reporter.error("", guard.problem);
    return false;
  }
  tree = nlohmann::json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  return true;
}

} // namespace heddle::json
