#include "frontends/json/Reader.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include <nlohmann/json.hpp>

namespace heddle::json {

void Reporter::error(llvm::StringRef pointer, const llvm::Twine &message) {
  ++errors;
  auto location = mlir::FileLineColLoc::get(context, place(pointer.empty() ? "/" : pointer), 0, 0);
  mlir::emitError(location) << message;
}

std::string didYouMean(llvm::StringRef name, llvm::ArrayRef<std::string> valid) {
  unsigned best = std::max<unsigned>(2, name.size() / 2) + 1;
  llvm::StringRef nearest;
  for (const std::string &candidate : valid) {
    unsigned distance = name.edit_distance_insensitive(candidate, true, best);
    if (distance >= best)
      continue;
    best = distance;
    nearest = candidate;
  }
  return nearest.empty() ? std::string() : "; did you mean '" + nearest.str() + "'?";
}

std::string listNames(llvm::ArrayRef<std::string> names) { return llvm::join(names, ", "); }

std::string describeValue(const nlohmann::json &value) {
  if (value.is_object())
    return "an object";
  if (value.is_array())
    return "an array of " + std::to_string(value.size());
  std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

bool isIdentifier(llvm::StringRef text) {
  return !text.empty() && !llvm::isDigit(text.front()) &&
         llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_'; });
}

ObjectReader::ObjectReader(Reporter &reporter, const nlohmann::json &value, std::string pointer)
    : reporter(reporter), pointer(std::move(pointer)) {
  if (value.is_object())
    object = &value;
  else
    reporter.error(this->pointer, "expected an object but got " + describeValue(value));
}

bool ObjectReader::has(llvm::StringRef key) {
  known.push_back(key.str());
  return object && object->contains(key.str());
}

void ObjectReader::missing(llvm::StringRef key, llvm::StringRef expected) {
  reporter.error(pointer, "key '" + key + "' is missing, expected " + expected);
}

const nlohmann::json *ObjectReader::find(llvm::StringRef key, llvm::StringRef expected, bool required) {
  known.push_back(key.str());
  if (!object)
    return nullptr;
  auto found = object->find(key.str());
  if (found != object->end())
    return &*found;
  if (required)
    missing(key, expected);
  return nullptr;
}

// An integer, or nothing when it is another kind of value or does not fit.
static std::optional<int64_t> integerIn(const nlohmann::json &value, IntegerRange range) {
  if (!value.is_number_integer())
    return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    return std::nullopt;
  int64_t number = value.get<int64_t>();
  return number >= range.low && number <= range.high ? std::optional(number) : std::nullopt;
}

static std::string describeRange(IntegerRange range) {
  return "an integer from " + std::to_string(range.low) + " to " + std::to_string(range.high);
}

int64_t ObjectReader::integer(llvm::StringRef key, IntegerRange range, std::optional<int64_t> fallback) {
  int64_t harmless = fallback.value_or(range.low);
  const nlohmann::json *value = find(key, describeRange(range), !fallback);
  if (!value)
    return harmless;
  if (std::optional<int64_t> number = integerIn(*value, range))
    return *number;
  error(key, "expected " + describeRange(range) + " but got " + describeValue(*value));
  return harmless;
}

double ObjectReader::number(llvm::StringRef key, double low, double high, std::optional<double> fallback) {
  std::string expected = llvm::formatv("a number from {0} to {1}", low, high);
  const nlohmann::json *value = find(key, expected, !fallback);
  if (value && value->is_number() && value->get<double>() >= low && value->get<double>() <= high)
    return value->get<double>();
  if (value)
    error(key, "expected " + expected + " but got " + describeValue(*value));
  return fallback.value_or(low);
}

bool ObjectReader::boolean(llvm::StringRef key, bool fallback) {
  const nlohmann::json *value = find(key, "true or false", false);
  if (value && !value->is_boolean())
    error(key, "expected true or false but got " + describeValue(*value));
  return value && value->is_boolean() ? value->get<bool>() : fallback;
}

std::string ObjectReader::text(llvm::StringRef key, std::optional<std::string> fallback) {
  const nlohmann::json *value = find(key, "a string", !fallback);
  if (value && value->is_string())
    return value->get<std::string>();
  if (value)
    error(key, "expected a string but got " + describeValue(*value));
  return fallback.value_or("");
}

std::string ObjectReader::choice(llvm::StringRef key, llvm::ArrayRef<std::string> names,
                                 std::optional<std::string> fallback) {
  std::string expected = "one of: " + listNames(names);
  const nlohmann::json *value = find(key, expected, !fallback);
  if (value && value->is_string() && llvm::is_contained(names, value->get<std::string>()))
    return value->get<std::string>();
  if (value)
    error(key, "expected " + expected + " but got " + describeValue(*value) +
                   (value->is_string() ? didYouMean(value->get<std::string>(), names) : ""));
  return fallback.value_or(names.front());
}

const nlohmann::json *ObjectReader::value(llvm::StringRef key) { return find(key, "a value", false); }

const nlohmann::json *ObjectReader::array(llvm::StringRef key, bool required) {
  const nlohmann::json *value = find(key, "an array", required);
  if (value && !value->is_array()) {
    error(key, "expected an array but got " + describeValue(*value));
    return nullptr;
  }
  return value;
}

std::vector<int64_t> ObjectReader::integers(llvm::StringRef key, IntegerRange range, bool required) {
  std::vector<int64_t> result;
  const nlohmann::json *values = array(key, required);
  for (size_t i = 0; values && i < values->size(); ++i) {
    if (std::optional<int64_t> number = integerIn((*values)[i], range))
      result.push_back(*number);
    else
      reporter.error(at(key) + "/" + std::to_string(i),
                     "expected " + describeRange(range) + " but got " + describeValue((*values)[i]));
  }
  return result;
}

std::vector<double> ObjectReader::numbers(llvm::StringRef key, bool required) {
  std::vector<double> result;
  const nlohmann::json *values = array(key, required);
  for (size_t i = 0; values && i < values->size(); ++i) {
    if ((*values)[i].is_number())
      result.push_back((*values)[i].get<double>());
    else
      reporter.error(at(key) + "/" + std::to_string(i), "expected a number but got " + describeValue((*values)[i]));
  }
  return result;
}

// A key as part of a JSON pointer.
static std::string escape(llvm::StringRef key) {
  std::string result;
  for (char c : key)
    result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return result;
}

void ObjectReader::finish() {
  if (!object)
    return;
  llvm::sort(known);
  known.erase(std::unique(known.begin(), known.end()), known.end());
  for (const auto &[key, value] : object->items())
    if (!llvm::is_contained(known, key))
      reporter.error(pointer + "/" + escape(key),
                     "key '" + key + "' is unknown, expected one of: " + listNames(known) + didYouMean(key, known));
}

} // namespace heddle::json
