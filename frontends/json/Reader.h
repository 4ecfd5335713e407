// Reads a JSON object key by key and reports every mistake with its place.
//
//   ObjectReader r(reporter, object, "/blocks/0");
//   int64_t heads = r.integer("heads", {1, 1024});          // required
//   bool bias = r.boolean("bias", false);                   // optional
//   r.finish();                                             // any other key is a mistake
//
// Invariant: a mistake yields a diagnostic `model.json:/blocks/0/heads: ..., expected ... but got ...` and a harmless
// value, so that one run reports all mistakes of a file. Nothing is built when reporter.count() is not 0.
#ifndef HEDDLE_FRONTENDS_JSON_READER_H
#define HEDDLE_FRONTENDS_JSON_READER_H

#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace heddle::json {

class Reporter {
public:
  Reporter(mlir::MLIRContext *context, llvm::StringRef file) : context(context), file(file.str()) {}
  void error(llvm::StringRef pointer, const llvm::Twine &message);
  std::string place(llvm::StringRef pointer) const { return file + ":" + pointer.str(); }
  unsigned count() const { return errors; }
  mlir::MLIRContext *mlirContext() const { return context; }

private:
  mlir::MLIRContext *context;
  std::string file;
  unsigned errors = 0;
};

// "; did you mean 'heads'?" for the name with the smallest edit distance, empty when none is near.
std::string didYouMean(llvm::StringRef name, llvm::ArrayRef<std::string> valid);
// "a, b, c"
std::string listNames(llvm::ArrayRef<std::string> names);
// What stands at a place: `"abc"`, `-3`, `an object`.
std::string describeValue(const nlohmann::json &value);

// Letters, digits and '_', no digit first: what inputs, outputs and symbols are called.
bool isIdentifier(llvm::StringRef text);

struct IntegerRange {
  int64_t low, high;
};
inline constexpr IntegerRange kSize{1, int64_t(1) << 31}; // a dimension

class ObjectReader {
public:
  ObjectReader(Reporter &reporter, const nlohmann::json &value, std::string pointer);
  ObjectReader(const ObjectReader &) = delete;

  bool valid() const { return object != nullptr; }
  bool has(llvm::StringRef key);
  std::string at(llvm::StringRef key) const { return pointer + "/" + key.str(); }
  const std::string &where() const { return pointer; }

  int64_t integer(llvm::StringRef key, IntegerRange range, std::optional<int64_t> fallback = std::nullopt);
  double number(llvm::StringRef key, double low, double high, std::optional<double> fallback = std::nullopt);
  bool boolean(llvm::StringRef key, bool fallback);
  std::string text(llvm::StringRef key, std::optional<std::string> fallback = std::nullopt);
  std::string choice(llvm::StringRef key, llvm::ArrayRef<std::string> names,
                     std::optional<std::string> fallback = std::nullopt);
  std::vector<int64_t> integers(llvm::StringRef key, IntegerRange range, bool required);
  std::vector<double> numbers(llvm::StringRef key, bool required);
  const nlohmann::json *value(llvm::StringRef key);                // null when absent
  const nlohmann::json *array(llvm::StringRef key, bool required); // null when absent or no array
  void error(llvm::StringRef key, const llvm::Twine &message) { reporter.error(at(key), message); }
  void missing(llvm::StringRef key, llvm::StringRef expected);
  // Reports the keys nobody asked for.
  void finish();

  Reporter &reporter;

private:
  const nlohmann::json *find(llvm::StringRef key, llvm::StringRef expected, bool required);
  const nlohmann::json *object = nullptr;
  std::string pointer;
  std::vector<std::string> known;
};

} // namespace heddle::json
#endif
